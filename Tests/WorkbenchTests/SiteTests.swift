import Evidence
import Foundation
import Judge
import Testing
import Workbench

/// `--site`: the picture of one site.
struct SiteTests {
  private static let configuration = """
    sites:
      - { name: lab, networks: [192.0.2.0/24] }
      - { name: annex, networks: [198.51.100.0/24] }
    hosts:
      - { name: marlin, addresses: [192.0.2.10] }
      - { name: milo, addresses: [198.51.100.7] }
    """
  /// One source at both sites, another at the annex alone.
  private static let log = """
    2000-01-03T10:00:00Z marlin rpcbind: refused connect from 203.0.113.9 to dump()
    2000-01-03T10:00:02Z milo rpcbind: refused connect from 203.0.113.9 to dump()
    2000-01-03T10:00:03Z milo rpcbind: refused connect from 203.0.113.9 to getport(mountd)
    2000-01-04T10:00:00Z milo rpcbind: connect from 203.0.113.77 to dump()

    """

  private func analyze(_ arguments: String..., format: String = "json") async throws -> Program.Result {
    let scratch = try Scratch()
    let log = try scratch.write(SiteTests.log, "log")
    let config = try scratch.write(SiteTests.configuration, "site.yaml")
    return try await Program.run(
      ["analyze", log, "--config", config, "--as-of", "2000-01-06", "--format", format] + arguments)
  }

  @Test("only incidents that touch the site are told, and days count what they did there")
  func oneSite() async throws {
    let whole = try await analyze().json()
    let lab = try await analyze("--site", "lab").json()
    let annex = try await analyze("--site", "annex").json()
    #expect(whole["incidents"].items.count == 2 && whole["site"] == .null)
    #expect(lab["incidents"].items.map { $0["source"]["address"] } == [.string("203.0.113.9")])
    #expect(annex["incidents"].items.count == 2 && lab["site"] == .string("lab"))
    func days(_ report: JSON, _ field: String) -> [Double?] {
      report["situation"]["windows"].items.map { $0[field].number }
    }
    #expect(days(whole, "events") == [3, 1] && days(lab, "events") == [1, 0] && days(annex, "events") == [2, 1])
    #expect(days(lab, "targets") == [1, 0] && days(annex, "incidents") == [1, 1])
    // What was let in at the annex is no matter of the lab's.
    let reasons =
      lab["situation"]["for"].items.compactMap(\.text) + lab["situation"]["against"].items.compactMap(\.text)
    #expect(!reasons.contains { $0.contains("answered or allowed") })
  }

  @Test(
    "--top counts within the site, and each report says which site it is of", arguments: ["text", "html", "markdown"])
  func reports(_ format: String) async throws {
    let text = try await analyze("--site", "annex", "--top", "1", format: format).outputText
    #expect(text.contains("Site annex"))
    #expect(text.contains("203.0.113.77"))
    // The page lists the rest in a line each.
    #expect(text.contains(format == "html" ? "<ol class=\"rest\">" : " more"))
  }

  @Test("a site that the configuration does not have is a fault that names those that it has")
  func unknown() async throws {
    let result = try await analyze("--site", "moon")
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.errorText.contains("no site 'moon'") && result.errorText.contains("lab and annex"))
    #expect(try await Program.analyze("Examples/y2k-watch", "--site", "lab").status == 2)
  }
}

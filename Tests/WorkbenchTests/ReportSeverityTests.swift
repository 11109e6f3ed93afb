import Decode
import Evidence
import Foundation
import Judge
import Testing
import Workbench

/// Reports of nmap in the evidence, from the file to the reason of a term.
struct ReportSeverityTests {
  private static let log = """
    2000-01-03T10:00:00Z milo tcplogd: port 111 connection attempt from intruder.example[203.0.113.9]

    """
  /// 2000-01-02, 12:00 UTC.
  private func scan(_ state: String, start: Int = 946_814_400) -> String {
    """
    <!DOCTYPE nmaprun>
    <nmaprun scanner="nmap" start="\(start)">
    <host starttime="\(start)"><address addr="192.0.2.11" addrtype="ipv4"/>
    <hostnames><hostname name="milo" type="user"/></hostnames>
    <ports><port protocol="tcp" portid="111"><state state="\(state)" reason="x"/></port></ports></host>
    </nmaprun>

    """
  }

  private func analysis(_ scan: String?, configuration: String? = nil, at day: String? = nil) async throws -> Analysis {
    let scratch = try Scratch()
    var paths = [try scratch.write(ReportSeverityTests.log, "log")]
    if let scan { paths.append(try scratch.write(scan, "scan.xml")) }
    return try await Analysing.run(paths, situationAt: day, configuration: configuration)
  }

  @Test(
    "a port that nmap saw open or closed fills what the record leaves open", arguments: [("open", 2), ("closed", 4)])
  func fills(_ state: String, _ value: Int) async throws {
    let analysis = try await analysis(scan(state))
    let term = try #require(analysis.incidents.first).severity.systemCountermeasures
    #expect(term.value == value && !term.assumed)
    #expect(term.why.contains("nmap's report of 2000-01-02, 1 day before it, shows tcp/111 of milo \(state)"))
    let json = try analysis.json()["incidents"].items[0]["severity"]["system_countermeasures"]
    #expect(json["evidence"].items.first?["line"] == .number(5))
    #expect(analysis.exposures.count == (state == "open" ? 1 : 0))
    #expect(analysis.inputs.map(\.tally.odd) == [0, 0])
  }

  @Test("reports of several days give the same terms in any order, and a day knows no later one")
  func orderAndDay() async throws {
    let scratch = try Scratch()
    let log = try scratch.write(ReportSeverityTests.log, "log")
    // The day before, the day after, and four days after.
    let scans = try [("open", 946_814_400), ("closed", 946_987_200), ("closed", 947_246_400)].enumerated().map {
      try scratch.write(scan($0.element.0, start: $0.element.1), "scan\($0.offset).xml")
    }
    let one = try await Analysing.run([log] + scans)
    let other = try await Analysing.run(scans.reversed() + [log])
    #expect(one.incidents.map(\.severity) == other.incidents.map(\.severity))
    // Of two reports as near the one of more concern.
    #expect(one.incidents.map(\.severity.systemCountermeasures.value) == [2])
    let later = try await Analysing.run([log, scans[1]])
    #expect(later.incidents.map(\.severity.systemCountermeasures.value) == [4])
    let known = try #require(Day("2000-01-03"))
    let then = later.judgement.ranking(later.incidents.map(\.incident), at: known)
    #expect(then.map(\.severity.systemCountermeasures.assumed) == [true])
  }

  @Test("what nothing tells stays assumed, and the configuration stands above reports")
  func order() async throws {
    let without = try #require(try await analysis(nil).incidents.first).severity
    let filtered = try #require(try await analysis(scan("filtered")).incidents.first).severity
    #expect(without.systemCountermeasures.assumed && filtered.systemCountermeasures == without.systemCountermeasures)
    let told = try await analysis(
      scan("open"), configuration: "hosts: [{ name: milo, countermeasures: { system: 5, why: patched } }]")
    #expect(told.incidents.first?.severity.systemCountermeasures.why == "patched")
  }
}

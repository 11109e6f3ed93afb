import Evidence
import Fuse
import Judge
import Testing
import Workbench

/// Sentences of the reports that once said more than the evidence, or something else.
struct ReportTruthTests {
  private func record(
    _ second: Int, _ call: String, host: String = "marlin", suffix: String = ": request from unauthorized host"
  )
    -> String
  {
    let (minute, rest) = second.quotientAndRemainder(dividingBy: 60)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return
      "Jan  3 10:\(two(minute)):\(two(rest)) \(host) rpcbind[\(second + 1)]: connect from 203.0.113.9 to \(call)\(suffix)\n"
  }

  @Test("who goes through a list of programs aims at none of them")
  func enumeration() async throws {
    func told(_ count: Int) async throws -> [String] {
      let log = (0..<count).map { record($0 * 3, "getport(\(100_001 + $0))") }.joined()
      return try #require(try await Analysing.run(text: log).incidents.first).incident.deductions.map(\.text)
    }
    let many = try await told(30)
    #expect(many.count { $0.hasPrefix("30 different programs are asked for") } == 1)
    #expect(!many.contains { $0.contains("targeted look-up") })
    #expect(try await told(3).contains { $0.contains("targeted look-up") })
  }

  @Test("what the title names was not held where it was held at one host alone")
  func partlyHeld() async throws {
    let log = record(0, "dump()") + record(5, "dump()", host: "zappa", suffix: "")
    let analysis = try await Analysing.run(text: log)
    let severity = try #require(analysis.incidents.first).severity
    #expect(severity.systemCountermeasures.why == "the log of zappa says that it was let in")
    for report in Analysing.reports(analysis) { #expect(!report.contains("what the title names")) }
  }

  @Test("equal pauses are told once")
  func schedule() async throws {
    let log = (0..<5).flatMap { [record($0 * 600, "callit(nsrstat)"), record($0 * 600 + 3, "callit(nsrstat)")] }
      .joined()
    let texts = try #require(try await Analysing.run(text: log).incidents.first).incident.deductions.map(\.text)
    #expect(texts.contains { $0.hasPrefix("5 attempts, each repeated after 3 s, and 10 min apart:") })
  }

  @Test("each report says which days have no evidence, and what came after the day that is told")
  func leftOut() async throws {
    let analysis = try await Analysing.run([Repository.y2kWatch], situationAt: "1999-12-27")
    let reports = Analysing.reports(analysis).prefix(3)
    for report in reports {
      #expect(report.contains("as known at the end of 1999-12-27"))
      #expect(report.contains("11 incidents after 1999-12-27: not known then, and left out"))
      #expect(report.contains("1999-12-13 to 1999-12-25"))
    }
    #expect(!analysis.incidents.contains { $0.incident.first.isLater(than: analysis.situation.asOf) })
  }
}

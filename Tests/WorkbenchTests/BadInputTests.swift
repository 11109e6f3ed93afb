import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// What evidence can do to a picture of it: floods, clocks, copies.
struct BadInputTests {
  /// Look-ups of one source, a few in each second, all refused.
  private func flood(_ count: Int) -> String {
    (0..<count).map { number in
      let second = number / 8
      let stamp = "2000-01-0\(1 + second / 86_400)T" + BadInputTests.clock(second % 86_400) + "Z"
      return "\(stamp) marlin rpcbind: refused connect from 203.0.113.9 to "
        + (number % 3 == 0 ? "dump()" : "getport(\(100_000 + number % 40))")
    }.joined(separator: "\n") + "\n"
  }

  private static func clock(_ second: Int) -> String {
    [second / 3600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
  }

  @Test("findings of one source without end are one incident, and no report grows with them")
  func oneSource() async throws {
    let (few, many) = (try await Analysing.run(text: flood(3000)), try await Analysing.run(text: flood(30_000)))
    #expect(many.findingCount >= 30_000 && many.incidents.count == 1 && few.incidents.count == 1)
    let incident = try #require(many.incidents.first).incident
    #expect(incident.eventCount == 30_000 && incident.deductions.count <= 24 * 13)
    #expect(incident.deductions.allSatisfy { $0.evidence.count <= 12 })
    #expect(few.incidents.map(\.severity) == many.incidents.map(\.severity))
    func sizes(_ analysis: Analysis) -> [Int] {
      var text = TextReport(analysis, isColoured: false)
      var markdown = MarkdownReport(analysis)
      var explained = ExplainReport(analysis, rank: 1, isColoured: false)
      return [
        text.rendered().utf8.count, markdown.rendered().utf8.count, explained.rendered().utf8.count,
        JSONReport(analysis).encoded().count, HTMLReport(analysis).rendered().utf8.count,
      ]
    }
    for (small, large) in zip(sizes(few), sizes(many)) { #expect(Double(large) < 1.1 * Double(small) + 2000) }
  }

  @Test("a sensor a year off gives the same pairs, and the report says by how much", arguments: [2025, 2027])
  func aYearOff(_ year: Int) async throws {
    let (log, capture) = (Repository.recon + "/portmap1.log", Repository.recon + "/visit.pcap")
    let configuration = try Repository.text(Repository.recon + "/watchfloor.yaml")
    let scratch = try Scratch()
    let dated = try Repository.text(log).replacing(#/Nov 23 (\d\d:\d\d:\d\d) /#) { "\(year)-11-23T\($0.output.1)Z " }
    let wrong = try await Analysing.run(
      [try scratch.write(dated, "dated"), capture], asOf: "2027-11-24", configuration: configuration)
    let right = try await Analysing.run([log, capture], asOf: "2026-11-23", configuration: configuration)
    let clock = try #require(wrong.clocks.first)
    #expect(clock.isApplied && abs(abs(clock.offset) - 365 * 86_400) < 1)
    #expect(clock.words.contains(year < 2026 ? "365 days behind" : "365 days ahead of"))
    func pairs(_ analysis: Analysis) -> Int { analysis.incidents.reduce(0) { $0 + $1.incident.pairs.count } }
    #expect(pairs(right) >= 18 && pairs(wrong) == pairs(right))
    #expect(wrong.incidents.map(\.severity) == right.incidents.map(\.severity))
  }

  @Test("what was known on a day is judged with the clocks that were known on it", arguments: [23, 24, 25, 26])
  func clocksOfTheDay(_ day: Int) async throws {
    let (log, capture) = (Repository.recon + "/portmap1.log", Repository.recon + "/visit.pcap")
    let configuration = try Repository.text(Repository.recon + "/watchfloor.yaml")
    let scratch = try Scratch()
    let text = try Repository.text(log)
    #expect(text.contains("Nov 23 "))
    // A host whose clock is two days ahead: its records bear the 25th.
    let ahead = try scratch.write(text.replacingOccurrences(of: "Nov 23 ", with: "Nov 25 "), "ahead")
    func run(_ paths: [String], at day: Int? = day) async throws -> Analysis {
      try await Analysing.run(
        paths, asOf: "2026-11-27", situationAt: day.map { "2026-11-\($0)" }, configuration: configuration)
    }
    let clocks = try await run([ahead, capture], at: nil).clocks
    try #require(clocks.contains { $0.isApplied && abs($0.offset - 172_800) < 1 })
    let whole = try await run([ahead, capture])
    #expect(whole.clocks == (day < 25 ? [] : clocks))
    let part = try await run(day < 25 ? [capture] : [ahead, capture])
    #expect(said(whole) == said(part))
    #expect(whole.situation.windows.map(\.span) == part.situation.windows.map(\.span))
    // On the 24th nobody had the log: the condition cannot know whom it shows to have been let in.
    let later = try await run([ahead, capture])
    #expect(said(later) == said(whole))
  }

  private func said(_ analysis: Analysis) -> [String] {
    let call = analysis.situation.call
    return [call.condition.rawValue] + call.reasonsFor + ["|"] + call.reasonsAgainst + ["|"] + call.wouldChange
  }

  @Test(
    "two captures of one visit whose clocks disagree are told, and a capture in two files is not", arguments: [7, 5000])
  func capturesThatDisagree(_ seconds: Int) async throws {
    let capture = try PcapFrames(Repository.recon + "/visit.pcap")
    let scratch = try Scratch()
    let late = try scratch.write(
      capture.file(capture.frames.map { BadInputTests.delayed($0, by: seconds) }[...]), "late.pcap")
    let original = Repository.recon + "/visit.pcap"
    let analysis = try await Analysing.run([original, late], asOf: "2026-11-23")
    let found = try #require(analysis.captureClocks.first)
    #expect(abs(found.seconds - Double(seconds)) < 0.2 && found.exchanges >= 5)
    #expect(found.early == InputID(0) && found.late == InputID(1))
    var report = TextReport(analysis, isColoured: false)
    #expect(report.rendered().contains("CAPTURES whose clocks disagree"))
    #expect(try analysis.json()["capture_clocks"].items.count == 1)
    let front = try scratch.write(capture.file(capture.frames.prefix(200)), "front.pcap")
    let back = try scratch.write(capture.file(capture.frames.dropFirst(200)), "back.pcap")
    #expect(try await Analysing.run([front, back], asOf: "2026-11-23").captureClocks.isEmpty)
  }

  /// A record of pcap whose seconds, its first four bytes in little-endian order, are later.
  private static func delayed(_ record: Data, by seconds: Int) -> Data {
    var bytes = Array(record)
    let moment = (0..<4).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) } + seconds
    for place in 0..<4 { bytes[place] = UInt8(truncatingIfNeeded: moment >> (8 * place)) }
    return Data(bytes)
  }
}

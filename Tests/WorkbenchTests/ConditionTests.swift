import Evidence
import Fuse
import Foundation
import Judge
import Testing
import Workbench

/// What docs/condition.md says of three weeks, and what a report is told about windows and history.
struct ConditionTests {
  private func calls(_ paths: [String], asOf: String, configuration: String? = nil) async throws -> [String: Condition]
  {
    let analysis = try await Analysing.run(paths, asOf: asOf, configuration: configuration)
    return Dictionary(uniqueKeysWithValues: analysis.situation.windows.map { ("\($0.day)", $0.call.condition) })
  }
  private func drill(_ name: String, criticality: Int? = nil) throws -> (path: String, configuration: String) {
    let folder = Repository.examples + "/drills/" + name
    var configuration = try Repository.text(folder + "/watchfloor.yaml")
    if let criticality {
      configuration = configuration.replacingOccurrences(of: "criticality: 3", with: "criticality: \(criticality)")
    }
    return (folder + "/evidence", configuration)
  }

  @Test("the article's week: green until December 26, yellow from the 27th")
  func articlesWeek() async throws {
    let calls = try await calls([Repository.y2kWatch], asOf: "2000-01-06")
    #expect(calls.filter { $0.value == .green }.keys.sorted() == ["1999-12-12", "1999-12-26"])
    #expect(calls.count { $0.value == .yellow } == calls.count - 2)
    let without = try Repository.files(Repository.y2kWatch).filter { !$0.hasSuffix("paganini.txt") }
    let breadth = try await self.calls(without, asOf: "2000-01-06")
    #expect(breadth["1999-12-30"] == .green && breadth["1999-12-31"] == .yellow)
  }

  @Test("the quiet week: green every day")
  func quietWeek() async throws {
    let (path, configuration) = try drill("noise")
    let calls = try await calls([path], asOf: "2026-04-12", configuration: configuration)
    #expect(calls.count == 7 && calls.values.allSatisfy { $0 == .green })
  }

  @Test("the breached week: yellow on Wednesday, orange from Thursday; Tuesday too where the host is critical")
  func breachedWeek() async throws {
    func week(_ criticality: Int?) async throws -> [Condition] {
      let (path, configuration) = try drill("breached", criticality: criticality)
      return try await calls([path], asOf: "2026-03-08", configuration: configuration).sorted { $0.key < $1.key }.map(
        \.value)
    }
    #expect(try await week(nil) == [.green, .green, .yellow, .orange, .orange, .orange, .orange])
    #expect(try await week(5)[1] == .yellow)
  }

  @Test("a condition does not depend on how wide the windows are", arguments: ["hour", "day", "week"])
  func widths(_ width: String) async throws {
    let result = try await Program.analyze("Examples/y2k-watch", "--window", width, "--format", "json")
    let situation = try result.json()["situation"]
    #expect(situation["condition"].text == "yellow")
    let spans = situation["spans"].items
    #expect(spans.isEmpty == (width == "day"))
    if width != "day" {
      #expect(
        spans.reduce(0) { $0 + ($1["events"].number ?? 0) }
          == situation["windows"].items.reduce(0) { $0 + ($1["events"].number ?? 0) })
    }
  }

  @Test("an earlier report makes old what it has, and nothing else")
  func baseline() async throws {
    let scratch = try Scratch()
    let report = scratch.path + "/report.json"
    _ = try await Program.analyze("Examples/y2k-watch", "--format", "json", "--output", report)
    let again = try await Program.analyze("Examples/y2k-watch", "--format", "json", "--baseline", report)
    let windows = try again.json()["situation"]["windows"].items
    #expect(!windows.isEmpty && windows.allSatisfy { $0["novel"].items.isEmpty })
    let other = try await Program.analyze(
      "Examples/drills/breached/evidence", "--format", "json", "--baseline", report, asOf: "2026-03-08")
    let novel = try other.json()["situation"]["windows"].items.flatMap { $0["novel"].items.compactMap(\.text) }
    #expect(!novel.isEmpty && !novel.contains("portmapper dump"))
  }

  @Test(
    "what is no report is refused as a baseline",
    arguments: ["", "{}", "[1]", "{\"schema\": \"other\", \"incidents\": []}"])
  func noBaseline(_ text: String) async throws {
    let scratch = try Scratch()
    let file = try scratch.write(text, "file.json")
    let result = try await Program.analyze("Examples/y2k-watch", "--baseline", file)
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.errorText.contains("is no report"))
  }

  @Test("evidence up to a day gives what --situation-at gives of it", arguments: [12, 26, 27, 28, 29, 30, 31])
  func evidenceUntil(_ last: Int) async throws {
    let day = "1999-12-\(last)"
    let whole = try await Analysing.run([Repository.y2kWatch], situationAt: day)
    let limit: Day = try #require(Day(day))
    var seen: Set<Citation> = []
    let records = whole.incidents.flatMap(\.incident.events).filter {
      $0.view == .host && $0.time.isDated && $0.target.host != .name("paganini") && $0.time.timestamp.day <= limit
        && seen.insert($0.citation).inserted
    }.map { String(decoding: $0.citation.text.array, as: UTF8.self) }
    let scratch = try Scratch()
    var files = [try scratch.write(records.joined(separator: "\n") + "\n", "log")]
    if last >= 27 { files += ["zappa.trace", "paganini.txt"].map { Repository.y2kWatch + "/" + $0 } }
    let part = try await Analysing.run(files)
    let early = try await Analysing.run(files, situationAt: day)
    func said(_ call: Situation.Call) -> [String] {
      [call.condition.rawValue] + call.reasonsFor + ["|"] + call.reasonsAgainst + ["|"] + call.wouldChange
    }
    #expect(said(early.situation.call) == said(whole.situation.call))
    let known = whole.judgement.ranking(whole.incidents.map(\.incident).filter(\.isDated), at: limit)
    #expect(part.incidents.map(\.severity.score) == known.map(\.severity.score))
    #expect(part.incidents.map(\.incident.id) == known.map(\.incident.id))
    #expect(part.incidents.map(\.incident.title) == known.map(\.incident.title))
  }
}

/// Clocks that disagree, through the whole program.
struct ClockTests {
  @Test("a host whose clock is hours off gives the same pairs, and the report says so", arguments: [1, 7, 17])
  func skewed(_ hours: Int) async throws {
    let (log, capture) = (Repository.recon + "/portmap1.log", Repository.recon + "/visit.pcap")
    let configuration = try Repository.text(Repository.recon + "/watchfloor.yaml")
    let text = try Repository.text(log)
    let hour = 6 + hours < 10 ? "0\(6 + hours)" : "\(6 + hours)"
    let scratch = try Scratch()
    let moved = try scratch.write(text.replacingOccurrences(of: "Nov 23 06:", with: "Nov 23 \(hour):"), "log")
    let right = try await Analysing.run([log, capture], asOf: "2026-11-23", configuration: configuration)
    let wrong = try await Analysing.run([moved, capture], asOf: "2026-11-23", configuration: configuration)
    #expect(right.clocks.map(\.isApplied) == [false] && wrong.clocks.map(\.isApplied) == [true])
    let (one, other) = (try #require(right.clocks.first), try #require(wrong.clocks.first))
    #expect(abs(other.offset - one.offset - Double(hours) * 3600) < 0.1)
    func pairs(_ analysis: Analysis) -> [[Int]] {
      analysis.incidents.flatMap(\.incident.pairs).map { [$0.host.provenance.ordinal, $0.network.provenance.ordinal] }
    }
    #expect(pairs(right).count >= 18 && pairs(right) == pairs(wrong))
    #expect(wrong.incidents.flatMap(\.incident.pairs).allSatisfy { abs($0.offset - Double(hours) * 3600) <= 1 })
    #expect(wrong.incidents.map(\.severity) == right.incidents.map(\.severity))
  }
}

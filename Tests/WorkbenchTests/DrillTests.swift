import Decode
import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// The analyst's seat; whole transcripts are golden (Tests/Golden/drill-*).
struct DrillTests {
  static let scenarios = ["breached", "noise", "y2k-watch"]
  private static let folder = Repository.examples + "/drills"

  private func play(_ name: String, answers: String) async throws -> String {
    let scratch = try Scratch()
    let file = try scratch.write(answers, "answers")
    let result = try await Program.run(["drill", DrillTests.folder + "/" + name, "--answers", file])
    #expect(result.status == 0, "\(result.errorText)")
    return result.outputText
  }

  /// The transcript in parts: what stands before the first day, and each day.
  private func days(_ transcript: String) -> [(day: Day, text: String)] {
    transcript.components(separatedBy: "\n== ").dropFirst().compactMap { part in
      Day(part.prefix(10)).map { ($0, part) }
    }
  }

  @Test("nothing is shown before it became known", arguments: scenarios)
  func nothingEarly(_ name: String) async throws {
    let scenario = try Scenario(folder: DrillTests.folder + "/" + name)
    let transcript = try await play(name, answers: "")
    let days = days(transcript)
    #expect(days.map(\.day) == scenario.steps.map(\.day))
    for (day, text) in days {
      for match in text.matches(of: /\d{4}-\d{2}-\d{2}/) {
        let mentioned: Day = try #require(Day(match.output))
        #expect(mentioned <= day, "\(name): \(mentioned) on \(day)")
      }
    }
  }

  @Test("the product's opinion of a day comes after the questions", arguments: scenarios)
  func askedFirst(_ name: String) async throws {
    for (_, text) in days(try await play(name, answers: "")) {
      let asked = try #require(text.range(of: "Your call ("))
      let told = try #require(text.range(of: "\nWatchfloor"))
      #expect(asked.upperBound < told.lowerBound)
      #expect(!text[..<asked.lowerBound].contains("severity"))
    }
  }

  @Test("who ranks as the product and calls as it is told so")
  func perfect() async throws {
    // Of the first day: A is worse than B; of all days: the crash.
    let text = try await play("y2k-watch", answers: "a b\ngreen\n.\n")
    #expect(text.contains("1 of 1 pair as the product ranks them (100 %)"))
    let wrong = try await play("y2k-watch", answers: "b a\nred\n.\n")
    #expect(wrong.contains("0 of 1 pair as the product ranks them (0 %)"))
    #expect(wrong.contains("you: red, product: green"))
    #expect(wrong.contains("Overlooked  H: Exploitation"))
  }

  @Test("a score counts what can be compared")
  func score() async throws {
    let ranking = try await Analysing.run([Repository.y2kWatch]).incidents
    let ids = ranking.map(\.incident.id)
    var product = DrillScore()
    product.note(named: Array(ids.prefix(5)), ranking: ranking)
    #expect(product.agreement == 1)
    var reversed = DrillScore()
    reversed.note(named: ids.reversed(), ranking: ranking)
    #expect(reversed.agreement == 0)
    var none = DrillScore()
    none.note(named: [], ranking: ranking)
    #expect(none.agreement == nil)
  }

  @Test("a crowd is released with all its sources and records, also beyond what is shown", arguments: [0, 20])
  func crowd(_ allowed: Int) async throws {
    let refused = (0..<60).flatMap { source in
      (0...source % 2).map { "Dec 27 10:0\($0):00 marlin rpcbind: refused connect from 10.7.0.\(source) to dump()" }
    }
    let others = (0..<allowed).map { "Dec 27 11:00:00 marlin rpcbind: connect from 10.8.0.\($0) to dump()" }
    let scratch = try Scratch()
    try scratch.write(
      """
      scenario: x
      title: t
      about: a
      as_of: 1999-12-28
      evidence: [log]
      steps:
        - day: 1999-12-27
      """, "scenario.yaml")
    let log = try scratch.write((refused + others).joined(separator: "\n") + "\n", "log")
    let analysis = try await Analysing.run([log]) { $0.crowd.singly = 10 }
    #expect(analysis.incidents.count == 1 + allowed)
    var transcript = ""
    var drill = Drill(
      try Scenario(folder: scratch.path), analysis, isInteractive: false, say: { transcript += $0 }, ask: { _ in nil })
    drill.run()
    #expect(transcript.contains(allowed == 0 ? "A  60 sources, marlin\n" : "A  10.8.0."))
    #expect(
      transcript.contains(
        allowed == 0 ? "   and 89 more records\n" : "   and the like of 64 sources, 94 records\n"), "\(transcript)")
  }

  @Test("faults of a scenario are told with their places, all at once")
  func faults() throws {
    let scratch = try Scratch()
    try scratch.write(
      """
      scenario: x
      title: t
      about: a
      as_of: 2000-13-01
      evidence: [e]
      steps:
        - day: 1999-12-31
          call: purple
        - day: 1999-12-30
          colour: red
      """, "scenario.yaml")
    do {
      _ = try Scenario(folder: scratch.path)
      Issue.record("a wrong scenario was taken")
    } catch {
      #expect(Set(error.list.map(\.line)) == [4, 7, 8, 10], "\(error.list)")
    }
  }

  @Test(
    "no such scenario, no such answers", arguments: [["drill", "nothing"], ["drill", "noise", "--answers", "/none"]])
  func missing(_ arguments: [String]) async throws {
    let result = try await Program.run(arguments)
    #expect(result.status == 2)
    #expect(!result.errors.isEmpty)
  }
}

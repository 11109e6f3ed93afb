import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// Triage under load, and the derivation of one incident.
struct TriageTests {
  /// Refused look-ups of many sources, and one look-up that was allowed.
  private func flood(_ sources: Int) -> String {
    let refused = (0..<sources).map { number in
      "Dec 27 1\(number % 10):0\(number % 6):00 marlin rpcbind: refused connect from 10.\(number / 250).7.\(number % 250 + 1) to dump()"
    }
    return (refused + ["Dec 27 23:00:00 marlin rpcbind: connect from 203.0.113.9 to dump()"]).joined(separator: "\n")
      + "\n"
  }

  @Test("a thousand refused sources are one line, and the one that was answered stands above them")
  func repeats() async throws {
    let analysis = try await Analysing.run(text: flood(1000))
    #expect(analysis.incidents.count == 1001)
    let entries = TriageQueue(analysis.incidents).entries
    #expect(entries.map(\.alike.count) == [0, 999])
    #expect(entries.map(\.rank) == [1, 2])
    #expect(entries[0].lead.incident.source.notation == "203.0.113.9")
    #expect(entries[1].sources.count == 1000 && entries[1].targets.count == 1)
    var report = TextReport(analysis, isColoured: false)
    let text = report.rendered()
    #expect(text.contains("1000 incidents alike, 1000 sources against marlin"))
    #expect(text.components(separatedBy: "\n").count < 200)
    // Nothing is lost: JSON has them all.
    #expect(try analysis.json()["incidents"].items.count == 1001)
  }

  @Test("each incident stands in the queue once, and few that are alike are told one by one", arguments: [3, 4, 5])
  func counted(_ sources: Int) async throws {
    let analysis = try await Analysing.run(text: flood(sources))
    let entries = TriageQueue(analysis.incidents).entries
    #expect(entries.count == (sources < 5 ? sources + 1 : 2))
    let ids = entries.flatMap(\.all).map(\.incident.id)
    #expect(ids.sorted() == analysis.incidents.map(\.incident.id).sorted())
  }

  @Test("--top tells the worst and counts the rest")
  func top() async throws {
    let result = try await Program.analyze("Examples/y2k-watch", "--top", "2")
    #expect(result.status == 0)
    #expect(result.outputText.contains("and 19 more incidents of lower rank"))
    #expect(!result.outputText.contains("\n  3  "))
    #expect(try await Program.analyze("Examples/y2k-watch", "--top", "0").status == 2)
  }

  private func explain(_ arguments: String...) async throws -> Program.Result {
    try await Program.run(["explain"] + arguments + ["Examples/y2k-watch", "--as-of", "2000-01-06"])
  }

  @Test("an incident is explained from its records to what to look at next, by id, start of the id or rank")
  func explained() async throws {
    let byRank = try await explain("1")
    #expect(byRank.status == 0)
    for words in [
      "SEVERITY +2", "FINDINGS", "DEDUCTIONS", "nothing that the evidence shows", "THE NETWORK'S VIEW IS MISSING",
      "look for a core file of rpc.ttdbserverd on paganini", "paganini.txt:6",
    ] { #expect(byRank.outputText.contains(words), "\(words)") }
    let id = try #require(byRank.outputText.firstMatch(of: /W-[0-9a-f]{16}/)).output
    #expect(try await explain(String(id)).outputText == byRank.outputText)
    #expect(try await explain(String(id.prefix(8))).outputText == byRank.outputText)
    #expect(try await explain("9").outputText.contains("BOTH VIEWS"))
  }

  @Test("no such incident, or several, is a fault", arguments: ["0", "22", "W-0000000000000000", "W-"])
  func unknown(_ id: String) async throws {
    let result = try await explain(id)
    #expect(result.status == 2)
    #expect(result.output.isEmpty && !result.errors.isEmpty)
  }

  @Test("each incident with one view says what the other should have seen, and why it may not have")
  func otherViews() async throws {
    let analysis = try await Analysing.run([Repository.y2kWatch])
    for judged in analysis.incidents {
      let other = judged.incident.otherView(analysis.coverage)
      #expect((other == nil) == (judged.incident.views.count == 2))
      #expect(other.map { !$0.reasons.isEmpty && !$0.expected.isEmpty } ?? true)
      #expect(!NextLook(judged, otherView: other).steps.isEmpty)
    }
  }
}

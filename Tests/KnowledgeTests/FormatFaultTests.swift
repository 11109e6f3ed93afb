import Decode
import Evidence
@testable import Knowledge
import Testing

/// A log format that is wrong says everything that is wrong with it, with its place.
struct FormatFaultTests {
  private func faults(_ text: String) -> [Fault] {
    var faults: [Fault] = []
    _ = FormatLibrary(
      KnowledgeFolder(files: [.init(path: "formats/x.yaml", shownPath: "formats/x.yaml", text: text)]),
      programs: ProgramTable([]), faults: &faults)
    return faults
  }

  private static let good = """
    format: x
    tags: [xd]
    lines:
      - pattern: "hello from {source.address} port {destination.port}"
        action: probe
        outcome: unknown
        samples:
          - line: "Jan  3 10:00:00 h xd[1]: hello from 192.0.2.1 port 111"
            fields: { source.ip: 192.0.2.1, destination.port: "111" }
    """

  @Test func theGoodOneHasNone() {
    #expect(faults(FormatFaultTests.good) == [])
  }

  /// Each of these changes to one line of the good file is a fault at that line.
  @Test(
    arguments: [
      (2, "tags: [xd]", "tags: [a-tag-of-many-letters]"), (2, "tags: [xd]", "tags: ['']"),
      (4, "{source.address}", "{source.adress}"), (4, "{source.address}", "{source.address:adress}"),
      (4, "{destination.port}", "{source.address}"), (4, "{destination.port}", "{destination.port"),
      (4, "{destination.port}", "{detail}"), (4, "{destination.port}", "{detail:rest} end"),
      (5, "probe", "prob"), (6, "unknown", "unknwon"), (9, "192.0.2.1", "192.0.2.2"), (9, "source.ip", "source.ipp"),
      (9, "\"111\"", "\"112\""), (9, "destination.port", "rpc.program"),
      (8, "hello from", "goodbye from"), (8, "xd[1]", "yd[1]"), (8, "Jan  3", "Foo  3"),
    ] as [(Int, String, String)])
  func oneMistakeIsOneFaultAtItsLine(_ line: Int, _ old: String, _ new: String) {
    var lines = FormatFaultTests.good.split(separator: "\n").map(String.init)
    #expect(lines[line - 1].contains(old), "the test itself")
    lines[line - 1].replace(old, with: new)
    let found = faults(lines.joined(separator: "\n"))
    #expect(found.map(\.line) == [line], "\(found)")
    #expect(found.allSatisfy { $0.file == "formats/x.yaml" && $0.column > 0 })
  }

  @Test func unknownKeysAndMissingPartsAreFaults() {
    let text = """
      format: x
      tags: [xd]
      colour: red
      unmatched: perhaps
      lines:
        - pattern: "a {source.address}"
          action: probe
          outcome: unknown
        - pattern: "b {source.address}"
          samples: []
        - pattern: "c {rpc.program}"
          action: probe
          outcome: unknown
          program: many
          about: nobody
          transport: pigeon
          samples:
            - line: "Jan  3 10:00:00 h xd: c 5"
      """
    let found = faults(text)
    // The unknown key, the unknown policy, a line without samples, one without action and outcome, three wrong values, and
    // a sample without fields.
    #expect(Set(found.map(\.line)) == [3, 4, 6, 9, 11, 14, 16, 18], "\(found)")
  }

  @Test func theFaultsOfAllFilesComeTogether() {
    var faults: [Fault] = []
    let files = [
      KnowledgeFolder.File(path: "formats/a.yaml", shownPath: "formats/a.yaml", text: "format: [\n"),
      KnowledgeFolder.File(path: "formats/b.yaml", shownPath: "formats/b.yaml", text: "format: b\n"),
      KnowledgeFolder.File(path: "formats/c.yaml", shownPath: "formats/c.yaml", text: "- 1\n"),
      KnowledgeFolder.File(path: "other/d.yaml", shownPath: "other/d.yaml", text: "{{{"),
    ]
    _ = FormatLibrary(KnowledgeFolder(files: files), programs: ProgramTable([]), faults: &faults)
    #expect(Set(faults.map(\.file)) == ["formats/a.yaml", "formats/b.yaml", "formats/c.yaml"])
  }

  /// A line that stands behind a wider one never gets its sample.
  @Test func aHiddenLineIsAFault() {
    let text = """
      format: x
      tags: [xd]
      lines:
        - pattern: "from {any:rest}"
          action: probe
          outcome: unknown
          samples: [ { line: "Jan  3 10:00:00 h xd: from afar", fields: { event.action: probe } } ]
        - pattern: "from {source.address}"
          action: probe
          outcome: unknown
          samples:
            - { line: "Jan  3 10:00:00 h xd: from 192.0.2.1", fields: { event.action: probe } }
      """
    let found = faults(text)
    #expect(found.count == 1 && found.first?.line == 12 && found.first?.message.contains("earlier") == true, "\(found)")
  }
}

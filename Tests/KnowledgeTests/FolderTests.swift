import Decode
import Detect
import Evidence
import Foundation
import Judge
@testable import Knowledge
import Testing

/// The knowledge that the product carries.
struct FolderTests {
  /// The folder in the source tree.
  private static let onDisk = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Knowledge").path

  @Test func whatIsEmbeddedIsWhatStandsInTheFolder() throws {
    let folder = try KnowledgeFolder(folder: FolderTests.onDisk)
    let embedded = Dictionary(uniqueKeysWithValues: KnowledgeFolder.embedded.files.map { ($0.path, $0.text) })
    #expect(Set(folder.files.map(\.path)) == Set(embedded.keys))
    for file in folder.files { #expect(embedded[file.path] == file.text, "\(file.path)") }
    #expect(embedded.count >= 10)
  }

  @Test func whatWasReadAtTheBuildIsWhatTheTextSays() throws {
    for file in KnowledgeFolder.embedded.files {
      let outline = try #require(file.outline, "\(file.path)")
      let documents = try YAMLNode.documents(text: file.text, file: file.shownPath)
      #expect(YAMLNode.documents(outline: outline, file: file.shownPath) == documents, "\(file.path)")
    }
  }

  @Test func noOutlineIsReadWhereNoneStands() throws {
    let outline = "m1 1 2 p1 1 1 aq1 4 3 b\u{e9}p2 1 1 cl2 4 2 m2 5 1 p2 6 1 dp2 9 1 ep2 12 0 "
    #expect(YAMLNode.documents(outline: outline, file: "f")?.first?["c"]?.items.count == 2)
    for end in outline.indices.dropFirst() {
      #expect(YAMLNode.documents(outline: String(outline[..<end]), file: "f") == nil)
    }
    for text in ["x1 1 0 ", "p1 1 99999999999 ", "l1 1 3 ", "p-1 1 0 ", "m1 1 1 l1 1 0 p1 1 0 "] {
      #expect(YAMLNode.documents(outline: text, file: "f") == nil, "\(text)")
    }
    #expect(YAMLNode.documents(outline: String(repeating: "l1 1 1 ", count: 10_000), file: "f") == nil)
  }

  @Test func allOfItLoadsWithoutFaults() {
    var faults: [Fault] = []
    let folder = KnowledgeFolder.embedded
    let programs = folder.programTable(faults: &faults)
    _ = FormatLibrary(folder, programs: programs, faults: &faults)
    _ = RuleSet(documents: folder.documents(below: "rules", faults: &faults), faults: &faults)
    _ = ConditionPolicy(folder, faults: &faults)
    #expect(faults == [])
    #expect(programs.count > 50)
  }

  @Test func programsAreFoundByTheirNames() {
    var faults: [Fault] = []
    let programs = KnowledgeFolder.embedded.programTable(faults: &faults)
    for (name, number) in [
      ("portmapper", 100_000), ("nfs", 100_003), ("NFS", 100_003), ("rpc.ttdbserverd", 100_083), ("nsrstat", 390_109),
    ] as [(String, UInt32)] {
      #expect(programs.program(named: Bytes(name))?.number == number, "\(name)")
    }
    #expect(programs.program(named: "\u{202e}nfs") == nil)
    #expect(programs.name(of: 77) == "program 77")
  }

  @Test func wrongProgramsAreReportedTogether() {
    let text = """
      programs:
        - { number: 100000, name: a }
        - { number: 100000, name: b }
        - { number: -1, name: c }
        - { name: d }
        - { number: 5, name: e, colour: red }
        - just text
      """
    var faults: [Fault] = []
    let programs = KnowledgeFolder(files: [.init(path: "tables/t.yaml", shownPath: "tables/t.yaml", text: text)])
      .programTable(faults: &faults)
    #expect(faults.map(\.line).sorted() == [3, 4, 5, 6, 7])
    #expect(faults.allSatisfy { $0.file == "tables/t.yaml" })
    #expect(programs[100_000]?.name == "a")
  }

  @Test func aFolderThatIsNotThereIsAFault() {
    #expect(throws: Faults.self) { try KnowledgeFolder(folder: "/nonexistent/knowledge") }
  }

  @Test func bytesThatAreNoTextAreAFault() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "knowledge-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data([0xff, 0xfe, 0x00, 0xd8]).write(to: folder.appending(path: "a.yaml"))
    try Data([0xff]).write(to: folder.appending(path: "b.yml"))
    try Data([0xff]).write(to: folder.appending(path: "notes.txt"))
    do throws(Faults) {
      _ = try KnowledgeFolder(folder: folder.path)
      Issue.record("no fault")
    } catch {
      #expect(error.list.map { $0.file.suffix(6) } == ["a.yaml", "/b.yml"])
    }
  }
}

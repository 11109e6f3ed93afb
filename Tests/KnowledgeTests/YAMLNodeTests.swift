import Evidence
@testable import Knowledge
import TestNumbers
import Testing

/// Files that people write, and the mistakes in them.
struct YAMLNodeTests {
  @Test func everyNodeKnowsItsPlace() throws {
    let node = try #require(YAMLNode.documents(text: "a: 1\nb:\n  - x\n  - { y: 'z' }\n", file: "f.yaml").first)
    #expect(node.line == 1 && node.file == "f.yaml")
    #expect(node["a"]?.line == 1 && node["a"]?.column == 4)
    let list = try #require(node["b"]?.items)
    #expect(list.map(\.line) == [3, 4])
    #expect(list[1]["y"]?.column == 10)
    var faults: [Fault] = []
    #expect(list[1]["y"]?.string(&faults) == "z" && faults == [])
  }

  @Test func documentsCountOnThroughTheFile() throws {
    let documents = try YAMLNode.documents(text: "a: 1\n---\nb: 2\n---\nc: 3\n", file: "f")
    #expect(documents.compactMap { node in ["a", "b", "c"].compactMap { node[$0]?.line }.first } == [1, 3, 5])
  }

  @Test func faultsAreCollected() throws {
    let text = "size: big\nname: [1, 2]\nwho: me\nlist:\n  - a\n  - { b: c }\n"
    let node = try #require(YAMLNode.documents(text: text, file: "f.yaml").first)
    var faults: [Fault] = []
    let map = try #require(node.map(["size", "name", "list"], &faults))
    #expect(map["size"]?.integer(1...9, &faults) == nil)
    #expect(map["name"]?.string(&faults) == nil)
    #expect(map["list"]?.strings(&faults) == ["a"])
    #expect(map["size"]?.entries(&faults) == nil)
    #expect(faults.map(\.line).sorted() == [1, 1, 2, 3, 6])
    #expect(faults.contains { $0.message.contains("who") && $0.line == 3 && $0.column == 1 })
    #expect(faults.allSatisfy { $0.description.hasPrefix("f.yaml:") })
  }

  @Test(
    arguments: [(1, "1"), (9, "9"), (nil, "0"), (nil, "10"), (nil, "1.0"), (nil, "99999999999999999999"), (nil, "''")]
      as [(Int?, String)])
  func numbersHaveBounds(_ expected: Int?, _ text: String) throws {
    let node = try #require(YAMLNode.documents(text: "n: \(text)", file: "f").first)
    var faults: [Fault] = []
    #expect(node["n"]?.integer(1...9, &faults) == expected)
    #expect(faults.count == (expected == nil ? 1 : 0))
  }

  /// What is not YAML is reported with its line.
  @Test(
    arguments: [
      ("a: 1\nb: [1, 2\nc: 3\n", 2...4), ("a: 1\n\tb: 2\n", 2...2), ("a: 1\na: 2\n", 1...2),
      ("ok: 1\n---\nx: 'never closed\n", 3...4),
      ("a: *nobody\n", 1...1), ("? [a, b]\n: 1\n", 1...1),
    ] as [(String, ClosedRange<Int>)])
  func syntaxErrorsHaveALine(_ text: String, _ lines: ClosedRange<Int>) {
    do throws(Faults) {
      _ = try YAMLNode.documents(text: text, file: "f.yaml")
      Issue.record("taken: \(text)")
    } catch {
      #expect(error.list.count == 1)
      #expect(error.list.first.map { lines.contains($0.line) } == true, "\(error.list)")
      #expect(error.list.first?.file == "f.yaml")
    }
  }

  /// Nine lists of ten aliases each would be a thousand million nodes.
  @Test(.timeLimit(.minutes(1))) func aliasBombsAreRefused() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let aliases = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(throws: Faults.self) { try YAMLNode.documents(text: text, file: "bomb.yaml") }
  }

  @Test func deepNestingIsRefused() {
    let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    #expect(throws: Faults.self) { try YAMLNode.documents(text: deep, file: "deep.yaml") }
  }

  @Test func anAliasIsItsAnchor() throws {
    let node = try #require(YAMLNode.documents(text: "a: &x [1, 2]\nb: *x\n", file: "f").first)
    var faults: [Fault] = []
    #expect(node["b"]?.strings(&faults) == ["1", "2"])
  }

  /// Random damage to a good file gives nodes or faults, and never ends the program.
  @Test func damageIsNeverFatal() throws {
    let good = Array("a: &x 1\nb:\n  - [c, {d: e}]\n  - 'f'\n  - \"g\\n\"\n--- |\n text\n...\n".utf8)
    var numbers = SeededNumbers(11)
    func roll(_ sides: Int) -> Int { numbers.roll(sides) }
    var faulty = 0
    for _ in 0..<500 {
      var bytes = good
      for _ in 0...roll(3) { bytes[roll(bytes.count)] = UInt8(roll(128)) }
      do throws(Faults) {
        _ = try YAMLNode.documents(text: String(decoding: bytes, as: UTF8.self), file: "f")
      } catch {
        faulty += 1
        #expect(error.list.allSatisfy { !$0.message.isEmpty })
      }
    }
    #expect(faulty > 50)
  }
}

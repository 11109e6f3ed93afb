import Yams

/// What a YAML file says, written so that `Knowledge/YAMLNode+Outline.swift` reads it in a fraction of the time: all
/// documents one behind the other, each node with its place.
///
/// A node is a letter, line, column and a count, with blanks behind the numbers: `p3 7 4 name` is a plain scalar of four
/// bytes, `q` a quoted one, `l` a list of so many nodes, and `m` a map of so many pairs.
struct Outline {
  private(set) var text = ""

  /// Nil for what is not YAML or no knowledge: the program reads its text and says what is wrong.
  init?(yaml: String) {
    do {
      var documents = try Yams.compose_all(yaml: yaml, .basic)
      while let document = documents.next() {
        guard append(document) else { return nil }
      }
      if documents.error != nil { return nil }
    } catch {
      return nil
    }
  }

  private mutating func append(_ node: Node) -> Bool {
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain || scalar.style == .any
      begin(isPlain ? "p" : "q", node, scalar.string.utf8.count)
      text += scalar.string
      return true
    case .sequence(let sequence):
      begin("l", node, sequence.count)
      return sequence.allSatisfy { append($0) }
    case .mapping(let mapping):
      begin("m", node, mapping.count)
      return mapping.allSatisfy { key, value in
        guard case .scalar = key else { return false }
        return append(key) && append(value)
      }
    case .alias: return false
    }
  }

  private mutating func begin(_ letter: String, _ node: Node, _ count: Int) {
    text += "\(letter)\(node.mark?.line ?? 0) \(node.mark?.column ?? 0) \(count) "
  }
}

import Evidence

extension YAMLNode {
  /// The documents of a file whose text was read when the program was built: the outline that `embed-knowledge` made of
  /// it. Reading the text itself takes as long as all else that a start takes, several times over.
  /// - Returns: nil for what is no outline.
  static func documents(outline: String, file: String) -> [YAMLNode]? {
    var reader = OutlineReader(bytes: Array(outline.utf8), file: file)
    var documents: [YAMLNode] = []
    while !reader.isAtEnd {
      guard let document = reader.node(depth: 0) else { return nil }
      documents.append(document)
    }
    return documents
  }
}

/// Reads nodes one behind the other; `Sources/embed-knowledge/Outline.swift` says how they are written.
private struct OutlineReader {
  let bytes: [UInt8]
  let file: String
  private var place = 0

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  var isAtEnd: Bool { place >= bytes.count }

  /// Nil where none stands.
  mutating func node(depth: Int) -> YAMLNode? {
    guard !isAtEnd, depth < YAMLNode.depthCap else { return nil }
    let letter = bytes[place]
    place += 1
    guard let line = number(), let column = number(), let count = number(), count <= bytes.count,
      let content = content(letter, count, depth)
    else { return nil }
    return YAMLNode(content: content, file: file, line: line, column: column)
  }

  private mutating func content(_ letter: UInt8, _ count: Int, _ depth: Int) -> YAMLNode.Content? {
    switch letter {
    case UInt8(ascii: "p"), UInt8(ascii: "q"):
      return text(count).map { .scalar($0, isPlain: letter == UInt8(ascii: "p")) }
    case UInt8(ascii: "l"):
      var list: [YAMLNode] = []
      for _ in 0..<count {
        guard let item = node(depth: depth + 1) else { return nil }
        list.append(item)
      }
      return .list(list)
    case UInt8(ascii: "m"):
      var entries: [YAMLNode.Entry] = []
      for _ in 0..<count {
        guard let key = node(depth: depth + 1), case .scalar(let text, _) = key.content,
          let value = node(depth: depth + 1)
        else { return nil }
        entries.append(YAMLNode.Entry(key: text, keyNode: key, value: value))
      }
      return .map(entries)
    default: return nil
    }
  }

  /// A number of few digits and the blank behind it.
  private mutating func number() -> Int? {
    let start = place
    var number = 0
    while place < bytes.count, bytes[place].isDigit, place - start < 9 {
      number = number * 10 + Int(bytes[place] - 0x30)
      place += 1
    }
    guard place > start, place < bytes.count, bytes[place] == 0x20 else { return nil }
    place += 1
    return number
  }

  private mutating func text(_ count: Int) -> String? {
    guard count <= bytes.count - place else { return nil }
    defer { place += count }
    return String(decoding: bytes[place..<place + count], as: UTF8.self)
  }
}

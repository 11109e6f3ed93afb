import Evidence

/// Many literals that are looked for in one pass over a text (Aho and Corasick, 1975): however many values a rule lists,
/// a text costs steps in proportion to its length alone.
struct LiteralSet: Sendable {
  /// A prefix of literals, by the bytes that lead to it.
  private struct Node: Sendable {
    /// Its edges, in the order of their bytes, behind those of the nodes before it.
    var edges = 0..<0
    /// The longest other prefix that it ends with; the root's is the root itself.
    var fallback: Int32 = 0
    var depth: Int32 = 0
    /// A literal that may stand anywhere ends here, or in a fallback.
    var isAnywhere = false
    /// The same of literals that must end the text.
    var isEnd = false
    /// The literal must begin the text, or be all of it: here alone, as a fallback began later.
    var isStart = false
    var isWhole = false
  }

  private var nodes = [Node()]
  private var bytes: [UInt8] = []
  private var targets: [Int32] = []
  private let isCased: Bool

  /// - Parameter literals: In lower case, unless case matters.
  init(_ literals: [(bytes: [UInt8], anchoring: TextPattern.Anchoring)], isCased: Bool) {
    self.isCased = isCased
    var children: [[UInt8: Int32]] = [[:]]
    for literal in literals { add(literal.bytes, literal.anchoring, &children) }
    for (place, edges) in children.enumerated() {
      nodes[place].edges = bytes.count..<bytes.count + edges.count
      for (byte, target) in edges.sorted(by: { $0.key < $1.key }) {
        bytes.append(byte)
        targets.append(target)
      }
    }
    link()
  }

  private mutating func add(
    _ literal: [UInt8], _ anchoring: TextPattern.Anchoring, _ children: inout [[UInt8: Int32]]
  ) {
    var place = 0
    for byte in literal {
      if let next = children[place][byte] {
        place = Int(next)
      } else {
        let next = nodes.count
        children[place][byte] = Int32(clamping: next)
        children.append([:])
        nodes.append(Node(depth: nodes[place].depth + 1))
        place = next
      }
    }
    switch anchoring {
    case .anywhere: nodes[place].isAnywhere = true
    case .end: nodes[place].isEnd = true
    case .start: nodes[place].isStart = true
    case .whole: nodes[place].isWhole = true
    }
  }

  /// Sets the fallbacks, shorter prefixes first.
  private mutating func link() {
    var queue = [0]
    var next = 0
    while next < queue.count {
      let place = queue[next]
      next += 1
      for edge in nodes[place].edges {
        let child = Int(targets[edge])
        queue.append(child)
        guard place != 0 else { continue }
        var steps = 0
        let fallback = step(from: Int(nodes[place].fallback), bytes[edge], &steps)
        nodes[child].fallback = Int32(clamping: fallback)
        if nodes[fallback].isAnywhere { nodes[child].isAnywhere = true }
        if nodes[fallback].isEnd { nodes[child].isEnd = true }
      }
    }
  }

  private func child(of place: Int, _ byte: UInt8) -> Int? {
    var (low, high) = (nodes[place].edges.lowerBound, nodes[place].edges.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if bytes[middle] < byte { low = middle + 1 } else { high = middle }
    }
    return low < nodes[place].edges.upperBound && bytes[low] == byte ? Int(targets[low]) : nil
  }

  /// Falls back as often as it has gone forward, at most.
  private func step(from start: Int, _ byte: UInt8, _ steps: inout Int) -> Int {
    var place = start
    while true {
      steps += 1
      if let next = child(of: place, byte) { return next }
      if place == 0 { return 0 }
      place = Int(nodes[place].fallback)
    }
  }

  func matches(_ text: Bytes) -> Bool {
    var steps = 0
    return matches(text, steps: &steps)
  }

  /// - Parameter steps: Gains the look-ups that it took.
  func matches(_ text: Bytes, steps: inout Int) -> Bool {
    if nodes[0].isAnywhere || nodes[0].isStart || nodes[0].isEnd { return true }
    var place = 0
    for (index, byte) in text.array.enumerated() {
      place = step(from: place, isCased || !byte.isASCIIUppercase ? byte : byte | 0x20, &steps)
      let node = nodes[place]
      if node.isAnywhere || node.isStart && Int(node.depth) == index + 1 { return true }
    }
    return nodes[place].isEnd || nodes[place].isWhole && Int(nodes[place].depth) == text.count
  }
}

extension [ValueMatcher] {
  /// Fewer values are compared one by one as fast.
  static var manyLiterals: Int { 16 }

  /// The same values, of which any is enough, with the literals among them looked for at once.
  func collapsed(_ field: FieldName) -> [ValueMatcher] {
    guard case .text = FieldDomain(field) else { return self }
    var others: [ValueMatcher] = []
    var literals: [Bool: [(bytes: [UInt8], anchoring: TextPattern.Anchoring)]] = [:]
    for matcher in self {
      if case .text(let text) = matcher, let literal = text.pattern.anchoredLiteral {
        literals[text.pattern.isCased, default: []].append(literal)
      } else if case .any(let inner) = matcher {
        others.append(.any(inner.collapsed(field)))
      } else {
        others.append(matcher)
      }
    }
    guard count - others.count >= Self.manyLiterals else {
      return map { if case .any(let inner) = $0 { .any(inner.collapsed(field)) } else { $0 } }
    }
    for isCased in [false, true] {
      if let own = literals[isCased] { others.append(.literals(LiteralSet(own, isCased: isCased))) }
    }
    return others
  }
}

import Evidence

/// The elements of a pattern without what would have to be kept alive for each of them: a log has many lines.
struct LineSteps: Sendable {
  fileprivate enum Step: Sendable {
    /// Bytes of ``LineSteps/text``.
    case literal(start: Int, count: Int)
    case blanks(optional: Bool)
    case hole(FormatField, LinePattern.HoleType, before: Anchor)
  }

  /// What stands behind a hole.
  fileprivate enum Anchor: Sendable {
    /// One of ``LineSteps/needles``.
    case literal(Int)
    case blanks
    case other
  }

  fileprivate let steps: [Step]
  /// All literals, one behind the other.
  fileprivate let text: [UInt8]
  fileprivate let needles: [[UInt8]]

  init(_ elements: [LinePattern.Element]) {
    var steps: [Step] = []
    var text: [UInt8] = []
    var needles: [[UInt8]] = []
    for (position, element) in elements.enumerated() {
      switch element {
      case .literal(let literal):
        steps.append(.literal(start: text.count, count: literal.count))
        text += literal
      case .blanks(let optional): steps.append(.blanks(optional: optional))
      case .hole(let field, let type):
        let needle = LineSteps.needle(behind: position, of: elements)
        if let needle { needles.append(needle) }
        let isBlank = if position + 1 < elements.count, case .blanks = elements[position + 1] { true } else { false }
        let anchor: Anchor = needle != nil ? .literal(needles.count - 1) : isBlank ? .blanks : .other
        steps.append(.hole(field, type, before: anchor))
      }
    }
    (self.steps, self.text, self.needles) = (steps, text, needles)
  }

  /// The literal that ends a hole; of text that a blank ends the one behind that with it.
  private static func needle(behind position: Int, of elements: [LinePattern.Element]) -> [UInt8]? {
    guard position + 1 < elements.count else { return nil }
    switch (elements[position + 1], elements[position]) {
    case (.literal(let literal), _): return literal
    case (.blanks(optional: false), .hole(_, .text)), (.blanks(optional: false), .hole(_, .longest)):
      guard position + 2 < elements.count, case .literal(let literal) = elements[position + 2] else { return nil }
      return [0x20] + literal
    default: return nil
    }
  }
}

extension LinePattern {
  /// Whether the bytes from `start` to the end are this line. Holes are reported as ranges of `line`.
  func match(_ line: RawSpan, from start: Int, captures: inout [(field: FormatField, range: Range<Int>)]) -> Result {
    captures.removeAll(keepingCapacity: true)
    if let lead, line.byteCount - start >= 8, line.uint64(start) & lead.mask != lead.word { return .none }
    return steps.match(line, from: start, captures: &captures)
  }
}

extension LineSteps {
  fileprivate func match(
    _ line: RawSpan, from start: Int, captures: inout [(field: FormatField, range: Range<Int>)]
  ) -> LinePattern.Result {
    var index = start
    let end = line.byteCount
    let (all, text) = (steps.span, text.rawSpan)
    for position in all.indices {
      switch all[position] {
      case .literal(let first, let count):
        let available = min(count, end - index)
        guard line.hasBytes(text, first..<first + available, at: index) else { return .none }
        if available < count { return .prefix }
        index += count
      case .blanks(let optional):
        let first = index
        while index < end, line.byte(index).isBlank { index += 1 }
        if index == first, !optional { return index == end ? .prefix : .none }
        if index == end, position + 1 < all.count { return .prefix }
      case .hole(let field, let type, let anchor):
        guard let close = self.end(of: type, in: line, from: index, before: anchor) else {
          // A wording that begins with any text cannot be told from other lines by its beginning.
          if position == 0, type == .text || type == .longest { return .none }
          let mayGoOn = type == .text || type == .longest || type == .overflow
          return mayGoOn || index >= end ? .prefix : LineSteps.unfinished(type, line, index)
        }
        captures.append((field, index..<close))
        index = close
      }
    }
    while index < end, line.byte(index).isBlank { index += 1 }
    return index == end ? .match : .none
  }

  /// A hole that found no end: cut off, or something else.
  private static func unfinished(_ type: LinePattern.HoleType, _ line: RawSpan, _ index: Int) -> LinePattern.Result {
    guard type == .host else { return .none }
    // `loopback(\000\000` without its closing parenthesis.
    return line.firstIndex(of: 0x28, from: index) != nil && line.firstIndex(of: 0x29, from: index) == nil
      ? .prefix : .none
  }

  /// Where a hole that starts at `start` ends; nil when nothing of its type stands there.
  private func end(
    of type: LinePattern.HoleType, in line: RawSpan, from start: Int, before anchor: Anchor
  ) -> Int? {
    let end = line.byteCount
    var index = start
    switch type {
    case .host: return HostText.end(in: line, from: start) { stands(anchor, in: line, at: $0) }
    case .dotted: return IPAddress.parseV4(line, at: start)?.end
    case .number:
      while index < end, line.byte(index).isDigit { index += 1 }
      return index > start ? index : nil
    case .name:
      while index < end, !LineSteps.isNameEnd(line.byte(index)) { index += 1 }
      return index > start ? index : nil
    case .path:
      let literal = needle(of: anchor)
      while index < end, !line.byte(index).isBlank {
        if let literal, line.byte(index) == literal[0], line.hasBytes(literal, at: index) { break }
        index += 1
      }
      return index > start ? index : nil
    case .text: return needle(of: anchor).flatMap { line.firstIndex(of: $0, from: start) }
    case .label:
      guard let place = needle(of: anchor).flatMap({ line.firstIndex(of: $0, from: start) }) else { return nil }
      return (start..<place).contains { line.byte($0) == 0x3d || line.byte($0) == 0x22 } ? nil : place
    case .longest: return needle(of: anchor).flatMap { LineSteps.lastIndex(of: $0, in: line, from: start) }
    case .rest: return end
    case .overflow: return OverflowText.stands(in: line.slice(start..<end)) ? end : nil
    }
  }

  private func needle(of anchor: Anchor) -> [UInt8]? {
    if case .literal(let number) = anchor { needles[number] } else { nil }
  }

  /// Whether what follows a hole stands at a place, as far as one byte or a literal tells.
  private func stands(_ anchor: Anchor, in line: RawSpan, at index: Int) -> Bool {
    if index >= line.byteCount { return true }
    return switch anchor {
    case .literal(let number): line.hasBytes(needles[number], at: index)
    case .blanks: line.byte(index).isBlank
    case .other: true
    }
  }

  private static func lastIndex(of literal: [UInt8], in line: RawSpan, from start: Int) -> Int? {
    var found: Int?
    var from = start
    while let place = line.firstIndex(of: literal, from: from) {
      found = place
      from = place + 1
    }
    return found
  }

  private static func isNameEnd(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x3a, 0x5b, 0x5d, 0x28, 0x29, 0x22: true
    default: false
    }
  }
}

extension RawSpan {
  /// Whether a range of other bytes stands at a place, where at least as many are left.
  fileprivate func hasBytes(_ other: RawSpan, _ range: Range<Int>, at start: Int) -> Bool {
    var (index, place) = (range.lowerBound, start)
    while range.upperBound - index >= 8 {
      guard uint64(place) == other.uint64(index) else { return false }
      (index, place) = (index + 8, place + 8)
    }
    while index < range.upperBound {
      guard byte(place) == other.byte(index) else { return false }
      (index, place) = (index + 1, place + 1)
    }
    return true
  }
}

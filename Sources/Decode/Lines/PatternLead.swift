import Evidence

/// What a message must have to be taken by a wording, or to be the start of one: a necessary condition, told by a look at
/// a few bytes, which spares most messages the wording itself.
struct PatternLead: Hashable, Sendable {
  enum Place: Sendable {
    /// At the message's beginning.
    case start
    /// Behind the first blanks.
    case secondWord
    /// In the first word, which may also end with the message.
    case firstWord
    case anywhere
  }

  var place: Place
  /// The bytes that stand there, at most eight, in the upper bytes; others are zero in both.
  var word: UInt64
  var mask: UInt64

  /// Nil when only the wording itself can tell.
  init?(_ elements: [LinePattern.Element]) {
    let rest = elements.dropFirst()
    switch (elements.first, rest.first, rest.dropFirst().first) {
    case (.literal(let literal), _, _): self.init(literal, .start)
    case (.hole(_, .path), .literal(let literal), _): self.init(literal, .firstWord)
    case (.hole(_, .text), .literal(let literal), _), (.hole(_, .longest), .literal(let literal), _),
      (.hole(_, .label), .literal(let literal), _):
      self.init(literal, .anywhere)
    case (.hole(_, .name), .blanks(optional: false), .literal(let literal)): self.init(literal, .secondWord)
    default: return nil
    }
  }

  private init(_ literal: [UInt8], _ place: Place) {
    self.place = place
    (word, mask) = (0, 0)
    for (index, byte) in literal.prefix(8).enumerated() {
      word |= UInt64(byte) << UInt64(56 - 8 * index)
      mask |= 0xff << UInt64(56 - 8 * index)
    }
  }

  var firstByte: UInt8 { UInt8(word >> 56) }
}

/// The leads of all wordings of a program, each once.
struct PatternLeads: Sendable {
  private var leads: [PatternLead] = []
  private var looksAtWords = false
  /// Wordings without a lead that begin with a number, and others.
  private var hasNumber = false
  private var open: [LinePattern] = []

  /// A shorter message has no lead.
  static let shortest = 8

  mutating func add(_ pattern: LinePattern) {
    if let lead = PatternLead(pattern.elements) {
      if !leads.contains(lead) { leads.append(lead) }
      looksAtWords = looksAtWords || lead.place == .firstWord || lead.place == .secondWord
    } else if case .hole(_, .number) = pattern.elements.first {
      hasNumber = true
    } else {
      open.append(pattern)
    }
  }

  /// Whether a wording may take the message that goes from `start` to the line's end, or the line be the start of one; a
  /// message of at least ``shortest`` bytes.
  func admit(_ line: RawSpan, from start: Int) -> Bool {
    if hasNumber, line.byte(start).isDigit { return true }
    let head = line.uint64(start)
    var (firstEnd, second) = (start, start)
    if looksAtWords {
      while firstEnd < line.byteCount, !line.byte(firstEnd).isBlank { firstEnd += 1 }
      second = firstEnd
      while second < line.byteCount, line.byte(second).isBlank { second += 1 }
    }
    // By their places: an iterator over the array would keep it alive for each line.
    for index in leads.indices {
      let isThere =
        switch leads[index].place {
        case .start: head & leads[index].mask == leads[index].word
        case .secondWord: PatternLeads.stands(leads[index], line, at: second)
        case .firstWord: firstEnd == line.byteCount || has(leads[index], line, from: start, to: firstEnd)
        case .anywhere: has(leads[index], line, from: start, to: line.byteCount)
        }
      if isThere { return true }
    }
    return !open.isEmpty && openAdmit(line, from: start)
  }

  /// Whether a lead stands at a place; it may where the line ends too soon to tell.
  private static func stands(_ lead: PatternLead, _ line: RawSpan, at index: Int) -> Bool {
    line.byteCount - index < 8 || line.uint64(index) & lead.mask == lead.word
  }

  private func has(_ lead: PatternLead, _ line: RawSpan, from start: Int, to end: Int) -> Bool {
    var index = start
    while let place = line.firstIndex(of: lead.firstByte, from: index), place < end {
      if PatternLeads.stands(lead, line, at: place) { return true }
      index = place + 1
    }
    return false
  }

  private func openAdmit(_ line: RawSpan, from start: Int) -> Bool {
    var captures: [(field: FormatField, range: Range<Int>)] = []
    return open.contains { $0.match(line, from: start, captures: &captures) != .none }
  }
}

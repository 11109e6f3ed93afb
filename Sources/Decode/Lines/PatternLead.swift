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

/// The leads of all wordings, by the programs that write them; of a program each once.
struct PatternLeads: Sendable {
  /// What is known of a program, without what would have to be kept alive for each line: the numbers of its first leads
  /// in ``links``, which lead to the others.
  private struct Program {
    var starts = PatternLeads.none
    /// The first bytes of those, as bits, modulo 64.
    var firstBytes: UInt64 = 0
    var firstWords = PatternLeads.none
    var secondWords = PatternLeads.none
    var anywhere = PatternLeads.none
    /// Wordings without a lead that begin with a number, and others.
    var hasNumber = false
    var hasOpen = false
  }
  private var programs: [Program] = []
  private var links: [(lead: PatternLead, next: Int)] = []
  private static let none = -1
  private var open: [(program: Int, pattern: LinePattern)] = []

  /// A shorter message has no lead.
  static let shortest = 8

  mutating func add(_ pattern: LinePattern, of program: Int) {
    while programs.count <= program { programs.append(Program()) }
    if let lead = PatternLead(pattern.elements) {
      switch lead.place {
      case .start:
        programs[program].starts = added(lead, before: programs[program].starts)
        programs[program].firstBytes |= 1 << UInt64(lead.firstByte & 63)
      case .firstWord: programs[program].firstWords = added(lead, before: programs[program].firstWords)
      case .secondWord: programs[program].secondWords = added(lead, before: programs[program].secondWords)
      case .anywhere: programs[program].anywhere = added(lead, before: programs[program].anywhere)
      }
    } else if case .hole(_, .number) = pattern.elements.first {
      programs[program].hasNumber = true
    } else {
      programs[program].hasOpen = true
      open.append((program, pattern))
    }
  }

  /// The first of some leads with one more, if it is new.
  private mutating func added(_ lead: PatternLead, before first: Int) -> Int {
    if contains(from: first, where: { $0 == lead }) { return first }
    links.append((lead, first))
    return links.count - 1
  }

  @inline(__always) private func contains(from first: Int, where isMeant: (PatternLead) -> Bool) -> Bool {
    var index = first
    while index >= 0 {
      if isMeant(links[index].lead) { return true }
      index = links[index].next
    }
    return false
  }

  /// Whether a wording of a program may take the message that goes from `start` to the line's end, or the line be the
  /// start of one; a message of at least ``shortest`` bytes, in a line of ``RawSpan/countReach`` at least.
  func admit(_ line: RawSpan, from start: Int, of number: Int) -> Bool {
    let program = programs[number]
    let head = line.uint64(start)
    if program.hasNumber, line.byte(start).isDigit { return true }
    if program.firstBytes >> (head >> 56 & 63) & 1 == 1 {
      if contains(from: program.starts, where: { head & $0.mask == $0.word }) { return true }
    }
    if program.firstWords >= 0 || program.secondWords >= 0 {
      let end = PatternLeads.endOfWord(line, from: start)
      if end == line.byteCount, program.firstWords >= 0 { return true }
      if contains(from: program.firstWords, where: { PatternLeads.has($0, line, from: start, to: end) }) { return true }
      var second = end
      while second < line.byteCount, line.byte(second).isBlank { second += 1 }
      if contains(from: program.secondWords, where: { PatternLeads.stands($0, line, at: second) }) { return true }
    }
    if contains(from: program.anywhere, where: { PatternLeads.has($0, line, from: start, to: line.byteCount) }) {
      return true
    }
    return program.hasOpen && openAdmit(line, from: start, of: number)
  }

  /// The place of the first blank at or after `start`, or the line's end.
  @inline(__always) private static func endOfWord(_ line: RawSpan, from start: Int) -> Int {
    var index = start
    while index < line.byteCount {
      let (bits, next) = line.places(of: 0x20, or: 0x09, from: index)
      if bits != 0 { return index + bits.trailingZeroBitCount }
      index = next
    }
    return line.byteCount
  }

  /// Whether a lead stands at a place; it may where the line ends too soon to tell.
  private static func stands(_ lead: PatternLead, _ line: RawSpan, at index: Int) -> Bool {
    line.byteCount - index < 8 || line.uint64(index) & lead.mask == lead.word
  }

  /// Whether a lead stands at one of the places from `start` up to `end`.
  private static func has(_ lead: PatternLead, _ line: RawSpan, from start: Int, to end: Int) -> Bool {
    var index = start
    while index < end {
      var (bits, next) = line.places(of: lead.firstByte, or: lead.firstByte, from: index)
      while bits != 0 {
        let place = index + bits.trailingZeroBitCount
        if place >= end { return false }
        if stands(lead, line, at: place) { return true }
        bits &= bits - 1
      }
      index = next
    }
    return false
  }

  private func openAdmit(_ line: RawSpan, from start: Int, of program: Int) -> Bool {
    var captures: [(field: FormatField, range: Range<Int>)] = []
    return open.contains {
      $0.program == program && $0.pattern.match(line, from: start, captures: &captures) != .none
    }
  }
}

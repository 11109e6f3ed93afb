import Evidence

/// A line of tcpdump's text, read as far as it goes.
struct TraceLine {
  var packet: PacketRecord
  /// Nothing more of the packet can follow in a further line.
  var isClosed = false
  /// The packet is of a protocol that is not read here; only its ends are known.
  var isOther = false

  enum Result {
    /// A packet; further lines may add to it.
    case packet(TraceLine)
    /// The text ends in the middle of a packet's line.
    case prefix
    case none
  }

  /// Where the text of a packet starts in a line: at its time stamp.
  static func stampStart(_ line: RawSpan) -> Int? {
    var index = 0
    while index < min(line.byteCount, 4), [0x20, 0x09, 0x3e].contains(line.byte(index)) { index += 1 }
    // `2026-03-01 15:20:35.513401 IP ...` of -tttt.
    if line.byteCount - index >= 27, line.byte(index).isDigit, line.byte(index + 4) == 0x2d,
      line.byte(index + 7) == 0x2d,
      line.byte(index + 10) == 0x20, isClock(line, at: index + 11)
    {
      return index
    }
    return isClock(line, at: index) ? index : nil
  }

  /// `hh:mm:ss.f`: the fraction tells tcpdump from other text with a time of day.
  private static func isClock(_ line: RawSpan, at index: Int) -> Bool {
    guard line.byteCount - index >= 10, line.byte(index + 2) == 0x3a, line.byte(index + 5) == 0x3a,
      line.byte(index + 8) == 0x2e, line.byte(index + 9).isDigit
    else { return false }
    return [0, 1, 3, 4, 6, 7].allSatisfy { line.byte(index + $0).isDigit }
  }

  /// Whether a line has the two ends of a packet, `A > B:`, in which every form of tcpdump's text agrees: a line that
  /// has them and cannot be read is damaged or of a form that is not known, and no prose.
  static func namesEnds(_ line: RawSpan) -> Bool {
    var start = 0
    // With -e the stations come first.
    while let direction = line.firstIndex(of: TraceLine.direction, from: start) {
      let target = direction + TraceLine.direction.count
      let end = line.firstIndex(of: 0x20, from: target) ?? line.byteCount
      if end > target, line.byte(end - 1) == 0x3a { return true }
      start = target
    }
    return false
  }

  /// Whether it has what stands between the two ends.
  static func hasDirection(_ line: RawSpan) -> Bool { line.firstIndex(of: direction) != nil }
  private static let direction = Array(" > ".utf8)

  /// Reads the packet whose stamp starts the text.
  static func read(_ text: RawSpan, zone: ZoneTable, citation: Citation) -> Result {
    var reader = TraceGrammar(text: text, zone: zone, citation: citation)
    do {
      return .packet(try reader.packet())
    } catch {
      return error == .ended ? .prefix : .none
    }
  }
}

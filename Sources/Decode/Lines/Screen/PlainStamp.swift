import Evidence

/// A stamp as most lines of a log have it, and the blank behind it: RFC 3164's 15 bytes, or RFC 3339's as rsyslog writes
/// it, `2000-01-03T15:03:59.123456+01:00`, with up to seven digits behind the seconds.
///
/// Neighbours are mostly of one second, so a few words of the last stamp tell nearly all of the next one.
struct PlainStamp: Sendable {
  /// How a stamp stands to the one that was read before it.
  enum Order {
    /// Of the same second, and no earlier in it.
    case follows
    case other
  }

  /// So many bytes have to stand where a stamp is looked for.
  static let reach = 40

  /// Up to where the line goes on.
  private(set) var length = PlainStamp.classicLength + 1
  /// The second: of RFC 3339's in three words, of which the last two overlap.
  private var words = (PlainStamp.noWord, PlainStamp.noWord, PlainStamp.noWord)
  private var isISO = false
  /// How many digits stand behind the seconds, and the digits.
  private var digits = 0
  private var fraction: UInt64 = 0
  /// Where the zone begins, and its bytes with the blank.
  private var zoneStart = 0
  private var zone: UInt64 = 0

  /// Line feeds, which stand in no line: what is not known yet is like no word.
  static let noWord: UInt64 = 0x0a0a_0a0a_0a0a_0a0a
  private static let classicLength = 15
  /// `2000-01-03T15:03:59`.
  private static let isoLength = 19

  /// Reads what stands at `start`; nil when it is no such stamp. Whether there was such a day, the calendar tells.
  @inline(__always) mutating func read(_ block: RawSpan, at start: Int) -> Order? {
    if block.uint64(start) == words.0, block.uint64(start + 8) == words.1 {
      if !isISO { return .follows }
      if block.uint64(start + 11) == words.2, let order = readFraction(block, at: start) { return order }
    }
    return readNew(block, at: start)
  }

  private mutating func readNew(_ block: RawSpan, at start: Int) -> Order? {
    guard SyslogReader.isStamp(block, at: start),
      block.byte(start).isDigit ? readISO(block, at: start) : readClassic(block, at: start)
    else { return nil }
    words = (block.uint64(start), block.uint64(start + 8), block.uint64(start + 11))
    return .other
  }

  /// Reads what stands behind seconds that are known; nil when digits and zone are not as before.
  private mutating func readFraction(_ block: RawSpan, at start: Int) -> Order? {
    let next = block.uint64(start + PlainStamp.isoLength + 1)
    guard block.byte(start + PlainStamp.isoLength) == 0x2e ? next.leadingDigits == digits : digits == 0,
      block.uint64(start + zoneStart) & .firstBytes(length - zoneStart) == zone
    else { return nil }
    let before = fraction
    fraction = next & .firstBytes(digits)
    return fraction < before ? .other : .follows
  }

  private mutating func readClassic(_ block: RawSpan, at start: Int) -> Bool {
    var cursor = start + 7
    guard block.byte(start + 5).isDigit, block.byte(start + 6) == 0x20, clock(block, &cursor) != nil,
      cursor == start + PlainStamp.classicLength, block.byte(cursor) == 0x20
    else { return false }
    (length, isISO) = (PlainStamp.classicLength + 1, false)
    return true
  }

  private mutating func readISO(_ block: RawSpan, at start: Int) -> Bool {
    var cursor = start + 11
    guard block.byte(start + 10) == 0x54, clock(block, &cursor) != nil else { return false }
    let next = block.uint64(cursor + 1)
    let found = block.byte(cursor) == 0x2e ? next.leadingDigits : 0
    guard block.byte(cursor) != 0x2e || found > 0, found < 8 else { return false }
    cursor += found > 0 ? found + 1 : 0
    let zoneStart = cursor
    guard SyslogReader.zoneOffset(block, &cursor) != nil, block.byte(cursor) == 0x20 else { return false }
    (isISO, digits, fraction) = (true, found, next & .firstBytes(found))
    (self.zoneStart, length) = (zoneStart - start, cursor + 1 - start)
    zone = block.uint64(zoneStart) & .firstBytes(length - self.zoneStart)
    return true
  }
}

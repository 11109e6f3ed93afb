import Evidence

/// A stamp as most lines of a log have it, and the blank behind it: RFC 3164's 15 bytes, or RFC 3339's as rsyslog writes
/// it, `2000-01-03T15:03:59.123456+01:00`, with up to seven digits behind the seconds.
///
/// Neighbours are mostly of one minute, so a few words of the last stamp tell nearly all of the next one.
struct PlainStamp: Sendable {
  /// How a stamp stands to the one that was read before it.
  enum Order {
    /// Of the same minute, and no earlier in it.
    case follows
    case other
  }

  /// So many bytes have to stand where a stamp is looked for.
  static let reach = 40

  /// Up to where the line goes on.
  private(set) var length = KnownStamp.length + 1
  /// The last stamp: of RFC 3339's the minute in two words, and the time of day in one.
  private var words = (PlainStamp.noWord, PlainStamp.noWord, PlainStamp.noWord)
  /// Its second, as two digits.
  private var second: UInt64 = 0
  private var isISO = false
  /// How many digits stand behind the seconds, and the digits.
  private var digits = 0
  private var fraction: UInt64 = 0
  /// Where the zone begins, and its bytes with the blank.
  private var zoneStart = 0
  private var zone: UInt64 = 0

  /// Line feeds, which stand in no line: what is not known yet is like no word.
  static let noWord: UInt64 = 0x0a0a_0a0a_0a0a_0a0a
  /// Where the second stands in the second word of a stamp of RFC 3164.
  private static let classicSecond: UInt64 = 0xff_ff00
  /// `2000-01-03T15:03:59`.
  private static let isoLength = 19

  /// Reads what a line of at least ``reach`` bytes begins with; nil when it is no such stamp. Whether there was such a
  /// day, the calendar tells.
  @inline(__always) mutating func read(_ line: RawSpan) -> Order? {
    if line.uint64(0) == words.0 {
      let next = line.uint64(8)
      if !isISO {
        if next == words.1 { return .follows }
        if (next ^ words.1) & ~PlainStamp.classicSecond == 0, let order = follow(next >> 8) {
          words.1 = next
          return order
        }
      } else if next == words.1, let order = readISOSecond(line) {
        return order
      }
    }
    return readNew(line)
  }

  /// How a second of the same minute, as two digits, stands to the last one; nil when it is none.
  @inline(__always) private mutating func follow(_ digits: UInt64) -> Order? {
    let next = digits & 0xffff
    guard next >> 8 &- 0x30 < 6, next & 0xff &- 0x30 < 10 else { return nil }
    let before = second
    second = next
    return next < before ? .other : .follows
  }

  private mutating func readNew(_ line: RawSpan) -> Order? {
    guard SyslogReader.isStamp(line, at: 0),
      line.byte(0).isDigit ? readISO(line) : readClassic(line)
    else { return nil }
    words = (line.uint64(0), line.uint64(8), line.uint64(11))
    second = (isISO ? words.2 : words.1 >> 8) & 0xffff
    return .other
  }

  /// Reads the rest of a stamp whose minute is known; nil when digits and zone are not as before.
  private mutating func readISOSecond(_ line: RawSpan) -> Order? {
    let seconds = line.uint64(11)
    let next = line.uint64(PlainStamp.isoLength + 1)
    guard (seconds ^ words.2) & ~0xffff == 0,
      line.byte(PlainStamp.isoLength) == 0x2e ? next.leadingDigits == digits : digits == 0,
      line.uint64(zoneStart) & .firstBytes(length - zoneStart) == zone
    else { return nil }
    let before = (second, fraction)
    guard follow(seconds) != nil else { return nil }
    fraction = next & .firstBytes(digits)
    return (second, fraction) < before ? .other : .follows
  }

  private mutating func readClassic(_ line: RawSpan) -> Bool {
    var cursor = 7
    guard line.byte(5).isDigit, line.byte(6) == 0x20, clock(line, &cursor) != nil,
      cursor == KnownStamp.length, line.byte(cursor) == 0x20
    else { return false }
    (length, isISO) = (KnownStamp.length + 1, false)
    return true
  }

  private mutating func readISO(_ line: RawSpan) -> Bool {
    var cursor = 11
    guard line.byte(10) == 0x54, clock(line, &cursor) != nil else { return false }
    let next = line.uint64(cursor + 1)
    let found = line.byte(cursor) == 0x2e ? next.leadingDigits : 0
    guard line.byte(cursor) != 0x2e || found > 0, found < 8 else { return false }
    cursor += found > 0 ? found + 1 : 0
    let zoneStart = cursor
    guard SyslogReader.zoneOffset(line, &cursor) != nil, line.byte(cursor) == 0x20 else { return false }
    (isISO, digits, fraction) = (true, found, next & .firstBytes(found))
    (self.zoneStart, length) = (zoneStart, cursor + 1)
    zone = line.uint64(zoneStart) & .firstBytes(length - self.zoneStart)
    return true
  }
}

import Evidence

/// A stamp of RFC 3164's 15 bytes that was read: of another one of its minute only the second is left to be read.
struct KnownStamp: Sendable {
  static let length = 15

  /// Its bytes in two words that overlap, the second one without the digits of the second.
  private let head: UInt64
  private let clock: UInt64
  /// The first second of its minute: the moment, on the clock of the host, and as it is kept.
  private let start: Timestamp
  private let local: Int64
  private let packed: PackedStamp?
  /// Midnight of its day, on the clock of the host.
  let midnight: Int64

  /// A stamp as it stands in a line.
  struct Reading: Sendable {
    var time: EventTime
    /// Wall-clock seconds.
    var local: Int64
    var packed: PackedStamp?
  }

  private static let digitsOfSecond: UInt64 = 0xffff

  /// Nil for a stamp that no other can be told from: of a leap second, of a minute that no ``Timestamp`` begins, or of one
  /// in which clocks are set.
  /// - Parameter local: Wall-clock seconds of its moment.
  init?(_ line: RawSpan, at offset: Int, _ moment: Timestamp, local: Int64, in zone: ZoneTable) {
    let (head, tail) = (line.uint64(offset), line.uint64(offset + 7))
    guard let secondOfDay = tail.secondsOfClock else { return nil }
    let second = secondOfDay % 60
    let (start, overflow) = moment.nanoseconds.subtractingReportingOverflow(second * KnownStamp.nanoseconds)
    guard !overflow, zone.utc(local: local - second + 59) - zone.utc(local: local - second) == 59 else { return nil }
    (self.head, clock, self.start) = (head, tail & ~KnownStamp.digitsOfSecond, Timestamp(nanoseconds: start))
    (self.local, midnight) = (local - second, local - secondOfDay)
    packed = PackedStamp(line.slice(offset..<line.byteCount), end: KnownStamp.length)?.minute
  }
  private static let nanoseconds: Int64 = 1_000_000_000

  /// Whether a stamp of the same day begins there.
  func isOfDay(_ head: UInt64) -> Bool { self.head >> 8 == head >> 8 }

  /// The second of a stamp of the same minute, of which 15 bytes have to stand there; nil for other text.
  @inline(__always) func second(_ line: RawSpan, at offset: Int) -> Int64? {
    let tail = line.uint64(offset &+ 7)
    let (tens, ones) = (tail >> 8 & 0xff &- 0x30, tail & 0xff &- 0x30)
    guard line.uint64(offset) == head, tail & ~KnownStamp.digitsOfSecond == clock, tens < 6, ones < 10 else {
      return nil
    }
    return Int64(truncatingIfNeeded: tens &* 10 &+ ones)
  }

  /// What a stamp of that second of the same minute says; nil when no ``Timestamp`` holds it.
  @inline(__always) func reading(second: Int64) -> Reading? {
    let (moment, overflow) = start.nanoseconds.addingReportingOverflow(second &* KnownStamp.nanoseconds)
    guard !overflow else { return nil }
    return Reading(
      time: EventTime(Timestamp(nanoseconds: moment), fractionDigits: 0), local: local &+ second,
      packed: packed?.adding(second: second))
  }
}

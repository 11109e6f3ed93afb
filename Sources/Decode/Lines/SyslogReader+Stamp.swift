import Evidence

/// Stamps of all forms.
extension SyslogReader {
  /// What a text that looks like a stamp is.
  enum Stamp { case time(EventTime), invalid, none }

  mutating func stamp(_ line: RawSpan, _ cursor: inout Int) -> Stamp {
    if line.byte(cursor).isDigit { return isoStamp(line, &cursor) }
    guard line.byte(cursor) == 0x2d else { return classicStamp(line, &cursor) }
    cursor += 1
    // No day is to be guessed for it.
    (hasYear, local) = (true, nil)
    return .time(.unknown)
  }

  /// `Dec 27 15:20:35`, `Jan  3 15:03:59` or `Jan 3 15:03:59`.
  private mutating func classicStamp(_ line: RawSpan, _ cursor: inout Int) -> Stamp {
    let start = cursor
    if let reading = neighbour(line, at: start) ?? readingOfSameDay(line, at: start) {
      cursor = start + KnownStamp.length
      return .time(reading.time)
    }
    let stamp = readClassicStamp(line, &cursor)
    if case .time(let time) = stamp, cursor == start + KnownStamp.length, !hasYear, let local {
      knownStamp = KnownStamp(line, at: start, time.timestamp, local: local, in: zone)
    }
    return stamp
  }

  /// A stamp of the last one's minute; nil when it is none, or has to be read in full.
  @inline(__always) private mutating func neighbour(_ line: RawSpan, at start: Int) -> KnownStamp.Reading? {
    guard line.byteCount &- start >= KnownStamp.length, let knownStamp, let second = knownStamp.second(line, at: start),
      knownStamp.midnight == cachedDate?.midnight, !SyslogReader.goesOn(line, start &+ KnownStamp.length),
      let reading = knownStamp.reading(second: second)
    else { return nil }
    (local, hasYear) = (reading.local, false)
    return reading
  }

  /// A stamp of the last one's day, likewise.
  private mutating func readingOfSameDay(_ line: RawSpan, at start: Int) -> KnownStamp.Reading? {
    guard line.byteCount - start >= KnownStamp.length, let knownStamp, let cachedDate,
      knownStamp.isOfDay(line.uint64(start)), knownStamp.midnight == cachedDate.midnight,
      let seconds = line.uint64(start + 7).secondsOfClock, !SyslogReader.goesOn(line, start + KnownStamp.length)
    else { return nil }
    let local = cachedDate.midnight + seconds
    guard let moment = Timestamp(seconds: zone.utc(local: local)) else { return nil }
    (self.local, hasYear) = (local, false)
    self.knownStamp = KnownStamp(line, at: start, moment, local: local, in: zone)
    return self.knownStamp?.reading(second: seconds % 60)
  }

  /// Whether a fraction, or the colon with which Cisco ends a stamp, stands behind the seconds.
  private static func goesOn(_ line: RawSpan, _ index: Int) -> Bool {
    index < line.byteCount && (line.byte(index) == 0x2e || line.byte(index) == 0x3a)
  }

  /// The time of a ``PlainStamp``; nil when there was no such day.
  mutating func time(ofPlainStampAt start: Int, in block: RawSpan) -> EventTime? {
    var cursor = start
    let stamp = block.byte(start).isDigit ? isoStamp(block, &cursor) : classicStamp(block, &cursor)
    guard case .time(let time) = stamp else { return nil }
    return time
  }

  /// The stamp that a line begins with, of those that come in floods.
  struct LineStamp: Sendable {
    var time: EventTime
    /// Where it ends.
    var end: Int
    /// Nil where it is not written as ``PackedStamp`` is.
    var packed: PackedStamp?
  }

  /// Nil when no stamp stands there, or when it takes the line's host to say which time it means.
  mutating func stamp(of line: RawSpan) -> LineStamp? {
    guard zones.isEmpty else { return nil }
    if let reading = neighbour(line, at: 0), !isAmbiguous {
      return LineStamp(time: reading.time, end: KnownStamp.length, packed: reading.packed)
    }
    var cursor = 0
    guard case .time(let time) = stamp(line, &cursor), !isAmbiguous else { return nil }
    return LineStamp(time: time, end: cursor, packed: PackedStamp(line, end: cursor))
  }

  /// Whether a line begins with a stamp of RFC 3164.
  mutating func beginsClassic(_ line: RawSpan) -> Bool {
    if line.byteCount >= KnownStamp.length, knownStamp?.second(line, at: 0) != nil { return true }
    return SyslogReader.isStamp(line, at: 0) && line.byte(0).isASCIIUppercase
  }

  private mutating func readClassicStamp(_ line: RawSpan, _ cursor: inout Int) -> Stamp {
    guard let month = SyslogReader.month(line, at: cursor) else { return .none }
    cursor += 3
    while cursor < line.byteCount, line.byte(cursor) == 0x20 { cursor += 1 }
    guard let day = number(line, &cursor, digits: 1...2), cursor < line.byteCount, line.byte(cursor) == 0x20 else {
      return .none
    }
    cursor += 1
    let year = SyslogReader.year(line, &cursor)
    guard let seconds = clock(line, &cursor) else { return hasClockShape(line, cursor) ? .invalid : .none }
    let (nanoseconds, digits) = fractionOfSecond(line, &cursor)
    if cursor < line.byteCount, line.byte(cursor) == 0x3a { cursor += 1 }
    hasYear = year != nil
    let midnight =
      year.map { Day(year: $0, month: month, day: day).map { Int64($0.number) * 86_400 } }
      ?? midnight(month: month, day: day)
    guard let midnight, seconds < 86_401 else { return .invalid }
    local = midnight + Int64(seconds)
    guard let timestamp = Timestamp(seconds: zone.utc(local: midnight + Int64(seconds)), nanoseconds: nanoseconds)
    else { return .invalid }
    return .time(EventTime(timestamp, fractionDigits: digits))
  }

  /// What stands behind a clock's seconds. The seconds of 1970 leave a leap second out, so all of it is the moment at which
  /// the next one begins: its fraction would put it behind what came then.
  private func fractionOfSecond(_ line: RawSpan, _ cursor: inout Int) -> (nanoseconds: Int64, digits: UInt8) {
    let isLeap = line.byte(cursor - 2) == 0x36
    let (nanoseconds, digits) = fraction(line, &cursor)
    return (isLeap ? 0 : nanoseconds, digits)
  }

  /// `1999 ` between day and time, as some devices write it.
  private static func year(_ line: RawSpan, _ cursor: inout Int) -> Int? {
    var index = cursor
    guard let year = number(line, &index, digits: 4...4), index < line.byteCount, line.byte(index) == 0x20 else {
      return nil
    }
    cursor = index + 1
    return year
  }

  /// Midnight, local time, of a day without a year.
  private mutating func midnight(month: Int, day: Int) -> Int64? {
    if let cachedDate, cachedDate.month == month, cachedDate.day == day { return cachedDate.midnight }
    guard let date = calendar.day(month: month, day: day) else { return nil }
    cachedDate = (month, day, Int64(date.number) * 86_400)
    return Int64(date.number) * 86_400
  }

  /// `2000-01-03T15:03:59.123+01:00`, or with a blank for the T and without a zone.
  private mutating func isoStamp(_ line: RawSpan, _ cursor: inout Int) -> Stamp {
    guard let year = number(line, &cursor, digits: 4...4), skip(0x2d, line, &cursor),
      let month = number(line, &cursor, digits: 2...2), skip(0x2d, line, &cursor),
      let day = number(line, &cursor, digits: 2...2), cursor < line.byteCount
    else { return .none }
    cursor += 1
    guard let seconds = clock(line, &cursor) else { return hasClockShape(line, cursor) ? .invalid : .none }
    let (nanoseconds, digits) = fractionOfSecond(line, &cursor)
    guard let date = Day(year: year, month: month, day: day), seconds < 86_401 else { return .invalid }
    let local = Int64(date.number) * 86_400 + Int64(seconds)
    let offset = SyslogReader.zoneOffset(line, &cursor)
    (hasYear, self.local) = (true, offset == nil ? local : nil)
    let utc = offset.map { local - $0 } ?? zone.utc(local: local)
    guard let timestamp = Timestamp(seconds: utc, nanoseconds: nanoseconds) else { return .invalid }
    return .time(EventTime(timestamp, fractionDigits: digits))
  }

  /// Seconds that `Z`, `+01:00`, `+0100` or `+01` stand for.
  static func zoneOffset(_ line: RawSpan, _ cursor: inout Int) -> Int64? {
    guard cursor < line.byteCount else { return nil }
    let sign = line.byte(cursor)
    if sign == 0x5a {
      cursor += 1
      return 0
    }
    guard sign == 0x2b || sign == 0x2d else { return nil }
    var index = cursor + 1
    guard let hours = number(line, &index, digits: 2...2), hours < 24 else { return nil }
    var minutes = 0
    var after = index
    if after < line.byteCount, line.byte(after) == 0x3a { after += 1 }
    if let value = number(line, &after, digits: 2...2), value < 60 {
      minutes = value
      index = after
    }
    cursor = index
    let offset = Int64(hours * 3600 + minutes * 60)
    return sign == 0x2d ? -offset : offset
  }

  /// The time of a text that is a stamp with a date, as other sensors write it; nil when it is none.
  mutating func time(_ text: Bytes) -> EventTime? {
    let span = text.array.rawSpan
    var cursor = 0
    guard span.byteCount >= 19, span.byte(0).isDigit, case .time(let time) = isoStamp(span, &cursor) else { return nil }
    return time
  }

  private func skip(_ byte: UInt8, _ line: RawSpan, _ cursor: inout Int) -> Bool {
    guard cursor < line.byteCount, line.byte(cursor) == byte else { return false }
    cursor += 1
    return true
  }
}

public import Evidence

/// The parts of a syslog line before its message: RFC 3164's `Mon dd hh:mm:ss host tag[pid]:` in the dialects that are
/// met, and rsyslog's ISO 8601 form. Ranges are offsets into the line.
public struct SyslogFrame: Sendable {
  public var time: EventTime
  public var host: Range<Int>
  /// Without folder and process id.
  public var tag: Range<Int>
  public var pid: Int?
  public var message: Int
  /// The line ends inside the brackets behind the tag.
  public var isCut = false

  public enum Result: Sendable {
    case frame(SyslogFrame)
    /// A stamp, and the line ends before its tag does.
    case prefix(EventTime)
    /// A stamp that is no date: month 13, February 30.
    case invalidStamp
    case none
  }
}

/// Reads stamps of all forms; keeps the last day, because neighbours share it.
public struct SyslogReader: Sendable {
  let zone: ZoneTable
  /// Zones of hosts that write another time than ``zone``.
  private let zones: [Host.Key: ZoneTable]
  var hasZones: Bool { !zones.isEmpty }
  /// Which year a stamp without one belongs to, and the way of such stamps through the year.
  public private(set) var calendar: StampCalendar
  private var cachedDate: (month: Int, day: Int, midnight: Int64)?
  /// The last stamp of 15 bytes: its neighbours are mostly of its minute.
  private var knownStamp: KnownStamp?
  /// Wall-clock seconds of the last stamp; nil when it named its zone.
  private var local: Int64?
  var repeatedHours = RepeatedHours()
  /// Whether the last stamp carried a year.
  public private(set) var hasYear = false

  public init(asOf: Day, zone: ZoneTable, zones: [Bytes: ZoneTable] = [:]) {
    self.init(calendar: StampCalendar(asOf: asOf), zone: zone, zones: zones)
  }

  public init(calendar: StampCalendar, zone: ZoneTable, zones: [Bytes: ZoneTable] = [:]) {
    self.calendar = calendar
    self.zone = zone
    self.zones = Dictionary(
      zones.map { (Host.Key($0.key.array.rawSpan), $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// Where a stamp starts: at the front, behind `<PRI>`, behind the `file:` of grep or the `> ` of a quotation.
  public static func stampStart(_ line: RawSpan) -> Int? {
    if isStamp(line, at: 0) { return 0 }
    guard line.byteCount > 16 else { return nil }
    var index = 0
    switch line.byte(0) {
    case 0x3c:  // <PRI>
      return priorityEnd(line, from: 0).flatMap { stamp(line, behindPriority: $0) }
    case 0x30...0x39 where numberedStamp(line, from: 0) != nil: return numberedStamp(line, from: 0)
    case 0x20, 0x09, 0x3e, 0x7c:  // blanks, > and | of quotations
      while index < min(8, line.byteCount), [0x20, 0x09, 0x3e, 0x7c].contains(line.byte(index)) { index += 1 }
      return isStamp(line, at: index) ? index : nil
    default:
      // `daemon.log:Dec 27`: a file's name has no blank.
      while index < min(256, line.byteCount), !line.byte(index).isBlank {
        if line.byte(index) == 0x3a, isStamp(line, at: index + 1) { return index + 1 }
        index += 1
      }
      return nil
    }
  }

  /// Behind `<34>`; nil when no priority stands there.
  private static func priorityEnd(_ line: RawSpan, from start: Int) -> Int? {
    var index = start + 1
    while index < min(start + 5, line.byteCount), line.byte(index).isDigit { index += 1 }
    return index > start + 1 && index < line.byteCount && line.byte(index) == 0x3e ? index + 1 : nil
  }

  /// Behind a priority: the stamp itself, RFC 5424's version and a blank before it, or a sequence number as Cisco sends.
  private static func stamp(_ line: RawSpan, behindPriority start: Int) -> Int? {
    if isStamp(line, at: start) { return start }
    if line.hasBytes(version, at: start), isStamp(line, at: start + 2) || isUnknownStamp(line, at: start + 2) {
      return start + 2
    }
    return numberedStamp(line, from: start)
  }

  private static let version = Array("1 ".utf8)

  /// RFC 5424, section 6.2.3: `-` where the sender has no clock.
  private static func isUnknownStamp(_ line: RawSpan, at start: Int) -> Bool {
    line.byteCount - start >= 2 && line.byte(start) == 0x2d && line.byte(start + 1).isBlank
  }

  /// `000123: Dec 27 15:14:25.123: `, with `*` or `.` before the stamp where the clock was not set; or the length that
  /// RFC 6587 puts before a message.
  private static func numberedStamp(_ line: RawSpan, from start: Int) -> Int? {
    var index = start
    while index < min(start + 10, line.byteCount), line.byte(index).isDigit { index += 1 }
    guard index > start, line.byteCount - index > 16 else { return nil }
    if start == 0, line.byte(index) == 0x20, line.byte(index + 1) == 0x3c {
      return priorityEnd(line, from: index + 1).flatMap { stamp(line, behindPriority: $0) }
    }
    guard line.byte(index) == 0x3a, line.byte(index + 1) == 0x20 else { return nil }
    index += 2
    if line.byte(index) == 0x2a || line.byte(index) == 0x2e { index += 1 }
    return isStamp(line, at: index) ? index : nil
  }

  /// A look at the shape alone: is the rest worth reading?
  static func isStamp(_ line: RawSpan, at start: Int) -> Bool {
    guard start >= 0, line.byteCount - start >= 14 else { return false }
    if line.byte(start).isASCIIUppercase {
      guard line.byte(start + 3) == 0x20, month(line, at: start) != nil else { return false }
      let day = line.byte(start + 4)
      return day.isDigit || (day == 0x20 && line.byte(start + 5).isDigit)
    }
    return line.byteCount - start >= 19 && line.byte(start).isDigit && line.byte(start + 4) == 0x2d
      && line.byte(start + 7) == 0x2d && (line.byte(start + 10) == 0x54 || line.byte(start + 10) == 0x20)
      && line.byte(start + 13) == 0x3a
  }

  static func month(_ line: RawSpan, at start: Int) -> Int? {
    switch (line.byte(start), line.byte(start + 1), line.byte(start + 2)) {
    case (0x4a, 0x61, 0x6e): 1
    case (0x46, 0x65, 0x62): 2
    case (0x4d, 0x61, 0x72): 3
    case (0x41, 0x70, 0x72): 4
    case (0x4d, 0x61, 0x79): 5
    case (0x4a, 0x75, 0x6e): 6
    case (0x4a, 0x75, 0x6c): 7
    case (0x41, 0x75, 0x67): 8
    case (0x53, 0x65, 0x70): 9
    case (0x4f, 0x63, 0x74): 10
    case (0x4e, 0x6f, 0x76): 11
    case (0x44, 0x65, 0x63): 12
    default: nil
    }
  }

  /// Reads the line's frame from where its stamp starts.
  public mutating func read(_ line: RawSpan, at start: Int) -> SyslogFrame.Result {
    var cursor = start
    let stamp = stamp(line, &cursor)
    guard case .time(var time) = stamp else {
      return if case .invalid = stamp { .invalidStamp } else { .none }
    }
    let end = line.byteCount
    if SyslogReader.isStructured(line, before: start) {
      guard var frame = StructuredSyslog.frame(line, from: cursor, time: time) else { return .prefix(time) }
      frame.time = self.time(time, of: line.slice(frame.host))
      return .frame(frame)
    }
    func skipBlanks() { while cursor < end, line.byte(cursor).isBlank { cursor += 1 } }
    skipBlanks()
    // FreeBSD's syslogd -v puts `<daemon.info>` before the host.
    if cursor < end, line.byte(cursor) == 0x3c, let close = line.firstIndex(of: 0x3e, from: cursor), close - cursor < 24
    {
      cursor = close + 1
      skipBlanks()
    }
    let hostStart = cursor
    while cursor < end, !line.byte(cursor).isBlank { cursor += 1 }
    guard cursor > hostStart else { return .prefix(time) }
    var host = hostStart..<cursor
    let hostIsTag = line.byte(cursor - 1) == 0x3a || line.byte(cursor - 1) == 0x5d
    if (hostIsTag || SyslogReader.isProcessID(line, behind: cursor)), !line.slice(host).isAddress {
      cursor = hostStart
      host = hostStart..<hostStart
    } else {
      // IRIX puts level and facility before the host: `6E:kestrel`.
      if host.count > 3, line.byte(hostStart).isDigit, line.byte(hostStart + 1).isASCIIUppercase,
        line.byte(hostStart + 2) == 0x3a
      {
        host = (hostStart + 3)..<cursor
      }
      skipBlanks()
    }
    guard cursor < end else { return .prefix(time) }
    time = self.time(time, of: line.slice(host))
    return .frame(tag(line, from: cursor, time: time, host: host))
  }

  private mutating func stamp(_ line: RawSpan, _ cursor: inout Int) -> Stamp {
    if line.byte(cursor).isDigit { return isoStamp(line, &cursor) }
    guard line.byte(cursor) == 0x2d else { return classicStamp(line, &cursor) }
    cursor += 1
    // No day is to be guessed for it.
    (hasYear, local) = (true, nil)
    return .time(.unknown)
  }

  /// `fail2ban.actions        [812]:` names no host.
  private static func isProcessID(_ line: RawSpan, behind start: Int) -> Bool {
    var index = start
    while index < line.byteCount, line.byte(index).isBlank { index += 1 }
    return index + 1 < line.byteCount && line.byte(index) == 0x5b && line.byte(index + 1).isDigit
  }

  /// RFC 5424: `<34>1 ` stands before the stamp.
  private static func isStructured(_ line: RawSpan, before start: Int) -> Bool {
    start >= 4 && line.byte(start - 1) == 0x20 && line.byte(start - 2) == 0x31 && line.byte(start - 3) == 0x3e
  }

  /// The time in the zone of the host that wrote it, and of the hour that its clock shows twice the one that it meant.
  private mutating func time(_ time: EventTime, of host: RawSpan) -> EventTime {
    guard zone.isShifting || !zones.isEmpty, let local else { return time }
    if zones.isEmpty, zone.repeatedHour(at: local) == nil { return time }
    let key = Host.Key(host)
    let zone = zones[key] ?? zone
    var seconds = zone.utc(local: local)
    if let hour = zone.repeatedHour(at: local), repeatedHours.isSecond(local, of: hour, at: key) {
      seconds += hour.shift
    }
    guard let moment = Timestamp(seconds: seconds) else { return time }
    let fraction = time.timestamp.nanoseconds % 1_000_000_000
    let (sum, overflow) = moment.nanoseconds.addingReportingOverflow(fraction < 0 ? fraction + 1_000_000_000 : fraction)
    return overflow ? time : EventTime(Timestamp(nanoseconds: sum), fractionDigits: time.fractionDigits)
  }

  /// Whether the last stamp may be of either showing of an hour, which only its host's other lines tell.
  var isAmbiguous: Bool {
    guard zone.isShifting, let local else { return false }
    return zone.repeatedHour(at: local) != nil
  }

  /// The tag `/usr/etc/portmap[150]:`, or a message without one.
  private func tag(_ line: RawSpan, from start: Int, time: EventTime, host: Range<Int>) -> SyslogFrame {
    let end = line.byteCount
    var index = start
    var name = start
    while index < end {
      let byte = line.byte(index)
      if byte == 0x5b || byte == 0x3a || byte.isBlank { break }
      if byte == 0x2f { name = index + 1 }
      index += 1
    }
    let tag = name..<index
    if host.isEmpty, SyslogReader.isProcessID(line, behind: index) {
      while index < end, line.byte(index).isBlank { index += 1 }
    }
    var pid: Int?
    var isCut = false
    if index < end, line.byte(index) == 0x5b {
      var number = 0
      var cursor = index + 1
      while cursor < end, line.byte(cursor).isDigit, cursor - index < 11 {
        number = number * 10 + Int(line.byte(cursor) - 0x30)
        cursor += 1
      }
      isCut = cursor == end
      if cursor < end, line.byte(cursor) == 0x5d, cursor > index + 1 {
        pid = number
        index = cursor + 1
      }
    }
    if index < end, line.byte(index) == 0x3a { index += 1 }
    while index < end, line.byte(index).isBlank { index += 1 }
    // Solaris: `[ID 884469 daemon.warning] `.
    if index < end, line.byte(index) == 0x5b, line.hasBytes(SyslogReader.messageID, at: index) {
      if let close = line.firstIndex(of: 0x5d, from: index) {
        index = close + 1
        while index < end, line.byte(index).isBlank { index += 1 }
      } else {
        isCut = true
      }
    } else if let message = SyslogReader.endOfUptime(line, at: index) {
      isCut = isCut || message == end
      index = message
    } else if index < end, end - index < SyslogReader.messageID.count {
      isCut = isCut || SyslogReader.messageID.starts(with: Bytes(line.slice(index..<end)).array)
    }
    return SyslogFrame(time: time, host: host, tag: tag, pid: pid, message: index, isCut: isCut)
  }

  private static let messageID = Array("[ID".utf8)

  /// Behind the `[12345.678901] ` or `[    5.000001] ` that Linux' printk.time puts before a message: seconds since boot.
  /// The line's end when it ends before the bracket does; nil when something else stands there.
  static func endOfUptime(_ line: RawSpan, at start: Int) -> Int? {
    let end = line.byteCount
    guard start < end, line.byte(start) == 0x5b else { return nil }
    var index = start + 1
    while index < end, line.byte(index).isBlank { index += 1 }
    if index == end { return end }
    guard number(line, &index, digits: 1...12) != nil else { return nil }
    if index == end { return end }
    guard line.byte(index) == 0x2e else { return nil }
    index += 1
    if index == end { return end }
    guard number(line, &index, digits: 1...9) != nil else { return nil }
    if index == end { return end }
    guard line.byte(index) == 0x5d else { return nil }
    index += 1
    while index < end, line.byte(index).isBlank { index += 1 }
    return index
  }

  private enum Stamp { case time(EventTime), invalid, none }

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

/// Up to the largest count of `digits`; nil when there are fewer than its smallest.
public func number(_ line: RawSpan, _ cursor: inout Int, digits: ClosedRange<Int>) -> Int? {
  var value = 0
  let start = cursor
  while cursor < line.byteCount, cursor - start < digits.upperBound, line.byte(cursor).isDigit {
    value = value * 10 + Int(line.byte(cursor) - 0x30)
    cursor += 1
  }
  guard cursor - start >= digits.lowerBound else {
    cursor = start
    return nil
  }
  return value
}

/// `15:20:35` as seconds since midnight; 60 is allowed for a leap second.
public func clock(_ line: RawSpan, _ cursor: inout Int) -> Int? {
  let start = cursor
  guard line.byteCount - cursor >= 8, line.byte(cursor + 2) == 0x3a, line.byte(cursor + 5) == 0x3a,
    let hours = number(line, &cursor, digits: 2...2)
  else { return nil }
  cursor += 1
  guard let minutes = number(line, &cursor, digits: 2...2) else { return nil }
  cursor += 1
  guard let seconds = number(line, &cursor, digits: 2...2), hours < 24, minutes < 60, seconds <= 60 else {
    cursor = start
    return nil
  }
  return hours * 3600 + minutes * 60 + seconds
}

/// Whether two digits stand three times with colons between: hour 24 is a clock that is wrong, and no other text.
private func hasClockShape(_ line: RawSpan, _ start: Int) -> Bool {
  line.byteCount - start >= 8
    && (0..<8).allSatisfy { $0 % 3 == 2 ? line.byte(start + $0) == 0x3a : line.byte(start + $0).isDigit }
}

/// `.513401` as nanoseconds, and its digits; further digits than nine are passed over.
public func fraction(_ line: RawSpan, _ cursor: inout Int) -> (nanoseconds: Int64, digits: UInt8) {
  guard cursor + 1 < line.byteCount, line.byte(cursor) == 0x2e || line.byte(cursor) == 0x2c,
    line.byte(cursor + 1).isDigit
  else { return (0, 0) }
  cursor += 1
  var value: Int64 = 0
  var digits: UInt8 = 0
  while cursor < line.byteCount, line.byte(cursor).isDigit {
    if digits < 9 {
      value = value * 10 + Int64(line.byte(cursor) - 0x30)
      digits += 1
    }
    cursor += 1
  }
  for _ in digits..<9 { value *= 10 }
  return (value, digits)
}

extension RawSpan {
  /// Without the zero bytes around it: a crash leaves a run of them before the next line, and some senders end with one.
  var withoutZeros: RawSpan {
    @_lifetime(copy self) get {
      guard byteCount > 0, byte(0) == 0 || byte(byteCount - 1) == 0 else { return self }
      var (start, end) = (0, byteCount)
      while start < end, byte(start) == 0 { start += 1 }
      while end > start, byte(end - 1) == 0 { end -= 1 }
      return slice(start..<end)
    }
  }

  /// Whether all of it is an address, such as an IPv6 address that ends in a colon's neighbour.
  var isAddress: Bool {
    guard let (_, end) = IPAddress.parse(self, at: 0) else { return false }
    return end == byteCount
  }
}

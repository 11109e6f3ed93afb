public import Evidence

/// Reads stamps of all forms; keeps the last day, because neighbours share it.
public struct SyslogReader: Sendable {
  let zone: ZoneTable
  /// Zones of hosts that write another time than ``zone``.
  let zones: [Host.Key: ZoneTable]
  var hasZones: Bool { !zones.isEmpty }
  /// Which year a stamp without one belongs to, and the way of such stamps through the year.
  public internal(set) var calendar: StampCalendar
  var cachedDate: (month: Int, day: Int, midnight: Int64)?
  /// The last stamp of 15 bytes: its neighbours are mostly of its minute.
  var knownStamp: KnownStamp?
  /// Wall-clock seconds of the last stamp; nil when it named its zone.
  var local: Int64?
  var repeatedHours = RepeatedHours()
  /// Whether the last stamp carried a year.
  public internal(set) var hasYear = false

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

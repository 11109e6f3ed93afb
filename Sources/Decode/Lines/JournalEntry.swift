import Evidence

/// An entry of systemd's journal: the fields that make a log line of it.
///
/// The host and the time are journald's own (`_HOSTNAME`, `__REALTIME_TIMESTAMP`). The tag is what the program called
/// itself, as in syslog; where it did not, what the kernel calls it.
struct JournalEntry {
  var microseconds: UInt64?
  var host: Bytes = ""
  var identifier: Bytes = ""
  var command: Bytes = ""
  var pid: UInt64?
  var message: Bytes?

  /// Whether the field was one of those.
  @discardableResult
  mutating func take(_ name: Bytes, _ value: Bytes) -> Bool {
    switch name {
    case "__REALTIME_TIMESTAMP": microseconds = microseconds ?? value.decimal
    case "_HOSTNAME": if host.isEmpty { host = value }
    case "SYSLOG_IDENTIFIER": if identifier.isEmpty { identifier = value }
    case "_COMM": if command.isEmpty { command = value }
    case "_PID": pid = value.decimal ?? pid
    case "SYSLOG_PID": pid = pid ?? value.decimal
    case "MESSAGE": message = message ?? value
    default: return false
    }
    return true
  }

  init() {}

  /// A line of `journalctl -o json`.
  init?(_ record: JSONRecord) {
    guard record.has("__REALTIME_TIMESTAMP") else { return nil }
    for name in JournalEntry.names {
      if let value = record.digits(name) { take(name, value) }
    }
  }

  private static let names: [Bytes] = [
    "__REALTIME_TIMESTAMP", "_HOSTNAME", "SYSLOG_IDENTIFIER", "_COMM", "_PID", "SYSLOG_PID", "MESSAGE",
  ]

  /// The entry as a line of syslog, which is how it is cited; nil when its time is none or there is no message.
  func line() -> (text: [UInt8], frame: SyslogFrame)? {
    guard let message, let microseconds, let value = Int64(exactly: microseconds) else { return nil }
    let (nanoseconds, overflow) = value.multipliedReportingOverflow(by: 1000)
    guard !overflow else { return nil }
    let time = EventTime(Timestamp(nanoseconds: nanoseconds), fractionDigits: 6)
    var text = Array(time.description.utf8) + [0x20]
    let hostStart = text.count
    text += host.array + [0x20]
    let tagStart = text.count
    let name = identifier.isEmpty ? command : identifier
    text += name.array.split(separator: 0x2f).last ?? []
    let tag = tagStart..<text.count
    if let pid { text += Array("[\(pid)]".utf8) }
    text += [0x3a, 0x20]
    let frame = SyslogFrame(
      time: time, host: hostStart..<tagStart - 1, tag: tag, pid: pid.flatMap { Int(exactly: $0) }, message: text.count)
    return (text + message.array, frame)
  }
}

/// The text of `journalctl -o export`: a field a line, `NAME=value`; or, for a value with control bytes, `NAME`, a line
/// feed, the value's length in 64 bits with the low byte first, the value and a line feed. An empty line ends an entry.
struct JournalExport: Sendable {
  private(set) var entry = JournalEntry()
  /// Where the entry begins, and goes on to.
  private var place: Provenance?
  /// A binary field of which not everything has come.
  private var binary: (name: Bytes, bytes: [UInt8]?)?
  private var end = 0

  var isOpen: Bool { place != nil }
  /// Fields beyond this are not kept; messages are much shorter.
  private static let valueCap = 1 << 20

  static func begins(_ line: RawSpan) -> Bool { line.hasBytes(cursor, at: 0) || line.hasBytes(stamp, at: 0) }
  private static let cursor = Array("__CURSOR=".utf8)
  private static let stamp = Array("__REALTIME_TIMESTAMP=".utf8)

  enum Step { case more, entry(JournalEntry, Provenance), none }

  /// - Parameter place: Where the line begins tells what ended the line before it.
  mutating func push(_ line: RawSpan, at place: Provenance) -> Step {
    let offset = place.offset
    defer { end = offset + line.byteCount }
    if let field = binary {
      self.place?.extend(to: place)
      var bytes = field.bytes ?? []
      // The value's own line ends were taken for ends of lines.
      if field.bytes != nil { bytes += offset - end == 2 ? [0x0d, 0x0a] : [0x0a] }
      if bytes.count + line.byteCount <= JournalExport.valueCap { bytes.append(line) }
      finish(field.name, bytes)
      return .more
    }
    if line.byteCount == 0 { return finish().map { .entry($0.entry, $0.place) } ?? .none }
    if self.place == nil { self.place = place } else { self.place?.extend(to: place) }
    if let equals = line.firstIndex(of: 0x3d), equals > 0 {
      entry.take(Bytes(line.slice(0..<equals)), Bytes(line.slice(equals + 1..<line.byteCount)))
    } else {
      binary = (Bytes(line), nil)
    }
    return .more
  }

  /// Takes a binary field when all of it is there.
  private mutating func finish(_ name: Bytes, _ bytes: [UInt8]) {
    binary = (name, bytes)
    guard bytes.count >= 8 else { return }
    var length: UInt64 = 0
    for index in (0..<8).reversed() { length = length << 8 | UInt64(bytes[index]) }
    let known = UInt64(bytes.count - 8)
    if length == known { entry.take(name, Bytes(Array(bytes[8...]))) }
    // A length that the value is past, or that no field has, is none of journald's.
    if length <= known || length > UInt64(JournalExport.valueCap) { binary = nil }
  }

  /// The entry that ends here: at an empty line, or the text's end.
  mutating func finish() -> (entry: JournalEntry, place: Provenance)? {
    guard let place else { return nil }
    let whole = entry
    (entry, self.place, binary) = (JournalEntry(), nil, nil)
    return (whole, place)
  }
}

import Evidence

/// RFC 5424, section 6, behind the stamp: `HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG]`, where `-` is a value
/// that is not known.
enum StructuredSyslog {
  /// Nil when the line ends before its structured data does.
  static func frame(_ line: RawSpan, from start: Int, time: EventTime) -> SyslogFrame? {
    var cursor = start
    guard let host = word(line, &cursor), let app = word(line, &cursor), let process = word(line, &cursor),
      word(line, &cursor) != nil, skipData(line, &cursor)
    else { return nil }
    while cursor < line.byteCount, line.byte(cursor).isBlank { cursor += 1 }
    if line.hasBytes(byteOrderMark, at: cursor) { cursor += byteOrderMark.count }
    var name = app.lowerBound
    while let slash = line.slice(0..<app.upperBound).firstIndex(of: 0x2f, from: name) { name = slash + 1 }
    let pid = line.slice(process).decimal.flatMap { Int(exactly: $0) }
    return SyslogFrame(
      time: time, host: known(line, host), tag: known(line, name..<app.upperBound), pid: pid, message: cursor)
  }

  /// MSG may begin with it, to say that it is UTF-8.
  private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

  private static func known(_ line: RawSpan, _ range: Range<Int>) -> Range<Int> {
    range.count == 1 && line.byte(range.lowerBound) == 0x2d ? range.lowerBound..<range.lowerBound : range
  }

  private static func word(_ line: RawSpan, _ cursor: inout Int) -> Range<Int>? {
    while cursor < line.byteCount, line.byte(cursor).isBlank { cursor += 1 }
    let start = cursor
    while cursor < line.byteCount, !line.byte(cursor).isBlank { cursor += 1 }
    return cursor > start ? start..<cursor : nil
  }

  /// `-`, or elements `[id name="value"]`; in a value a backslash stands before `"`, `]` and itself.
  private static func skipData(_ line: RawSpan, _ cursor: inout Int) -> Bool {
    while cursor < line.byteCount, line.byte(cursor).isBlank { cursor += 1 }
    guard cursor < line.byteCount else { return false }
    if line.byte(cursor) == 0x2d {
      cursor += 1
      return true
    }
    guard line.byte(cursor) == 0x5b else { return false }
    while cursor < line.byteCount, line.byte(cursor) == 0x5b {
      guard skipElement(line, &cursor) else { return false }
    }
    return true
  }

  private static func skipElement(_ line: RawSpan, _ cursor: inout Int) -> Bool {
    var isQuoted = false
    cursor += 1
    while cursor < line.byteCount {
      let byte = line.byte(cursor)
      cursor += 1
      switch byte {
      case 0x5c where isQuoted: cursor = min(cursor + 1, line.byteCount)
      case 0x22: isQuoted.toggle()
      case 0x5d where !isQuoted: return true
      default: break
      }
    }
    return false
  }
}

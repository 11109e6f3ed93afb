import Evidence

/// A line of Linux' audit.log: `type=ANOM_ABEND msg=audit(1363191050.330:123): pid=7 comm="rpc.mountd" ...`, with
/// `node=host ` before it where several hosts log into one.
enum AuditRecord {
  private static let type = Array("type=".utf8)
  private static let node = Array("node=".utf8)
  private static let message = Array(" msg=audit(".utf8)
  private static let tag = Array("audit: ".utf8)

  static func begins(_ line: RawSpan) -> Bool { line.hasBytes(type, at: 0) || line.hasBytes(node, at: 0) }

  /// The record behind a tag, as syslog would have it; nil when it has no time.
  static func line(_ record: RawSpan) -> (text: [UInt8], frame: SyslogFrame)? {
    guard let mark = record.firstIndex(of: message), mark < 256 else { return nil }
    var end = mark + message.count
    while end < record.byteCount, record.byte(end).isDigit || record.byte(end) == 0x2e { end += 1 }
    guard let time = ZeekRecord.epoch(Bytes(record.slice(mark + message.count..<end))) else { return nil }
    var start = 0
    var host: [UInt8] = []
    if record.hasBytes(node, at: 0), let blank = record.firstIndex(of: 0x20), blank > node.count {
      host = Bytes(record.slice(node.count..<blank)).array
      start = blank + 1
    }
    guard record.hasBytes(type, at: start) else { return nil }
    var text = host + [0x20] + tag
    let frame = SyslogFrame(
      time: time, host: 0..<host.count, tag: host.count + 1..<host.count + 6, pid: nil, message: text.count)
    text.append(record.slice(start..<record.byteCount))
    return (text, frame)
  }
}

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

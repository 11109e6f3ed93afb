public import Evidence

/// What a capture says of a frame, whatever kind of file it is; the frame's bytes are ``CaptureReader/bytes``.
public struct CapturedFrame: Hashable, Sendable {
  /// What is wrong with a frame's time.
  public enum StampFault: Hashable, Sendable {
    /// The file says more than a second's worth of fractions; they were added as they stand.
    case oddFraction
    /// The record has no time, as in pcapng's simple packets.
    case absent
    /// A time that nanoseconds in 64 bits do not hold.
    case outOfRange

    public var description: String {
      switch self {
      case .oddFraction: "more than a second's worth of fractions"
      case .absent: "no time of its own; that of the frame before it is taken"
      case .outOfRange: "a time out of all range; that of the frame before it is taken"
      }
    }
  }

  /// Counted from 1.
  public internal(set) var number = 0
  /// Of the record's first byte in the unpacked file.
  public var offset: Int
  /// Bytes of the record in the file, with all that belongs to it.
  public var recordLength: Int
  /// With the digits that the file's clock has. A frame without a time of its own has that of the frame before it, and
  /// is undated when there is none.
  public internal(set) var time: EventTime
  public var stampFault: StampFault?
  public var capturedLength: Int
  /// On the wire.
  public var originalLength: Int
  public var link: LinkNumber
  /// Frames that were lost since the frame before, where the file says so.
  public var drops: Int?

  init(
    offset: Int, recordLength: Int, time: EventTime, stampFault: StampFault?, capturedLength: Int,
    originalLength: Int, link: LinkNumber, drops: Int? = nil
  ) {
    self.offset = offset
    self.recordLength = recordLength
    self.time = time
    self.stampFault = stampFault
    self.capturedLength = capturedLength
    self.originalLength = originalLength
    self.link = link
    self.drops = drops
  }

  /// Whether the record itself says when the frame was captured.
  var hasOwnTime: Bool { stampFault == nil || stampFault == .oddFraction }
}

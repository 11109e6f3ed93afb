import Evidence

extension TCPOptions {
  /// Reads options (RFC 9293, section 3.2) as far as they are there and make sense.
  init(_ bytes: RawSpan) {
    self.init()
    var index = 0
    while index < bytes.byteCount, let length = TCPOptions.length(bytes, at: index), length <= bytes.byteCount - index {
      switch (bytes.byte(index), length) {
      case (2, 4): maximumSegmentSize = bytes.uint16(index + 2)
      case (3, 3): windowScale = bytes.byte(index + 2)
      case (4, 2): sackPermitted = true
      case (8, 10): timestampValue = bytes.uint32(index + 2)
      default: break
      }
      index += length
    }
    // Of a time stamp that the capture cuts, the sender's half may still be whole.
    if index < bytes.byteCount, bytes.byte(index) == 8, bytes.byteCount - index >= 6 {
      timestampValue = bytes.uint32(index + 2)
    }
  }

  /// The length of the option at `index`; nil at the end of the options, or when it says none that can be.
  static func length(_ bytes: RawSpan, at index: Int) -> Int? {
    switch bytes.byte(index) {
    case 0: return nil
    case 1: return 1
    default:
      guard index + 1 < bytes.byteCount, bytes.byte(index + 1) >= 2 else { return nil }
      return Int(bytes.byte(index + 1))
    }
  }
}

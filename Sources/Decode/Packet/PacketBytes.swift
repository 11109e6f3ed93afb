import Evidence

/// The captured bytes of a packet, the length it had on the wire, and how far a decoder got.
///
/// A header that the wire did not have is malformed; one that only the capture lacks is truncated.
struct PacketBytes: ~Escapable {
  let bytes: RawSpan
  /// Where the packet ends on the wire, as the outermost layer that says so has it; the bytes may end before.
  private(set) var end: Int
  private(set) var position = 0

  @_lifetime(copy bytes) init(_ bytes: RawSpan, wireLength: Int) {
    self.bytes = bytes
    end = max(wireLength, bytes.byteCount)
  }

  /// Bytes from the position to the end on the wire.
  var remaining: Int { end - position }
  /// Those of them that were captured.
  var captured: Range<Int> { min(position, bytes.byteCount)..<min(end, bytes.byteCount) }

  /// Makes sure that `length` bytes of a header stand at the position.
  func require(_ length: Int, _ layer: DecodeError.Layer) throws(DecodeError) {
    guard length <= remaining else {
      throw DecodeError(layer, offset: position, needed: length, available: remaining)
    }
    guard length <= captured.count else {
      throw DecodeError(layer, offset: position, needed: length, available: captured.count, isTruncation: true)
    }
  }

  /// Steps over a header, of which the capture may lack the end.
  @_lifetime(self: copy self) mutating func skip(_ length: Int, _ layer: DecodeError.Layer) throws(DecodeError) {
    guard length >= 0, length <= remaining else {
      throw DecodeError(layer, offset: position, needed: length, available: remaining)
    }
    position += length
  }

  /// The inner layer says that the packet ends `length` bytes behind the position; what follows is padding.
  @_lifetime(self: copy self) mutating func limit(_ length: Int, _ layer: DecodeError.Layer) throws(DecodeError) {
    guard length >= 0, length <= remaining else {
      throw DecodeError(layer, offset: position, needed: length, available: remaining)
    }
    end = position + length
  }

  func byte(_ offset: Int) -> UInt8 { bytes.byte(position + offset) }
  func uint16(_ offset: Int) -> UInt16 { bytes.uint16(position + offset) }
  func uint32(_ offset: Int) -> UInt32 { bytes.uint32(position + offset) }
  func uint128(_ offset: Int) -> UInt128 { bytes.uint128(position + offset) }
}

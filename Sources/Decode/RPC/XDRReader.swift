import Evidence

/// RFC 4506: big-endian words and padded strings. Nil where the bytes end.
struct XDRReader: ~Escapable {
  private let bytes: RawSpan
  private var position = 0

  @_lifetime(copy bytes) init(_ bytes: RawSpan) { self.bytes = bytes }

  @_lifetime(self: copy self) mutating func word() -> UInt32? {
    guard bytes.byteCount - position >= 4 else { return nil }
    defer { position += 4 }
    return bytes.uint32(position)
  }

  /// Where a string's bytes stand; its padding is stepped over.
  @_lifetime(self: copy self) mutating func string() -> Range<Int>? {
    guard let length = word().map({ Int($0) }) else { return nil }
    let padded = (length + 3) & ~3
    guard padded <= bytes.byteCount - position else { return nil }
    defer { position += padded }
    return position..<position + length
  }
}

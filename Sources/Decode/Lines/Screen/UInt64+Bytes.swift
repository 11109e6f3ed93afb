/// Words of eight bytes of a line, the first byte uppermost.
extension UInt64 {
  /// How many bytes stand before the first blank; nil when there is none.
  @inline(__always) var firstBlank: Int? {
    let bytes = byteSwapped ^ 0x2020_2020_2020_2020
    let zeros = (bytes &- 0x0101_0101_0101_0101) & ~bytes & 0x8080_8080_8080_8080
    return zeros == 0 ? nil : zeros.trailingZeroBitCount / 8
  }

  /// How many digits the word begins with.
  @inline(__always) var leadingDigits: Int {
    let values = byteSwapped ^ 0x3030_3030_3030_3030
    let others = ((values & 0x7f7f_7f7f_7f7f_7f7f) &+ 0x7676_7676_7676_7676 | values) & 0x8080_8080_8080_8080
    return others == 0 ? 8 : others.trailingZeroBitCount / 8
  }

  /// The bits of the first `count` bytes; all or none beyond.
  @inline(__always) static func firstBytes(_ count: Int) -> UInt64 {
    count <= 0 ? 0 : count >= 8 ? .max : ~(.max >> UInt64(8 * count))
  }
}

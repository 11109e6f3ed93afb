import Evidence

/// RFC 1071: sums of 16-bit words in one's complement, where 0xffff is zero.
struct InternetChecksum {
  private var sum: UInt64 = 0

  /// Adds bytes; an odd last one counts as if a zero followed.
  mutating func add(_ bytes: RawSpan) {
    var index = 0
    while index + 1 < bytes.byteCount {
      sum += UInt64(bytes.uint16(index))
      index += 2
    }
    if index < bytes.byteCount { sum += UInt64(bytes.byte(index)) << 8 }
  }
  mutating func add(_ word: Int) { sum += UInt64(UInt32(truncatingIfNeeded: word)) }

  /// A stored checksum minus the one of what was added, modulo 65535; 0 when it is right.
  /// The stored one must have been added with the rest: the sum is then stored minus computed by itself.
  var difference: Int { Int(sum % 65535) }
}

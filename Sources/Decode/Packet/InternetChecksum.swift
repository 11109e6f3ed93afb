import CBytes
import Evidence

/// RFC 1071: sums of 16-bit words in one's complement, where 0xffff is zero.
struct InternetChecksum {
  private var sum: UInt64 = 0

  /// Adds bytes; an odd last one counts as if a zero followed.
  ///
  /// Eight bytes a step: 2^16, 2^32 and 2^64 are 1 modulo 65535, so words of any length may be added as they stand, and
  /// what overflows is added at the other end. Nor does the order of the bytes matter, but for the sum's own (section 2(B)).
  /// What is added is far less than 2^32 words, so that the sum of their halves cannot overflow.
  mutating func add(_ bytes: RawSpan) {
    let words = bytes.sumOfWords.bigEndian
    sum &+= (words >> 32) &+ (words & 0xffff_ffff)
    var index = bytes.byteCount & ~7
    while index + 2 <= bytes.byteCount {
      sum += UInt64(bytes.uint16(index))
      index += 2
    }
    if index < bytes.byteCount { sum += UInt64(bytes.byte(index)) << 8 }
  }

  /// Adds an address, as it stands in a pseudo-header.
  mutating func add(_ address: IPAddress) {
    guard !address.isV4 else {
      sum += UInt64(address.v4)
      return
    }
    for shift in [0, 32, 64, 96] { sum += UInt64(UInt32(truncatingIfNeeded: address.bits >> UInt128(shift))) }
  }

  mutating func add(_ word: Int) { sum += UInt64(UInt32(truncatingIfNeeded: word)) }

  /// A stored checksum minus the one of what was added, modulo 65535; 0 when it is right.
  /// The stored one must have been added with the rest: the sum is then stored minus computed by itself.
  var difference: Int { Int(sum % 65535) }

  /// The sum in 16 bits, not complemented; 0xffff for zero.
  var folded: UInt16 {
    let rest = UInt16(truncatingIfNeeded: sum % 65535)
    return rest == 0 && sum > 0 ? 0xffff : rest
  }
}

extension RawSpan {
  /// The sum of its words in one's complement, without what is no whole word at the end; both as the machine has them.
  @inline(__always) fileprivate var sumOfWords: UInt64 {
    unsafe withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return unsafe cbytes_words_sum(base, bytes.count)
    }
  }
}

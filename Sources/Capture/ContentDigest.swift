import Evidence

/// Tells whether two inputs hold the same bytes, however they were packed and cut into blocks. Seeded for the run, so that
/// nobody can prepare two files that look the same; no cryptographic digest.
public struct ContentDigest: Hashable, Sendable {
  private var high: UInt64
  private var low: UInt64
  public private(set) var length = 0
  /// Bytes that do not fill a word yet.
  private var rest: UInt64 = 0

  public init(seed: UInt64) {
    high = seed
    low = seed ^ 0x9e37_79b9_7f4a_7c15
  }

  public mutating func add(_ block: RawSpan) {
    var index = 0
    while index < block.byteCount, length % 8 != 0 { add(byte: block.byte(index), &index) }
    while block.byteCount - index >= 8 {
      mix(block.uint64(index))
      index += 8
      length += 8
    }
    while index < block.byteCount { add(byte: block.byte(index), &index) }
  }

  private mutating func add(byte: UInt8, _ index: inout Int) {
    rest = rest << 8 | UInt64(byte)
    length += 1
    index += 1
    if length % 8 == 0 {
      mix(rest)
      rest = 0
    }
  }

  private mutating func mix(_ word: UInt64) {
    let product = (high ^ word).multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
    high = product.high ^ product.low
    let other = (low ^ word).multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
    low = (other.high ^ other.low) &+ high
  }
}

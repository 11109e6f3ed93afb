import Evidence

extension RawSpan {
  /// FNV-1a over words of eight bytes: the same in each run, and no protection against whoever wants two of one digest.
  var digest: UInt64 {
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(truncatingIfNeeded: byteCount)
    var place = 0
    while place + 8 <= byteCount {
      digest = (digest ^ uint64(place)) &* 0x100_0000_01b3
      digest ^= digest >> 32
      place += 8
    }
    while place < byteCount {
      digest = (digest ^ UInt64(byte(place))) &* 0x100_0000_01b3
      place += 1
    }
    return digest
  }
}

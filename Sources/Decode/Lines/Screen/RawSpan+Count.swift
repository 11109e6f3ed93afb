import CBytes
import Evidence

extension RawSpan {
  /// So many bytes are looked at.
  static var countReach: Int { 32 }

  /// How many of the ``countReach`` bytes at `offset` stand before the first that is one of two; all when none is.
  ///
  /// Here and not beside the other accessors, since another module cannot have what is C's in its own code.
  @inline(__always) func count(before one: UInt8, or other: UInt8, at offset: Int) -> Int {
    unsafe slice(offset..<offset + RawSpan.countReach).withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return Int(unsafe cbytes_count_before(base, one, other))
    }
  }
}

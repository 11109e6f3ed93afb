import CBytes
import Evidence

extension RawSpan {
  /// How many of the 16 bytes at `offset` stand before the first that is one of two; 16 when none is.
  ///
  /// Here and not beside the other accessors, since another module cannot have what is C's in its own code.
  @inline(__always) func count(before one: UInt8, or other: UInt8, at offset: Int) -> Int {
    unsafe slice(offset..<offset + 16).withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return Int(unsafe cbytes_count_before(base, one, other))
    }
  }
}

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

  /// The first line feed at or after `start`.
  @inline(__always) func lineFeed(from start: Int) -> Int? {
    guard start < byteCount else { return nil }
    return unsafe withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let found = unsafe cbytes_find(base + start, 0x0a, bytes.count - start)
      else { return nil }
      return unsafe found - base
    }
  }

  /// Of the ``countReach`` bytes at `offset` those that are digits: a bit each, the first one's lowest.
  @inline(__always) func digits(at offset: Int) -> UInt32 {
    unsafe slice(offset..<offset + RawSpan.countReach).withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return unsafe cbytes_digits(base)
    }
  }
}

import CBytes
import Evidence

extension RawSpan {
  /// So many bytes are looked at.
  static var countReach: Int { 32 }

  /// Of the ``countReach`` bytes at `offset` those that are one of two: a bit each, the first one's lowest.
  ///
  /// Here and not beside the other accessors, since another module cannot have what is C's in its own code.
  @inline(__always) func places(of one: UInt8, or other: UInt8, at offset: Int) -> UInt32 {
    unsafe slice(offset..<offset + RawSpan.countReach).withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return unsafe cbytes_either(base, one, other)
    }
  }

  /// The same of those from `start` on, in a text of as many at least, and up to where they are: at its end there may be
  /// less, which are looked at together with those before them.
  @inline(__always) func places(of one: UInt8, or other: UInt8, from start: Int) -> (bits: UInt32, end: Int) {
    let base = min(start, byteCount - RawSpan.countReach)
    let bits = places(of: one, or: other, at: base) >> UInt32(truncatingIfNeeded: start - base)
    return (bits, base + RawSpan.countReach)
  }

  /// How many of the ``countReach`` bytes at `offset` stand before the first that is one of two; all when none is.
  @inline(__always) func count(before one: UInt8, or other: UInt8, at offset: Int) -> Int {
    places(of: one, or: other, at: offset).trailingZeroBitCount
  }

  /// Writes down where `byte` stands among the bytes from `start` up to `end`, each place as its distance from `start`.
  /// - Parameter places: Room for 64 at least.
  /// - Returns: How many there are, and up to where was looked: to `end`, unless there was no more room.
  func places(
    of byte: UInt8, from start: Int, to end: Int, into places: inout MutableSpan<Int32>
  ) -> (count: Int, end: Int) {
    unsafe slice(start..<end).withUnsafeBytes { bytes in
      unsafe places.withUnsafeMutableBufferPointer { room in
        guard let base = bytes.baseAddress, let first = room.baseAddress else { return (0, end) }
        var looked = 0
        let count = unsafe cbytes_find_all(base, bytes.count, byte, first, room.count, &looked)
        return (count, start + looked)
      }
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

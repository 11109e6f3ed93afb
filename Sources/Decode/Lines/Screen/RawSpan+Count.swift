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

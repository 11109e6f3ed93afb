import CBytes

// The few accessors that all parsers use. Each checks its bounds; any bit pattern is a valid integer, so they are safe,
// and no parser spells `unsafe` itself. The other places that do are listed in ARCHITECTURE.md.
extension RawSpan {
  @inlinable @inline(__always) public func byte(_ offset: Int) -> UInt8 {
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }
  /// Big-endian 16 bits at `offset`.
  @inlinable @inline(__always) public func uint16(_ offset: Int) -> UInt16 {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self).bigEndian
  }
  /// Big-endian 32 bits at `offset`.
  @inlinable @inline(__always) public func uint32(_ offset: Int) -> UInt32 {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self).bigEndian
  }
  /// Big-endian 64 bits at `offset`.
  @inlinable @inline(__always) public func uint64(_ offset: Int) -> UInt64 {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self).bigEndian
  }
  /// 64 bits at `offset` in the processor's own order, for whoever only asks whether they are the same.
  @inlinable @inline(__always) public func word(_ offset: Int) -> UInt64 {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }
  /// Big-endian 128 bits at `offset`, such as an IPv6 address.
  @inlinable @inline(__always) public func uint128(_ offset: Int) -> UInt128 {
    UInt128(uint64(offset)) << 64 | UInt128(uint64(offset + 8))
  }

  /// The bytes of `range`, which must lie inside the span.
  @_lifetime(copy self) @inlinable @inline(__always) public func slice(_ range: Range<Int>) -> RawSpan {
    extracting(range)
  }

  /// The first place of `byte` at or after `start`.
  public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    guard start < byteCount else { return nil }
    return unsafe withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let found = unsafe memchr(base + start, Int32(byte), bytes.count - start)
      else { return nil }
      return unsafe UnsafeRawPointer(found) - base
    }
  }

  /// The last place of `byte`.
  public func lastIndex(of byte: UInt8) -> Int? {
    unsafe withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let found = unsafe cbytes_memrchr(base, Int32(byte), bytes.count)
      else { return nil }
      return unsafe found - base
    }
  }

  /// The first place of `needle` at or after `start`. An empty needle is found at `start`.
  public func firstIndex(of needle: [UInt8], from start: Int = 0) -> Int? {
    guard start >= 0, start <= byteCount else { return nil }
    return unsafe withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return needle.isEmpty ? 0 : nil }
      return unsafe needle.withUnsafeBufferPointer { needle in
        guard let pattern = needle.baseAddress, !needle.isEmpty else { return start }
        guard let found = unsafe cbytes_memmem(base + start, bytes.count - start, pattern, needle.count)
        else { return nil }
        return unsafe found - base
      }
    }
  }

  /// Whether `prefix` stands at `offset`.
  public func hasBytes(_ prefix: [UInt8], at offset: Int) -> Bool {
    guard offset >= 0, offset <= byteCount, prefix.count <= byteCount - offset else { return false }
    return unsafe withUnsafeBytes { bytes in
      unsafe prefix.withUnsafeBytes { prefix in
        guard let base = bytes.baseAddress, let pattern = prefix.baseAddress else { return unsafe prefix.isEmpty }
        return unsafe memcmp(base + offset, pattern, prefix.count) == 0
      }
    }
  }
}

extension Array where Element == UInt8 {
  /// The elements as a span, for the parsers.
  @inlinable @inline(__always) public var rawSpan: RawSpan {
    @_lifetime(borrow self) get { unsafe span.bytes }
  }

  /// Adds a copy of the span's bytes.
  public mutating func append(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }
}

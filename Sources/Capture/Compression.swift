import Evidence

/// How a file is packed, told by its first bytes and never by its name.
public enum Compression: String, Hashable, Sendable, CaseIterable {
  case gzip, xz, zstd, bzip2

  /// Bytes that ``recognise(_:)`` needs at most.
  static let prefixLength = 10

  static func recognise(_ prefix: RawSpan) -> Compression? {
    // RFC 1952, section 2.3.1: only method 8 exists.
    if prefix.hasBytes([0x1f, 0x8b, 0x08], at: 0) { return .gzip }
    if prefix.hasBytes([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], at: 0) { return .xz }
    // RFC 8878, section 3.1.1.
    if prefix.hasBytes([0x28, 0xb5, 0x2f, 0xfd], at: 0) { return .zstd }
    return isBzip2(prefix) ? .bzip2 : nil
  }

  /// `BZh` alone could start a line of text: the block (or, in an empty file, the trailer) must follow.
  private static func isBzip2(_ prefix: RawSpan) -> Bool {
    guard prefix.byteCount >= 4, prefix.hasBytes(Array("BZh".utf8), at: 0), (0x31...0x39).contains(prefix.byte(3))
    else { return false }
    return prefix.hasBytes([0x31, 0x41, 0x59, 0x26, 0x53, 0x59], at: 4)
      || prefix.hasBytes([0x17, 0x72, 0x45, 0x38, 0x50, 0x90], at: 4)
  }
}

import Evidence

/// What an input is, told by its content and never by its name.
public enum ContentKind: String, Hashable, Sendable, CaseIterable {
  case pcap, pcapng, snoop, journal, tar, binary, text, empty
  /// No file, but an interface.
  case live

  private static let magics: [(kind: ContentKind, offset: Int, bytes: [UInt8])] = [
    (.pcap, 0, [0xa1, 0xb2, 0xc3, 0xd4]), (.pcap, 0, [0xd4, 0xc3, 0xb2, 0xa1]),
    (.pcap, 0, [0xa1, 0xb2, 0x3c, 0x4d]), (.pcap, 0, [0x4d, 0x3c, 0xb2, 0xa1]),
    (.pcapng, 0, [0x0a, 0x0d, 0x0d, 0x0a]),
    (.snoop, 0, Array("snoop\0\0\0".utf8)),  // RFC 1761
    (.journal, 0, Array("LPKSHHRH".utf8)),
    (.tar, 257, Array("ustar".utf8)),
  ]

  /// Tells by the first bytes of the unpacked input; a KiB is enough.
  public static func recognise(_ prefix: RawSpan) -> ContentKind {
    if prefix.isEmpty { return .empty }
    for magic in magics where prefix.hasBytes(magic.bytes, at: magic.offset) { return magic.kind }
    return isText(prefix) ? .text : .binary
  }

  /// Whether the bytes could be a log: a crash leaves runs of NUL in one, and an exploit some control bytes; Latin-1 and
  /// UTF-8 are text. Random or machine data has a control byte in about ten.
  private static func isText(_ prefix: RawSpan) -> Bool {
    let length = min(prefix.byteCount, 1024)
    var zeros = 0
    var controls = 0
    for index in 0..<length {
      switch prefix.byte(index) {
      case 0: zeros += 1
      case 0x08...0x0d, 0x1b: break
      case 0x01..<0x20, 0x7f: controls += 1
      default: break
      }
    }
    return zeros * 4 <= length && controls * 16 <= length - zeros
  }
}

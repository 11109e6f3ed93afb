import Evidence

/// Whether a name that a client gave is an exploit's text and no name, however strange.
///
/// Loggers write a byte that is no text in several ways: as it is, as `^X` (syslogd), as `\220` or as `#220` (rsyslog, in
/// octal).
enum OverflowText {
  /// Directives of printf that work together, or bytes that stand in no text of any encoding.
  static func stands(in text: RawSpan) -> Bool {
    RPCTraits.isFormatString(name: text) || hasForeignBytes(text)
  }

  /// Of an address alone there are two at least; a lone one may be a slip of a writer or of a logger.
  private static let enough = 4

  private static func hasForeignBytes(_ text: RawSpan) -> Bool {
    let isText = String(validating: Bytes(text).array, as: UTF8.self) != nil
    var (weight, index) = (0, 0)
    while index < text.byteCount, weight < enough {
      let byte = text.byte(index)
      if let (written, length) = notation(text, at: index) {
        // Somebody may have typed what looks like one.
        weight += isControl(written) ? 2 : isHigh(written) ? 1 : 0
        index += length
      } else {
        weight += isControl(byte) ? enough : !isText && isHigh(byte) ? 1 : 0
        index += 1
      }
    }
    return weight >= enough
  }

  /// A byte that a logger wrote with printable ones, and how many.
  private static func notation(_ text: RawSpan, at start: Int) -> (byte: UInt8, length: Int)? {
    switch text.byte(start) {
    case UInt8(ascii: "^"):
      guard start + 1 < text.byteCount, (0x3f...0x5f).contains(text.byte(start + 1)) else { return nil }
      return (text.byte(start + 1) ^ 0x40, 2)
    case UInt8(ascii: "\\"), UInt8(ascii: "#"):
      guard text.byteCount - start >= 4 else { return nil }
      let digits = (1...3).map { text.byte(start + $0) &- 0x30 }
      guard digits.allSatisfy({ $0 < 8 }), digits[0] < 4 else { return nil }
      return (digits.reduce(0) { $0 << 3 | $1 }, 4)
    default: return nil
    }
  }

  /// A string ends at a zero byte, so none is part of a name; a tabulator is a blank.
  private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0 && byte != 0x09 || byte == 0x7f }
  /// Where no encoding of eight bits has many letters; above stand those of Latin, Greek and Cyrillic.
  private static func isHigh(_ byte: UInt8) -> Bool { (0x80..<0xc0).contains(byte) || byte == 0xf7 || byte == 0xff }
}

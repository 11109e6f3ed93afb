import Evidence

/// A line of a hexadecimal dump: `4500 003c 10ba` of 1999, `0x0000:  4500 003c  E..<` of today.
enum HexLine {
  static func bytes(_ line: RawSpan) -> [UInt8]? {
    var index = 0
    if line.hasBytes([0x30, 0x78], at: 0) {
      guard let colon = line.firstIndex(of: 0x3a), colon <= 8 else { return nil }
      index = colon + 1
      while index < line.byteCount, line.byte(index).isBlank { index += 1 }
    }
    var bytes: [UInt8] = []
    while index < line.byteCount, bytes.count < 16 {
      var digits = 0
      while digits < 4, index + 1 < line.byteCount, let high = line.byte(index).hexDigit,
        let low = line.byte(index + 1).hexDigit
      {
        bytes.append(high << 4 | low)
        digits += 2
        index += 2
      }
      guard digits > 0 else { return nil }
      guard index == line.byteCount || line.byte(index).isBlank else { return nil }
      let isGap = index + 1 < line.byteCount && line.byte(index + 1).isBlank
      if isGap { break }
      index += 1
    }
    return bytes.count >= 2 ? bytes : nil
  }
}

import Evidence

/// The options at the end of a pcapng block (section 3.5): code and length of 16 bits each, the value, padding to 32 bits.
enum PcapngOptions {
  /// An option that reaches beyond its block.
  struct Malformed: Error {
    var code: Int
  }

  /// Where in the record at which the window stands the value of the first option `code` is.
  /// - Parameter range: where the options stand, inside of the record.
  static func find(
    _ code: UInt16, in range: Range<Int>, _ window: borrowing RecordWindow
  ) throws(Malformed) -> Range<Int>? {
    var index = range.lowerBound
    while range.upperBound - index >= 4 {
      let (found, length) = (window.half(index), Int(window.half(index + 2)))
      if found == 0 { return nil }
      guard length <= range.upperBound - index - 4 else { throw Malformed(code: Int(found)) }
      if found == code { return index + 4..<index + 4 + length }
      index += 4 + PcapngReader.padded(length)
    }
    return nil
  }
}

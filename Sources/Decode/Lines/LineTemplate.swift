import Evidence

/// The fixed words of a line that no format knows; what varies in it stands as `*`.
///
/// What a word is like decides, and not what other lines say, so the order of the lines does not show: digits, quoted
/// text, paths, and bytes that are no plain text vary. Words that vary all the same, such as names, show when many
/// templates differ in one place (``LineTemplates/generalised(_:)``).
enum LineTemplate {
  /// A template has no more words, and no more bytes.
  static let wordCap = 24
  private static let lengthCap = 256

  static let variable: [UInt8] = [0x2a]

  static func of(_ message: RawSpan) -> Bytes {
    var template: [UInt8] = []
    var words = 0
    var index = 0
    var wasVariable = false
    while index < message.byteCount {
      while index < message.byteCount, message.byte(index).isBlank { index += 1 }
      guard index < message.byteCount else { break }
      guard words < wordCap, template.count < lengthCap else {
        template += Array(" ...".utf8)
        break
      }
      let end = self.end(of: message, from: index)
      let word = masked(message, index..<end)
      index = end
      let isVariable = word == variable
      // Names of several words vary in number, too.
      if isVariable, wasVariable { continue }
      if words > 0 { template.append(0x20) }
      template += word
      words += 1
      wasVariable = isVariable
    }
    return Bytes(template)
  }

  /// Where a word ends; quoted text is one.
  private static func end(of message: RawSpan, from start: Int) -> Int {
    var index = start
    var isQuoted = false
    while index < message.byteCount, isQuoted || !message.byte(index).isBlank {
      if message.byte(index) == 0x22 {
        isQuoted.toggle()
        // A mark that nothing closes is none.
        if isQuoted, message.firstIndex(of: 0x22, from: index + 1) == nil { isQuoted = false }
      }
      index += 1
    }
    return index
  }

  /// The word as far as it is fixed: its punctuation, and what stands before a `=`, stay.
  private static func masked(_ message: RawSpan, _ range: Range<Int>) -> [UInt8] {
    if range.contains(where: { message.byte($0) == 0x22 }) { return variable }
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, isPunctuation(message.byte(start)) { start += 1 }
    while end > start, isPunctuation(message.byte(end - 1)) { end -= 1 }
    guard start < end else { return Bytes(message.slice(range)).array }
    var fixed = start
    for index in start..<end where message.byte(index) == 0x3d {
      if isPlain(message, start..<index) { fixed = index + 1 }
      break
    }
    guard !isPlain(message, fixed..<end) else { return Bytes(message.slice(range)).array }
    // Of a word that varies as a whole the punctuation says nothing.
    guard fixed > start else { return variable }
    return Bytes(message.slice(range.lowerBound..<fixed)).array + variable
  }

  private static func isPlain(_ message: RawSpan, _ range: Range<Int>) -> Bool {
    guard range.count <= 24 else { return false }
    return range.allSatisfy { index in
      let byte = message.byte(index)
      return byte.isASCIILetter || byte == 0x2d || byte == 0x5f || byte == 0x27
    }
  }

  private static func isPunctuation(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21, 0x22, 0x27...0x29, 0x2c, 0x2e, 0x3a, 0x3b, 0x3f, 0x5b, 0x5d: true
    default: false
    }
  }
}

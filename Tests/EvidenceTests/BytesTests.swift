import Evidence
import TestNumbers
import Testing

/// How evidence is printed: readable, and unable to do anything to who reads it.
struct BytesTests {
  @Test(
    arguments: [
      ([0x61, 0x00, 0x1b, 0x5b, 0x33, 0x31, 0x6d], #"a\x00\x1b[31m"#),
      ([0x0a, 0x0d, 0x09, 0x7f], #"\x0a\x0d\x09\x7f"#),
      // Latin-1 is no UTF-8: its letters are escaped, the text around them stays.
      ([0x47, 0x72, 0xfc, 0xdf, 0x65], #"Gr\xfc\xdfe"#),
      ([0x47, 0x72, 0xc3, 0xbc, 0xc3, 0x9f, 0x65], "Grüße"),
      // Cut short, overlong, a surrogate, a lone continuation, beyond U+10FFFF.
      ([0xe2, 0x82], #"\xe2\x82"#),
      ([0xc0, 0xaf], #"\xc0\xaf"#),
      ([0xed, 0xa0, 0x80], #"\xed\xa0\x80"#),
      ([0x80, 0x41], #"\x80A"#),
      ([0xf4, 0x90, 0x80, 0x80], #"\xf4\x90\x80\x80"#),
      // U+202E turns what follows around; U+200B and U+FEFF hide; U+2028 breaks lines; U+0085 controls.
      ([0x61, 0xe2, 0x80, 0xae, 0x62], #"a\xe2\x80\xaeb"#),
      ([0xe2, 0x80, 0x8b, 0xef, 0xbb, 0xbf], #"\xe2\x80\x8b\xef\xbb\xbf"#),
      ([0xe2, 0x80, 0xa8], #"\xe2\x80\xa8"#),
      ([0xc2, 0x85], #"\xc2\x85"#),
      // A no-break space looks like a blank and is none.
      ([0xc2, 0xa0], #"\xc2\xa0"#),
      ([0x5c, 0x30, 0x30, 0x30, 0x5e, 0x3f], #"\000^?"#),
    ] as [([UInt8], String)])
  func printsOnlyWhatIsPlain(_ bytes: [UInt8], _ expected: String) {
    #expect(Bytes(bytes).notation == expected)
  }

  @Test func randomBytesNeverPrintAControl() {
    var dice = SeededNumbers(1)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0..<24, using: &dice)).map { _ in UInt8.random(in: 0...255, using: &dice) }
      let notation = Bytes(bytes).notation
      for scalar in notation.unicodeScalars {
        let category = scalar.properties.generalCategory
        #expect(![.control, .format, .lineSeparator, .paragraphSeparator, .unassigned].contains(category))
      }
      // Undone, the notation is the bytes: nothing is lost. (Random bytes with a backslash are left out.)
      if !bytes.contains(0x5c) { #expect(BytesTests.undone(notation) == bytes) }
    }
  }

  private static func undone(_ notation: String) -> [UInt8] {
    let text = Array(notation.utf8)
    var bytes: [UInt8] = []
    var index = 0
    while index < text.count {
      if text[index] == 0x5c, let high = text[index + 2].hexDigit, let low = text[index + 3].hexDigit {
        bytes.append(high << 4 | low)
        index += 4
      } else {
        bytes.append(text[index])
        index += 1
      }
    }
    return bytes
  }

  @Test func lowercasesASCIIAlone() {
    let all = Array(UInt8.min...UInt8.max)
    for (byte, lower) in zip(all, Bytes(all).lowercased.array) {
      #expect(lower == ((0x41...0x5a).contains(byte) ? byte + 32 : byte))
    }
  }

  @Test func findsBytesWhereASlowSearchDoes() {
    var dice = SeededNumbers(2)
    for _ in 0..<2000 {
      let text = (0..<Int.random(in: 0..<20, using: &dice)).map { _ in UInt8.random(in: 97...98, using: &dice) }
      let needle = (0..<Int.random(in: 1..<4, using: &dice)).map { _ in UInt8.random(in: 97...98, using: &dice) }
      let start = Int.random(in: 0...text.count, using: &dice)
      let slow = (start...text.count).first { text[$0...].starts(with: needle) }
      // A span does not pass through the macro's closure.
      let (found, stands) = (text.rawSpan.firstIndex(of: needle, from: start), text.rawSpan.hasBytes(needle, at: start))
      let byte = text.rawSpan.firstIndex(of: needle[0], from: start)
      #expect(found == slow)
      #expect(stands == text[start...].starts(with: needle))
      #expect(byte == text[start...].firstIndex(of: needle[0]))
    }
  }

  @Test func outsideOfTheBytesNothingIsFound() {
    let text: [UInt8] = [1, 2, 3]
    let places = [
      text.rawSpan.firstIndex(of: [1], from: -1), text.rawSpan.firstIndex(of: [1], from: 4),
      text.rawSpan.firstIndex(of: 1, from: 3),
      [UInt8]().rawSpan.firstIndex(of: 1),
    ]
    #expect(places.allSatisfy { $0 == nil })
    let stands = [text.rawSpan.hasBytes([1], at: Int.max), text.rawSpan.hasBytes([1], at: -1)]
    #expect(stands == [false, false])
  }
}

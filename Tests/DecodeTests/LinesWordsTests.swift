import Evidence
import TestNumbers
import Testing

@testable import Decode

/// What is told of a line by its words is what its bytes say.
struct LinesWordsTests {
  /// Sixteen bytes of few kinds, so that each is met often.
  private static func bytes(_ chance: inout SeededNumbers) -> [UInt8] {
    (0..<16).map { _ in Array("0599:[ \t./\0\u{7f}".utf8).randomElement(using: &chance) ?? 0 }
      .map { Int.random(in: 0..<20, using: &chance) == 0 ? $0 | 0x80 : $0 }
  }

  @Test func wordsCountAsBytesDo() {
    var chance = SeededNumbers(11)
    for _ in 0..<4000 {
      let bytes = Self.bytes(&chance)
      let word = bytes.rawSpan.uint64(0)
      let head = bytes.prefix(8)
      #expect(word.count(before: 0x3a) == head.firstIndex(of: 0x3a) ?? 8)
      #expect(word.count(before: 0x20, or: 0x09) == head.firstIndex(where: \.isBlank) ?? 8)
      #expect(word.leadingDigits == head.firstIndex { !$0.isDigit } ?? 8)
      let close = bytes.firstIndex { $0 == 0x5b || $0 == 0x3a }
      #expect(bytes.rawSpan.count(before: 0x5b, or: 0x3a, at: 0) == close ?? 16)
    }
  }

  @Test func theFirstBytesAreThose() {
    let word: UInt64 = 0x0102_0304_0506_0708
    for count in -9...17 {
      let kept = (0..<8).reduce(UInt64(0)) { $0 << 8 | ($1 < count ? UInt64($1 + 1) : 0) }
      #expect(word & .firstBytes(count) == kept, "\(count)")
    }
  }

  @Test func aWordTellsTheTimeOfDay() {
    var chance = SeededNumbers(13)
    var known = 0
    for _ in 0..<20_000 {
      var text = Array("\(Int.random(in: 10...25, using: &chance)):\(Int.random(in: 10...61, using: &chance)):09".utf8)
      if Bool.random(using: &chance) {
        text[Int.random(in: 0..<8, using: &chance)] = UInt8.random(in: 0x20...0x40, using: &chance)
      }
      var cursor = 0
      let seconds = clock(text.rawSpan, &cursor)
      let isLeap = text[6] == 0x36
      #expect(text.rawSpan.uint64(0).secondsOfClock == (isLeap ? nil : seconds.map { Int64($0) }), "\(text)")
      known += seconds == nil ? 0 : 1
    }
    #expect(known > 8000)
  }

  @Test func aTableKnowsWhatItLearned() {
    var table = NameTable()
    func name(_ number: Int) -> NameTable.Name {
      let text = Array(("host-" + String(number * 7919, radix: 36) + "-a.very.long.tail").utf8)
      return NameTable.Name(text.rawSpan, 0, length: 6 + number % 10)
    }
    var learned: [Int: Int32] = [:]
    for number in 0..<3000 where table.entries.number(of: name(number)) == nil {
      if table.isFull { break }
      table.learn(name(number), Int32(number))
      learned[number] = Int32(number)
    }
    #expect(table.isFull && learned.count > 100)
    for (number, value) in learned { #expect(table.entries.number(of: name(number)) == value) }
    let empty = [UInt8](repeating: 0, count: 16)
    #expect(table.entries.number(of: NameTable.Name(empty.rawSpan, 0, length: 0)) == nil)
    #expect(table.entries.number(of: NameTable.Name(empty.rawSpan, 0, length: 3)) == nil)
  }
}

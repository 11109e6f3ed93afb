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
      #expect(word.leadingDigits == head.firstIndex { !$0.isDigit } ?? 8)
      let long = bytes + Self.bytes(&chance)
      let close = long.firstIndex { $0 == 0x5b || $0 == 0x3a }
      #expect(long.rawSpan.count(before: 0x5b, or: 0x3a, at: 0) == close ?? 32)
    }
  }

  @Test func whatStandsAtATextsEndIsFoundToo() {
    var chance = SeededNumbers(12)
    for _ in 0..<1000 {
      let text = Self.bytes(&chance) + Self.bytes(&chance) + Self.bytes(&chance)
      for start in text.indices {
        let (bits, end) = text.rawSpan.places(of: 0x20, or: 0x09, from: start)
        let found = (start..<end).filter { bits >> UInt32($0 - start) & 1 == 1 }
        #expect(found == (start..<min(text.count, start + 32)).filter { text[$0].isBlank })
      }
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
    var table = HeadTable()
    func head(_ number: Int) -> [UInt8] {
      let text = "host-" + String(number * 7919, radix: 36) + "-a.very.long.tail.of.a.name"
      return Array(text.prefix(12 + number % 20).utf8)
    }
    var learned: [[UInt8]: Int32] = [:]
    for number in 0..<60_000 {
      let head = head(number)
      let key = table.seed.key(head.rawSpan, length: head.count)
      if learned[head] == nil { learned[head] = Int32(learned.count) } else { continue }
      if table.isFull { break }
      #expect(table.entries[key] == nil)
      table.learn(key, host: Int32(learned.count - 1), program: Int32(-learned.count))
    }
    #expect(table.isFull)
    // What comes then is not learned.
    let late = table.seed.key(Array("one-more.example.org".utf8).rawSpan, length: 20)
    table.learn(late, host: 1, program: 1)
    #expect(table.entries[late] == nil)
    for (head, value) in learned where Int(value) < learned.count - 1 {
      let known = table.entries[table.seed.key(head.rawSpan, length: head.count)]
      #expect(known?.host == value && known?.program == -value - 1)
    }
  }

  /// Any other byte and any other length makes another head.
  @Test func aHeadIsKnownByAllItsBytes() {
    let seed = HeadTable().seed
    let text = Array(" host.example.org rpc.statd/and.so".utf8)
    var keys: [HeadTable.Key] = []
    for length in 8...32 {
      keys.append(seed.key(text.rawSpan, length: length))
      for index in 0..<length {
        var other = text
        other[index] ^= 1
        keys.append(seed.key(other.rawSpan, length: length))
      }
    }
    for (index, key) in keys.enumerated() { #expect(!keys[..<index].contains(key), "\(index)") }
  }
}

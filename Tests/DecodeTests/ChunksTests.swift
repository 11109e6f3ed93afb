import Evidence
import TestNumbers
import Testing

@testable import Decode

struct ChunksTests {
  @Test func anArrayKeepsWhatIsPutThere() {
    var array = ChunkedArray<Int>()
    #expect(array.indices.isEmpty)
    for number in 0..<50_000 { array.append(number) }
    array[16_383] = -1
    array[16_384] -= 2
    #expect(array.count == 50_000)
    for number in array.indices {
      let expected = number == 16_383 ? -1 : number == 16_384 ? 16_382 : number
      #expect(array[number] == expected)
    }
  }

  /// Texts of all lengths up to that of a part, over several parts.
  @Test func aTextStandsInOnePart() {
    var dice = SeededNumbers(3)
    var texts = ChunkedText()
    var kept: [(place: Range<Int>, text: [UInt8])] = []
    for length in [0, 1, 1 << 20, 0, 7] + (0..<60).map({ _ in dice.roll(100_000) }) {
      let text = dice.bytes(min(length, 64)) + [UInt8](repeating: UInt8(length & 255), count: max(0, length - 64))
      kept.append((texts.append(text.rawSpan), text))
    }
    #expect(texts.count == kept.reduce(0) { $0 + $1.text.count })
    for (place, text) in kept {
      #expect(texts.withText(at: place) { Bytes($0).array } == text)
    }
  }
}

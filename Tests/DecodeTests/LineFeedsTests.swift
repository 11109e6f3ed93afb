import Evidence
import TestNumbers
import Testing

@testable import Decode

/// Line feeds are listed many at a time; nothing of that shows.
struct LineFeedsTests {
  /// Lines of all lengths, also such of which many stand in what is looked at together; and more than there is room for.
  @Test(arguments: [1, 2, 5, 40, 150, 5000])
  func eachIsFoundOnce(_ longest: Int) {
    var dice = SeededNumbers(UInt64(longest))
    var block: [UInt8] = []
    while block.count < 70_000 {
      block += [UInt8](repeating: 0x61, count: dice.roll(longest))
      block.append(0x0a)
    }
    block += [UInt8](repeating: 0x61, count: dice.roll(100))
    for start in [0, 1, 63, 64, block.count / 2, block.count - 1, block.count] {
      let expected = block.indices.filter { $0 >= start && block[$0] == 0x0a }
      #expect(LineFeedsTests.places(in: block, from: start) == expected)
    }
  }

  private static func places(in block: [UInt8], from start: Int) -> [Int] {
    var feeds = LineFeeds(from: start)
    var places: [Int] = []
    while let place = feeds.next(in: block.rawSpan) { places.append(place) }
    return places
  }
}

import Evidence
import TestNumbers
import Testing

struct RadixSortTests {
  @Test("is the order of the numbers, and of the same ones that in which they stood", arguments: [0, 1, 2, 100, 5000])
  func order(_ count: Int) {
    var numbers = SeededNumbers(UInt64(count))
    // Some few that are the same in most digits, as addresses are, and some of any.
    let bits = (0..<count).map { _ -> UInt128 in
      let low = UInt128(numbers.next() & 0xff00_0fff)
      return switch numbers.next() % 3 {
      case 0: low
      case 1: 0xffff_0000_0000 | low
      default: UInt128(numbers.next()) << 64 | low
      }
    }
    var sorted = bits.enumerated().map { (bits: $1, place: $0) }
    sorted.sort(onBits: \.bits)
    let expected = bits.enumerated().map { (bits: $1, place: $0) }.sorted { ($0.bits, $0.place) < ($1.bits, $1.place) }
    #expect(sorted.map(\.place) == expected.map(\.place))
  }

  @Test func whatIsAllTheSameStaysAsItStands() {
    var pairs = [(7, 1), (7, 0), (7, 2)]
    pairs.sort(onBits: { UInt128($0.0) })
    #expect(pairs.map(\.1) == [1, 0, 2])
  }
}

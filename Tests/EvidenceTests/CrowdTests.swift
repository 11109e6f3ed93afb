import TestNumbers
import Testing

@testable import Evidence

struct CrowdRollTests {
  /// Sums are put together as bits, of which sources are counted many at a time.
  @Test("sources of some visits are counted once each", arguments: 0..<40)
  func sourceCount(seed: UInt64) {
    var numbers = SeededNumbers(seed)
    var visits: [UInt32] = []
    // Some sources come so often that their visits fill words.
    let most = [1, 3, 70, 300][numbers.roll(4)]
    for source in 0..<UInt32(numbers.roll(200) + 1) {
      visits += [UInt32](repeating: source, count: numbers.roll(most) + 1)
    }
    let sources = (0...(visits.last ?? 0)).map { IPAddress(v4: $0) }
    let roll = CrowdRoll(sources: sources, visits: visits, most: most)
    let share = [2, 20, 400][numbers.roll(3)]
    func some() -> [UInt32] { visits.indices.filter { _ in numbers.roll(share) == 0 }.map { UInt32($0) } }
    let picks = (0..<3).map { _ in some() }
    let moment = EventTime(Timestamp(nanoseconds: 0), fractionDigits: 0)
    let parts = picks.map { Crowd(roll: roll, visits: $0, last: moment, forgotten: 0) }
    func count(_ places: [UInt32]) -> Int { Set(places.map { visits[Int($0)] }).count }
    #expect(Crowd.union(parts)?.sourceCount == count(picks.flatMap { $0 }))
    #expect(parts.map(\.sourceCount) == picks.map(count))
  }
}

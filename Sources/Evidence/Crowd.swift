/// Sources that did little each and are told together, by their numbers on one roll: so several sums of the same
/// evidence can be put together without counting a source twice.
package final class Crowd: Sendable {
  package let roll: CrowdRoll
  /// Places of ``CrowdRoll/visits``, in order, each once.
  package let visits: [UInt32]
  /// When the last record was written.
  package let last: EventTime
  /// Records of sources that were forgotten when a table was full: they are counted, and their sources are not known.
  package let forgotten: Int
  package let sourceCount: Int

  package init(roll: CrowdRoll, visits: [UInt32], last: EventTime, forgotten: Int) {
    self.roll = roll
    self.visits = visits
    self.last = last
    self.forgotten = forgotten
    sourceCount = Crowd.sources(of: visits, on: roll)
  }

  /// A source's visits stand together, so a change of the source is a further source.
  private static func sources(of visits: [UInt32], on roll: CrowdRoll) -> Int {
    var count = 0
    var last: UInt32?
    for visit in visits where Int(visit) < roll.visits.count && roll.visits[Int(visit)] != last {
      last = roll.visits[Int(visit)]
      count += 1
    }
    return count
  }

  /// Several sums of one roll put together; nil of none.
  package static func union(_ crowds: [Crowd]) -> Crowd? {
    guard let first = crowds.first, crowds.count > 1 else { return crowds.first }
    var isMember = [UInt64](repeating: 0, count: first.roll.visits.count / 64 + 1)
    var last = first.last
    var forgotten = 0
    for crowd in crowds where crowd.roll === first.roll {
      for visit in crowd.visits { isMember[Int(visit >> 6)] |= 1 << UInt64(visit & 63) }
      last = max(last, crowd.last)
      forgotten += crowd.forgotten
    }
    return Crowd(roll: first.roll, visits: places(isMember), last: last, forgotten: forgotten)
  }

  private static func places(_ bits: [UInt64]) -> [UInt32] {
    var places: [UInt32] = []
    places.reserveCapacity(bits.reduce(0) { $0 + $1.nonzeroBitCount })
    for (index, word) in bits.enumerated() {
      var rest = word
      while rest != 0 {
        places.append(UInt32(index * 64 + rest.trailingZeroBitCount))
        rest &= rest - 1
      }
    }
    return places
  }

  /// The first sources by address, at most ``listCap``.
  package var firstSources: [Host] {
    var sources: [UInt32] = []
    for visit in visits where Int(visit) < roll.visits.count {
      let source = roll.visits[Int(visit)]
      if sources.last != source { sources.append(source) }
      if sources.count == Crowd.listCap { break }
    }
    return sources.map { .address(roll.sources[Int($0)]) }
  }
  package static let listCap = 16

  /// `512 sources`; where some were forgotten `at least 512 sources`.
  package var words: String {
    (forgotten > 0 ? "at least " : "") + "\(sourceCount) source" + (sourceCount == 1 ? "" : "s")
  }
}

/// All sources of a crowd, and how often each came.
package final class CrowdRoll: Sendable {
  /// By address.
  package let sources: [IPAddress]
  /// For each visit the place of its source: records without a pause that would part two incidents. Those of a source
  /// stand together.
  package let visits: [UInt32]
  /// The most records that one of these sources gave.
  package let most: Int
  /// Of how many of them the evidence has logins, too many to tell each by itself.
  package let known: Int

  package init(sources: [IPAddress], visits: [UInt32], most: Int, known: Int = 0) {
    self.sources = sources
    self.visits = visits
    self.most = most
    self.known = known
  }
}

/// Sources that did little each and are told together, by their numbers on one roll: so several sums of the same
/// evidence can be put together without counting a source twice.
public final class Crowd: Sendable {
  /// Which of ``CrowdRoll/visits`` are meant.
  private enum Visits {
    /// Their places in order, each once.
    case places([UInt32])
    /// A bit for each visit of the roll: what sums are put together as.
    case bits([UInt64])
  }

  public let roll: CrowdRoll
  private let visits: Visits
  /// When the last record was written.
  public let last: EventTime
  /// Records of sources that were forgotten when a table was full: they are counted, and their sources are not known.
  public let forgotten: Int

  /// - Parameter visits: Places of ``CrowdRoll/visits``, in order, each once.
  public init(roll: CrowdRoll, visits: [UInt32], last: EventTime, forgotten: Int) {
    self.roll = roll
    self.visits = .places(visits)
    self.last = last
    self.forgotten = forgotten
  }

  private init(roll: CrowdRoll, bits: [UInt64], last: EventTime, forgotten: Int) {
    self.roll = roll
    visits = .bits(bits)
    self.last = last
    self.forgotten = forgotten
  }

  /// Several sums of one roll put together; nil of none.
  public static func union(_ crowds: [Crowd]) -> Crowd? {
    guard let first = crowds.first, crowds.count > 1 else { return crowds.first }
    var bits = [UInt64](repeating: 0, count: first.roll.visits.count / 64 + 1)
    var last = first.last
    var forgotten = 0
    for crowd in crowds where crowd.roll === first.roll {
      crowd.add(to: &bits)
      last = max(last, crowd.last)
      forgotten += crowd.forgotten
    }
    return Crowd(roll: first.roll, bits: bits, last: last, forgotten: forgotten)
  }

  private func add(to bits: inout [UInt64]) {
    switch visits {
    case .places(let places): for place in places { bits[Int(place >> 6)] |= 1 << UInt64(place & 63) }
    case .bits(let own): for index in own.indices { bits[index] |= own[index] }
    }
  }

  /// Calls `body` with the place of each source on the roll, in order and once each, until it returns false. A source's
  /// visits stand together, so a change of the source is a further source.
  @inline(__always) private func forEachSource(_ body: (UInt32) -> Bool) {
    let sources = roll.visits
    var last: UInt32?
    func goesOn(_ visit: Int) -> Bool {
      guard visit < sources.count, sources[visit] != last else { return true }
      last = sources[visit]
      return body(sources[visit])
    }
    switch visits {
    case .places(let places): for place in places where !goesOn(Int(place)) { return }
    case .bits(let words):
      for (index, word) in words.enumerated() {
        var rest = word
        while rest != 0 {
          guard goesOn(index * 64 + rest.trailingZeroBitCount) else { return }
          rest &= rest - 1
        }
      }
    }
  }

  /// Takes time in proportion to the words that their bits fill.
  public var visitCount: Int {
    switch visits {
    case .places(let places): places.count
    case .bits(let bits): bits.reduce(0) { $0 + $1.nonzeroBitCount }
    }
  }

  /// Takes time in proportion to the visits, or to the words that their bits fill.
  public var sourceCount: Int {
    if case .bits(let bits) = visits { return roll.sourceCount(of: bits) }
    var count = 0
    forEachSource { _ in
      count += 1
      return true
    }
    return count
  }

  /// The first sources by address, at most ``listCap``.
  public var firstSources: [Host] {
    var sources: [Host] = []
    forEachSource {
      sources.append(.address(roll.sources[Int($0)]))
      return sources.count < Crowd.listCap
    }
    return sources
  }
  public static let listCap = 16

  /// `512 sources`; where some were forgotten `at least 512 sources`.
  public var words: String {
    let count = sourceCount
    return (forgotten > 0 ? "at least " : "") + "\(count) source" + (count == 1 ? "" : "s")
  }
}

/// All sources of a crowd, and how often each came.
public final class CrowdRoll: Sendable {
  /// By address.
  public let sources: [IPAddress]
  /// For each visit the place of its source: records without a pause that would part two incidents. Those of a source
  /// stand together.
  public let visits: [UInt32]
  /// The most records that one of these sources gave.
  public let most: Int
  /// Of how many of them the evidence has logins, too many to tell each by itself.
  public let known: Int
  /// Of how many of them a defence says that it blocked them.
  public let blocked: Int
  /// A bit for each visit that is the last one of its source.
  private let lasts: [UInt64]

  public init(sources: [IPAddress], visits: [UInt32], most: Int, known: Int = 0, blocked: Int = 0) {
    self.sources = sources
    self.visits = visits
    self.most = most
    self.known = known
    self.blocked = blocked
    var lasts = [UInt64](repeating: 0, count: visits.count / 64 + 1)
    for visit in visits.indices where visit + 1 == visits.count || visits[visit] != visits[visit + 1] {
      lasts[visit >> 6] |= 1 << UInt64(visit & 63)
    }
    self.lasts = lasts
  }

  /// How many sources some visits are of.
  /// - Parameter bits: A bit for each visit of the roll.
  fileprivate func sourceCount(of bits: [UInt64]) -> Int {
    var count = 0
    // Whether the source of the last visit of the word before goes on in this one, and has a visit of those there.
    var (goesOn, hasVisit) = (false, false)
    for (word, last) in zip(bits, lasts) {
      // What reaches into the next word ends here for now.
      let ends = last | 1 << 63
      // To each source's visits but the last one all ones are added: that carries to the last one where a bit was set.
      let seen = ((word & ~ends) &+ ~ends | word) & ends
      count += seen.nonzeroBitCount
      let isFirstSeen = seen & (ends & (~ends &+ 1)) != 0
      if goesOn, hasVisit, isFirstSeen { count -= 1 }
      hasVisit = seen >> 63 == 1 || goesOn && hasVisit && ends == 1 << 63
      goesOn = last >> 63 == 0
    }
    return count
  }
}

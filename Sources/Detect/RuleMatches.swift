public import Evidence

/// Which rules over single events match each Event of a part of the evidence. What one matches depends on no other, so
/// parts are held against the rules side by side; what follows from their order is the ``Detector``'s.
public struct RuleMatches: Sendable {
  private var rules: [Int32] = []
  /// Of each Event where its rules end.
  private var ends: [Int] = []

  /// - Parameter own: The site's networks.
  public init(of events: Span<Event>, own: [IPNetwork], _ set: RuleSet) {
    ends.reserveCapacity(events.count)
    var found: [Int32] = []
    for place in events.indices {
      set.matches(of: SitedEvent(events[place], own: own), into: &found)
      rules += found
      ends.append(rules.count)
    }
  }

  public var count: Int { ends.count }

  /// The numbers of the rules that match an Event.
  public subscript(place: Int) -> ArraySlice<Int32> { rules[(place == 0 ? 0 : ends[place - 1])..<ends[place]] }
}

extension RuleSet {
  /// Puts into `found`, in their order, the numbers of the rules that match.
  func matches<Record: JudgedRecord>(of record: borrowing Record, into found: inout [Int32]) {
    index.candidates(for: record, into: &found)
    let words = record.wordSet
    var kept = 0
    for place in found.indices where program.matches(from: starts[Int(found[place])], record, words) {
      found[kept] = found[place]
      kept += 1
    }
    found.removeLast(found.count - kept)
  }
}

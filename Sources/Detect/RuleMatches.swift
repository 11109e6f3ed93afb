package import Evidence

/// Which rules over single events match each Event of a part of the evidence. What one matches depends on no other, so
/// parts are held against the rules side by side; what follows from their order is the ``Detector``'s.
struct RuleMatches: Sendable {
  private var rules: [Int32] = []
  /// Of each Event where its rules end.
  private var ends: [Int] = []

  init(of events: Span<Event>, own: [IPNetwork], _ set: RuleSet) {
    ends.reserveCapacity(events.count)
    var found: [Int32] = []
    for place in events.indices {
      set.matches(of: SitedEvent(events[place], own: own), into: &found)
      rules += found
      ends.append(rules.count)
    }
  }

  var count: Int { ends.count }

  /// The numbers of the rules that match an Event.
  subscript(place: Int) -> ArraySlice<Int32> { rules[(place == 0 ? 0 : ends[place - 1])..<ends[place]] }
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

  /// What all rules find in Events.
  /// - Parameters:
  ///   - events: In the order of `Event.precedes`.
  ///   - own: The site's networks.
  ///   - threads: The findings are the same for any number.
  /// - Returns: The findings in their order, and what the caps of the correlations cost.
  package func findings(
    in events: [Event], own: [IPNetwork], threads: Int = 1
  ) async -> (findings: [Finding], oddities: OddityTally) {
    var detector = Detector(rules: self)
    var findings: [Finding] = []
    let parts = await matches(in: events, own: own, threads: threads)
    // The span lends Events; the array would copy them.
    let span = events.span
    for (number, part) in parts.enumerated() {
      for place in 0..<part.count {
        let index = number * RuleSet.partLength + place
        detector.push(
          SitedEvent(span[index], own: own), index: index, matching: part[place], into: &findings)
      }
    }
    detector.finish(into: &findings)
    return (findings, detector.oddities)
  }

  private func matches(in events: [Event], own: [IPNetwork], threads: Int) async -> [RuleMatches] {
    let starts = Array(stride(from: 0, to: events.count, by: RuleSet.partLength))
    let workers = max(1, min(threads, starts.count))
    let parts = await withTaskGroup(of: [(number: Int, matches: RuleMatches)].self) { group in
      for worker in 0..<workers {
        group.addTask {
          stride(from: worker, to: starts.count, by: workers).map { number in
            let range = starts[number]..<min(starts[number] + RuleSet.partLength, events.count)
            return (number, RuleMatches(of: events.span.extracting(range), own: own, self))
          }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    return parts.sorted { $0.number < $1.number }.map(\.matches)
  }
  private static let partLength = 8192
}

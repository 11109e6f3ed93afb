package import Detect
package import Evidence

extension RuleSet {
  /// What all rules find in Events.
  /// - Parameters:
  ///   - events: In the order of `Event.precedes`.
  ///   - own: The site's networks.
  ///   - threads: The findings are the same for any number, and for any length of the parts that each takes.
  /// - Returns: The findings in their order, and what the caps of the correlations cost.
  package func findings(
    in events: [Event], own: [IPNetwork], threads: Int = 1, partLength: Int = 8192
  ) async -> (findings: [Finding], oddities: OddityTally) {
    var detector = Detector(rules: self)
    var findings: [Finding] = []
    let parts = await matches(in: events, own: own, threads, partLength)
    // The span lends Events; the array would copy them.
    let span = events.span
    for (number, part) in parts.enumerated() {
      for place in 0..<part.count {
        let index = number * partLength + place
        detector.push(SitedEvent(span[index], own: own), index: index, matching: part[place], into: &findings)
      }
    }
    detector.finish(into: &findings)
    return (findings, detector.oddities)
  }

  private func matches(in events: [Event], own: [IPNetwork], _ threads: Int, _ partLength: Int) async -> [RuleMatches] {
    let starts = Array(stride(from: 0, to: events.count, by: partLength))
    let workers = max(1, min(threads, starts.count))
    let parts = await withTaskGroup(of: [(number: Int, matches: RuleMatches)].self) { group in
      for worker in 0..<workers {
        group.addTask {
          stride(from: worker, to: starts.count, by: workers).map { number in
            let range = starts[number]..<min(starts[number] + partLength, events.count)
            return (number, RuleMatches(of: events.span.extracting(range), own: own, self))
          }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    return parts.sorted { $0.number < $1.number }.map(\.matches)
  }
}

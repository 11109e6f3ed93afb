public import Detect
public import Evidence
import Synchronization

extension RuleSet {
  /// What all rules find in Events.
  /// - Parameters:
  ///   - events: In the order of `Event.precedes`.
  ///   - own: The site's networks.
  ///   - threads: The findings are the same for any number, and for any length of the parts that each takes.
  /// - Returns: The findings in their order, and what the caps of the correlations cost.
  public func findings(
    in events: [Event], own: [IPNetwork], threads: Int = 1, partLength: Int = 8192
  ) async -> (findings: [Finding], oddities: OddityTally) {
    let parts = MatchedParts(of: events, own: own, self, partLength: partLength)
    return await withTaskGroup(of: Void.self) { group in
      for _ in 1..<max(1, min(threads, parts.count)) { group.addTask { while parts.matchNext() {} } }
      var detector = Detector(rules: self)
      var findings: [Finding] = []
      // The span lends Events; the array would copy them.
      let span = events.span
      for number in 0..<parts.count {
        let part = await parts.part(number)
        for place in 0..<part.count {
          let index = number * partLength + place
          detector.push(SitedEvent(span[index], own: own), index: index, matching: part[place], into: &findings)
        }
      }
      detector.finish(into: &findings)
      return (findings, detector.oddities)
    }
  }
}

/// The rules that match each of many Events, found in parts side by side: what follows from them in order can begin with
/// the first part, while the others are looked at.
private final class MatchedParts: Sendable {
  private struct State {
    /// The first part that nobody looks at yet.
    var next = 0
    var ready: [Int: RuleMatches] = [:]
  }

  let count: Int
  private let events: [Event]
  private let own: [IPNetwork]
  private let rules: RuleSet
  private let partLength: Int
  private let state = Mutex(State())

  init(of events: [Event], own: [IPNetwork], _ rules: RuleSet, partLength: Int) {
    count = (events.count + partLength - 1) / partLength
    self.events = events
    self.own = own
    self.rules = rules
    self.partLength = partLength
  }

  /// Looks at the next part; false when there is none.
  func matchNext() -> Bool {
    let number = state.withLock { state in
      state.next += 1
      return state.next - 1
    }
    guard number < count else { return false }
    let range = number * partLength..<min((number + 1) * partLength, events.count)
    let matches = MatchedParts.match(events, range, own, rules)
    state.withLock { $0.ready[number] = matches }
    return true
  }

  private static func match(_ events: [Event], _ range: Range<Int>, _ own: [IPNetwork], _ rules: RuleSet) -> RuleMatches
  {
    RuleMatches(of: events.span.extracting(range), own: own, rules)
  }

  /// A part, which is asked for once. Until it is there, others are looked at.
  func part(_ number: Int) async -> RuleMatches {
    while true {
      if let matches = state.withLock({ $0.ready.removeValue(forKey: number) }) { return matches }
      if !matchNext() { try? await Task.sleep(for: .microseconds(100)) }
    }
  }
}

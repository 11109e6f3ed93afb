public import Evidence
public import Fuse

/// Judges the picture as it stood at the end of a day, from nothing that came later.
public struct SituationJudge: Sendable {
  private let policy: ConditionPolicy
  private let severity: SeverityJudge
  /// What was set onto another clock, and stands among other days for it.
  private let caveats: [String]

  /// - Parameter clocks: Those of the hosts that log.
  public init(policy: ConditionPolicy, severity: SeverityJudge, clocks: [ClockOffset] = []) {
    self.policy = policy
    self.severity = severity
    caveats = clocks.filter { $0.isApplied && abs($0.offset) >= SituationJudge.farOff }.map { clock in
      "the clocks of \(clock.host.notation) and of the network's sensor are \(duration(abs(clock.offset).rounded())) apart, "
        + "and its records stand on the sensor's: by its own clock they are of other days, and which is right is not known"
    }
  }

  /// Clocks so many seconds apart, half a day, put most records among other days.
  private static let farOff = 43_200.0

  /// - Parameters:
  ///   - incidents: All incidents, of any day.
  ///   - covered: Days of which there is any record, attack or not.
  ///   - history: Patterns that an earlier report has: they are not new.
  public func situation(
    _ incidents: [Incident], covered: Set<Day>, asOf: Day, history: Set<String> = []
  ) -> Situation {
    let known = incidents.compactMap { $0.known(at: asOf) }
    var chronicle = Chronicle(known, covered: covered.filter { $0 <= asOf }, history: history)
    let days = chronicle.covered.union(chronicle.days).sorted()
    let shown = days.suffix(SituationJudge.windowCap)
    var watch = Watch(policy)
    var windows: [Situation.Window] = []
    for day in shown {
      stand(&watch, until: day, &chronicle)
      windows.append(window(day, &chronicle, &watch, before: windows.suffix(7).map(\.incidents)))
    }
    if watch.last.map({ $0 < asOf }) ?? true { stand(&watch, until: asOf, &chronicle) }
    return Situation(
      asOf: asOf, windows: windows, windowsOmitted: days.count - shown.count,
      gaps: gaps(Array(shown)),
      undatedIncidents: known.count { !$0.isDated }, call: call(&chronicle, &watch, at: asOf))
  }

  /// A picture of more days shows the last of them.
  private static let windowCap = 3660

  private func window(_ day: Day, _ chronicle: inout Chronicle, _ watch: inout Watch, before: [Int])
    -> Situation.Window
  {
    var sum = SpanSum()
    for part in chronicle.parts(of: day) { sum.add(part) }
    var span = sum.span(label: day.description) { chronicle.firstDay[$0] == day }
    span.trend = Trend(span.incidents, before: before)
    return Situation.Window(day: day, span: span, call: call(&chronicle, &watch, at: day))
  }

  private func gaps(_ days: [Day]) -> [ClosedRange<Day>] {
    zip(days, days.dropFirst()).compactMap { one, next in
      next.number - one.number > 1 ? one.advanced(by: 1)...next.advanced(by: -1) : nil
    }
  }

  // MARK: The condition

  /// Which rules stand, from day to day: a rule with `until` goes on when it no longer holds.
  private struct Watch {
    private(set) var standing: Set<Int> = []
    private(set) var last: Day?
    private let rules: [ConditionPolicy.Rule]
    /// Whether a rule stands that can do so for longer than it holds.
    var isHolding: Bool { standing.contains { !rules[$0].until.isEmpty } }

    init(_ policy: ConditionPolicy) {
      rules = policy.rules
    }

    mutating func pass(_ day: Day, _ metrics: Measures) {
      standing = Set(
        rules.indices.filter { index in
          rules[index].holds(metrics) || (standing.contains(index) && !rules[index].isReleased(metrics))
        })
      last = day
    }
  }

  /// Walks over the days without evidence before a day: on those on which something leaves the horizon or the memory a
  /// rule may fall, and on the others nothing moves.
  private func stand(_ watch: inout Watch, until day: Day, _ chronicle: inout Chronicle) {
    guard watch.isHolding, let last = watch.last else { return }
    let leaving = chronicle.days.flatMap { [$0.advanced(by: policy.horizonDays), $0.advanced(by: policy.memoryDays)] }
    for between in Set(leaving).filter({ $0 > last && $0 < day }).sorted() where watch.isHolding {
      watch.pass(between, Picture(&chronicle, at: between, policy: policy, severity: severity).metrics)
    }
  }

  private func call(_ chronicle: inout Chronicle, _ watch: inout Watch, at day: Day) -> Situation.Call {
    let picture = Picture(&chronicle, at: day, policy: policy, severity: severity)
    watch.pass(day, picture.metrics)
    let matched = watch.standing.sorted().map { policy.rules[$0] }
    let condition = matched.map(\.condition).max() ?? .green
    let reasons = matched.filter { $0.condition == condition }.map { $0.reason(picture.metrics) }
    let isRaised = condition > .green
    return Situation.Call(
      condition: condition, reasonsFor: isRaised ? reasons + picture.raising : picture.calming,
      reasonsAgainst: (isRaised ? picture.calming : picture.raising) + picture.caveats + caveats,
      wouldChange: changes(from: condition, picture))
  }

  /// What would raise the condition, and what would let it fall.
  private func changes(from condition: Condition, _ picture: Picture) -> [String] {
    var changes = policy.rules.filter { $0.condition > condition && !$0.holds(picture.metrics) }.map { rule in
      "\(rule.condition.rawValue) if " + rule.missing(picture.metrics)
    }
    if condition > .green {
      changes.append(
        "a lower condition if what raised it is shown to be contained, or when \(policy.memoryDays) days have passed without more of it"
      )
    }
    return changes
  }
}

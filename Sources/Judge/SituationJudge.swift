package import Evidence
package import Fuse

/// Judges the picture as it stood at the end of a day, from nothing that came later.
package struct SituationJudge: Sendable {
  private let policy: ConditionPolicy
  private let severity: SeverityJudge
  package init(policy: ConditionPolicy, severity: SeverityJudge) {
    self.policy = policy
    self.severity = severity
  }

  /// - Parameters:
  ///   - incidents: All incidents, of any day.
  ///   - covered: Days of which there is any record, attack or not.
  package func situation(_ incidents: [Incident], covered: Set<Day>, asOf: Day) -> Situation {
    let known = incidents.compactMap { $0.known(at: asOf) }
    var chronicle = Chronicle(known, covered: covered.filter { $0 <= asOf })
    let days = chronicle.covered.union(chronicle.days).sorted()
    let shown = days.suffix(SituationJudge.windowCap)
    let windows = shown.map { window($0, &chronicle) }
    return Situation(
      asOf: asOf, windows: windows, windowsOmitted: days.count - shown.count,
      gaps: gaps(Array(shown)),
      undatedIncidents: known.count { !$0.isDated }, call: call(&chronicle, at: asOf))
  }

  /// A picture of more days shows the last of them.
  private static let windowCap = 3660

  private func window(_ day: Day, _ chronicle: inout Chronicle) -> Situation.Window {
    let touched = chronicle.parts(of: day)
    let patterns = unique(touched.flatMap(\.patterns))
    let novel = patterns.filter { chronicle.firstDay[$0] == day }
    let unexplained = unique(
      touched.flatMap { $0.findings.filter { $0.signature.stage == .unexplained }.map(\.pattern) })
    return Situation.Window(
      day: day, incidents: touched.count, events: touched.reduce(0) { $0 + $1.eventCount },
      hostRecords: touched.flatMap(\.events).filter { $0.view == .host }.reduce(0) { $0 + $1.count },
      patterns: patterns, novel: novel, unexplained: unexplained,
      sources: Set(touched.map(\.source).filter { $0 != .unknown && !$0.isLocal }).count,
      targets: Set(touched.flatMap { $0.targets.map(\.host) }).count,
      held: touched.isEmpty ? nil : Double(touched.count { $0.outcome.isHeld }) / Double(touched.count),
      call: call(&chronicle, at: day))
  }

  private func unique(_ patterns: [String]) -> [String] {
    var seen: Set<String> = []
    return patterns.filter { seen.insert($0).inserted }
  }

  private func gaps(_ days: [Day]) -> [ClosedRange<Day>] {
    zip(days, days.dropFirst()).compactMap { one, next in
      next.number - one.number > 1 ? one.advanced(by: 1)...next.advanced(by: -1) : nil
    }
  }

  // MARK: The condition

  private func call(_ chronicle: inout Chronicle, at day: Day) -> Situation.Call {
    let picture = Picture(&chronicle, at: day, policy: policy, severity: severity)
    let matched = policy.rules.filter { $0.holds(picture.metrics) }
    let condition = matched.map(\.condition).max() ?? .green
    let reasons = matched.filter { $0.condition == condition }.map { $0.reason(picture.metrics) }
    let isRaised = condition > .green
    return Situation.Call(
      condition: condition, reasonsFor: isRaised ? reasons + picture.raising : picture.calming,
      reasonsAgainst: (isRaised ? picture.calming : picture.raising) + picture.caveats,
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

package import Evidence
package import Fuse

/// The levels of SANS ISC's Infocon. The product recommends one; a person decides.
package enum Condition: String, Sendable, Hashable, CaseIterable, Comparable {
  case green, yellow, orange, red
  private var rank: Int { Condition.allCases.firstIndex(of: self) ?? 0 }
  package static func < (left: Condition, right: Condition) -> Bool { left.rank < right.rank }
}

/// An incident with its severity.
package struct JudgedIncident: Sendable {
  package var incident: Incident
  package var severity: Severity
  package init(incident: Incident, severity: Severity) {
    self.incident = incident
    self.severity = severity
  }

  /// Worse first: score, then outcome, then time, then id.
  package static func precedes(_ left: JudgedIncident, _ right: JudgedIncident) -> Bool {
    if left.severity.score != right.severity.score { return left.severity.score > right.severity.score }
    if left.incident.outcome != right.incident.outcome { return left.incident.outcome < right.incident.outcome }
    if left.incident.first != right.incident.first { return left.incident.first < right.incident.first }
    return left.incident.id < right.incident.id
  }
}

/// The whole picture: depth, breadth and spread by day, and the condition that it calls for.
package struct Situation: Sendable {
  /// A day: its sums, and the condition at its end.
  @dynamicMemberLookup
  package struct Window: Sendable {
    package var day: Day
    package var span: Span
    package var call: Call

    package subscript<Value>(dynamicMember field: KeyPath<Span, Value>) -> Value { span[keyPath: field] }
  }

  /// A recommended condition and its argument.
  package struct Call: Sendable {
    package var condition: Condition
    package var reasonsFor: [String]
    package var reasonsAgainst: [String]
    package var wouldChange: [String]
  }

  package var asOf: Day
  package var windows: [Window]
  /// Days before the first window that are not shown.
  package var windowsOmitted: Int
  /// Runs of days between the first and the last window of which there is no evidence at all: not quiet, unknown.
  package var gaps: [ClosedRange<Day>]
  package var undatedIncidents: Int
  package var call: Call
}

public import Evidence
public import Fuse

/// The levels of SANS ISC's Infocon. The product recommends one; a person decides.
public enum Condition: String, Sendable, Hashable, CaseIterable, Comparable {
  case green, yellow, orange, red
  private var rank: Int { Condition.allCases.firstIndex(of: self) ?? 0 }
  public static func < (left: Condition, right: Condition) -> Bool { left.rank < right.rank }
}

/// An incident with its severity.
public struct JudgedIncident: Sendable {
  public var incident: Incident
  public var severity: Severity
  public init(incident: Incident, severity: Severity) {
    self.incident = incident
    self.severity = severity
  }

  /// Worse first: score, then outcome, then time, then id.
  public static func precedes(_ left: JudgedIncident, _ right: JudgedIncident) -> Bool {
    if left.severity.score != right.severity.score { return left.severity.score > right.severity.score }
    if left.incident.outcome != right.incident.outcome { return left.incident.outcome < right.incident.outcome }
    if left.incident.first != right.incident.first { return left.incident.first < right.incident.first }
    return left.incident.id < right.incident.id
  }
}

/// The whole picture: depth, breadth and spread by day, and the condition that it calls for.
public struct Situation: Sendable {
  /// A day: its sums, and the condition at its end.
  @dynamicMemberLookup
  public struct Window: Sendable {
    public var day: Day
    public var span: Span
    public var call: Call

    public subscript<Value>(dynamicMember field: KeyPath<Span, Value>) -> Value { span[keyPath: field] }
  }

  /// A recommended condition and its argument.
  public struct Call: Sendable {
    public var condition: Condition
    public var reasonsFor: [String]
    public var reasonsAgainst: [String]
    public var wouldChange: [String]
  }

  public var asOf: Day
  public var windows: [Window]
  /// Days before the first window that are not shown.
  public var windowsOmitted: Int
  /// Runs of days between the first and the last window of which there is no evidence at all: not quiet, unknown.
  public var gaps: [ClosedRange<Day>]
  public var undatedIncidents: Int
  public var call: Call
}

public import Evidence
public import Fuse
public import Judge

/// What an analysis judged with, so that any day can be judged again from what was known on it.
public struct Judgement: Sendable {
  public let severity: SeverityJudge
  public let situation: SituationJudge
  /// Days of which there is any record.
  public let covered: Set<Day>
  /// Patterns of an earlier report.
  public let history: Set<String>

  /// The incidents as they were known at the end of a day, the worst first.
  public func ranking(_ incidents: [Incident], at day: Day) -> [JudgedIncident] {
    incidents.compactMap { $0.known(at: day) }
      .map { JudgedIncident(incident: $0, severity: severity.severity(of: $0, at: day)) }
      .sorted(by: JudgedIncident.precedes)
  }

  /// The condition that the end of a day called for.
  public func call(_ incidents: [Incident], at day: Day) -> Situation.Call {
    situation.situation(incidents, covered: covered, asOf: day, history: history).call
  }
}

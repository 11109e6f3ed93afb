package import Evidence
package import Fuse
package import Judge

/// What an analysis judged with, so that any day can be judged again from what was known on it.
package struct Judgement: Sendable {
  package let severity: SeverityJudge
  package let situation: SituationJudge
  /// Days of which there is any record.
  package let covered: Set<Day>
  /// Patterns of an earlier report.
  package let history: Set<String>

  /// The incidents as they were known at the end of a day, the worst first.
  package func ranking(_ incidents: [Incident], at day: Day) -> [JudgedIncident] {
    incidents.compactMap { $0.known(at: day) }
      .map { JudgedIncident(incident: $0, severity: severity.severity(of: $0, at: day)) }
      .sorted(by: JudgedIncident.precedes)
  }

  /// The condition that the end of a day called for.
  package func call(_ incidents: [Incident], at day: Day) -> Situation.Call {
    situation.situation(incidents, covered: covered, asOf: day, history: history).call
  }
}

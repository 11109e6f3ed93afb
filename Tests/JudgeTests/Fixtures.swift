import Evidence
@testable import Fuse
import Judge
@testable import Knowledge

let monday = Day(number: 10_959)  // 2000-01-03

extension Incident {
  /// An incident whose events stand on these days (offsets from ``monday``), each with the same outcome.
  static func fixture(
    _ id: String = "W-1", days: [Int] = [0], outcome: Outcome = .refused, stage: Stage = .reconnaissance,
    lethality: Int? = 2,
    source: Host = .address(IPAddress(v4: 0xc000_0242)), target: Host = .name("marlin"), alias: Host? = nil,
    view: View = .host,
    action: Event.Action = .rpcCall, pattern: String = "p"
  ) -> Incident {
    let events = days.map { day in
      Event(
        time: EventTime(
          Timestamp(nanoseconds: Int64(monday.number + day) * 86_400_000_000_000 + 36_000_000_000_000),
          fractionDigits: 0),
        view: view, action: action, outcome: outcome, source: Endpoint(host: source), target: Endpoint(host: target),
        citation: Citation(
          Provenance(input: InputID(0), place: .lines(first: day, last: day), offset: 0, length: 1),
          text: Bytes("\(id) \(day)")))
    }
    let signature = Signature(
      id: pattern, title: "T", stage: stage, lethality: lethality, lethalityReason: "because", level: "medium",
      techniques: [], limits: "")
    return Incident(
      id: id, source: source, sourceAliases: [],
      targets: [Incident.Target(host: target, alias: alias, services: [], spellings: [target])], programs: [],
      views: [view], events: events,
      findings: events.indices.map { IncidentFinding(signature: signature, pattern: pattern, events: [$0]) }, pairs: [],
      deductions: [],
      patterns: [pattern], stage: stage, outcome: outcome, title: "Incident \(id)", first: events[0].time,
      last: events[events.count - 1].time)
  }
}

extension SituationJudge {
  static func fixture(_ policy: ConditionPolicy) -> SituationJudge {
    SituationJudge(policy: policy, severity: SeverityJudge(estate: Estate()))
  }
}

/// A policy from its text, and what is wrong with it.
func policy(_ text: String) -> (policy: ConditionPolicy?, faults: [Fault]) {
  var faults: [Fault] = []
  let folder = KnowledgeFolder(files: [
    KnowledgeFolder.File(path: "policy/condition.yaml", shownPath: "policy/condition.yaml", text: text)
  ])
  let policy = ConditionPolicy(folder, faults: &faults)
  return (policy, faults)
}

public import Evidence
import Fuse
public import Knowledge

/// The numbers that a policy may speak of, over its horizon.
public enum Metric: String, Sendable, Hashable, CaseIterable {
  /// Hosts with an exploitation or a crash, over the policy's memory.
  case exploitedHosts = "exploited_hosts"
  /// Incidents that were answered or allowed.
  case disclosures
  case incidents
  case unexplainedPatterns = "unexplained_patterns"
  case novelPatterns = "novel_patterns"
  case sources, targets
  /// The highest severity of an incident that was answered or allowed; 0 without one.
  case answeredSeverity = "answered_severity"
  /// Share of the incidents from a network that were held, 0 to 1.
  case heldShare = "held_share"

  var isSingular: Bool { self == .answeredSeverity || self == .heldShare }

  /// As the object of a sentence.
  var words: String {
    switch self {
    case .exploitedHosts: "hosts with signs of exploitation or a crash"
    case .disclosures: "incidents that were answered or allowed"
    case .incidents: "incidents"
    case .unexplainedPatterns: "unexplained patterns"
    case .novelPatterns: "new patterns"
    case .sources: "sources"
    case .targets: "targets"
    case .answeredSeverity: "the severity of what was answered or allowed"
    case .heldShare: "the share of incidents that was held"
    }
  }
}

/// What the metrics come to at the end of a day.
struct Measures: Sendable {
  private let values: [Metric: Double]
  /// Those of which the evidence tells a lower bound.
  let atLeast: Set<Metric>

  init(_ values: [Metric: Double], atLeast: Set<Metric> = []) {
    self.values = values
    self.atLeast = atLeast
  }
  subscript(metric: Metric) -> Double { values[metric] ?? 0 }
}

/// When a condition is called for: a file of `policy/`, in plain terms.
public struct ConditionPolicy: Sendable {
  public struct Rule: Sendable {
    public enum Bound: Sendable { case atLeast(Double), below(Double) }
    /// No count of anything comes near it.
    static let limitCap = 1e9
    public var condition: Condition
    public var bounds: [(metric: Metric, bound: Bound)]
    /// When it has held, it stands until all of these are met; without any as long as it holds.
    public var until: [(metric: Metric, bound: Bound)] = []
    public var because: String

    func holds(_ metrics: Measures) -> Bool { bounds.allSatisfy { isMet($0, metrics) } }

    /// Whether a rule that stood may fall.
    func isReleased(_ metrics: Measures) -> Bool { until.allSatisfy { isMet($0, metrics) } }

    private func isMet(_ item: (metric: Metric, bound: Bound), _ metrics: Measures) -> Bool {
      let value = metrics[item.metric]
      return switch item.bound {
      case .atLeast(let limit): value >= limit
      case .below(let limit): value < limit
      }
    }

    /// Why it holds, with the numbers.
    func reason(_ metrics: Measures) -> String {
      because + (holds(metrics) ? "" : ", and this stands until " + missing(until, metrics)) + " ("
        + bounds.map { "\($0.metric.words): \(text($0.metric, metrics))" }.joined(separator: ", ") + ")"
    }
    /// What is missing for it to hold.
    func missing(_ metrics: Measures) -> String { missing(bounds, metrics) }

    private func missing(_ bounds: [(metric: Metric, bound: Bound)], _ metrics: Measures) -> String {
      bounds.filter { !isMet($0, metrics) }.map { item in
        let now = text(item.metric, metrics)
        return switch item.bound {
        case .atLeast(let limit):
          "\(item.metric.words) \(item.metric.isSingular ? "reaches" : "reach") \(text(item.metric, limit)) (now \(now))"
        case .below(let limit):
          "\(item.metric.words) \(item.metric.isSingular ? "falls" : "fall") below \(text(item.metric, limit)) (now \(now))"
        }
      }.joined(separator: " and ")
    }
    private func text(_ metric: Metric, _ metrics: Measures) -> String {
      (metrics.atLeast.contains(metric) ? "at least " : "") + text(metric, metrics[metric])
    }
    private func text(_ metric: Metric, _ value: Double) -> String {
      metric == .heldShare ? decimals(value * 100, 0) + " %" : decimals(value, 3)
    }
  }

  public var horizonDays: Int
  public var memoryDays: Int
  public var rules: [Rule]
  /// Seconds after which a source's activity is another incident.
  public var incidentGap: Double

  /// Reads `policy/condition.yaml`.
  public init?(_ knowledge: KnowledgeFolder, faults: inout [Fault]) {
    let documents = knowledge.documents(below: "policy", faults: &faults)
    guard let document = documents.first else {
      faults.append(Fault(file: "policy", "no policy file"))
      return nil
    }
    for extra in documents.dropFirst() { faults.append(extra.fault("a second policy; there is one")) }
    guard let map = document.map(["policy", "horizon_days", "memory_days", "incident_gap_seconds", "rules"], &faults)
    else {
      return nil
    }
    horizonDays = map["horizon_days"]?.integer(1...366, &faults) ?? 7
    memoryDays = map["memory_days"]?.integer(1...366, &faults) ?? 30
    incidentGap = Double(map["incident_gap_seconds"]?.integer(1...604_800, &faults) ?? 3600)
    rules = []
    for node in map["rules"]?.items ?? [] {
      if let rule = ConditionPolicy.rule(node, &faults) { rules.append(rule) }
    }
    PolicyCheck(map["rules"]?.items ?? [], rules).report(&faults)
    if horizonDays > memoryDays {
      faults.append(
        (map["memory_days"] ?? map["horizon_days"] ?? document).fault(
          "memory_days (\(memoryDays)) is shorter than horizon_days (\(horizonDays)): exploitation would be forgotten first"
        ))
    }
    if rules.isEmpty { faults.append(document.fault("a policy needs rules")) }
  }

  private static func rule(_ node: YAMLNode, _ faults: inout [Fault]) -> Rule? {
    guard let map = node.map(["condition", "when", "until", "because"], &faults) else { return nil }
    guard let conditionNode = map["condition"], let name = conditionNode.string(&faults),
      let condition = Condition(rawValue: name),
      condition > .green
    else {
      faults.append(node.fault("a rule needs 'condition': yellow, orange or red"))
      return nil
    }
    let bounds = readBounds(map["when"], &faults)
    guard !bounds.isEmpty, let because = map["because"]?.string(&faults) else {
      faults.append(node.fault("a rule needs 'when' and 'because'"))
      return nil
    }
    return Rule(condition: condition, bounds: bounds, until: readBounds(map["until"], &faults), because: because)
  }

  private static func readBounds(_ node: YAMLNode?, _ faults: inout [Fault]) -> [(metric: Metric, bound: Rule.Bound)] {
    var bounds: [(metric: Metric, bound: Rule.Bound)] = []
    for entry in node?.entries(&faults) ?? [] {
      guard let metric = Metric(rawValue: entry.key) else {
        let known = Metric.allCases.map(\.rawValue).joined(separator: ", ")
        faults.append(entry.keyNode.fault("unknown metric '\(entry.key)'; expected one of: \(known)"))
        continue
      }
      guard let bound = entry.value.map(["at_least", "below"], &faults), bound.count == 1,
        let (key, limitNode) = bound.first,
        let text = limitNode.string(&faults), let limit = Double(text), (0...Rule.limitCap).contains(limit)
      else {
        faults.append(
          entry.value.fault("expected one of 'at_least' and 'below' with a number from 0 to \(Int(Rule.limitCap))"))
        continue
      }
      bounds.append((metric, key == "below" ? .below(limit) : .atLeast(limit)))
    }
    return bounds
  }
}

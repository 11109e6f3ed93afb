import Evidence
import Knowledge

/// Reads the `correlation` of a rule.
enum CorrelationReader {
  /// A correlation whose rules are still names.
  struct Draft {
    var kind: Correlation.Kind
    /// The node of each name tells where it stands.
    var references: [(name: String, node: YAMLNode)]
    var groupBy: [FieldName]
    var timespan: Int64
    /// Whether the rules it builds on are reported too.
    var generate: Bool
  }

  private static let types = ["event_count", "value_count", "temporal", "temporal_ordered"]

  static func read(_ node: YAMLNode, _ faults: inout [Fault]) -> Draft? {
    let known = faults.count
    let names: Set = ["type", "rules", "group-by", "timespan", "condition", "generate"]
    guard let keys = node.map(names, &faults) else { return nil }
    for key in ["type", "rules", "timespan"] where keys[key] == nil {
      faults.append(node.fault("a correlation needs '\(key)'"))
    }
    let type = keys["type"]?.word(of: types, called: "type of correlation", &faults)
    let references = references(keys["rules"], mayRepeat: type == "temporal_ordered", &faults)
    if let rules = keys["rules"], type?.hasPrefix("temporal") == true, references.count < 2 {
      faults.append(rules.fault("a temporal correlation needs two rules at least"))
    }
    let timespan = keys["timespan"].flatMap { self.timespan($0, &faults) }
    let groupBy = (keys["group-by"]?.items ?? []).compactMap { $0.field(&faults) }
    let generate = keys["generate"].map { $0.boolean(&faults) ?? false } ?? false
    let kind = type.flatMap { self.kind($0, node, keys["condition"], ruleCount: references.count, &faults) }
    guard let kind, let timespan, faults.count == known else { return nil }
    return Draft(kind: kind, references: references, groupBy: groupBy, timespan: timespan, generate: generate)
  }

  private static func references(
    _ node: YAMLNode?, mayRepeat: Bool, _ faults: inout [Fault]
  ) -> [(name: String, node: YAMLNode)] {
    guard let node else { return [] }
    var references: [(name: String, node: YAMLNode)] = []
    for item in node.items {
      guard let name = item.string(&faults) else { continue }
      if !mayRepeat, references.contains(where: { $0.name == name }) {
        faults.append(item.fault("'\(name)' is listed twice"))
      }
      references.append((name, item))
    }
    if references.isEmpty { faults.append(node.fault("a correlation needs a rule at least")) }
    if references.count > Correlation.ruleCap {
      faults.append(node.fault("more than \(Correlation.ruleCap) rules in a correlation"))
    }
    return references
  }

  /// `90s`, `15m`, `2h`, `1d`, in nanoseconds.
  private static func timespan(_ node: YAMLNode, _ faults: inout [Fault]) -> Int64? {
    guard let text = node.string(&faults) else { return nil }
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    if let unit = text.last.flatMap({ units[$0] }), text.dropLast().utf8.allSatisfy(\.isDigit),
      let number = Int64(text.dropLast()), number > 0
    {
      let (nanoseconds, overflow) = number.multipliedReportingOverflow(by: unit * 1_000_000_000)
      if !overflow { return nanoseconds }
    }
    faults.append(node.fault("'\(text)' is no timespan; expected such as 30s, 15m, 2h or 1d"))
    return nil
  }

  // MARK: The condition

  private static func kind(
    _ type: String, _ node: YAMLNode, _ condition: YAMLNode?, ruleCount: Int, _ faults: inout [Fault]
  ) -> Correlation.Kind? {
    switch type {
    case "event_count":
      return atLeast(type, node, condition, 1...Caps.standard.entries, &faults).map { .eventCount(atLeast: $0) }
    case "value_count":
      let threshold = atLeast(type, node, condition, 1...Caps.standard.values, &faults)
      guard let condition, case .map = condition.content else { return nil }
      guard let named = condition["field"] else {
        faults.append(condition.fault("the condition of a value_count needs a field"))
        return nil
      }
      guard let field = named.field(&faults), let threshold else { return nil }
      return .valueCount(field, atLeast: threshold)
    case "temporal":
      guard condition != nil else { return .temporal(atLeast: ruleCount) }
      return atLeast(type, node, condition, 1...max(ruleCount, 1), &faults).map { .temporal(atLeast: $0) }
    default:
      if let condition {
        faults.append(condition.fault("temporal_ordered takes no condition: all its rules must match"))
      }
      return .temporalOrdered
    }
  }

  /// The lower bound of a condition. An upper bound would need the window's end before it could be told, and by then
  /// what began as too few may have become too many: such conditions are refused rather than half kept.
  private static func atLeast(
    _ type: String, _ node: YAMLNode, _ condition: YAMLNode?, _ range: ClosedRange<Int>, _ faults: inout [Fault]
  ) -> Int? {
    guard let condition else {
      faults.append(node.fault("\(type) needs a condition"))
      return nil
    }
    let known: Set = type == "value_count" ? ["gt", "gte", "field"] : ["gt", "gte"]
    let before = faults.count
    guard let keys = condition.map(known, &faults), faults.count == before else { return nil }
    switch (keys["gt"], keys["gte"]) {
    case (nil, let bound?): return bound.integer(range, &faults)
    case (let bound?, nil): return bound.integer(range.lowerBound - 1...range.upperBound - 1, &faults).map { $0 + 1 }
    default:
      faults.append(condition.fault("the condition needs gt or gte, one of them"))
      return nil
    }
  }
}

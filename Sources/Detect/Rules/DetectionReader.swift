import Evidence
import Knowledge

/// Reads the `detection` of a rule: its search identifiers and the condition over them.
enum DetectionReader {
  /// - Parameter isLenient: passes over search identifiers that the condition does not use, which Sigma allows.
  static func read(
    _ node: YAMLNode, _ context: RuleContext, isLenient: Bool = false, ignoring ignored: Set<String> = [],
    _ faults: inout [Fault]
  ) -> Expression? {
    guard let entries = node.entries(&faults)?.filter({ !ignored.contains($0.key) }) else { return nil }
    let known = faults.count
    if let failure = context.failure(of: nil) { faults.append(node.fault("refused by a pipeline: \(failure)")) }
    var selections: [Selection] = []
    for entry in entries where entry.key != "condition" {
      selections.append(
        Selection(name: entry.key, expression: selection(entry.value, context, &faults) ?? .any([])))
    }
    guard let condition = node["condition"] else {
      faults.append(node.fault("a detection needs a condition"))
      return nil
    }
    var used: Set<String> = []
    let alternatives = condition.items.compactMap { item in
      ConditionParser.parse(item, selections: selections, used: &used, &faults)
    }
    guard faults.count == known else { return nil }
    for entry in entries
    where entry.key != "condition" && !isLenient && !entry.key.hasPrefix("_") && !used.contains(entry.key) {
      faults.append(entry.keyNode.fault("the condition does not use '\(entry.key)'"))
    }
    if alternatives.isEmpty { faults.append(condition.fault("an empty condition")) }
    let additions = additions(context, &faults)
    guard faults.count == known else { return nil }
    var expression: Expression = alternatives.count == 1 ? alternatives[0] : .any(alternatives)
    if !additions.isEmpty { expression = .all([expression] + additions) }
    guard expression.cost <= ComparisonCost.cap else {
      faults.append(node.fault(ComparisonCost.objection))
      return nil
    }
    return expression
  }

  /// What pipelines demand beside. Their fields are ours already, so no pipeline maps them again.
  private static func additions(_ context: RuleContext, _ faults: inout [Fault]) -> [Expression] {
    context.additions.compactMap { node, isNegated in
      selection(node, .none, &faults).map { isNegated ? .not($0) : $0 }
    }
  }

  /// A map joins its lines with and, a list its items with or; a text alone is a keyword.
  private static func selection(_ node: YAMLNode, _ context: RuleContext, _ faults: inout [Fault]) -> Expression? {
    switch node.content {
    case .map(let entries):
      if entries.isEmpty { faults.append(node.fault("an empty map matches everything")) }
      return .all(entries.compactMap { FieldTestReader.read($0, context, &faults) })
    case .list(let items):
      if items.isEmpty { faults.append(node.fault("an empty list matches nothing")) }
      return .any(items.compactMap { selection($0, context, &faults) })
    case .scalar:
      guard !node.isNull else {
        faults.append(node.fault("expected a map or a list"))
        return nil
      }
      return FieldTestReader.keyword(node, context, &faults)
    }
  }
}

/// A search identifier: a name that the condition speaks of, and what it stands for.
struct Selection {
  let name: String
  let expression: Expression
}

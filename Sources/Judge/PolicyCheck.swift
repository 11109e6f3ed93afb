import Evidence
import Knowledge

/// Finds thresholds of a policy that contradict themselves or each other: rules that can never hold, that always hold,
/// that fall in the moment in which they are raised, or that another rule makes pointless.
struct PolicyCheck {
  private typealias Bound = (metric: Metric, bound: ConditionPolicy.Rule.Bound)

  private let nodes: [YAMLNode]
  private let rules: [ConditionPolicy.Rule]

  /// - Parameters:
  ///   - nodes: Where the rules stand.
  ///   - rules: The rules; when one could not be read the places are unknown, and nothing is checked.
  init(_ nodes: [YAMLNode], _ rules: [ConditionPolicy.Rule]) {
    self.nodes = nodes.count == rules.count ? nodes : []
    self.rules = rules
  }

  func report(_ faults: inout [Fault]) {
    for (number, node) in nodes.enumerated() {
      for bound in rules[number].bounds {
        if let fault = impossible(bound) { faults.append(place(bound.metric, "when", node).fault(fault)) }
      }
      release(number, node, &faults)
      precedence(number, node, &faults)
    }
  }

  private func place(_ metric: Metric, _ key: String, _ node: YAMLNode) -> YAMLNode {
    node[key]?[metric.rawValue] ?? node[key] ?? node
  }

  private func impossible(_ item: Bound) -> String? {
    let top = item.metric == .heldShare ? 1.0 : item.metric == .answeredSeverity ? 8 : Double.infinity
    switch item.bound {
    case .atLeast(let limit) where limit > top: return "\(item.metric.rawValue) never reaches \(decimals(limit))"
    case .atLeast(let limit) where limit == 0: return "\(item.metric.rawValue) is always at least 0"
    case .below(let limit) where limit == 0: return "\(item.metric.rawValue) is never below 0"
    case .below(let limit) where limit > top: return "\(item.metric.rawValue) is always below \(decimals(limit))"
    default: return nil
    }
  }

  /// `until` must lie on the other side of `when`, or the rule would fall where it is raised.
  private func release(_ number: Int, _ node: YAMLNode, _ faults: inout [Fault]) {
    for release in rules[number].until {
      let node = place(release.metric, "until", node)
      if let fault = impossible(release) { faults.append(node.fault(fault)) }
      guard let raise = rules[number].bounds.first(where: { $0.metric == release.metric }) else { continue }
      switch (raise.bound, release.bound) {
      case (.atLeast(let raised), .below(let released)) where released > raised:
        faults.append(
          node.fault("stands from \(decimals(raised)) and falls below \(decimals(released)): it would fall at once"))
      case (.below(let raised), .atLeast(let released)) where released < raised:
        faults.append(
          node.fault("stands below \(decimals(raised)) and falls from \(decimals(released)): it would fall at once"))
      case (.atLeast, .atLeast), (.below, .below):
        faults.append(node.fault("'until' asks for what 'when' asks for: it would fall where it is raised"))
      default: break
      }
    }
  }

  /// A rule whose every case another rule calls as high or higher says nothing.
  private func precedence(_ number: Int, _ node: YAMLNode, _ faults: inout [Fault]) {
    let rule = rules[number]
    let other = rules.indices.first { index in
      let higher = rules[index]
      guard index != number, higher.condition >= rule.condition, implies(rule, higher) else { return false }
      // Of two equal rules the later one says nothing.
      return !(higher.condition == rule.condition && implies(higher, rule) && index > number)
    }
    guard let other, rule.until.isEmpty else { return }
    faults.append(
      node.fault(
        "contradicts the rule for \(rules[other].condition.rawValue) in line \(nodes[other].line), which holds whenever this "
          + "one does"))
  }

  /// Whether `weaker` holds whenever `rule` does.
  private func implies(_ rule: ConditionPolicy.Rule, _ weaker: ConditionPolicy.Rule) -> Bool {
    weaker.bounds.allSatisfy { item in
      rule.bounds.contains { own in
        guard own.metric == item.metric else { return false }
        return switch (own.bound, item.bound) {
        case (.atLeast(let one), .atLeast(let other)): one >= other
        case (.below(let one), .below(let other)): one <= other
        default: false
        }
      }
    }
  }

  private func decimals(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
}

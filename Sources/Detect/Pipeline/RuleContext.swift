import Evidence
import Knowledge

/// What reading a rule's detection needs to know beside its text: what the pipelines make of its fields and values.
struct RuleContext: Sendable {
  /// What a pipeline puts in the place of a placeholder.
  enum Filling: Sendable { case values([String]), wildcard }

  /// The steps that concern the rule, with the pipeline that each is of.
  private let steps: [(step: Pipeline.Transformation, variables: [String: [String]])]

  static let none = RuleContext(pipelines: [], LogSource())

  init(pipelines: [Pipeline], _ logSource: LogSource) {
    var logSource = logSource
    var steps: [(step: Pipeline.Transformation, variables: [String: [String]])] = []
    let ordered = pipelines.enumerated().sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }
    for pipeline in ordered.map(\.element) {
      for step in pipeline.transformations where step.ruleCondition.holds({ $0.contains(logSource) }) {
        if case .changeLogSource(let changed) = step.kind { logSource = changed }
        steps.append((step, pipeline.variables))
      }
    }
    self.steps = steps
  }

  /// The fields that stand for one of the rule; any of them is meant. None when a step drops the line.
  func fields(for name: String) -> [String] {
    var names = [name]
    for (step, _) in steps {
      names = names.flatMap { name in
        step.fieldCondition.holds { $0.contains(name) } ? RuleContext.fields(for: name, step.kind) : [name]
      }
    }
    return names
  }

  private static func fields(for name: String, _ kind: Pipeline.Transformation.Kind) -> [String] {
    switch kind {
    case .fieldMapping(let mapping): return mapping[name] ?? [name]
    case .prefixMapping(let mapping):
      guard let match = mapping.first(where: { name.hasPrefix($0.prefix) }) else { return [name] }
      return match.fields.map { $0 + name.dropFirst(match.prefix.count) }
    case .prefix(let prefix): return [prefix + name]
    case .suffix(let suffix): return [name + suffix]
    case .drop: return []
    default: return [name]
    }
  }

  func filling(of placeholder: String) -> Filling? {
    func isMeant(_ include: Set<String>, _ exclude: Set<String>) -> Bool {
      (include.isEmpty || include.contains(placeholder)) && !exclude.contains(placeholder)
    }
    for (step, variables) in steps {
      switch step.kind {
      case .valuePlaceholders(let include, let exclude):
        if isMeant(include, exclude), let values = variables[placeholder] { return .values(values) }
      case .wildcardPlaceholders(let include, let exclude): if isMeant(include, exclude) { return .wildcard }
      default: break
      }
    }
    return nil
  }

  /// What stands for a value of the rule.
  func values(for text: String, of field: String) -> [String] {
    var values = [text]
    for (step, _) in steps {
      guard case .mapString(let mapping) = step.kind, step.fieldCondition.holds({ $0.contains(field) }) else {
        continue
      }
      values = values.flatMap { mapping[$0] ?? [$0] }
    }
    return values
  }

  /// What must hold beside the rule's own condition.
  var additions: [(node: YAMLNode, isNegated: Bool)] {
    steps.compactMap { step, _ in
      if case .addCondition(let node, let isNegated) = step.kind { (node, isNegated) } else { nil }
    }
  }

  /// Why a pipeline refuses the rule, or a line of it.
  func failure(of field: String?) -> String? {
    for (step, _) in steps {
      guard case .failure(let message) = step.kind else { continue }
      if field == nil, step.fieldCondition.parts.isEmpty { return message }
      if let field, !step.fieldCondition.parts.isEmpty, step.fieldCondition.holds({ $0.contains(field) }) {
        return message
      }
    }
    return nil
  }
}

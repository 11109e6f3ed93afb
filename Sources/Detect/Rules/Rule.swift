import Evidence

/// A Sigma rule over single events, compiled.
public struct Rule: Sendable {
  public internal(set) var header: RuleHeader
  let expression: Expression
  /// The correlations that build on this rule.
  var feeds: [Feed] = []

  /// Whether the condition holds. For one rule at a time; a ``Detector`` has the rules of all in one program.
  public func matches(_ fields: some FieldSource) -> Bool {
    var program = Program()
    let start = program.append(expression)
    return program.matches(from: start, fields, fields.wordSet)
  }
}

/// A place in a correlation's list of rules.
struct Feed: Sendable {
  /// Index into ``RuleSet/correlations``.
  let correlation: Int
  /// Position in the correlation's `rules`.
  let position: Int
}

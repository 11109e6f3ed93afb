import Evidence

/// All rules, compiled and wired to each other. Immutable, and shared by all who judge.
public struct RuleSet: Sendable {
  /// In the order of their ids.
  public let rules: [Rule]
  /// Each after those it builds on.
  public let correlations: [Correlation]

  let program: Program
  /// For each rule where it begins in ``program``.
  let starts: [Int]
  let index: RuleIndex

  public static let empty = RuleSet(rules: [], correlations: [])

  init(rules: [Rule], correlations: [Correlation]) {
    self.rules = rules
    self.correlations = correlations
    var program = Program()
    starts = rules.map { program.append($0.expression) }
    self.program = program
    index = RuleIndex(rules.map(\.expression))
  }

  /// What the rules say about themselves, in the order of their ids.
  public var headers: [RuleHeader] {
    (rules.map(\.header) + correlations.map(\.header)).sorted { $0.id < $1.id }
  }

  /// The same rules, each of which reports its matches, also where a correlation builds on it: for cases, explanations
  /// and coverage.
  public var reportingAll: RuleSet {
    var rules = rules
    var correlations = correlations
    for index in rules.indices { rules[index].header.alerts = true }
    for index in correlations.indices { correlations[index].header.alerts = true }
    return RuleSet(rules: rules, correlations: correlations)
  }

  /// The rule or correlation with an id or name.
  public func rule(named name: String) -> Rule? {
    rules.first { $0.header.id == name } ?? rules.first { $0.header.name == name }
  }
  public func correlation(named name: String) -> Correlation? {
    correlations.first { $0.header.id == name } ?? correlations.first { $0.header.name == name }
  }
}

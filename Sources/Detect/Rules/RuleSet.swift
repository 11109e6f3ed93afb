import Evidence

/// All rules, compiled and wired to each other. Immutable, and shared by all who judge.
package struct RuleSet: Sendable {
  /// In the order of their ids.
  package let rules: [Rule]
  /// Each after those it builds on.
  package let correlations: [Correlation]

  let program: Program
  /// For each rule where it begins in ``program``.
  let starts: [Int]
  let index: RuleIndex

  package static let empty = RuleSet(rules: [], correlations: [])

  init(rules: [Rule], correlations: [Correlation]) {
    self.rules = rules
    self.correlations = correlations
    var program = Program()
    starts = rules.map { program.append($0.expression) }
    self.program = program
    index = RuleIndex(rules.map(\.expression))
  }

  /// What the rules say about themselves, in the order of their ids.
  package var headers: [RuleHeader] {
    (rules.map(\.header) + correlations.map(\.header)).sorted { $0.id < $1.id }
  }
}

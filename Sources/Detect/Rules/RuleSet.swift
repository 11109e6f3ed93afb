import Evidence

/// All rules, compiled and wired to each other. Immutable, and shared by all who judge.
package struct RuleSet: Sendable {
  /// In the order of their ids.
  package let rules: [Rule]
  /// Each after those it builds on.
  package let correlations: [Correlation]

  /// A rule, by its place in ``rules``, and where it begins in ``program``.
  struct Candidate: Sendable {
    let rule: Int
    let start: Int
  }
  let program: Program
  /// For each action the rules that an event with it can match.
  private let candidates: [Event.Action: [Candidate]]

  package static let empty = RuleSet(rules: [], correlations: [])

  init(rules: [Rule], correlations: [Correlation]) {
    self.rules = rules
    self.correlations = correlations
    var program = Program()
    var candidates: [Event.Action: [Candidate]] = [:]
    for (index, rule) in rules.enumerated() {
      let candidate = Candidate(rule: index, start: program.append(rule.expression))
      for action in rule.expression.possibleActions { candidates[action, default: []].append(candidate) }
    }
    self.program = program
    self.candidates = candidates
  }

  /// The rules that an event with `action` can match, in the order of their ids.
  func candidates(for action: Event.Action) -> [Candidate] { candidates[action] ?? [] }

  /// What the rules say about themselves, in the order of their ids.
  package var headers: [RuleHeader] {
    (rules.map(\.header) + correlations.map(\.header)).sorted { $0.id < $1.id }
  }
}

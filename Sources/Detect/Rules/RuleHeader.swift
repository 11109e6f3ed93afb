package import Evidence

/// What a rule says about itself, whether it looks at single events or correlates.
package struct RuleHeader: Sendable {
  package var signature: Signature
  /// Sigma's `name`, by which correlations may refer to the rule.
  package var name: String?
  package var status: String
  package var description: String
  package var references: [String]
  package var falsePositives: [String]
  package var author: String
  package var tags: [String]
  package var logSource: LogSource
  /// Where the rule stands.
  package var file: String
  package var line: Int
  /// Whether a match is reported. A rule that a correlation builds on is not, unless `generate: true` says so.
  package internal(set) var alerts = true

  var pattern: PatternTemplate

  package var id: String { signature.id }
}

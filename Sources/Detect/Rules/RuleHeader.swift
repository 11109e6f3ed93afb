public import Evidence

/// What a rule says about itself, whether it looks at single events or correlates.
public struct RuleHeader: Sendable {
  public var signature: Signature
  /// Sigma's `name`, by which correlations may refer to the rule.
  public var name: String?
  public var status: String
  public var description: String
  public var references: [String]
  public var falsePositives: [String]
  public var author: String
  public var tags: [String]
  public var logSource: LogSource
  /// Where the rule stands.
  public var file: String
  public var line: Int
  /// Whether a match is reported. A rule that a correlation builds on is not, unless `generate: true` says so.
  public internal(set) var alerts = true

  var pattern: PatternTemplate

  public var id: String { signature.id }
}

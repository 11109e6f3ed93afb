package import Evidence

/// A Sigma correlation rule (Sigma Correlation Rules Specification 2.0), compiled.
package struct Correlation: Sendable {
  package enum Kind: Sendable, Hashable {
    /// Matches in the window, an event that stands for several counted as that many.
    case eventCount(atLeast: Int)
    /// Different values of a field in the window.
    case valueCount(FieldName, atLeast: Int)
    /// Different rules that matched in the window.
    case temporal(atLeast: Int)
    /// All rules, in the order of the list; one event serves one place of the list.
    case temporalOrdered
  }

  package internal(set) var header: RuleHeader
  package let kind: Kind
  /// How many rules it lists.
  package let ruleCount: Int
  /// Events that lack one of these fields are not correlated: what is unknown is not the same.
  package let groupBy: [FieldName]
  /// Nanoseconds. Two events that are exactly so far apart are still in one window.
  package let timespan: Int64
  /// The correlations that build on this one.
  var feeds: [Feed] = []

  /// More rules than any honest correlation lists; their positions are bits of 64.
  static let ruleCap = 64
}

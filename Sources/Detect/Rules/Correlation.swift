public import Evidence

/// A Sigma correlation rule (Sigma Correlation Rules Specification 2.1), compiled.
public struct Correlation: Sendable {
  public enum Kind: Sendable {
    /// Matches in the window, an event that stands for several counted as that many.
    case eventCount
    /// Different values of a field in the window, or of several fields together.
    case valueCount([GroupField])
    case sum(GroupField)
    case average(GroupField)
    /// The value below which so many hundredths of the values lie, between neighbours in proportion; 50 is the median.
    case percentile(GroupField, Double)
    /// Different rules that matched in the window.
    case temporal
    /// Which rules matched in the window, whatever their order.
    case presence(Presence)
    /// All rules, in the order of the list; one event serves one place of the list.
    case temporalOrdered
    /// A match of the first rule after and beside which none of the others matched within the timespan.
    case absence
  }

  public internal(set) var header: RuleHeader
  public let kind: Kind
  let bounds: Bounds
  /// How many rules it lists.
  public let ruleCount: Int
  /// Events that lack one of these fields are not correlated: what is unknown is not the same.
  public let groupBy: [GroupField]
  /// Nanoseconds. Two events that are exactly so far apart are still in one window.
  public let timespan: Int64
  /// The ids or names that it lists, for explanations.
  public let references: [String]
  /// The correlations that build on this one.
  var feeds: [Feed] = []

  /// More rules than any honest correlation lists; their positions are bits of 64.
  static let ruleCap = 64

  /// Whether it is told only when a window is over. Upper bounds and absence can change until then.
  public var isDecidedAtEnd: Bool {
    if case .absence = kind { true } else { bounds.hasUpper }
  }
}

/// A field by which events are grouped or counted: the same of all rules, or with `aliases` another of each.
public enum GroupField: Hashable, Sendable {
  case field(FieldName)
  case alias([FieldName])

  /// The field of the rule at this place of the list.
  func field(at position: Int) -> FieldName {
    switch self {
    case .field(let field): field
    case .alias(let fields): fields[min(position, fields.count - 1)]
    }
  }
  public var description: String {
    switch self {
    case .field(let field): field.rawValue
    case .alias(let fields): fields.map(\.rawValue).joined(separator: "/")
    }
  }
  var isAlias: Bool { if case .alias = self { true } else { false } }
}

/// The condition of a correlation over a number.
struct Bounds: Hashable, Sendable {
  var gt: Double?
  var gte: Double?
  var lt: Double?
  var lte: Double?

  var hasUpper: Bool { lt != nil || lte != nil }

  func holds(_ number: Double) -> Bool {
    (gt.map { number > $0 } ?? true) && (gte.map { number >= $0 } ?? true) && (lt.map { number < $0 } ?? true)
      && (lte.map { number <= $0 } ?? true)
  }
}

/// A boolean expression over the rules of a temporal correlation: `recon_a and (recon_b or recon_c)`.
public indirect enum Presence: Sendable {
  case rule(Int)
  case all([Presence])
  case any([Presence])

  /// Whether it holds when the rules at these places matched.
  func holds(_ positions: UInt64) -> Bool {
    switch self {
    case .rule(let position): positions.hasBit(position)
    case .all(let parts): parts.allSatisfy { $0.holds(positions) }
    case .any(let parts): parts.contains { $0.holds(positions) }
    }
  }
}

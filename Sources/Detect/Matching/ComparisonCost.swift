import Evidence

/// About how many nanoseconds it takes to hold a rule against an event of ordinary length that gets past its index, where
/// none of its values is found. No one rule is to make an event cost many times an ordinary one, which takes some four
/// microseconds from its line to its end.
enum ComparisonCost {
  static let cap = 40_000
  static let objection =
    "too slow to hold against events: texts with wildcards within or with 'all', and regular expressions, are looked for "
    + "one by one, at most some 70 of ordinary length, and fewer with many wildcards or large counts; other "
    + "texts may be many in one list"

  fileprivate static let plain = 2
  fileprivate static let network = 4
  /// A search for what stands between two wildcards: texts with wildcards are looked for one by one.
  fileprivate static let search = 180
  fileprivate static let expression = 300
  /// One of the instructions that a regular expression compiles to, of which many may be under way at once.
  fileprivate static let instruction = 2
  /// Any number of texts without a wildcard within, which are looked for at once.
  fileprivate static let literals = 300
}

extension Expression {
  var cost: Int {
    switch self {
    case .test(let test): test.cost
    case .all(let parts), .any(let parts): parts.reduce(0) { $0 + $1.cost }
    case .not(let part), .selection(_, let part): part.cost
    }
  }
}

extension FieldTest {
  /// The values as a line is run: many literals are one.
  var asRun: [ValueMatcher] {
    needsAll ? matchers.flatMap { [$0].collapsed(field) } : matchers.collapsed(field)
  }

  fileprivate var cost: Int {
    // A closed field is one bit of a mask.
    guard Words.range(of: field) == nil else { return 0 }
    let isText = if case .text = FieldDomain(field) { true } else { false }
    return needsAll ? matchers.reduce(0) { $0 + [$1].cost(isText) } : matchers.cost(isText)
  }
}

extension [ValueMatcher] {
  /// - Parameter isText: The field holds text, of which all literals are looked for at once.
  fileprivate func cost(_ isText: Bool) -> Int {
    let literals = isText ? filter(\.isLiteralText) : []
    guard literals.count >= Self.manyLiterals else { return reduce(0) { $0 + $1.cost(isText) } }
    // Those with regard to case, and those without it.
    return filter { !$0.isLiteralText }.reduce(2 * ComparisonCost.literals) { $0 + $1.cost(isText) }
  }
}

extension ValueMatcher {
  fileprivate var isLiteralText: Bool {
    if case .text(let text) = self { text.pattern.anchoredLiteral != nil } else { false }
  }

  fileprivate func cost(_ isText: Bool) -> Int {
    switch self {
    case .absent, .exists, .comparison, .timePart: ComparisonCost.plain
    // It is made into a pattern each time.
    case .reference: 4 * ComparisonCost.search
    case .text(let text): text.pattern.isLiteral ? ComparisonCost.plain : text.pattern.searches * ComparisonCost.search
    case .network: ComparisonCost.network
    case .expression(let expression):
      ComparisonCost.expression + expression.size * ComparisonCost.instruction
    case .any(let matchers): matchers.cost(isText)
    case .literals: ComparisonCost.literals
    }
  }
}

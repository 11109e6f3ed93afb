import Evidence

/// About how many nanoseconds it takes to hold a rule against an event that gets past its index, where none of its
/// values is found. Whoever writes a rule, and whatever the traffic, an event must not come to cost many times an
/// ordinary one, which takes some four microseconds from its line to its end.
enum ComparisonCost {
  static let cap = 40_000
  static let objection =
    "too slow to hold against events: texts with wildcards within and regular expressions are looked for one by one, "
    + "at most \(cap / pattern) or \(cap / expression) of them; texts without one may be many"

  fileprivate static let plain = 2
  fileprivate static let network = 4
  /// A text with wildcards, which is looked for by itself.
  fileprivate static let pattern = 250
  fileprivate static let expression = 500
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
    var (literals, others) = (0, 0)
    for matcher in self {
      if isText, case .text(let text) = matcher, text.pattern.anchoredLiteral != nil {
        literals += ComparisonCost.pattern
      } else {
        others += matcher.cost(isText)
      }
    }
    return others + Swift.min(literals, ComparisonCost.literals)
  }
}

extension ValueMatcher {
  fileprivate func cost(_ isText: Bool) -> Int {
    switch self {
    case .absent, .exists, .comparison, .timePart, .reference: ComparisonCost.plain
    case .text(let text): text.pattern.isLiteral ? ComparisonCost.plain : ComparisonCost.pattern
    case .network: ComparisonCost.network
    case .expression: ComparisonCost.expression
    case .any(let matchers): matchers.cost(isText)
    case .literals: ComparisonCost.literals
    }
  }
}

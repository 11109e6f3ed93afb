import Evidence

/// What an event must have for a rule to match, of which a look-up can be made. The rule is then held against those
/// events only that have it.
enum Requirement: Hashable, Sendable {
  /// A field's whole value, letters of any case.
  case equals(FieldName, FieldValue)
  /// Text within a field, in lower case.
  case contains(FieldName, [UInt8])

  /// Shorter texts stand in too many records to be worth a look-up.
  static let shortest = 4

  /// How much it says, where nothing tells how often it is met.
  fileprivate var weight: Int {
    switch self {
    case .equals: 1000
    case .contains(_, let text): text.count
    }
  }
}

extension Expression {
  /// Lists of requirements. Of each list an event that matches has one at least; no lists when nothing can be said.
  var requirements: [[Requirement]] {
    switch self {
    case .test(let test): test.requirements
    case .selection(_, let part): part.requirements
    case .not: []
    case .all(let parts): parts.flatMap(\.requirements)
    case .any(let parts):
      Expression.union(parts.map { $0.requirements.max { $0.weight < $1.weight } })
    }
  }

  /// Either of several: each must have something to ask for.
  fileprivate static func union(_ lists: [[Requirement]?]) -> [[Requirement]] {
    var union: [Requirement] = []
    for list in lists {
      guard let list else { return [] }
      union += list
    }
    return union.isEmpty ? [] : [union]
  }
}

extension [Requirement] {
  fileprivate var weight: Int { map(\.weight).min() ?? 0 }
}

extension FieldTest {
  fileprivate var requirements: [[Requirement]] {
    // Of the closed fields the rules' actions take care.
    guard !isNegated, Words.range(of: field) == nil else { return [] }
    let lists = matchers.map { $0.requirements(of: field) }
    return needsAll ? lists.compactMap { $0 } : Expression.union(lists)
  }
}

extension ValueMatcher {
  /// Nil when nothing can be said.
  fileprivate func requirements(of field: FieldName) -> [Requirement]? {
    switch self {
    case .text(let text): return text.requirements(of: field)
    case .expression(let expression):
      guard case .text = FieldDomain(field) else { return nil }
      let literals = expression.literals
      guard !literals.isEmpty, literals.allSatisfy({ $0.count >= Requirement.shortest }) else { return nil }
      return literals.map { .contains(field, $0) }
    case .any(let matchers): return Expression.union(matchers.map { $0.requirements(of: field) }).first
    case .absent, .exists, .network, .comparison, .reference, .timePart, .literals: return nil
    }
  }
}

extension ValueMatcher.Text {
  fileprivate func requirements(of field: FieldName) -> [Requirement]? {
    guard let literal = pattern.literal else { return nil }
    if pattern.isLiteral {
      // As what the field may hold it: text, a number, an address.
      var values: [FieldValue] = [.text(Bytes(literal))]
      if let number { values.append(.number(number)) }
      if let address { values.append(.address(address)) }
      return values.map { .equals(field, $0) }
    }
    // A number or an address is text only when it is asked for; that is too seldom for a look-up of its own.
    guard case .text = FieldDomain(field), literal.count >= Requirement.shortest else { return nil }
    return [.contains(field, literal)]
  }
}

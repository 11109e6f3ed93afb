import Evidence

/// A rule's condition with its search identifiers put in: what an event must say.
indirect enum Expression: Sendable {
  case test(FieldTest)
  case all([Expression])
  case any([Expression])
  case not(Expression)

  /// The actions that an event can have when it matches. Never too few: what is not evident counts as possible.
  var possibleActions: Set<Event.Action> {
    switch self {
    case .test(let test) where test.field == .eventAction:
      Set(Event.Action.allCases.filter { test.matches(value: .text(Bytes($0.rawValue))) })
    case .test, .not: Set(Event.Action.allCases)
    case .all(let parts): parts.reduce(Set(Event.Action.allCases)) { $0.intersection($1.possibleActions) }
    case .any(let parts): parts.reduce(into: []) { $0.formUnion($1.possibleActions) }
    }
  }
}

/// One line of a search identifier: a field and the values that it may or must have.
struct FieldTest: Sendable {
  let field: FieldName
  let matchers: [ValueMatcher]
  /// `|all`: every value must match, not just one.
  let needsAll: Bool
  /// `|neq`: as `not` before the whole line, so a missing field matches too.
  let isNegated: Bool

  func matches(value: FieldValue?) -> Bool {
    let found =
      needsAll ? matchers.allSatisfy { $0.matches(value) } : matchers.contains { $0.matches(value) }
    return found != isNegated
  }
}

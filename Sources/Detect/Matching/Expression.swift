import Evidence

/// A rule's condition with its search identifiers put in: what an event must say.
indirect enum Expression: Sendable {
  case test(FieldTest)
  case all([Expression])
  case any([Expression])
  case not(Expression)
  /// A search identifier by its name, for explanations.
  case selection(String, Expression)

  /// The actions that an event can have when it matches. Never too few: what is not evident counts as possible.
  var possibleActions: Set<Event.Action> {
    switch self {
    case .test(let test) where test.field == .eventAction:
      Set(Event.Action.allCases.filter { test.mayMatch(.text(Bytes($0.rawValue))) })
    case .test, .not: Set(Event.Action.allCases)
    case .all(let parts): parts.reduce(Set(Event.Action.allCases)) { $0.intersection($1.possibleActions) }
    case .any(let parts): parts.reduce(into: []) { $0.formUnion($1.possibleActions) }
    case .selection(_, let part): part.possibleActions
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

  /// The line as the rule has it.
  var written = ""

  func matches(_ fields: some FieldSource) -> Bool { matches(fields.value(of: field), in: fields) }

  func matches(_ value: FieldValue?, in fields: some FieldSource) -> Bool {
    let found =
      needsAll
      ? matchers.allSatisfy { $0.matches(value, in: fields) }
      : matchers.contains { $0.matches(value, in: fields) }
    return found != isNegated
  }

  /// Whether the line holds of this value alone; a line that looks at other fields may.
  func mayMatch(_ value: FieldValue?) -> Bool {
    readsOtherFields || matches(value, in: [FieldName: FieldValue]())
  }

  var readsOtherFields: Bool { matchers.contains(where: \.isReference) }
}

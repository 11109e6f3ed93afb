/// Sigma's value modifiers (Sigma Modifiers Appendix 2.1.0).
enum Modifier: String, CaseIterable, Sendable {
  case contains, startswith, endswith, all, cased, neq
  case exists, cidr, lt, lte, gt, gte, fieldref
  case re, i, m, s
  case base64, base64offset, utf16, utf16le, utf16be, wide, windash, expand
  case minute, hour, day, week, month, year

  /// What the values are compared by; a key has at most one of these.
  var isOperator: Bool { isAnchor || isType }
  /// Where in the text the value stands.
  var isAnchor: Bool { [.contains, .startswith, .endswith].contains(self) }
  /// Modifiers that make something other than text of the value.
  var isType: Bool { isComparison || isTimePart || [.exists, .cidr, .fieldref, .re].contains(self) }
  var isComparison: Bool { [.lt, .lte, .gt, .gte].contains(self) }
  var isTimePart: Bool { TimePart(rawValue: rawValue) != nil }
  /// Flags of a regular expression, which stand behind `re`.
  var isExpressionFlag: Bool { [.i, .m, .s].contains(self) }
  /// Modifiers that make another text of the text, in the order in which they are written.
  var isTransformation: Bool {
    [.base64, .base64offset, .utf16, .utf16le, .utf16be, .wide, .windash, .expand].contains(self)
  }

  /// What is wrong with a list of modifiers, none of which stands twice.
  static func conflicts(_ modifiers: [Modifier]) -> [String] {
    let operators = allCases.filter { modifiers.contains($0) && $0.isOperator }
    let type = operators.first { $0.isType }
    let anchors = operators.filter(\.isAnchor)
    var conflicts: [String] = []
    if let pair = strangers(operators) {
      conflicts.append("'\(pair.0.rawValue)' and '\(pair.1.rawValue)' do not go together")
    }
    if modifiers.contains(.cased), type != nil, type != .fieldref { conflicts.append("'cased' goes with text only") }
    if modifiers.contains(.neq) { conflicts += negationConflicts(type, modifiers) }
    for flag in modifiers.filter(\.isExpressionFlag) where !follows(flag, .re, in: modifiers) {
      conflicts.append("'\(flag.rawValue)' goes behind 're' only")
    }
    for transformation in modifiers.filter(\.isTransformation) {
      if let type, !(type == .re && transformation == .expand) {
        conflicts.append("'\(transformation.rawValue)' and '\(type.rawValue)' do not go together")
      }
      // The value is transformed in the order that is written, and what is open at an end cannot be encoded.
      if transformation != .expand, let anchor = anchors.first, follows(transformation, anchor, in: modifiers) {
        conflicts.append("'\(transformation.rawValue)' must stand before '\(anchor.rawValue)'")
      }
    }
    return conflicts
  }

  /// Two operators that exclude each other. A reference to a field may be anchored, since its value is text.
  private static func strangers(_ operators: [Modifier]) -> (Modifier, Modifier)? {
    let rest = operators.contains(.fieldref) ? operators.filter { $0 != .fieldref } : operators
    if rest.count > 1 { return (rest[0], rest[1]) }
    if operators.contains(.fieldref), let type = rest.first(where: \.isType) { return (type, .fieldref) }
    return nil
  }

  private static func negationConflicts(_ type: Modifier?, _ modifiers: [Modifier]) -> [String] {
    var conflicts: [String] = []
    if type == .exists || type?.isComparison == true {
      conflicts.append("'neq' goes with text, numbers and networks only")
    }
    if modifiers.contains(.all) { conflicts.append("'neq' and 'all' do not go together") }
    return conflicts
  }

  private static func follows(_ later: Modifier, _ earlier: Modifier, in modifiers: [Modifier]) -> Bool {
    guard let first = modifiers.firstIndex(of: earlier), let second = modifiers.firstIndex(of: later) else {
      return false
    }
    return first < second
  }
}

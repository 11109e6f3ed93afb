/// Sigma's value modifiers (Sigma Modifiers Appendix 2.1.0).
enum Modifier: String, CaseIterable, Sendable {
  case contains, startswith, endswith, all, cased, neq
  case exists, cidr, lt, lte, gt, gte, fieldref
  case re, i, m, s
  case base64, base64offset, utf16, utf16le, utf16be, wide, windash, expand
  case minute, hour, day, week, month, year

  /// By its name, or by one of the long names that pySigma has for the flags of a regular expression.
  init?(name: String) {
    switch name {
    case "ignorecase": self = .i
    case "multiline": self = .m
    case "dotall": self = .s
    default: self.init(rawValue: name)
    }
  }

  /// What the values are compared by.
  var isOperator: Bool { isAnchor || isType }
  /// Where in the text the value stands: `*` is put before it, behind it, or both.
  var isAnchor: Bool { [.contains, .startswith, .endswith].contains(self) }
  var opensStart: Bool { self == .contains || self == .endswith }
  var opensEnd: Bool { self == .contains || self == .startswith }
  /// Modifiers that make something other than text of the value.
  var isType: Bool { isComparison || isTimePart || [.exists, .cidr, .fieldref, .re].contains(self) }
  var isComparison: Bool { [.lt, .lte, .gt, .gte].contains(self) }
  var isTimePart: Bool { TimePart(rawValue: rawValue) != nil }
  /// Flags of a regular expression, which stand behind `re`.
  var isExpressionFlag: Bool { [.i, .m, .s].contains(self) }
  var isBase64: Bool { self == .base64 || self == .base64offset }
  /// Modifiers that make another text of the text.
  var isTransformation: Bool {
    [.base64, .base64offset, .utf16, .utf16le, .utf16be, .wide, .windash, .expand].contains(self)
  }

  /// What is wrong with a list of modifiers, none of which stands twice.
  static func conflicts(_ modifiers: [Modifier]) -> [String] {
    let types = allCases.filter { modifiers.contains($0) && $0.isType }
    let type = types.first
    let anchors = modifiers.filter(\.isAnchor)
    var conflicts: [String] = []
    if types.count > 1 { conflicts.append(strangers(types[0], types[1])) }
    if let type, let anchor = anchors.first, type != .fieldref, type != .re {
      conflicts.append(strangers(anchor, type))
    }
    if modifiers.contains(.cased), type != nil, type != .fieldref { conflicts.append("'cased' goes with text only") }
    if modifiers.contains(.neq) { conflicts += negationConflicts(type, modifiers) }
    for flag in modifiers.filter(\.isExpressionFlag) where !follows(flag, .re, in: modifiers) {
      conflicts.append("'\(flag.rawValue)' goes behind 're' only")
    }
    // An expression is told by the value as it was written.
    for anchor in anchors where follows(.re, anchor, in: modifiers) {
      conflicts.append("'re' must stand before '\(anchor.rawValue)'")
    }
    for transformation in modifiers.filter(\.isTransformation) {
      if let type, !(type == .re && transformation == .expand) { conflicts.append(strangers(transformation, type)) }
      // What is open at an end cannot be encoded; every other modifier leaves wildcards as they are.
      if transformation.isBase64, let anchor = anchors.first, follows(transformation, anchor, in: modifiers) {
        conflicts.append("'\(transformation.rawValue)' must stand before '\(anchor.rawValue)'")
      }
    }
    return conflicts
  }

  private static func strangers(_ first: Modifier, _ second: Modifier) -> String {
    "'\(first.rawValue)' and '\(second.rawValue)' do not go together"
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

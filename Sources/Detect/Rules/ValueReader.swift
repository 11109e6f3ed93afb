import Evidence
import Knowledge

/// Reads a value of a line: applies the modifiers in the order in which they are written, and makes of it what events
/// are compared with.
struct ValueReader {
  /// The field as the rule names it.
  let name: String
  let modifiers: [Modifier]
  let context: RuleContext

  /// To more than so many texts no value of an honest rule expands.
  private static let expansionCap = 10_000
  /// Three dashes; a fourth would make 625 texts of one.
  private static let dashCap = 125

  private var operation: Modifier? { modifiers.first(where: \.isType) }
  private var isCased: Bool { modifiers.contains(.cased) }
  /// Where `*` stands, by all anchors together.
  private var anchoring: TextPattern.Anchoring {
    switch (modifiers.contains(where: \.opensStart), modifiers.contains(where: \.opensEnd)) {
    case (false, false): .whole
    case (false, true): .start
    case (true, false): .end
    case (true, true): .anywhere
    }
  }

  func matcher(_ node: YAMLNode, _ faults: inout [Fault]) -> ValueMatcher? {
    guard let (text, _) = node.scalar else {
      faults.append(node.fault("expected a text, a number or null"))
      return nil
    }
    if node.isNull {
      if modifiers.allSatisfy({ $0 == .all || $0 == .neq }) { return .absent }
      faults.append(node.fault("null goes without a modifier"))
      return nil
    }
    switch operation {
    case .exists: return node.boolean(&faults).map { .exists($0) }
    case .cidr: return network(text, node, &faults)
    case .re: return expression(text, node, &faults)
    case .fieldref: return reference(text, node, &faults)
    case .some(let modifier) where modifier.isComparison: return comparison(modifier, text, node, &faults)
    case .some(let modifier): return timePart(modifier, text, node, &faults)
    case nil: return textMatcher(text, node, &faults)
    }
  }

  /// What several texts come to.
  private func any(_ matchers: [ValueMatcher]) -> ValueMatcher? {
    matchers.count == 1 ? matchers[0] : .any(matchers)
  }

  // MARK: Other than text

  private func network(_ text: String, _ node: YAMLNode, _ faults: inout [Fault]) -> ValueMatcher? {
    if let network = IPNetwork(text) { return .network(network) }
    faults.append(node.fault("'\(text)' is no network; expected such as 192.0.2.0/24 or 2001:db8::/32"))
    return nil
  }

  private func comparison(
    _ modifier: Modifier, _ text: String, _ node: YAMLNode, _ faults: inout [Fault]
  ) -> ValueMatcher? {
    if let bound = Int64(text), let comparison = ValueMatcher.Comparison(rawValue: modifier.rawValue) {
      return .comparison(comparison, bound)
    }
    faults.append(node.fault("expected a whole number"))
    return nil
  }

  private func timePart(
    _ modifier: Modifier, _ text: String, _ node: YAMLNode, _ faults: inout [Fault]
  ) -> ValueMatcher? {
    guard let part = TimePart(rawValue: modifier.rawValue) else { return nil }
    if let number = Int64(text), part.range.contains(number) { return .timePart(part, number) }
    faults.append(node.fault("expected a whole number from \(part.range.lowerBound) to \(part.range.upperBound)"))
    return nil
  }

  private func reference(_ text: String, _ node: YAMLNode, _ faults: inout [Fault]) -> ValueMatcher? {
    let known = faults.count
    let fields = context.fields(for: text).compactMap { mapped -> FieldName? in
      if let field = FieldName(rawValue: mapped) { return field }
      faults.append(node.fault("unknown field '\(mapped)'"))
      return nil
    }
    guard faults.count == known, !fields.isEmpty else { return nil }
    return any(fields.map { .reference(.init(field: $0, anchoring: anchoring, isCased: isCased)) })
  }

  private func expression(_ text: String, _ node: YAMLNode, _ faults: inout [Fault]) -> ValueMatcher? {
    var patterns = [text]
    if modifiers.contains(.expand) {
      // The whole text is literal here: what it means as an expression is not this reader's business.
      let raw = ValueText(pieces: [.literal(Array(text.utf8))]).withPlaceholders()
      let texts = filled(raw, asExpression: true, node, &faults)
      patterns = texts.map { text in
        text.pieces.map { if case .literal(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { ".*" } }
          .joined()
      }
    }
    var flags: RegularExpression.Flags = []
    if modifiers.contains(.i) { flags.insert(.ignoreCase) }
    if modifiers.contains(.m) { flags.insert(.multiLine) }
    if modifiers.contains(.s) { flags.insert(.dotAll) }
    var matchers: [ValueMatcher] = []
    for pattern in patterns {
      do {
        matchers.append(.expression(try anchored(try RegularExpression(pattern, flags: flags), pattern, flags)))
      } catch {
        faults.append(fault(error, in: pattern, node))
      }
    }
    return matchers.count == patterns.count && !matchers.isEmpty ? any(matchers) : nil
  }

  /// An expression is looked for anywhere, unless an anchor says where it is expected.
  private func anchored(
    _ expression: RegularExpression, _ pattern: String, _ flags: RegularExpression.Flags
  ) throws(RegularExpression.Mistake) -> RegularExpression {
    switch anchoring {
    case .start: try RegularExpression("\\A(?:" + pattern + ")", flags: flags)
    case .end: try RegularExpression("(?:" + pattern + ")\\z", flags: flags)
    case .whole, .anywhere: expression
    }
  }

  /// Where in the expression the mistake is, as far as RE2 tells.
  private func fault(_ mistake: RegularExpression.Mistake, in pattern: String, _ node: YAMLNode) -> Fault {
    let needsBacktracking =
      ["(?=", "(?!", "(?<"].contains { mistake.part.hasPrefix($0) }
      || mistake.part.hasPrefix("\\") && mistake.part.utf8.dropFirst().first?.isDigit == true
    let reason =
      needsBacktracking
      ? "'\(mistake.part)': look-around and back-references need backtracking, which takes too long"
      : mistake.reason
    let message = "the regular expression cannot be used: \(reason)"
    guard !mistake.part.isEmpty, let range = Substring(pattern).firstRange(of: mistake.part) else {
      return node.fault(message)
    }
    return node.fault(message, at: pattern[..<range.lowerBound].unicodeScalars.count)
  }

  // MARK: Text

  private func textMatcher(_ text: String, _ node: YAMLNode, _ faults: inout [Fault]) -> ValueMatcher? {
    let known = faults.count
    var texts = context.values(for: text, of: name).map { ValueText($0) }
    for modifier in modifiers {
      if modifier.isAnchor {
        texts = texts.map { $0.open(atStart: modifier.opensStart, atEnd: modifier.opensEnd) }
      } else if modifier.isTransformation {
        texts = texts.flatMap { transformed($0, modifier, node, &faults) }
      }
      guard faults.count == known else { return nil }
    }
    let matchers = texts.map { ValueMatcher.Text($0, isCased: isCased) }
    // A lone `*` is Sigma's way to ask for a field; with `contains` it is a slip that lets everything pass.
    if anchoring != .whole, matchers.contains(where: \.pattern.matchesEverything) {
      faults.append(node.fault("'\(text)' matches every text"))
      return nil
    }
    return matchers.isEmpty ? nil : any(matchers.map { .text($0) })
  }

  private func transformed(
    _ text: ValueText, _ modifier: Modifier, _ node: YAMLNode, _ faults: inout [Fault]
  ) -> [ValueText] {
    switch modifier {
    case .expand: return filled(text.withPlaceholders(), asExpression: false, node, &faults)
    case .windash:
      if let variants = text.dashVariants(cap: ValueReader.dashCap) { return variants }
      faults.append(node.fault("'windash' over more than three dashes; write several values"))
      return []
    case .utf16: return [text.utf16(.littleEndian, mark: true)]
    case .utf16le, .wide: return [text.utf16(.littleEndian)]
    case .utf16be: return [text.utf16(.bigEndian)]
    default:
      guard !text.hasWildcards else {
        faults.append(node.fault("'\(modifier.rawValue)' of a value with wildcards"))
        return []
      }
      return modifier == .base64 ? [text.base64()] : text.base64Offsets()
    }
  }

  /// With what the pipelines have for the placeholders. One that no pipeline knows is a fault, as Sigma demands.
  private func filled(
    _ text: ValueText, asExpression: Bool, _ node: YAMLNode, _ faults: inout [Fault]
  ) -> [ValueText] {
    let known = faults.count
    var fillings: [String: [ValueText]] = [:]
    for name in text.placeholders {
      switch context.filling(of: name) {
      case .wildcard: fillings[name] = [ValueText(pieces: [.anyText])]
      case .values(let values):
        fillings[name] = values.map { asExpression ? ValueText(pieces: [.literal(quoted($0))]) : ValueText($0) }
      case nil: faults.append(node.fault("no pipeline has values for the placeholder '%\(name)%'"))
      }
    }
    guard faults.count == known else { return [] }
    if let texts = text.expanded(cap: ValueReader.expansionCap, { fillings[$0] ?? [] }) { return texts }
    faults.append(node.fault("expands to more than \(ValueReader.expansionCap) values"))
    return []
  }

  /// As a text that stands for itself within a regular expression.
  private func quoted(_ text: String) -> [UInt8] {
    text.utf8.flatMap { byte in
      byte < 0x80 && !byte.isDigit && !byte.isASCIILetter && byte != UInt8(ascii: "_")
        ? [UInt8(ascii: "\\"), byte] : [byte]
    }
  }
}

import Evidence
import Knowledge

/// Sigma's value modifiers, as far as evidence of this kind needs them.
private enum Modifier: String, CaseIterable {
  case contains, startswith, endswith, all, cidr, exists, lt, lte, gt, gte, cased, neq

  /// What the values are compared by; a key has at most one of these.
  static let operators: Set<Modifier> = [.contains, .startswith, .endswith, .cidr, .exists, .lt, .lte, .gt, .gte]
  static let overText: Set<Modifier> = [.contains, .startswith, .endswith]
  static let comparisons: Set<Modifier> = [.lt, .lte, .gt, .gte]
}

/// Reads one line of a search identifier: `field|modifier: value` or `field: [value, value]`.
struct FieldTestReader {
  private let key: YAMLNode
  private let field: FieldName
  private let domain: FieldDomain
  private let modifiers: Set<Modifier>

  private var operation: Modifier? { modifiers.first { Modifier.operators.contains($0) } }

  static func read(_ entry: YAMLNode.Entry, _ faults: inout [Fault]) -> Expression? {
    FieldTestReader(entry.keyNode, entry.key, &faults)?.test(entry.value, &faults).map { .test($0) }
  }

  /// A word that stands for itself: it may be anywhere in the record.
  static func keyword(_ node: YAMLNode, _ faults: inout [Fault]) -> Expression? {
    FieldTestReader(keywordsAt: node).test(node, &faults).map { .test($0) }
  }

  private init(keywordsAt node: YAMLNode) {
    key = node
    field = .message
    domain = .text
    modifiers = [.contains]
  }

  // MARK: The key

  private init?(_ node: YAMLNode, _ text: String, _ faults: inout [Fault]) {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    let known = faults.count
    var modifiers: Set<Modifier> = []
    var offset = (parts.first?.unicodeScalars.count ?? 0) + 1
    for part in parts.dropFirst() {
      if let modifier = Modifier(rawValue: part) {
        if !modifiers.insert(modifier).inserted { faults.append(node.fault("'\(part)' stands twice", at: offset)) }
      } else {
        let expected = Modifier.allCases.map(\.rawValue).joined(separator: ", ")
        faults.append(node.fault("unknown modifier '\(part)'; expected one of: \(expected)", at: offset))
      }
      offset += part.unicodeScalars.count + 1
    }
    // Keywords with modifiers are written `'|all'`: a key without a field.
    let isKeywords = parts.first == ""
    if isKeywords, parts.count > 1, modifiers.isDisjoint(with: Modifier.operators) { modifiers.insert(.contains) }
    let field = isKeywords && parts.count > 1 ? FieldName.message : FieldName(rawValue: parts.first ?? "")
    if field == nil { faults.append(node.fault("unknown field '\(parts.first ?? "")'")) }
    faults += FieldTestReader.conflicts(modifiers).map { node.fault($0) }
    guard let field, faults.count == known else { return nil }
    key = node
    self.field = field
    domain = FieldDomain(field)
    self.modifiers = modifiers
  }

  private static func conflicts(_ modifiers: Set<Modifier>) -> [String] {
    let operators = Modifier.allCases.filter { modifiers.contains($0) && Modifier.operators.contains($0) }
    var conflicts: [String] = []
    if operators.count > 1 {
      conflicts.append("'\(operators[0].rawValue)' and '\(operators[1].rawValue)' do not go together")
    }
    let isText = operators.allSatisfy { Modifier.overText.contains($0) }
    if modifiers.contains(.cased), !isText { conflicts.append("'cased' goes with text only") }
    if modifiers.contains(.neq), !isText, operators != [.cidr] {
      conflicts.append("'neq' goes with text, numbers and networks only")
    }
    if modifiers.contains(.neq), modifiers.contains(.all) { conflicts.append("'neq' and 'all' do not go together") }
    return conflicts
  }

  // MARK: The values

  private func test(_ node: YAMLNode, _ faults: inout [Fault]) -> FieldTest? {
    let values = node.items
    let known = faults.count
    if values.isEmpty { faults.append(node.fault("an empty list matches nothing")) }
    if modifiers.contains(.all), values.count == 1 { faults.append(node.fault("'all' needs a list of values")) }
    if operation == .exists, values.count > 1 { faults.append(node.fault("expected true or false")) }
    var matchers: [ValueMatcher] = []
    for value in values {
      guard let matcher = matcher(value, &faults) else { continue }
      if let objection = domain.objection(to: matcher) {
        let written = value.scalar?.text ?? ""
        faults.append(value.fault("'\(written)' can never match: \(field.rawValue) \(objection)"))
      }
      matchers.append(matcher)
    }
    guard faults.count == known else { return nil }
    return FieldTest(
      field: field, matchers: matchers, needsAll: modifiers.contains(.all), isNegated: modifiers.contains(.neq))
  }

  private func matcher(_ node: YAMLNode, _ faults: inout [Fault]) -> ValueMatcher? {
    guard let (text, _) = node.scalar else {
      faults.append(node.fault("expected a text, a number or null"))
      return nil
    }
    if node.isNull {
      if operation == nil, !modifiers.contains(.cased) { return .absent }
      faults.append(node.fault("null goes without a modifier"))
      return nil
    }
    switch operation {
    case .exists: return node.boolean(&faults).map { .exists($0) }
    case .cidr:
      if let network = IPNetwork(text) { return .network(network) }
      faults.append(node.fault("'\(text)' is no network; expected such as 192.0.2.0/24 or 2001:db8::/32"))
      return nil
    case .some(let modifier) where Modifier.comparisons.contains(modifier):
      if let bound = Int64(text), let comparison = ValueMatcher.Comparison(rawValue: modifier.rawValue) {
        return .comparison(comparison, bound)
      }
      faults.append(node.fault("expected a whole number"))
      return nil
    default: return textMatcher(text, node, &faults)
    }
  }

  private func textMatcher(_ text: String, _ node: YAMLNode, _ faults: inout [Fault]) -> ValueMatcher? {
    let anchoring: TextPattern.Anchoring =
      switch operation {
      case .contains: .anywhere
      case .startswith: .start
      case .endswith: .end
      default: .whole
      }
    let value = ValueMatcher.Text(text, anchoring: anchoring, isCased: modifiers.contains(.cased))
    // A lone `*` is Sigma's way to ask for a field; with `contains` it is a slip that lets everything pass.
    if anchoring != .whole, value.pattern.matchesEverything {
      faults.append(node.fault("'\(text)' matches every text"))
      return nil
    }
    return .text(value)
  }
}

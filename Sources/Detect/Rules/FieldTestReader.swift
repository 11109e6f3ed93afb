import Evidence
import Knowledge

/// Reads one line of a search identifier: `field|modifier: value` or `field: [value, value]`.
struct FieldTestReader {
  private let key: YAMLNode
  /// The field as the rule names it, before pipelines; empty for keywords.
  private let name: String
  private let fields: [FieldName]
  private let modifiers: [Modifier]
  private let context: RuleContext

  /// Nil when it has faults; `.all([])`, which always holds, when a pipeline drops the line.
  static func read(_ entry: YAMLNode.Entry, _ context: RuleContext, _ faults: inout [Fault]) -> Expression? {
    FieldTestReader(entry.keyNode, entry.key, context, &faults)?.expression(entry.value, &faults)
  }

  /// A word that stands for itself: it may be anywhere in the record.
  static func keyword(_ node: YAMLNode, _ context: RuleContext, _ faults: inout [Fault]) -> Expression? {
    FieldTestReader(keywordsAt: node, context).expression(node, &faults)
  }

  private init(keywordsAt node: YAMLNode, _ context: RuleContext) {
    key = node
    name = ""
    fields = [.message]
    modifiers = [.contains]
    self.context = context
  }

  // MARK: The key

  private init?(_ node: YAMLNode, _ text: String, _ context: RuleContext, _ faults: inout [Fault]) {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    let known = faults.count
    var modifiers: [Modifier] = []
    var offset = (parts.first?.unicodeScalars.count ?? 0) + 1
    for part in parts.dropFirst() {
      if let modifier = Modifier(name: part) {
        if modifiers.contains(modifier) { faults.append(node.fault("'\(part)' stands twice", at: offset)) }
        modifiers.append(modifier)
      } else {
        let expected = Modifier.allCases.map(\.rawValue).joined(separator: ", ")
        faults.append(node.fault("unknown modifier '\(part)'; expected one of: \(expected)", at: offset))
      }
      offset += part.unicodeScalars.count + 1
    }
    faults += Modifier.conflicts(modifiers).map { node.fault($0) }
    let name = parts.first ?? ""
    // Keywords with modifiers are written `'|all'`: a key without a field.
    let isKeywords = name.isEmpty && parts.count > 1
    if isKeywords, !modifiers.contains(where: \.isOperator) { modifiers.append(.contains) }
    if let failure = context.failure(of: name) { faults.append(node.fault("refused by a pipeline: \(failure)")) }
    let fields = isKeywords ? [.message] : FieldTestReader.fields(name, node, context, &faults)
    guard faults.count == known else { return nil }
    key = node
    self.name = isKeywords ? "" : name
    self.fields = fields
    self.modifiers = modifiers
    self.context = context
  }

  private static func fields(
    _ name: String, _ node: YAMLNode, _ context: RuleContext, _ faults: inout [Fault]
  ) -> [FieldName] {
    context.fields(for: name).compactMap { mapped in
      if let field = FieldName(rawValue: mapped) { return field }
      faults.append(node.fault("unknown field '\(name)'" + (mapped == name ? "" : ", by the pipelines '\(mapped)'")))
      return nil
    }
  }

  // MARK: The line

  private var needsAll: Bool { modifiers.contains(.all) }
  private var isNegated: Bool { modifiers.contains(.neq) }

  /// Of several fields that a pipeline puts in the place of one, any is meant.
  private func expression(_ node: YAMLNode, _ faults: inout [Fault]) -> Expression? {
    guard !fields.isEmpty else { return .all([]) }
    let values = node.items
    let known = faults.count
    if values.isEmpty { faults.append(node.fault("an empty list matches nothing")) }
    if needsAll, values.count == 1 { faults.append(node.fault("'all' needs a list of values")) }
    if modifiers.contains(.exists), values.count > 1 { faults.append(node.fault("expected true or false")) }
    let reader = ValueReader(name: name, modifiers: modifiers, context: context)
    let matchers = values.map { value in (value, reader.matcher(value, &faults)) }
    for (value, matcher) in matchers {
      guard let matcher, let objection = objection(to: matcher) else { continue }
      faults.append(value.fault("'\(value.scalar?.text ?? "")' can never match: \(objection)"))
    }
    guard faults.count == known else { return nil }
    let written =
      ([name.isEmpty ? "keywords" : name] + modifiers.map(\.rawValue)).joined(separator: "|") + ": "
      + values.map { $0.isNull ? "null" : $0.scalar?.text ?? "" }.joined(separator: needsAll ? " and " : " or ")
    let tests = fields.map { field in
      Expression.test(
        FieldTest(
          field: field, matchers: matchers.compactMap(\.1), needsAll: needsAll,
          isNegated: isNegated && fields.count == 1,
          written: written))
    }
    if tests.count == 1 { return tests[0] }
    return isNegated ? .not(.any(tests)) : .any(tests)
  }

  /// Why none of the fields can ever have such a value.
  private func objection(to matcher: ValueMatcher) -> String? {
    let objections = fields.map { field in FieldDomain(field).objection(to: matcher).map { "\(field.rawValue) \($0)" } }
    return objections.contains(nil) ? nil : objections.first ?? nil
  }
}

public import Evidence

/// Why a rule matched a record, or which condition failed.
public struct Explanation: Sendable {
  /// A search identifier of the rule.
  public struct Part: Sendable {
    public let name: String
    public let holds: Bool
    /// Where it does not hold, the lines that failed; where it does, those that held.
    public let lines: [String]
  }
  public let matches: Bool
  public let parts: [Part]
}

extension Rule {
  public func explanation(of fields: some FieldSource) -> Explanation {
    var parts: [Explanation.Part] = []
    expression.collect(fields, &parts)
    return Explanation(matches: matches(fields), parts: parts)
  }

  /// The fields that the rule looks at.
  public var fields: Set<FieldName> { expression.fields }
}

extension Expression {
  /// The parts in the order of the condition, each once.
  fileprivate func collect(_ fields: some FieldSource, _ parts: inout [Explanation.Part]) {
    switch self {
    case .selection(let name, let part):
      guard !parts.contains(where: { $0.name == name }) else { return }
      let holds = part.holds(fields)
      parts.append(Explanation.Part(name: name, holds: holds, lines: part.lines(fields, holds)))
    case .all(let inner), .any(let inner): for part in inner { part.collect(fields, &parts) }
    case .not(let part): part.collect(fields, &parts)
    case .test: break
    }
  }

  fileprivate func holds(_ fields: some FieldSource) -> Bool {
    switch self {
    case .test(let test): test.matches(fields)
    case .all(let parts): parts.allSatisfy { $0.holds(fields) }
    case .any(let parts): parts.contains { $0.holds(fields) }
    case .not(let part): !part.holds(fields)
    case .selection(_, let part): part.holds(fields)
    }
  }

  /// The lines that decide: of a map that failed the first that failed, of a list that failed all, of one that held
  /// the first that held.
  private func lines(_ fields: some FieldSource, _ holds: Bool) -> [String] {
    switch self {
    case .test(let test): [test.line(fields)]
    case .selection(_, let part), .not(let part): part.lines(fields, holds)
    case .all(let parts):
      holds ? parts.flatMap { $0.lines(fields, true) } : parts.first { !$0.holds(fields) }?.lines(fields, false) ?? []
    case .any(let parts):
      holds ? parts.first { $0.holds(fields) }?.lines(fields, true) ?? [] : parts.flatMap { $0.lines(fields, false) }
    }
  }

  fileprivate var fields: Set<FieldName> {
    switch self {
    case .test(let test): [test.field]
    case .all(let parts), .any(let parts): parts.reduce(into: []) { $0.formUnion($1.fields) }
    case .not(let part), .selection(_, let part): part.fields
    }
  }
}

extension FieldTest {
  private static let shownBytes = 200

  fileprivate func line(_ fields: some FieldSource) -> String {
    guard let value = fields.value(of: field) else { return written + " (the record does not say)" }
    let text = value.text
    let shown = Bytes(Array(text.array.prefix(FieldTest.shownBytes))).notation
    return written + " (it is '\(shown)\(text.count > FieldTest.shownBytes ? "..." : "")')"
  }
}

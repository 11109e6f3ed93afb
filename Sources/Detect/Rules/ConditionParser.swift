import Evidence
import Knowledge

/// Reads a condition, such as `selection and not 1 of filter_*`, with the binding that Sigma gives: `or` weakest, then
/// `and`, `not`, `1 of`, parentheses.
struct ConditionParser {
  private struct Token {
    var text: String
    /// Characters before it.
    var offset: Int
  }

  /// Parentheses and negations nested deeper than any person reads.
  private static let depthCap = 50

  private let node: YAMLNode
  private let selections: [Selection]
  private let tokens: [Token]
  private let end: Int
  private var position = 0
  private var depth = 0
  private var used: Set<String> = []

  /// The expression of a condition; `used` gains the names of the selections that it speaks of.
  static func parse(
    _ node: YAMLNode, selections: [Selection], used: inout Set<String>, _ faults: inout [Fault]
  ) -> Expression? {
    guard let text = node.string(&faults) else { return nil }
    var parser = ConditionParser(node, text, selections)
    do {
      let expression = try parser.whole()
      used.formUnion(parser.used)
      return expression
    } catch {
      faults.append(error)
      return nil
    }
  }

  private init(_ node: YAMLNode, _ text: String, _ selections: [Selection]) {
    self.node = node
    self.selections = selections
    (tokens, end) = ConditionParser.tokens(of: text)
  }

  private static func tokens(of text: String) -> ([Token], end: Int) {
    var tokens: [Token] = []
    var isInWord = false
    var offset = 0
    for scalar in text.unicodeScalars {
      let isBracket = scalar == "(" || scalar == ")"
      if scalar.properties.isWhitespace {
        isInWord = false
      } else if isInWord, !isBracket {
        tokens[tokens.count - 1].text.unicodeScalars.append(scalar)
      } else {
        tokens.append(Token(text: String(scalar), offset: offset))
        isInWord = !isBracket
      }
      offset += 1
    }
    return (tokens, offset)
  }

  // MARK: The grammar

  private mutating func whole() throws(Fault) -> Expression {
    let expression = try disjunction()
    if let token = next {
      // Sigma 2.0 dropped aggregations behind a condition.
      let hint = token.text == "|" ? ": aggregations are of Sigma 1; write a correlation" : ""
      throw fault("unexpected '\(token.text)' in the condition" + hint)
    }
    return expression
  }

  private mutating func disjunction() throws(Fault) -> Expression {
    var parts = [try conjunction()]
    while take("or") { parts.append(try conjunction()) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func conjunction() throws(Fault) -> Expression {
    var parts = [try negation()]
    while take("and") { parts.append(try negation()) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func negation() throws(Fault) -> Expression {
    guard take("not") else { return try primary() }
    try enter()
    defer { depth -= 1 }
    return .not(try negation())
  }

  private mutating func primary() throws(Fault) -> Expression {
    if take("(") {
      try enter()
      defer { depth -= 1 }
      let expression = try disjunction()
      guard take(")") else { throw fault(next == nil ? "a ')' is missing" : "expected ')', and, or") }
      return expression
    }
    guard let token = next, !["and", "or", ")", "of"].contains(token.text.lowercased()) else {
      throw fault("expected a search identifier")
    }
    if tokens.dropFirst(position + 1).first?.text.lowercased() == "of" { return try quantified(token.text) }
    guard let selection = selections.first(where: { $0.name == token.text }) else {
      throw fault("the condition speaks of '\(token.text)', which the detection does not define")
    }
    position += 1
    used.insert(selection.name)
    return .selection(selection.name, selection.expression)
  }

  /// `1 of them`, `all of selection_*`. Names that begin with an underscore count only where the pattern has it too.
  private mutating func quantified(_ quantifier: String) throws(Fault) -> Expression {
    let quantifier = quantifier.lowercased()
    guard ["1", "any", "all"].contains(quantifier) else {
      throw fault("'\(quantifier) of': expected '1 of' or 'all of'")
    }
    position += 2
    guard let pattern = next, pattern.text != "(", pattern.text != ")" else {
      throw fault("expected 'them' or a pattern of search identifiers")
    }
    let isThem = pattern.text.lowercased() == "them"
    let names = TextPattern(isThem ? "*" : pattern.text, isCased: true)
    let matching = selections.filter {
      (!$0.name.hasPrefix("_") || pattern.text.hasPrefix("_")) && names.matches(Bytes($0.name))
    }
    guard !matching.isEmpty else { throw fault("no search identifier matches '\(pattern.text)'") }
    position += 1
    used.formUnion(matching.map(\.name))
    let parts = matching.map { Expression.selection($0.name, $0.expression) }
    return quantifier != "all" ? .any(parts) : .all(parts)
  }

  // MARK: Tokens

  private var next: Token? { tokens.indices.contains(position) ? tokens[position] : nil }

  private mutating func take(_ word: String) -> Bool {
    guard next?.text.lowercased() == word else { return false }
    position += 1
    return true
  }

  private mutating func enter() throws(Fault) {
    depth += 1
    guard depth <= ConditionParser.depthCap else { throw fault("nested more than \(ConditionParser.depthCap) deep") }
  }

  private func fault(_ message: String) -> Fault { node.fault(message, at: next?.offset ?? end) }
}

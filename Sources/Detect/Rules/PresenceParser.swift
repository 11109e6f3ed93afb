import Evidence
import Knowledge

/// Reads the condition of a temporal correlation that is written as an expression over its rules:
/// `recon_a and (recon_b or recon_c)`, or `request and not answer`, which is absence.
struct PresenceParser {
  private enum Node {
    case presence(Presence)
    case not(Int)
    case absence(rule: Int, [Int])
  }

  private static let depthCap = 50

  private let node: YAMLNode
  private let rules: [String]
  private var words: [Substring]
  private var depth = 0
  private var used: Set<Int> = []

  static func parse(_ node: YAMLNode, rules: [String], _ faults: inout [Fault]) -> Correlation.Kind? {
    guard let text = node.string(&faults) else { return nil }
    let spaced = text.map { $0 == "(" || $0 == ")" ? " \($0) " : String($0) }.joined()
    var parser = PresenceParser(node: node, rules: rules, words: spaced.split { $0.isWhitespace })
    do throws(Fault) {
      let result = try parser.disjunction()
      if let word = parser.words.first { throw node.fault("unexpected '\(word)' in the condition") }
      if let unused = rules.indices.first(where: { !parser.used.contains($0) }) {
        throw node.fault("the condition does not use '\(rules[unused])'")
      }
      switch result {
      case .presence(let presence): return .presence(presence)
      case .absence(0, _): return .absence
      case .absence, .not:
        throw node.fault("the rule that must match stands first in 'rules', those that must not behind")
      }
    } catch {
      faults.append(error)
      return nil
    }
  }

  private init(node: YAMLNode, rules: [String], words: [Substring]) {
    self.node = node
    self.rules = rules
    self.words = words
  }

  private mutating func disjunction() throws(Fault) -> Node {
    var parts = [try conjunction()]
    while take("or") { parts.append(try conjunction()) }
    return parts.count == 1 ? parts[0] : .presence(.any(try parts.map { part throws(Fault) in try presence(part) }))
  }

  private mutating func conjunction() throws(Fault) -> Node {
    var parts = [try negation()]
    while take("and") { parts.append(try negation()) }
    if parts.count == 1 { return parts[0] }
    let absent = parts.compactMap { if case .not(let position) = $0 { position } else { nil } }
    if absent.isEmpty { return .presence(.all(try parts.map { part throws(Fault) in try presence(part) })) }
    guard parts.count == absent.count + 1, case .presence(.rule(let rule))? = parts.first else {
      throw node.fault(PresenceParser.limit)
    }
    return .absence(rule: rule, absent)
  }

  private mutating func negation() throws(Fault) -> Node {
    guard take("not") else { return try primary() }
    guard case .presence(.rule(let position)) = try primary() else { throw node.fault(PresenceParser.limit) }
    return .not(position)
  }

  private static let limit = "'not' goes with one rule that must match and others that must not: a and not b"

  private mutating func primary() throws(Fault) -> Node {
    if take("(") {
      depth += 1
      defer { depth -= 1 }
      guard depth <= PresenceParser.depthCap else {
        throw node.fault("nested more than \(PresenceParser.depthCap) deep")
      }
      let inner = try disjunction()
      guard take(")") else { throw node.fault("a ')' is missing") }
      return inner
    }
    guard let word = words.first else { throw node.fault("expected a rule") }
    guard let position = rules.firstIndex(of: String(word)) else {
      throw node.fault("the condition speaks of '\(word)', which 'rules' does not list")
    }
    words.removeFirst()
    used.insert(position)
    return .presence(.rule(position))
  }

  private func presence(_ part: Node) throws(Fault) -> Presence {
    guard case .presence(let presence) = part else { throw node.fault(PresenceParser.limit) }
    return presence
  }

  private mutating func take(_ word: String) -> Bool {
    guard words.first?.lowercased() == word else { return false }
    words.removeFirst()
    return true
  }
}

import Detect
import Evidence
import Testing

@Suite struct ConditionTests {
  struct Meaning: Sendable, CustomStringConvertible {
    var description: String
    var holds: @Sendable (_ a: Bool, _ b: Bool, _ other: Bool) -> Bool
    init(_ condition: String, _ holds: @escaping @Sendable (_ a: Bool, _ b: Bool, _ other: Bool) -> Bool) {
      description = condition
      self.holds = holds
    }
  }

  static let meanings = [
    Meaning("sel_a") { a, _, _ in a },
    Meaning("not sel_a") { a, _, _ in !a },
    Meaning("not not sel_a") { a, _, _ in a },
    Meaning("sel_a or sel_b and other") { a, b, other in a || (b && other) },
    Meaning("(sel_a or sel_b) and other") { a, b, other in (a || b) && other },
    Meaning("not sel_a and other") { a, _, other in !a && other },
    Meaning("not (sel_a and other)") { a, _, other in !(a && other) },
    Meaning("sel_a AND NOT other") { a, _, other in a && !other },
    Meaning("1 of sel_*") { a, b, _ in a || b },
    Meaning("all of sel_*") { a, b, _ in a && b },
    Meaning("1 of them") { a, b, other in a || b || other },
    Meaning("all of them") { a, b, other in a && b && other },
    Meaning("other and not 1 of sel_*") { a, b, other in other && !(a || b) },
    Meaning("all of *") { a, b, other in a && b && other },
    Meaning("all of s*_*") { a, b, _ in a && b },
    Meaning("(((sel_a)))") { a, _, _ in a },
    Meaning("1 of _*") { _, _, _ in true },
    Meaning("[sel_a, sel_b and other]") { a, b, other in a || (b && other) },
  ]

  /// Each condition against what it means, over all eight ways in which three selections can hold.
  @Test(arguments: ConditionTests.meanings) func meaning(meaning: Meaning) throws {
    let condition = meaning.description
    // The last line uses what the condition may leave out, and changes nothing.
    let text = condition.hasPrefix("[") ? condition.dropFirst().dropLast() : condition[...]
    let alternatives = text.split(separator: ",").map { "\n  -\($0.hasPrefix(" ") ? "" : " ")\($0)" }.joined()
    let set = try rules(
      rule(
        """
        sel_a: {rpc.program: 1}
        sel_b: {rpc.version: 1}
        other: {rpc.xid: 1}
        _hidden: {rpc.program|neq: 9}
        condition: \(alternatives)
          - (sel_a and not sel_a) and sel_b and other
        """))
    let compiled = try #require(set.rules.first)
    for bits in 0..<8 {
      let (a, b, c) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0)
      let fields: [FieldName: FieldValue] = [
        .rpcProgram: .number(a ? 1 : 0), .rpcVersion: .number(b ? 1 : 0), .rpcXID: .number(c ? 1 : 0),
      ]
      #expect(compiled.matches(fields) == meaning.holds(a, b, c), "\(condition) \(a) \(b) \(c)")
    }
  }

  @Test(arguments: [
    ("", 14, "expected a search identifier"), ("a and", 19, "expected a search identifier"),
    ("a b", 16, "unexpected 'b'"), ("a and (b", 22, "a ')' is missing"), ("a and b)", 21, "unexpected ')'"),
    ("a or bb", 19, "speaks of 'bb'"), ("2 of them", 14, "expected '1 of'"), ("1 of", 18, "expected 'them'"),
    ("1 of x*", 19, "no search identifier matches 'x*'"), ("a | count() > 5", 16, "unexpected '|'"),
    ("a and and b", 20, "expected a search identifier"), ("not", 17, "expected a search identifier"),
    ("a and ()", 21, "expected a search identifier"),
  ])
  func faults(condition: String, column: Int, message: String) throws {
    let (set, faults) = try load(
      rule("a: {rpc.program: 1}\nb: {rpc.program: 2}\ncondition: \(condition.isEmpty ? "' '" : condition)"))
    #expect(set.rules.isEmpty)
    let fault = try #require(faults.first)
    #expect(faults.count == 1 && fault.message.contains(message), "\(faults)")
    #expect((fault.line, fault.column) == (6, column), "\(fault)")
  }

  @Test func depthIsLimited() throws {
    for deep in [String(repeating: "(", count: 5000) + "a", String(repeating: "not ", count: 5000) + "a"] {
      let (_, faults) = try load(rule("a: {rpc.program: 1}\ncondition: \(deep)"))
      #expect(faults.map(\.message).first?.contains("deep") == true)
    }
  }
}

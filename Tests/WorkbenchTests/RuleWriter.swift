import Foundation
import TestNumbers

/// Writes random rules, with every modifier and every form of a detection and a condition, and events that they have a
/// fair chance to match.
struct RuleWriter {
  var random: SeededNumbers

  static let texts = ["process.name", "rpc.argument", "rpc.reply.status", "message"]
  static let numbers = ["destination.port", "source.port", "rpc.program"]
  static let addresses = ["source.ip", "destination.ip"]
  static let pipeline = """
    name: test
    priority: 10
    transformations:
      - type: field_name_mapping
        mapping: {Image: process.name, Either: [rpc.argument, rpc.reply.status]}
      - type: value_placeholders
        include: [words, names]
      - type: wildcard_placeholders
        include: [any]
    vars:
      words: [foo, 'b?r', 'x*']
      names: [Foo]
    """

  // MARK: Events

  static func event(_ random: inout SeededNumbers) -> [String: Plain] {
    var event: [String: Plain] = [
      "@timestamp": .text(stamp(Int.random(in: 0..<200_000_000, using: &random)))
    ]
    for field in texts where Int.random(in: 0..<5, using: &random) > 0 { event[field] = .text(text(&random)) }
    for field in numbers where Bool.random(using: &random) { event[field] = .number(number(&random)) }
    for field in addresses where Bool.random(using: &random) { event[field] = .text(address(&random)) }
    // Keywords are looked for in this column, which the backend wants filled.
    event["message"] = event["message"] ?? .text("")
    return event
  }

  /// A time stamp so many seconds after the year 2000 began.
  static func stamp(_ seconds: Int) -> String {
    let date = Date(timeIntervalSince1970: 946_684_800 + Double(seconds))
    return ISO8601DateFormatter().string(from: date)
  }

  private static let words = [
    "foo", "Foo", "bar", "BAR", "foobar", "a-b", "-x", "/x", "a_b", "50%", #"C:\dir"#, "ü", "x y", "Zm9v", "it's",
    "[a]",
    "b", "*", "?", #"\"#, "9",
  ]

  static func text(_ random: inout SeededNumbers) -> String {
    let count = [1, 1, 1, 2, 3].randomElement(using: &random) ?? 1
    return (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined()
  }
  static func number(_ random: inout SeededNumbers) -> Int {
    [0, 1, 9, 53, 111, 2049].randomElement(using: &random) ?? 0
  }
  static func address(_ random: inout SeededNumbers) -> String {
    [
      "192.0.2.\(Int.random(in: 0...255, using: &random))", "192.0.3.1", "10.1.2.3",
      "2001:db8::\(Int.random(in: 1...9, using: &random))", "2001:db8:1:2::5", "2001:db8:1::7", "2001:db9::1",
      "fe80::1",
    ].randomElement(using: &random) ?? ""
  }

  // MARK: Rules

  mutating func rule() -> String {
    let names = ["sel_a", "sel_b", "other"].prefix(Int.random(in: 1...3, using: &random))
    let selections = names.map { "  \($0):\(selection())\n" }.joined()
    return "title: T\nid: 3c1f0d0a-52f1-4b52-9a52-6a1f0f3b0001\nlogsource: {product: test}\ndetection:\n"
      + selections + "  condition: \(condition(Array(names)))\n"
  }

  /// Every identifier is used, since we take one that is not for a slip.
  private mutating func condition(_ names: [String]) -> String {
    if names.count == 1 {
      return pick([names[0], "not \(names[0])", "1 of them", "all of sel_*", "not 1 of sel*", "(\(names[0]))"])
    }
    var parts = names.map { Bool.random(using: &random) ? $0 : "not \($0)" }
    if names.count == 3 {
      parts = pick([
        ["1 of sel_*", parts[2]], ["all of sel_*", parts[2]], ["not all of sel_*", parts[2]], parts,
        ["(\(parts[0]) or \(parts[1]))", parts[2]], ["not (\(parts[0]) and \(parts[1]))", parts[2]],
      ])
    }
    if Int.random(in: 0..<8, using: &random) == 0 { return pick(["1 of them", "all of them", "not 1 of them"]) }
    var text = parts[0]
    for part in parts.dropFirst() { text += pick([" and ", " or "]) + part }
    return text
  }

  private mutating func selection() -> String {
    switch Int.random(in: 0..<10, using: &random) {
    case 0: return "\n" + list(2, indent: 4) { $0.quoted($0.fragment()) }
    case 1: return "\n    '|all':\n" + list(2, indent: 6) { $0.quoted($0.fragment()) }
    case 2: return "\n" + list(2, indent: 4) { writer in writer.line(indent: 8, first: true) }
    default:
      var lines: [String] = []
      var used: Set<String> = []
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        let line = line(indent: 6, first: false)
        if used.insert(String(line.prefix { $0 != ":" })).inserted { lines.append("    " + line) }
      }
      return "\n" + lines.joined(separator: "\n")
    }
  }

  private mutating func list(_ count: Int, indent: Int, _ item: (inout RuleWriter) -> String) -> String {
    (0..<count).map { _ in String(repeating: " ", count: indent) + "- " + item(&self) }.joined(separator: "\n")
  }

  /// `field|modifiers: values`.
  private mutating func line(indent: Int, first: Bool) -> String {
    let kind = Int.random(in: 0..<13, using: &random)
    let text = pick(["process.name", "rpc.argument", "rpc.reply.status", "message", "Image", "Either"])
    let number = pick(RuleWriter.numbers)
    let address = pick(RuleWriter.addresses)
    switch kind {
    case 0...2: return textLine(text, indent)
    case 3: return encodedLine(text)
    case 4: return expressionLine(text)
    case 5: return "\(number)|\(pick(["lt", "lte", "gt", "gte"])): \(RuleWriter.number(&random))"
    case 6:
      let value = "\(RuleWriter.number(&random))"
      return pick(["\(number): \(value)", "\(number)|neq: \(value)", "\(number): [\(value), 53]", "\(number): '*1*'"])
    case 7:
      let network = pick([
        "192.0.2.0/24", "192.0.2.0/25", "10.0.0.0/8", "0.0.0.0/1", "'2001:db8::/32'", "'2001:db8:1::/48'",
        "'2001:db8:1:2::/64'", "'fe80::/10'", "'2001:db8::1/128'",
      ])
      return pick([
        "\(address)|cidr: \(network)", "\(address): \(RuleWriter.address(&random))", "\(address): '192.0.?.1'",
      ])
    case 8: return "\(text == "message" || text == "Either" ? number : text)|exists: \(pick(["true", "false"]))"
    case 9: return "\(pick([number, address, "rpc.argument"])): null"
    case 10:
      let other = pick(["rpc.argument", "rpc.reply.status", "message"])
      return "process.name|fieldref\(pick(["", "|contains", "|startswith", "|endswith"])): \(other)"
    case 11:
      return pick([
        "'@timestamp|hour': \(Int.random(in: 0...23, using: &random))",
        "'@timestamp|minute': [\(Int.random(in: 0...29, using: &random)), \(Int.random(in: 30...59, using: &random))]",
        "'@timestamp|day': \(Int.random(in: 1...31, using: &random))",
        "'@timestamp|month': \(Int.random(in: 1...12, using: &random))",
        "'@timestamp|year': \(Int.random(in: 2000...2006, using: &random))",
      ])
    default:
      let value = pick(["'%words%'", "'a%words%'", "'%names%%names%'", "'%any%o'"])
      return "\(text)\(pick(["|expand", "|expand|contains", "|contains|expand"])): \(value)"
    }
  }

  private mutating func textLine(_ field: String, _ indent: Int) -> String {
    let anchor = pick(["", "|contains", "|startswith", "|endswith"])
    let values = (0..<Int.random(in: 2...3, using: &random)).map { _ in quoted(value(isOpen: anchor.isEmpty)) }
    let many = "[" + values.joined(separator: ", ") + "]"
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return "\(field)\(anyOrder(anchor, "|all")): \(many)"
    case 1: return "\(field)\(anyOrder(anchor, "|cased")): \(values[0])"
    case 2 where field != "Either": return "\(field)\(anyOrder(anchor, "|neq")): \(many)"
    case 3: return "\(field)\(anyOrder("|windash", anchor)): \(quoted(dashed()))"
    case 4: return "\(field)\(anchor): \(many)"
    case 5: return "\(field)\(anyOrder(anchor, "|all", "|windash")): [\(quoted(dashed())), \(quoted(dashed()))]"
    case 6: return "\(field)\(anyOrder("|contains", "|startswith")): \(quoted(fragment()))"
    default: return "\(field)\(anchor): \(values[0])"
    }
  }

  private mutating func dashed() -> String { pick(["-x", "/x", "a-b", "-x /x", "- x", "--x"]) }

  /// The modifiers in one of the orders in which they may stand.
  private mutating func anyOrder(_ modifiers: String...) -> String { modifiers.shuffled(using: &random).joined() }

  private mutating func encodedLine(_ field: String) -> String {
    let value = quoted(pick(["foo", "foobar", "a", "bar b"]))
    let wide = pick(["", "wide|", "utf16|", "utf16be|"])
    return pick([
      "\(field)|\(wide)base64: \(value)", "\(field)|\(wide)base64offset|contains: \(value)",
      "\(field)|base64offset|contains: 'foo'", "\(field)|base64|contains: foo",
      "\(field)|\(wide)base64\(anyOrder("|contains", "|cased")): \(value)",
    ])
  }

  private mutating func expressionLine(_ field: String) -> String {
    let expression = pick([
      "^fo+", "o$", "(foo|bar)b?", "[a-c]-[b-d]", "x.y", "a_b|it's", "[0-9]{1,2}%", #"\[a\]"#, "^.$", "b.*a", "O",
      #"C:\\d"#, "fo{2}b",
    ])
    let flags = pick(["", "|i", "|m", "|s", "|i|s", "|ignorecase", "|dotall|multiline", "|contains", "|all"])
    if flags == "|all" { return "\(field)|re|all: [\(quoted(expression)), 'o']" }
    return "\(field)|re\(flags): \(quoted(expression))"
  }

  // MARK: Values

  private mutating func value(isOpen: Bool) -> String {
    var text = Int.random(in: 0..<3, using: &random) == 0 ? fragment() : RuleWriter.text(&random)
    if isOpen, Bool.random(using: &random) { text = pick(["*" + text, text + "*", "*" + text + "*", "?" + text]) }
    // A lone `*` where any text is meant is a slip, which we refuse.
    return !isOpen && text.allSatisfy({ $0 == "*" }) ? "foo" : text
  }

  /// What stands somewhere in many texts.
  private mutating func fragment() -> String {
    pick(["o", "foo", "AR", "a", "x", "%", "_b", #"\d"#, "-", "it'", #"\*"#, #"\?"#, "o*b", "f?o", "ü", "[a", "fo"])
  }

  private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

  private mutating func pick<Item>(_ items: [Item]) -> Item { items[Int.random(in: 0..<items.count, using: &random)] }
}

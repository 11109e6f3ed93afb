import Detect
import Evidence
import Knowledge
import Testing

/// Rules of a test, and what is wrong with them.
func load(_ texts: String...) throws -> (rules: RuleSet, faults: [Fault]) {
  var documents: [YAMLNode] = []
  for (number, text) in texts.enumerated() {
    let parsed = try YAMLNode.documents(text: text, file: "\("abc".dropFirst(number).prefix(1)).yaml")
    try #require(!parsed.isEmpty, "the test's own YAML: \(text)")
    documents += parsed
  }
  var faults: [Fault] = []
  let rules = RuleSet(documents: documents, faults: &faults)
  return (rules, faults)
}

func rules(_ text: String, _ location: SourceLocation = #_sourceLocation) throws -> RuleSet {
  let (rules, faults) = try load(text)
  #expect(faults == [], sourceLocation: location)
  return rules
}

/// A rule around a detection, whose lines come with the indentation that they need.
func rule(_ detection: String) -> String {
  "title: T\nid: r\ndetection:\n" + detection.split(separator: "\n").map { "  " + $0 + "\n" }.joined()
}

/// Whether a rule with one selection, written as YAML's flow style, matches some fields.
func matches(_ selection: String, _ fields: [FieldName: FieldValue]) throws -> Bool {
  let set = try rules(rule("selection: \(selection)\ncondition: selection"))
  return try #require(set.rules.first).matches(fields)
}

func text(_ text: String) -> FieldValue { .text(Bytes(text)) }

/// A call at a second of 2000-01-01, or at a time of day.
func call(
  _ procedure: String, at seconds: Double, from source: String = "192.0.2.1", to target: String = "198.51.100.1",
  argument: String = "", action: Event.Action = .rpcCall, count: Int = 1, isDated: Bool = true
) -> Event {
  let start: Int64 = isDated ? 946_684_800_000_000_000 : 0
  let host = { (text: String) in
    IPAddress(text).map { Host.address($0) } ?? (text.isEmpty ? .unknown : .name(Bytes(text)))
  }
  return Event(
    time: EventTime(
      Timestamp(nanoseconds: start + Int64(seconds * 1e9)), fractionDigits: 0, isDated: isDated),
    view: .host, action: action, outcome: .refused, source: Endpoint(host: host(source)),
    target: Endpoint(host: host(target), port: 111), transport: .udp,
    rpc: RPCFacts(procedureName: Bytes(procedure), argument: Bytes(argument), argumentForm: .name), count: count,
    citation: Citation(
      Provenance(input: InputID(0), place: .lines(first: 1, last: 1), offset: 0, length: 0),
      text: Bytes("\(procedure)(\(argument))")))
}

/// A finding, as far as tests compare it.
struct Found: Hashable, CustomStringConvertible {
  var rule: String
  var events: [Int]
  var pattern: String
  init(_ rule: String, _ events: [Int], _ pattern: String = "T") {
    self.rule = rule
    self.events = events
    self.pattern = pattern
  }
  init(_ finding: Finding) { self.init(finding.signature.id, finding.events, finding.pattern) }
  var description: String { "\(rule)\(events)'\(pattern)'" }
}

func findings(
  _ rules: RuleSet, _ events: [Event], caps: Caps = .standard, oddities: ((OddityTally) -> Void)? = nil
) -> [Found] {
  var detector = Detector(rules: rules, caps: caps)
  var findings: [Finding] = []
  for (index, event) in events.enumerated() { detector.push(event, index: index, into: &findings) }
  detector.finish(into: &findings)
  oddities?(detector.oddities)
  return findings.map { Found($0) }
}

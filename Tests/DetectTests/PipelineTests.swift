import Detect
import Evidence
import Knowledge
import Testing

/// Rules that others wrote, in the forms that public rule sets use, and what pipelines make of them.
@Suite struct PipelineTests {
  private func foreign(_ rule: String, pipeline: String) throws -> (rules: RuleSet, faults: [Fault]) {
    var faults: [Fault] = []
    let pipelines = try YAMLNode.documents(text: pipeline, file: "p.yaml").compactMap { Pipeline($0, &faults) }
    let set = RuleSet(
      documents: [], foreign: try YAMLNode.documents(text: rule, file: "r.yml"), pipelines: pipelines, faults: &faults)
    return (set, faults)
  }

  private static let rule = """
    title: Look-up From Outside
    name: outside
    status: experimental
    description: |
        Detects it.
    references:
        - https://example.org/blog
    author: Somebody (Nowhere), Another One
    date: 2024-08-08
    modified: 2024-09-01
    related:
        - id: 3c1f0d0a-52f1-4b52-9a52-6a1f0f3b1a01
          type: derived
    tags:
        - attack.discovery
        - attack.t1046
        - detection.threat-hunting
    logsource:
        category: network_connection
        product: linux
        definition: 'Requirements: none'
    detection:
        selection:
            SourceIp|cidr:
                - 192.0.2.0/24
                - '2001:db8::/32'
            DestinationPort: 111
        filter_main_own:
            DestinationIp|expand: '%own%'
        condition: selection and not 1 of filter_main_*
    falsepositives:
        - Administrators
    level: medium
    fields: [SourceIp]
    simulation: [{type: atomic}]
    """
  private static let pipeline = """
    name: ours
    priority: 20
    vars:
      own: [192.0.2.53, '192.0.2.6*']
    transformations:
      - id: fields
        type: field_name_mapping
        mapping: {SourceIp: source.ip, DestinationIp: destination.ip, DestinationPort: destination.port}
        rule_conditions: [{type: logsource, product: linux}]
      - type: value_placeholders
      - type: add_condition
        conditions: {event.action: [probe, rpc-call]}
    """

  @Test func publicFormsLoad() throws {
    let (set, faults) = try foreign(PipelineTests.rule, pipeline: PipelineTests.pipeline)
    #expect(faults == [])
    let rule = try #require(set.rules.first)
    #expect(rule.header.id == "outside" && rule.header.author.hasPrefix("Somebody"))
    func holds(_ source: String, _ destination: String, port: Int64 = 111, action: String = "probe") throws -> Bool {
      rule.matches([
        .sourceIP: .address(try #require(IPAddress(source))), .destinationPort: .number(port),
        .destinationIP: .address(try #require(IPAddress(destination))), .eventAction: text(action),
      ])
    }
    #expect(try holds("192.0.2.1", "198.51.100.1"))
    #expect(try holds("2001:db8::1", "198.51.100.1"))
    #expect(try !holds("203.0.113.1", "198.51.100.1"))
    #expect(try !holds("192.0.2.1", "192.0.2.53"))
    #expect(try !holds("192.0.2.1", "192.0.2.66"))
    #expect(try !holds("192.0.2.1", "198.51.100.1", port: 112))
    #expect(try !holds("192.0.2.1", "198.51.100.1", action: "crash"))
  }

  @Test func withoutPipelineFieldsAreUnknown() throws {
    let (set, faults) = try foreign(PipelineTests.rule, pipeline: "name: none")
    #expect(set.rules.isEmpty)
    #expect(faults.map(\.message).filter { $0.contains("unknown field") }.count == 3, "\(faults)")
  }

  @Test(arguments: [
    ("{type: regex, method: plain}", "unknown transformation 'regex'"), ("{mapping: {}}", "needs a type"),
    ("{type: field_name_mapping}", "needs 'mapping'"), ("{type: set_state, key: a}", "unknown transformation"),
    ("{type: field_name_mapping, mapping: {a: b}, rule_conditions: [{type: tag, tag: x}]}", "unknown condition"),
    ("{type: field_name_mapping, mapping: {a: b}, colour: red}", "unknown key 'colour'"),
  ])
  func wrongPipelines(transformation: String, message: String) throws {
    var faults: [Fault] = []
    let document = try #require(
      try YAMLNode.documents(text: "name: p\ntransformations:\n  - \(transformation)\n", file: "p.yaml").first)
    #expect(Pipeline(document, &faults) == nil)
    #expect(faults.contains { $0.message.contains(message) && $0.line == 3 }, "\(faults)")
  }

  @Test func otherTransformations() throws {
    func set(_ detection: String, _ transformation: String) throws -> (rules: RuleSet, faults: [Fault]) {
      try foreign(
        "title: T\nlogsource: {product: x}\ndetection: {s: \(detection), condition: s}",
        pipeline: "name: p\ntransformations:\n  - \(transformation)\n")
    }
    let program = try set("{program: 5}", "{type: field_name_prefix, prefix: rpc.}").rules.rules.first
    #expect(program?.matches([.rpcProgram: .number(5)]) == true)
    let dropped = try set(
      "{rpc.xid: 1, gone: 2}",
      "{type: drop_detection_item, field_name_conditions: "
        + "[{type: include_fields, fields: [gone]}]}"
    ).rules.rules.first
    #expect(dropped?.matches([.rpcXID: .number(1)]) == true)
    let mapped = try set("{rpc.procedure: lookup}", "{type: map_string, mapping: {lookup: [getport, getaddr]}}")
    #expect(mapped.rules.rules.first?.matches([.rpcProcedure: text("getaddr")]) == true)
    let refused = try set(
      "{rpc.xid: 1}",
      "{type: rule_failure, message: not for us, rule_conditions: "
        + "[{type: logsource, product: x}]}")
    #expect(refused.faults.map(\.message) == ["refused by a pipeline: not for us"])
    let several = try set("{who: x}", "{type: field_name_mapping, mapping: {who: [rpc.argument, process.name]}}")
    #expect(several.rules.rules.first?.matches([.processName: text("x")]) == true)
    let any = try set("{rpc.argument|expand: 'a%x%'}", "{type: wildcard_placeholders}")
    #expect(any.rules.rules.first?.matches([.rpcArgument: text("abc")]) == true)
  }

  @Test func filters() throws {
    let base = "title: T\nid: r\nlogsource: {product: x}\ndetection: {s: {rpc.program: 1}, condition: s}\n"
    func holds(_ filter: String, _ version: Int64) throws -> Bool {
      let (set, faults) = try foreign(base + "---\n" + filter, pipeline: "name: p")
      #expect(faults == [])
      return set.rules.first?.matches([.rpcProgram: .number(1), .rpcVersion: .number(version)]) == true
    }
    let filter = "title: F\nlogsource: {product: x}\nfilter: {rules: [r], own: {rpc.version: 2}, condition: not own}\n"
    #expect(try holds(filter, 3))
    #expect(try !holds(filter, 2))
    #expect(try !holds(filter.replacing("[r]", with: "any"), 2))
    // For other log sources it is none.
    #expect(try holds(filter.replacing("[r]", with: "any").replacing("product: x", with: "product: y"), 2))
    let (_, faults) = try foreign(base + "---\n" + filter.replacing("[r]", with: "[q]"), pipeline: "name: p")
    #expect(faults.map(\.message) == ["no rule has the id or name 'q'"])
  }

  /// Each rule for itself: what can apply does, what builds on one that cannot does not.
  @Test func receiving() throws {
    let text = [
      "title: Good\nname: good\ndetection: {s: {rpc.program: 1}, unused: {rpc.xid: 1}, condition: s}",
      "title: Strange\nname: strange\ndetection: {s: {Image: x}, condition: s}",
      "title: Builds\ncorrelation: {type: temporal, rules: [good, strange], timespan: 1m, group-by: [source.ip]}",
      "title: Top\ncorrelation: {type: event_count, rules: [Builds], timespan: 1m, condition: {gte: 2}}",
    ].joined(separator: "\n---\n")
    let (set, receptions) = RuleSet.receiving(try YAMLNode.documents(text: text, file: "r.yml"))
    #expect(receptions.map(\.faults.isEmpty) == [true, false, false, false], "\(receptions)")
    #expect(set.rules.map(\.header.id) == ["good"] && set.correlations.isEmpty)
    #expect(receptions[1].faults.map(\.message) == ["unknown field 'Image'"])
    #expect(receptions[2].faults.map(\.message) == ["no rule has the id or name 'strange'"])
  }

  @Test func bombsAreRefused() {
    let bomb =
      "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
      + (1...8).map { number in
        let name = { (index: Int) in String("abcdefghij".dropFirst(index).prefix(1)) }
        let inner = Array(repeating: "*" + name(number - 1), count: 10).joined(separator: ", ")
        return "\(name(number)): &\(name(number)) [\(inner)]\n"
      }.joined()
    #expect(throws: Faults.self) { try YAMLNode.documents(text: bomb, file: "bomb.yml") }
  }
}

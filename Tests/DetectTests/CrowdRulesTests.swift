import Detect
import Evidence
import Testing

/// Whether rules ask of records what a sum over many sources does not tell.
struct CrowdRulesTests {
  private static let refused = Event(
    time: EventTime(Timestamp(nanoseconds: 0), fractionDigits: 0), view: .host, action: .rpcCall, outcome: .refused,
    target: Endpoint(host: .name("marlin")), rpc: RPCFacts(program: 100_000, procedureName: "dump"),
    observer: "rpcbind",
    citation: Citation(Provenance(input: InputID(0), place: .lines(first: 0, last: 0), offset: 0, length: 0), text: ""))

  private func asks(_ text: String) throws -> Bool { try rules(text).asksOfEach(CrowdRulesTests.refused) { _ in 8 } }

  @Test(
    "a rule over what differs among records keeps them apart, unless another part of it says no",
    arguments: [
      ("a: {event.action: rpc-call}\ncondition: a", false),
      ("a: {event.action: rpc-call, source.ip|cidr: 10.0.0.0/8}\ncondition: a", true),
      ("a: {event.action: probe, source.ip|cidr: 10.0.0.0/8}\ncondition: a", false),
      ("a: {event.action: rpc-call}\nb: {source.address: 10.1.2.3}\ncondition: a and not b", true),
      ("a: {event.action: rpc-call}\nb: {source.address: 10.1.2.3}\ncondition: a or b", false),
      ("a: {message|contains: evil}\ncondition: a", true),
      ("a: {event.outcome: allowed, message|contains: evil}\ncondition: a", false),
      ("a: {'@timestamp|hour': 3}\ncondition: a", true),
      ("a: {source.port|lt: 1024}\ncondition: not a", true),
      ("a: {source.kind: local}\ncondition: a", false),
    ])
  func single(_ detection: String, _ expected: Bool) throws { #expect(try asks(rule(detection)) == expected) }

  @Test(
    "a correlation keeps apart what it could count",
    arguments: [
      ("event_count", "[source.address]", "condition: {gte: 20}", false),
      ("event_count", "[source.address]", "condition: {gte: 8}", true),
      ("event_count", "[source.address]", "condition: {lt: 3}", true),
      ("event_count", "[destination.address]", "condition: {gte: 20}", true),
      ("value_count", "[source.ip]", "condition: {field: rpc.argument, gte: 9}", false),
      ("value_count", "[source.ip]", "condition: {field: rpc.argument, gte: 3}", true),
    ])
  func correlation(_ type: String, _ group: String, _ condition: String, _ expected: Bool) throws {
    let text = """
      title: A
      id: a
      detection:
        a: {event.action: rpc-call}
        condition: a
      ---
      title: C
      id: c
      correlation:
        type: \(type)
        rules: [a]
        group-by: \(group)
        timespan: 1m
        \(condition)
      """
    #expect(try asks(text) == expected)
  }

  @Test("a sequence that needs what no such record shows leaves them to the crowd", arguments: ["network", "host"])
  func sequence(_ view: String) throws {
    let text = """
      title: A
      id: a
      detection:
        a: {event.action: rpc-call, rpc.procedure: dump}
        condition: a
      ---
      title: B
      id: b
      detection:
        b: {event.action: rpc-call, observer.type: \(view), rpc.procedure: callit}
        condition: b
      ---
      title: C
      id: c
      correlation:
        type: temporal
        rules: [a, b]
        group-by: [source.address]
        timespan: 1m
      """
    #expect(try asks(text) == (view == "host"))
  }
}

import Detect
import Evidence
import TestNumbers
import Testing

struct RuleMatchesTests {
  private static let rulesText = """
    title: Look-up
    id: look-up
    detection:
      call: { event.action: rpc-call, rpc.procedure: getport }
      condition: call
    ---
    title: Empty
    id: empty
    detection:
      call: { rpc.argument|contains: x7 }
      condition: call
    ---
    title: Many
    id: many
    correlation:
      type: value_count
      rules: [look-up]
      group-by: [source.address]
      timespan: 2m
      condition: { gte: 3, field: destination.address }
    """

  /// More Events than are held against the rules in one part.
  private static func day(of count: Int) -> [Event] {
    var dice = SeededNumbers(41)
    return (0..<count).map { number in
      call(
        ["getport", "dump", "null"].randomElement(using: &dice) ?? "dump", at: Double(number / 3),
        from: "192.0.2.\(Int.random(in: 0...30, using: &dice))",
        to: "198.51.100.\(Int.random(in: 0...5, using: &dice))", argument: "x\(number % 90)")
    }
  }

  @Test("threads and parts change no finding", arguments: [0, 1, 8192, 17_000])
  func parts(count: Int) async throws {
    let rules = try rules(Self.rulesText)
    let events = Self.day(of: count)
    let expected = findings(rules, events)
    #expect(count < 2 || Set(expected.map(\.rule)) == ["empty", "many"])
    for threads in 1...4 {
      let found = await rules.findings(in: events, own: [], threads: threads)
      #expect(found.findings.map { Found($0) } == expected, "\(threads)")
      #expect(found.oddities.isEmpty)
    }
  }
}

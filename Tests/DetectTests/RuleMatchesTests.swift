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

  private static func day(of count: Int) -> [Event] {
    var dice = SeededNumbers(41)
    return (0..<count).map { number in
      call(
        ["getport", "dump", "null"].randomElement(using: &dice) ?? "dump", at: Double(number / 3),
        from: "192.0.2.\(Int.random(in: 0...30, using: &dice))",
        to: "198.51.100.\(Int.random(in: 0...5, using: &dice))", argument: "x\(number % 90)")
    }
  }

  @Test("what was matched in parts is found as if Event by Event", arguments: [1, 7, 499, 500])
  func parts(length: Int) throws {
    let rules = try rules(Self.rulesText)
    let events = Self.day(of: 500)
    let expected = findings(rules, events)
    #expect(Set(expected.map(\.rule)) == ["empty", "many"])
    var detector = Detector(rules: rules)
    var found: [Finding] = []
    for start in stride(from: 0, to: events.count, by: length) {
      let end = min(start + length, events.count)
      let matches = RuleMatches(of: events.span.extracting(start..<end), own: [], rules)
      #expect(matches.count == end - start)
      for place in 0..<matches.count {
        let event = SitedEvent(events[start + place], own: [])
        detector.push(event, index: start + place, matching: matches[place], into: &found)
      }
    }
    detector.finish(into: &found)
    #expect(found.map { Found($0) } == expected)
  }
}

import Detect
import Evidence
import TestNumbers
import Testing

/// Rules `a`, `b`, `c` over procedures that have these letters, and a correlation `z`.
private func correlating(_ correlation: String, own: String = "pattern: T") throws -> RuleSet {
  let bases = ["a", "b", "c"].map { letter in
    "title: T\nid: \(letter)\ndetection: {s: {rpc.procedure|contains: \(letter)}, condition: s}\n---\n"
  }
  return try rules(bases.joined() + "title: T\nid: z\nwatchfloor: {\(own)}\ncorrelation: {\(correlation)}\n")
}

private func found(_ rules: RuleSet, _ calls: [Event]) -> [[Int]] {
  findings(rules, calls).filter { $0.rule == "z" }.map(\.events)
}
/// `a0 b3`: calls at their seconds.
private func calls(_ text: String, from: String = "192.0.2.1") -> [Event] {
  text.split(separator: " ").map { word in
    call(String(word.prefix { $0.isLetter }), at: Double(word.drop { $0.isLetter }) ?? 0, from: from)
  }
}

@Suite struct CorrelationKindTests {
  /// Upper bounds are told when the window, which begins with the first match after the last one, is over.
  @Test(
    arguments: [
      ("{lt: 3}", "a0 a5 c20", [[0, 1]]), ("{lt: 3}", "a0 a5 a10 c20", []), ("{lte: 3}", "a0 a5 a10 c20", [[0, 1, 2]]),
      ("{eq: 2}", "a0 a5 a30 c50", [[0, 1]]), ("{eq: 2}", "a0 a10 a10.5 a20 c40", [[0, 1], [2, 3]]),
      ("{gte: 2, lte: 3}", "a0 a1 a2 c20", [[0, 1, 2]]), ("{gte: 2, lte: 3}", "a0 a1 a2 a3 c20", []),
      ("{gte: 2, lt: 3}", "a0 c20", []),
      // The evidence ends before the window does: nobody knows.
      ("{lt: 3}", "a0 a5", []), ("{lt: 3}", "a0 c9.9", []), ("{lt: 3}", "a0 c10", [[0]]),
    ] as [(String, String, [[Int]])])
  func upperBounds(condition: String, events: String, expected: [[Int]]) throws {
    let set = try correlating("type: event_count, rules: [a], timespan: 10s, condition: \(condition)")
    // `c` is no rule of the correlation, and only moves the time.
    #expect(found(set, calls(events)) == expected)
  }

  @Test(
    arguments: [
      ("a0 c20", [[0]]), ("a0 b5 c20", []), ("a0 b10 c20", []), ("a0 b10.001 c20", [[0]]), ("b0 a0 c20", []),
      ("a0 b0 c20", []), ("ab0 c20", []), ("b0 a1 c20", [[1]]), ("a0 a4 b12 c30", [[0]]), ("a0 a4 c20", [[0, 1]]),
      ("a0 a30 c60", [[0], [1]]), ("a0 c9", []), ("a0 c10", [[0]]), ("a0", []), ("a0 a4 b5 a8 c40", [[3]]),
    ] as [(String, [[Int]])])
  func absence(events: String, expected: [[Int]]) throws {
    let own = try correlating(
      "type: temporal, rules: [a], timespan: 10s, group-by: [source.address]", own: "pattern: T, absent: [b]")
    #expect(found(own, calls(events)) == expected)
    // The same as an expression of Sigma's.
    let expression = try correlating(
      "type: temporal, rules: [a, b], timespan: 10s, group-by: [source.address], condition: a and not b")
    #expect(found(expression, calls(events)) == expected)
    // What another group does is none of its business.
    let others = calls("b0.5 b5 b9", from: "203.0.113.9")
    let mixed = (calls(events) + others).sorted { $0.time < $1.time }
    #expect(found(own, mixed).count == expected.count)
  }

  @Test func absenceIsRefusedWhereItMeansNothing() throws {
    for (correlation, own, message) in [
      ("type: temporal, rules: [a, b], timespan: 1s", "absent: [c]", "of one rule"),
      ("type: event_count, rules: [a], timespan: 1s, condition: {gte: 1}", "absent: [c]", "of one rule"),
      ("type: temporal, rules: [a], timespan: 1s", "absent: [nobody]", "no rule has the id or name 'nobody'"),
      ("type: temporal, rules: [a], timespan: 1s", "absend: [b]", "unknown key 'absend'"),
    ] {
      let bases = ["a", "b", "c"].map { "title: T\nid: \($0)\ndetection: {s: {rpc.xid: 1}, condition: s}\n---\n" }
      let (_, faults) = try load(
        bases.joined() + "title: T\nid: z\nwatchfloor: {\(own)}\ncorrelation: {\(correlation)}\n")
      #expect(faults.contains { $0.message.contains(message) }, "\(faults)")
    }
    let (_, faults) = try load("title: T\nid: a\nwatchfloor: {absent: [b]}\ndetection: {s: {rpc.xid: 1}, condition: s}")
    #expect(faults.map(\.message) == ["'absent' goes with a correlation"])
  }

  @Test func aliases() throws {
    let set = try correlating(
      "type: temporal, rules: [a, b], timespan: 10s, group-by: [machine], "
        + "aliases: {machine: {a: source.address, b: destination.address}}")
    let attack = call("a", at: 0, from: "192.0.2.1", to: "198.51.100.1")
    #expect(found(set, [attack, call("b", at: 1, from: "203.0.113.1", to: "192.0.2.1")]) == [[0, 1]])
    #expect(found(set, [attack, call("b", at: 1, from: "192.0.2.1", to: "203.0.113.1")]) == [])
    // One event in two groups, and in one group as two rules.
    #expect(found(set, [call("ab", at: 0, from: "192.0.2.1", to: "192.0.2.1")]) == [[0]])
    #expect(found(set, [call("ab", at: 0, from: "192.0.2.1", to: "192.0.2.2")]) == [])
  }

  @Test func severalFieldsGroup() throws {
    let set = try correlating(
      "type: event_count, rules: [a], timespan: 10s, group-by: [source.address, rpc.argument], condition: {gte: 2}")
    let events = [("h", "x"), ("h", "y"), ("i", "x"), ("H", "X")].enumerated().map { index, pair in
      call("a", at: Double(index), from: pair.0, argument: pair.1)
    }
    // Sigma compares without regard to case.
    #expect(found(set, events) == [[0, 3]])
  }

  @Test func valuesOfSeveralFieldsCountTogether() throws {
    let set = try correlating(
      "type: value_count, rules: [a], timespan: 10s, condition: {field: [rpc.argument, source.address], gte: 3}")
    let events = [("h", "x"), ("h", "y"), ("h", "x"), ("i", "x")].enumerated().map { index, pair in
      call("a", at: Double(index), from: pair.0, argument: pair.1)
    }
    #expect(found(set, Array(events.prefix(3))) == [])
    #expect(found(set, events) == [[0, 1, 2, 3]])
  }

  /// Nothing can build on what is told too late.
  @Test func chainsOfWhatIsDecidedAtTheEnd() throws {
    let (_, faults) = try load(
      "title: T\nid: a\ndetection: {s: {rpc.xid: 1}, condition: s}\n---\n"
        + "title: T\nid: b\ncorrelation: {type: event_count, rules: [a], timespan: 1s, condition: {lt: 5}}\n---\n"
        + "title: T\nid: c\ncorrelation: {type: event_count, rules: [b], timespan: 1s, condition: {gte: 2}}\n")
    #expect(faults.map(\.message).first?.contains("only when its window is over") == true, "\(faults)")
  }

  static let all = [
    "type: event_count, rules: [a, b], condition: {lt: 4}", "type: event_count, rules: [a], condition: {eq: 2}",
    "type: value_count, rules: [a], condition: {field: rpc.argument, lte: 2}",
    "type: value_sum, rules: [a], condition: {field: destination.port, gt: 300}",
    "type: value_avg, rules: [a], condition: {field: event.count, gt: 1.5}",
    "type: value_median, rules: [a, c], condition: {field: event.count, lte: 2}",
    "type: value_percentile, rules: [a], condition: {field: event.count, percentile: 90, gte: 3}",
    "type: temporal, rules: [a, b, c], condition: a and (b or c)",
    "type: temporal, rules: [a, b], condition: a and not b",
  ]

  /// However the stream is split, drained or told of the time, the findings are the same.
  @Test(arguments: CorrelationKindTests.all, UInt64(1)...12)
  func handingOverDoesNotMatter(correlation: String, seed: UInt64) throws {
    let set = try correlating(correlation + ", timespan: 10s, group-by: [source.address]")
    var random = SeededNumbers(seed)
    var time = 0.0
    let events = (0..<80).map { _ in
      time += [0, 1, 2, 4, 11].randomElement(using: &random) ?? 1
      return call(
        ["a", "b", "c", "ab", "d"].randomElement(using: &random) ?? "a", at: time,
        from: ["h", "i"].randomElement(using: &random) ?? "h",
        argument: ["x", "y", "z"].randomElement(using: &random) ?? "x", count: Int.random(in: 1...4, using: &random))
    }
    let whole = findings(set, events)
    var detector = Detector(rules: set)
    var drained: [Finding] = []
    for (index, event) in events.enumerated() {
      if Bool.random(using: &random) { detector.advance(to: event.time, into: &drained) }
      detector.push(event, index: index, into: &drained)
    }
    detector.finish(into: &drained)
    #expect(drained.map { Found($0) } == whole)
  }

  /// A timespan of a year over more groups than the cap: memory stays within it, and an oddity says so.
  @Test(arguments: CorrelationKindTests.all) func manyGroups(correlation: String) throws {
    var caps = Caps()
    caps.groups = 500
    caps.total = 2000
    let set = try correlating(correlation + ", timespan: 365d, group-by: [source.address]")
    let events = (0..<5000).map { call("a", at: Double($0), from: "h\($0)", argument: "x") }
    var evicted = 0
    _ = findings(set, events, caps: caps) { evicted = $0.count(of: .tableFull) }
    #expect(evicted >= 4500)
  }

  @Test(arguments: CorrelationKindTests.all) func extremeTimes(correlation: String) throws {
    let set = try correlating(correlation + ", timespan: 10s")
    var detector = Detector(rules: set)
    var found: [Finding] = []
    for (index, time) in [Int64.min, .min + 1, 0, .max, .max - 1, .min, 5].enumerated() {
      var event = call("abc", at: 0, argument: "\(index)", count: index.isMultiple(of: 2) ? .max : 1)
      event.time = EventTime(Timestamp(nanoseconds: time), fractionDigits: 0)
      detector.push(event, index: index, into: &found)
    }
    detector.finish(into: &found)
    #expect(found.allSatisfy { !$0.events.isEmpty })
  }
}

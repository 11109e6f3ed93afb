import Detect
import Evidence
import Testing

/// Rules `a`, `b`, `c`, each of which matches a procedure that has its letter, and a correlation `z` over some of them.
private func correlating(_ correlation: String, pattern: String = "T") throws -> RuleSet {
  let bases = ["a", "b", "c"].map { letter in
    "title: T\nid: \(letter)\ndetection: {s: {rpc.procedure|contains: \(letter)}, condition: s}\n---\n"
  }
  return try rules(
    bases.joined() + "title: T\nid: z\nwatchfloor: {pattern: '\(pattern)'}\ncorrelation: {\(correlation)}\n")
}

/// What rule `z` finds in calls at these seconds.
private func found(_ rules: RuleSet, _ calls: [Event]) -> [Found] { findings(rules, calls).filter { $0.rule == "z" } }
private func calls(_ times: [Double], _ procedure: String = "a") -> [Event] { times.map { call(procedure, at: $0) } }

@Suite struct CorrelationTests {
  static let three = "type: event_count, rules: [a], timespan: 10s, condition: {gte: 3}"

  @Test(
    arguments: [
      ([0, 1], [[Int]]()), ([0, 1, 2], [[0, 1, 2]]),
      // Exactly the timespan apart is inside, a nanosecond more is not.
      ([0, 5, 10], [[0, 1, 2]]), ([0, 5, 10.000000001], []),
      // One run, as long as the window keeps full; each event once.
      ([0, 4, 8, 12, 16, 20], [[0, 1, 2, 3, 4, 5]]),
      // What comes too late for any window of the run is not part of it.
      ([0, 1, 2, 12.5, 13], [[0, 1, 2]]),
      // A short lull, in which the condition does not hold, splits nothing.
      ([0, 1, 2, 11.5, 12, 12], [[0, 1, 2, 3, 4, 5]]), ([0, 1, 2, 30, 31, 32], [[0, 1, 2], [3, 4, 5]]),
      ([0, 20, 21, 22, 60], [[1, 2, 3]]),
    ] as [([Double], [[Int]])])
  func eventCount(times: [Double], expected: [[Int]]) throws {
    #expect(found(try correlating(CorrelationTests.three), calls(times)) == expected.map { Found("z", $0) })
  }

  @Test func gtIsOneMore() throws {
    let set = try correlating("type: event_count, rules: [a], timespan: 10s, condition: {gt: 3}")
    #expect(found(set, calls([0, 1, 2])) == [])
    #expect(found(set, calls([0, 1, 2, 3])) == [Found("z", [0, 1, 2, 3])])
  }

  @Test(arguments: [("10s", 10.0), ("2m", 120), ("3h", 10_800), ("1d", 86_400)])
  func units(timespan: String, seconds: Double) throws {
    let set = try correlating("type: event_count, rules: [a], timespan: \(timespan), condition: {gte: 2}")
    #expect(found(set, calls([0, seconds])) == [Found("z", [0, 1])])
    #expect(found(set, calls([0, seconds + 0.000001])) == [])
  }

  /// An event that stands for several counts as several; one that several rules match is one.
  @Test func weights() throws {
    let set = try correlating("type: event_count, rules: [a, b], timespan: 10s, condition: {gte: 3}")
    #expect(found(set, [call("a", at: 0, count: 2), call("b", at: 1)]) == [Found("z", [0, 1])])
    #expect(found(set, [call("ab", at: 0), call("ab", at: 1)]) == [])
    #expect(found(set, [call("a", at: 0, count: .max), call("b", at: 1, count: .max)]) == [Found("z", [0, 1])])
    #expect(found(set, [call("a", at: 0, count: 0), call("b", at: 1, count: -5)]) == [])
  }

  @Test func valueCount() throws {
    let set = try correlating(
      "type: value_count, rules: [a], timespan: 10s, condition: {field: rpc.argument, gte: 3}",
      pattern: "{rpc.procedure} {rpc.argument}")
    func argued(_ values: [(Double, String)]) -> [Event] { values.map { call("a", at: $0.0, argument: $0.1) } }
    #expect(found(set, argued([(0, "x"), (1, "x"), (2, "y"), (3, "y")])) == [])
    // Repeats are part of the finding, and its pattern is worded after the last.
    #expect(
      found(set, argued([(0, "x"), (1, "x"), (2, "y"), (3, "z"), (4, "x")])) == [Found("z", [0, 1, 2, 3, 4], "a x")])
    // A value that was seen again counts from then on.
    #expect(found(set, argued([(0, "x"), (9, "x"), (12, "y"), (13, "z")])) == [Found("z", [1, 2, 3], "a z")])
    #expect(found(set, argued([(0, "x"), (9, "y"), (10.5, "z")])) == [])
  }

  /// Without the field that is counted, or one that groups, an event is not correlated: unknown is not a value.
  @Test func missingFields() throws {
    let counted = try correlating(
      "type: value_count, rules: [a], timespan: 10s, condition: {field: source.port, gte: 1}")
    #expect(found(counted, calls([0, 1])) == [])
    let grouped = try correlating(CorrelationTests.three + ", group-by: [source.ip]")
    #expect(found(grouped, (0..<5).map { call("a", at: Double($0), from: "host") }) == [])
  }

  @Test func groups() throws {
    let set = try correlating(
      CorrelationTests.three + ", group-by: [source.address, destination.ip]", pattern: "{source.address}")
    var events: [Event] = []
    for time in 0..<3 {
      events.append(call("a", at: Double(time), from: "192.0.2.1", to: "198.51.100.1"))
      events.append(call("a", at: Double(time), from: "host", to: "198.51.100.1"))
      if time < 2 { events.append(call("a", at: Double(time), from: "192.0.2.1", to: "198.51.100.2")) }
    }
    #expect(found(set, events) == [Found("z", [0, 3, 6], "192.0.2.1"), Found("z", [1, 4, 7], "host")])
  }

  @Test func temporal() throws {
    let set = try correlating("type: temporal, rules: [a, b, c], timespan: 10s")
    #expect(
      found(set, [call("c", at: 0), call("a", at: 1), call("a", at: 2), call("b", at: 3)]) == [
        Found("z", [0, 1, 2, 3])
      ])
    #expect(found(set, [call("c", at: 0), call("a", at: 1), call("b", at: 10.5)]) == [])
    #expect(found(set, [call("abc", at: 0)]) == [Found("z", [0])])
    let two = try correlating("type: temporal, rules: [a, b, c], timespan: 10s, condition: {gte: 2}")
    #expect(found(two, [call("c", at: 0), call("a", at: 1)]) == [Found("z", [0, 1])])
    #expect(found(two, [call("c", at: 0), call("c", at: 1)]) == [])
  }

  @Test func temporalOrdered() throws {
    let set = try correlating("type: temporal_ordered, rules: [a, b, c], timespan: 10s")
    func inOrder(_ letters: String, step: Double = 1) -> [[Int]] {
      found(set, letters.enumerated().map { call(String($1), at: Double($0) * step) }).map(\.events)
    }
    #expect(inOrder("abc") == [[0, 1, 2]])
    #expect(inOrder("acb") == [])
    #expect(inOrder("cba") == [])
    #expect(inOrder("abc", step: 5) == [[0, 1, 2]])
    #expect(inOrder("abc", step: 5.1) == [])
    // All that stand in an order belong to it; a `b` before any `a`, a `c` before any `b` and a last `a` do not.
    #expect(inOrder("bcaabbac") == [[2, 3, 4, 5, 7]])
    #expect(inOrder("abcc") == [[0, 1, 2, 3]])
    #expect(inOrder("abcabc") == [[0, 1, 2, 3, 4, 5]])
    // An event does not follow itself.
    #expect(found(set, [call("abc", at: 0)]) == [])
    #expect(found(set, (0..<3).map { call("abc", at: Double($0)) }) == [Found("z", [0, 1, 2])])
    let twice = try correlating("type: temporal_ordered, rules: [a, a], timespan: 10s")
    #expect(found(twice, calls([0])) == [])
    #expect(found(twice, calls([0, 1])) == [Found("z", [0, 1])])
  }

  @Test func timesOfDayAreNotCorrelatedWithDates() throws {
    let set = try correlating("type: event_count, rules: [a], timespan: 1d, condition: {gte: 2}")
    let undated = { (time: Double) in call("a", at: time, isDated: false) }
    #expect(found(set, [call("a", at: 0), undated(1)]) == [])
    #expect(
      found(set, [call("a", at: 0), call("a", at: 1), undated(1), undated(2)]) == [
        Found("z", [0, 1]), Found("z", [2, 3]),
      ])
  }

  // MARK: What is reported

  @Test(arguments: [(false, false, false), (true, false, false), (false, true, false), (false, false, true)])
  func generate(inBlock: Bool, atDocument: Bool, atRule: Bool) throws {
    let set = try rules(
      """
      title: T
      id: base
      name: other
      generate: \(atRule)
      detection: {s: {rpc.procedure: a}, condition: s}
      ---
      title: T
      id: free
      detection: {s: {rpc.procedure: a}, condition: s}
      ---
      title: T
      id: z
      generate: \(atDocument)
      correlation: {type: event_count, rules: [other], timespan: 1s, condition: {gte: 2}, generate: \(inBlock)}
      """)
    let expected = [
      Found("base", [0]), Found("free", [0]), Found("z", [0, 1]), Found("base", [1]), Found("free", [1]),
    ]
    #expect(findings(set, calls([0, 1])) == expected.filter { $0.rule != "base" || inBlock || atDocument || atRule })
  }

  /// Many calls, then a crash: a correlation over a correlation has the events of both.
  @Test func correlationOfCorrelations() throws {
    let set = try rules(
      """
      title: T
      id: all
      correlation: {type: temporal_ordered, rules: [many, crash], timespan: 60s}
      ---
      title: T
      id: crash
      detection: {s: {event.action: crash}, condition: s}
      ---
      title: T
      id: many
      correlation: {type: event_count, rules: [calls], timespan: 10s, condition: {gte: 3}}
      ---
      title: T
      id: calls
      detection: {s: {event.action: rpc-call}, condition: s}
      """)
    let crash = { (time: Double) in call("", at: time, action: .crash) }
    #expect(findings(set, calls([0, 1]) + [crash(2)]) == [])
    #expect(findings(set, calls([0, 1, 2]) + [crash(3)]) == [Found("all", [0, 1, 2, 3])])
    #expect(findings(set, [crash(0)] + calls([0, 1, 2])) == [])
    // A run that goes on keeps the outer window open: the crash is within a minute of its end, not of its beginning.
    let long = (0..<100).map(Double.init)
    #expect(
      findings(set, calls(long) + [crash(159)]) == [Found("all", Array(99...100))].map { Found($0.rule, $0.events) })
    #expect(findings(set, calls(long) + [crash(159.5)]) == [])
  }

  // MARK: Caps

  @Test func eventsOfAGroupAreCapped() throws {
    var caps = Caps()
    caps.entries = 4
    let set = try correlating(CorrelationTests.three)
    var dropped = 0
    let found = findings(set, calls((0..<10).map(Double.init)), caps: caps) { dropped = $0.count(of: .tableFull) }
    #expect(found == [Found("z", [0, 1, 2, 3])])
    #expect(dropped == 6)
  }

  /// The group that was quiet for longest goes first; what it had found is told, what it had not is lost.
  @Test func groupsAreCapped() throws {
    var caps = Caps()
    caps.groups = 2
    let set = try correlating(CorrelationTests.three + ", group-by: [source.address]")
    let order = ["x", "x", "x", "y", "y", "w", "y", "x", "x"]
    let events = order.enumerated().map { call("a", at: Double($0) / 10, from: $1) }
    var evicted = 0
    #expect(
      findings(set, events, caps: caps) { evicted = $0.count(of: .tableFull) } == [
        Found("z", [0, 1, 2]), Found("z", [3, 4, 6]),
      ])
    #expect(evicted == 2)
    #expect(
      findings(set, events) { evicted = $0.count(of: .tableFull) } == [
        Found("z", [0, 1, 2, 7, 8]), Found("z", [3, 4, 6]),
      ])
    #expect(evicted == 0)
  }

  @Test func memoryOfAllGroupsIsCapped() throws {
    var caps = Caps()
    caps.total = 100
    let set = try correlating(CorrelationTests.three + ", group-by: [source.address]")
    let events = (0..<200).map { call("a", at: Double($0) / 100, from: "h\($0)") }
    var evicted = 0
    _ = findings(set, events, caps: caps) { evicted = $0.count(of: .tableFull) }
    #expect(evicted == 150)  // Two entries a group: its event and the window's.
  }

  /// A flood of one value hides no others, and its stale entries do not drive out another group.
  @Test func floodOfOneValue() throws {
    var caps = Caps()
    (caps.entries, caps.values, caps.total) = (50, 3, 300)
    let set = try correlating(
      "type: value_count, rules: [a], group-by: [source.address], timespan: 1h, "
        + "condition: {field: rpc.argument, gte: 3}")
    var events = (0..<3).map { call("a", at: 0, from: "quiet", argument: "\($0)") }
    events += ["x", "y"].enumerated().map { call("a", at: Double($0 + 3), argument: $1) }
    events += (5..<1000).map { call("a", at: Double($0), argument: "x") }
    events.append(call("a", at: 1000, argument: "z"))
    events.append(call("a", at: 1001, from: "quiet", argument: "0"))
    #expect(findings(set, events, caps: caps).map(\.events) == [[0, 1, 2, 1001], Array(951...1000)])
  }
}

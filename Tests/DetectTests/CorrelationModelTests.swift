import Detect
import Evidence
import TestNumbers
import Testing

/// Correlations against a model that looks at every window of every group anew.
@Suite struct CorrelationModelTests {
  struct Case: Sendable, CustomStringConvertible {
    var correlation: String
    var timespan: Double = 10
    /// The events (by place) that a match at the last of them consists of; empty when there is none.
    var match: @Sendable ([(place: Int, event: Event)]) -> [Int]
    var description: String { correlation }
  }

  static let cases = [
    Case(correlation: "type: event_count, rules: [a, b], condition: {gte: 4}") { window in
      let window = window.filter { $0.event.has("a") || $0.event.has("b") }
      return window.reduce(0) { $0 + $1.event.count } >= 4 ? window.map(\.place) : []
    },
    Case(correlation: "type: value_count, rules: [a], condition: {field: rpc.argument, gte: 3}") { window in
      let window = window.filter { $0.event.has("a") }
      return Set(window.map { $0.event.rpc?.argument }).count >= 3 ? window.map(\.place) : []
    },
    Case(correlation: "type: temporal, rules: [a, b, c]") { window in
      let window = window.filter { $0.event.has("a") || $0.event.has("b") || $0.event.has("c") }
      return ["a", "b", "c"].allSatisfy { letter in window.contains { $0.event.has(letter) } }
        ? window.map(\.place) : []
    },
    Case(correlation: "type: temporal_ordered, rules: [a, b, c]") { window in
      guard let last = window.last, last.event.has("c") else { return [] }
      var places: Set<Int> = []
      for (first, a) in window.enumerated() where a.event.has("a") {
        for (second, b) in window.enumerated() where second > first && second < window.count - 1 && b.event.has("b") {
          places.formUnion([a.place, b.place, last.place])
        }
      }
      return places.sorted()
    },
  ]

  /// Runs of windows that match, with gaps of at most the timespan; an event is in the first run that has it.
  static func expected(_ test: Case, _ events: [Event]) -> [[Int]] {
    var results: [[Int]] = []
    let groups = Set(events.map { $0.source.host })
    for group in groups {
      let own = events.enumerated().filter { $1.source.host == group }.map { (place: $0, event: $1) }
      var runs: [(events: Set<Int>, last: Double)] = []
      var taken: Set<Int> = []
      for (end, current) in own.enumerated() {
        let now = current.event.seconds
        // Only a match of a listed rule is looked at.
        guard ["a", "b", "c"].contains(where: { test.rules.contains($0) && current.event.has($0) }) else { continue }
        let match = test.match(own[...end].filter { $0.event.seconds >= now - test.timespan })
        guard !match.isEmpty else { continue }
        if let last = runs.last, now - last.last <= test.timespan {
          runs[runs.count - 1].last = now
        } else {
          runs.append(([], now))
        }
        runs[runs.count - 1].events.formUnion(Set(match).subtracting(taken))
        taken.formUnion(match)
      }
      results += runs.map { $0.events.sorted() }
    }
    return results.sorted { $0.lexicographicallyPrecedes($1) }
  }

  static func events(seed: UInt64) -> [Event] {
    var random = SeededNumbers(seed)
    var time = 0.0
    return (0..<120).map { _ in
      time += [0, 0, 1, 1, 2, 3, 5, 14].randomElement(using: &random) ?? 1
      return call(
        ["a", "b", "c", "ab", "bc", "abc", "d"].randomElement(using: &random) ?? "a", at: time,
        from: ["192.0.2.1", "h"].randomElement(using: &random) ?? "h",
        argument: ["x", "y", "z"].randomElement(using: &random) ?? "x", count: Int.random(in: 1...2, using: &random))
    }
  }

  static func rules(_ test: Case) throws -> RuleSet {
    try DetectTests.rules(
      ["a", "b", "c"].map {
        "title: T\nid: \($0)\ndetection: {s: {rpc.procedure|contains: \($0)}, condition: s}\n---\n"
      }.joined()
        + "title: T\nid: z\ncorrelation: {\(test.correlation), timespan: 10s, group-by: [source.address]}\n")
  }

  @Test(arguments: CorrelationModelTests.cases, UInt64(1)...30)
  func agreesWithTheModel(test: Case, seed: UInt64) throws {
    let events = CorrelationModelTests.events(seed: seed)
    let found = findings(try CorrelationModelTests.rules(test), events).filter { $0.rule == "z" }.map(\.events)
    #expect(found.sorted { $0.lexicographicallyPrecedes($1) } == CorrelationModelTests.expected(test, events))
    #expect(found.map { $0.first ?? -1 } == found.map { $0.first ?? -1 }.sorted())
  }

  /// Other groups between, a pause told by `advance`, findings drained on the way: the result is the same.
  @Test(arguments: CorrelationModelTests.cases, UInt64(1)...10)
  func handingOverDoesNotMatter(test: Case, seed: UInt64) throws {
    let events = CorrelationModelTests.events(seed: seed)
    let rules = try CorrelationModelTests.rules(test)
    let whole = findings(rules, events)
    var random = SeededNumbers(seed &+ 77)
    var detector = Detector(rules: rules)
    var drained: [Finding] = []
    var buffer: [Finding] = []
    for (index, event) in events.enumerated() {
      if Bool.random(using: &random) { detector.advance(to: event.time, into: &buffer) }
      detector.push(event, index: index, into: &buffer)
      if Bool.random(using: &random) {
        drained += buffer
        buffer = []
      }
    }
    drained += buffer
    detector.finish(into: &drained)
    #expect(drained.map { Found($0) } == whole)
    // A detector that has finished begins anew.
    var again: [Finding] = []
    for (index, event) in events.enumerated() { detector.push(event, index: index, into: &again) }
    detector.finish(into: &again)
    #expect(again.map { Found($0) } == whole)
  }

  /// Moments at the ends of what a time stamp holds, and times that run backwards, trap nothing.
  @Test func extremeTimes() throws {
    for test in CorrelationModelTests.cases {
      var detector = Detector(rules: try CorrelationModelTests.rules(test))
      var found: [Finding] = []
      for (index, time) in [Int64.min, .min + 1, 0, .max, .max - 1, .min, 5].enumerated() {
        var event = call("abc", at: 0, argument: "\(index)")
        event.time = EventTime(Timestamp(nanoseconds: time), fractionDigits: 0)
        detector.push(event, index: index, into: &found)
      }
      detector.finish(into: &found)
      #expect(found.allSatisfy { !$0.events.isEmpty })
    }
  }
}

extension CorrelationModelTests.Case {
  /// The letters of the listed rules.
  fileprivate var rules: String {
    String(correlation.drop { $0 != "[" }.prefix { $0 != "]" })
  }
}

extension Event {
  fileprivate func has(_ letter: String) -> Bool { rpc?.procedureName.notation.contains(letter) == true }
  fileprivate var seconds: Double { Double(time.timestamp.nanoseconds - 946_684_800_000_000_000) / 1e9 }
}

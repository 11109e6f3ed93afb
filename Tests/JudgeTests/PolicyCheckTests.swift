import Evidence
import Testing

@testable import Fuse
@testable import Judge
@testable import Knowledge

/// Thresholds that contradict, rules that stand for longer than they hold, and the trend.
struct PolicyCheckTests {
  private func rules(_ rules: String...) -> String {
    "policy: p\nrules:\n" + rules.map { "  - { \($0), because: b }\n" }.joined()
  }

  @Test(
    "contradictory thresholds are refused with their place",
    arguments: [
      ("condition: red, when: { held_share: { at_least: 1.5 } }", 3),
      ("condition: red, when: { held_share: { below: 0 } }", 3),
      ("condition: red, when: { incidents: { at_least: 0 } }", 3),
      ("condition: red, when: { incidents: { below: 0 } }", 3),
      ("condition: red, when: { answered_severity: { at_least: 9 } }", 3),
      ("condition: red, when: { held_share: { below: 2 } }", 3),
      ("condition: red, when: { incidents: { at_least: 5 } }, until: { incidents: { below: 6 } }", 3),
      ("condition: red, when: { held_share: { below: 0.5 } }, until: { held_share: { at_least: 0.4 } }", 3),
      ("condition: red, when: { incidents: { at_least: 5 } }, until: { incidents: { at_least: 9 } }", 3),
    ])
  func contradictory(_ rule: String, _ line: Int) {
    let faults = policy(rules(rule)).faults
    #expect(faults.count == 1 && faults.first?.line == line, "\(faults)")
    #expect(faults.allSatisfy { $0.column > 0 && $0.file == "policy/condition.yaml" })
  }

  @Test func aRuleThatAnotherMakesPointlessIsRefused() {
    let easier = "condition: orange, when: { incidents: { at_least: 3 } }"
    let pointless = "condition: yellow, when: { incidents: { at_least: 5 }, sources: { at_least: 2 } }"
    #expect(policy(rules(easier, pointless)).faults.map(\.line) == [4])
    #expect(policy(rules(pointless, easier)).faults.map(\.line) == [3])
    // In the right order of strength both have their say.
    #expect(
      policy(
        rules(
          "condition: yellow, when: { incidents: { at_least: 3 } }",
          "condition: orange, when: { incidents: { at_least: 5 } }")
      ).faults.isEmpty)
    // The same twice: one is refused.
    #expect(policy(rules(easier, easier)).faults.map(\.line) == [4])
  }

  @Test func exploitationIsNotForgottenFirst() {
    let text =
      "policy: p\nhorizon_days: 30\nmemory_days: 7\nrules: [{ condition: red, when: { incidents: { at_least: 1 } }, because: b }]\n"
    #expect(policy(text).faults.map(\.line) == [3])
  }

  private func calls(_ text: String, _ incidents: [Incident], covered: ClosedRange<Int>) throws -> [Condition] {
    let found = try #require(policy(text).policy, "\(policy(text).faults)")
    let days = Set(covered.map { monday.advanced(by: $0) })
    return SituationJudge.fixture(found).situation(
      incidents, covered: days, asOf: monday.advanced(by: covered.upperBound)
    ).windows.map(\.call.condition)
  }

  /// Six incidents on the first day, four on the next, five, three, one.
  private var swaying: [Incident] {
    [6, 4, 5, 3, 1].enumerated().flatMap { day, count in
      (0..<count).map { .fixture("W-\(day)-\($0)", days: [day], source: .name(Bytes("s\(day)\($0)"))) }
    }
  }

  @Test func aConditionDoesNotFlicker() throws {
    let plain =
      "policy: p\nhorizon_days: 1\nrules: [{ condition: yellow, when: { incidents: { at_least: 5 } }, because: b }]\n"
    #expect(try calls(plain, swaying, covered: 0...4) == [.yellow, .green, .yellow, .green, .green])
    let steady = plain.replacing(
      "at_least: 5 } }", with: "at_least: 5 } }, until: { incidents: { below: 3 } }")
    #expect(try calls(steady, swaying, covered: 0...4) == [.yellow, .yellow, .yellow, .yellow, .green])
    // It says why it stands, and until when.
    let call = SituationJudge.fixture(try #require(policy(steady).policy)).situation(
      swaying, covered: Set((0...4).map { monday.advanced(by: $0) }), asOf: monday.advanced(by: 3)
    ).call
    #expect(call.reasonsFor.first == "b, and this stands until incidents fall below 3 (now 3) (incidents: 3)")
  }

  /// Days without evidence pass as well: what stood before a gap has fallen when its numbers have.
  @Test func aGapIsWalkedThrough() throws {
    let text =
      "policy: p\nhorizon_days: 2\nmemory_days: 2\nrules: [{ condition: yellow, when: { incidents: { at_least: 5 } }, until: { incidents: { below: 1 } }, because: b }]\n"
    let found = try #require(policy(text).policy)
    let incidents = swaying.filter { $0.first.timestamp.day == monday } + [.fixture("late", days: [40])]
    func at(_ day: Int) -> Condition {
      SituationJudge.fixture(found).situation(incidents, covered: [monday], asOf: monday.advanced(by: day)).call
        .condition
    }
    #expect([0, 1, 2, 30, 40].map(at) == [.yellow, .yellow, .green, .green, .green])
  }

  @Test(arguments: [
    (5, [], Trend.unknown), (5, [1, 1], .unknown), (5, [1, 1, 1], .rising), (3, [1, 1, 1], .level),
    (0, [9, 9, 9, 9], .falling), (4, [9, 9, 9, 9], .level), (16, [9, 9, 9, 9], .rising), (1, [0, 0, 0], .level),
    (10, [100, 100, 100, 9, 9, 9, 9, 9, 9, 9], .level),
  ])
  func trend(_ count: Int, _ before: [Int], _ expected: Trend) {
    #expect(Trend(count, before: before) == expected)
  }
}

/// Windows of any width, sites and history.
struct SpanTests {
  private func incidents() -> [Incident] {
    [
      .fixture("a", days: [0, 1, 8], pattern: "p"), .fixture("b", days: [1], outcome: .answered, pattern: "q"),
      .fixture("c", days: [8], stage: .unexplained, pattern: "r"),
    ]
  }
  private var covered: Set<Day> { Set([0, 1, 8].map { monday.advanced(by: $0) }) }

  /// Days summed up are the days of the situation.
  @Test func daysAreThoseOfTheSituation() throws {
    var faults: [Fault] = []
    let shipped = try #require(ConditionPolicy(KnowledgeFolder.embedded, faults: &faults))
    let windows = SituationJudge.fixture(shipped).situation(
      incidents(), covered: covered, asOf: monday.advanced(by: 8)
    ).windows
    let spans = SpanTally(incidents(), history: []).windows(.day, covered: covered)
    #expect(spans.map(\.label) == windows.map(\.day.description))
    #expect(spans.map(\.incidents) == windows.map(\.incidents))
    #expect(spans.map(\.events) == windows.map(\.events))
    #expect(spans.map(\.patterns) == windows.map { $0.patterns.sorted() })
    #expect(spans.map(\.novel) == windows.map { $0.novel.sorted() })
    #expect(spans.map(\.held) == windows.map(\.held))
  }

  @Test func weeksBeginOnMonday() {
    let weeks = SpanTally(incidents(), history: []).windows(.week, covered: covered)
    #expect(weeks.map(\.label) == ["2000-01-03", "2000-01-10"])
    #expect(weeks.map(\.events) == [3, 2] && weeks.map(\.incidents) == [2, 2])
    for offset in -900...900 {
      let day = monday.advanced(by: offset)
      let number = WindowWidth.week.number(of: Timestamp(nanoseconds: Int64(day.number) * 86_400_000_000_000))
      let start: Day? = Day(WindowWidth.week.start(of: number))
      #expect(start.map { $0 <= day && day.number - $0.number < 7 && ($0.number - monday.number) % 7 == 0 } == true)
    }
  }

  @Test func hoursAddUp() {
    let hours = SpanTally(incidents(), history: []).windows(.hour, covered: covered)
    #expect(hours.count == 72)
    #expect(hours.reduce(0) { $0 + $1.events } == 5)
    #expect(hours.first { $0.events > 0 }?.label == "2000-01-03T10:00Z")
  }

  @Test func whatTheHistoryHasIsNotNew() throws {
    let spans = SpanTally(incidents(), history: ["p"]).windows(.day, covered: covered)
    #expect(spans.map(\.novel) == [[], ["q"], ["r"]])
    var faults: [Fault] = []
    let shipped = try #require(ConditionPolicy(KnowledgeFolder.embedded, faults: &faults))
    let windows = SituationJudge.fixture(shipped).situation(
      incidents(), covered: covered, asOf: monday.advanced(by: 8), history: ["p"]
    ).windows
    #expect(windows.map(\.novel) == [[], ["q"], ["r"]])
  }

  @Test func sitesShareTheTargetsOut() {
    var directory = HostDirectory()
    directory.sites = [(name: "harbour", networks: [IPNetwork("192.0.2.0/24")].compactMap { $0 })]
    directory.add(HostDirectory.Entry(name: "marlin", addresses: [IPAddress(v4: 0xc000_020a)]))
    let sites = SpanTally(incidents() + [.fixture("d", target: .name("zappa"))], history: []).sites(directory)
    #expect(sites.map(\.label) == ["elsewhere", "harbour"] && sites.map(\.incidents) == [1, 3])
  }
}

import Evidence
import TestNumbers
import Testing

@testable import Fuse
@testable import Judge
@testable import Knowledge

/// The picture by day, and the condition that it calls for.
struct SituationTests {
  private func shipped() throws -> ConditionPolicy {
    var faults: [Fault] = []
    return try #require(ConditionPolicy(KnowledgeFolder.embedded, faults: &faults))
  }
  private func situation(_ incidents: [Incident], covered: [Int] = [], at day: Int) throws -> Situation {
    SituationJudge.fixture(try shipped()).situation(
      incidents, covered: Set(covered.map { monday.advanced(by: $0) }), asOf: monday.advanced(by: day))
  }
  private func exploit(_ id: String, day: Int, target: Bytes = "marlin") -> Incident {
    .fixture(id, days: [day], outcome: .crashed, stage: .exploitation, lethality: 5, target: .name(target))
  }

  /// A day without records is neither quiet nor a window.
  /// By the clock of a sensor that is a year off nothing happened of late: that is said with the calm that it makes.
  @Test func recordsOnAnotherClockAreACaveat() throws {
    var faults: [Fault] = []
    let policy = try #require(ConditionPolicy(KnowledgeFolder.embedded, faults: &faults))
    func against(_ offset: Double, isApplied: Bool) -> [String] {
      var clock = ClockOffset(
        host: .name("marlin"), verdict: .decided, pairs: 9, offset: offset, drift: 0,
        reference: Timestamp(nanoseconds: 0), span: 0)
      clock.isApplied = isApplied
      let judge = SituationJudge(policy: policy, severity: SeverityJudge(estate: Estate()), clocks: [clock])
      return judge.situation([.fixture()], covered: [monday], asOf: monday).call.reasonsAgainst.filter {
        $0.hasPrefix("the clocks of marlin and")
      }
    }
    #expect(against(31_536_000, isApplied: true).map { $0.contains("365 days apart") } == [true])
    #expect(against(-90_000, isApplied: true).count == 1)
    #expect(against(7200, isApplied: true).isEmpty && against(90_000, isApplied: false).isEmpty)
  }

  @Test func gapsAreNoEvidence() throws {
    let found = try situation([.fixture(days: [0])], covered: [0, 1, 5, 6, 9], at: 9)
    #expect(found.windows.map { $0.day.number - monday.number } == [0, 1, 5, 6, 9])
    #expect(
      found.gaps.map { [$0.lowerBound.number - monday.number, $0.upperBound.number - monday.number] } == [
        [2, 4], [7, 8],
      ])
    #expect(found.windows[1].incidents == 0 && found.windows[1].held == nil && found.windows[0].held == 1)
  }

  @Test func nothingCallsForNothing() throws {
    let found = try situation([], at: 0)
    #expect(found.call.condition == .green && found.windows.isEmpty && found.gaps.isEmpty)
  }

  /// The judgement of a day is the one that was made on it.
  @Test func aDayIsJudgedByWhatWasKnown() throws {
    var numbers = SeededNumbers(3)
    func roll(_ sides: Int) -> Int { numbers.roll(sides) }
    for _ in 0..<30 {
      let incidents = (0..<8).map { number -> Incident in
        let first = roll(12)
        let stage: Stage = [.reconnaissance, .exploitation, .unexplained][roll(3)]
        let outcome: Outcome = stage == .exploitation ? .crashed : [.refused, .answered, .allowed, .unknown][roll(4)]
        return .fixture(
          "W-\(number)", days: [first, first + roll(3)].sorted(), outcome: outcome, stage: stage,
          lethality: stage == .unexplained ? nil : 2,
          source: .name(Bytes("s\(roll(4))")), target: .name(Bytes("t\(roll(3))")), pattern: "p\(roll(5))")
      }
      let covered = [0, 3, 7, 13]
      let whole = try situation(incidents, covered: covered, at: 14)
      for window in whole.windows {
        let day = window.day.number - monday.number
        // Only the events up to that day, as if the rest had never been read.
        let early = incidents.compactMap { incident in incident.restricted { $0.time.timestamp.day <= window.day } }
        let then = try situation(early, covered: covered.filter { $0 <= day }, at: day)
        #expect(describe(then.call) == describe(window.call), "day \(day)")
        #expect(then.windows.last.map(describe) == describe(window), "day \(day)")
      }
      #expect(try describe(whole.call) == describe(situation(incidents.reversed(), covered: covered, at: 14).call))
    }
  }

  private func describe(_ call: Situation.Call) -> [String] {
    [call.condition.rawValue] + call.reasonsFor + ["|"] + call.reasonsAgainst + ["|"] + call.wouldChange
  }
  private func describe(_ window: Situation.Window) -> [String] {
    describe(window.call) + [
      "\(window.day) \(window.incidents) \(window.events) \(window.hostRecords) \(window.sources) \(window.targets)",
      "\(window.patterns) \(window.novel) \(window.unexplained) \(String(describing: window.held))",
    ]
  }

  /// A host under its name and under its address is no second host before that is known.
  @Test func hostsThatMayBeOneCountAsTheLeast() throws {
    let address = Host.address(IPAddress(v4: 0xc000_020b))
    var crash = exploit("W-1", day: 0, target: "sun1")
    let call = Incident.fixture(
      "W-2", days: [0], outcome: .answered, stage: .exploitation, lethality: 5, target: address, view: .network)
    #expect(try situation([crash, call], at: 0).call.condition == .orange)
    crash.likenesses = [HostLikeness(one: .name("sun1"), other: address, since: crash.first.timestamp)]
    let found = try situation([crash, call], at: 0).call
    #expect(found.condition == .yellow)
    #expect(found.reasonsFor.contains { $0.contains("exploitation or a crash: at least 1") })
    #expect(found.reasonsAgainst.contains { $0.contains("possibly one host") && $0.contains("192.0.2.11 and sun1") })
    #expect(!found.reasonsAgainst.contains { $0.contains("one host alone") })
    // Of a third that is nobody else there are two at least.
    #expect(try situation([crash, call, exploit("W-3", day: 0, target: "c")], at: 0).call.condition == .orange)
    // What spoke for it only later changes nothing before.
    crash.likenesses[0].since.nanoseconds += 86_400_000_000_000
    #expect(try situation([crash, call], at: 0).call.condition == .orange)
  }

  @Test func exploitationRaisesTheConditionByHosts() throws {
    func call(_ hosts: Int) throws -> Condition {
      try situation((0..<hosts).map { exploit("W-\($0)", day: 0, target: Bytes("host\($0)")) }, at: 0).call.condition
    }
    #expect(try [0, 1, 2, 4, 5, 9].map(call) == [.green, .yellow, .orange, .orange, .red, .red])
    // Several attacks on one host are one host.
    #expect(try situation([exploit("a", day: 0), exploit("b", day: 0)], at: 0).call.condition == .yellow)
  }

  /// Exploitation is remembered for thirty days: on the thirtieth it counts, on the next it does not.
  @Test func exploitationIsRememberedForItsTime() throws {
    #expect(try situation([exploit("a", day: 0)], at: 29).call.condition == .yellow)
    #expect(try situation([exploit("a", day: 0)], at: 30).call.condition == .green)
    // It had not happened the day before.
    #expect(try situation([exploit("a", day: 0)], at: -1).call.condition == .green)
  }

  @Test func disclosuresCountWhileDefencesHoldLess() throws {
    let answered = (0..<3).map { Incident.fixture("a\($0)", outcome: .answered) }
    let refused = (0..<3).map { Incident.fixture("r\($0)", outcome: .refused) }
    #expect(try situation(answered, at: 0).call.condition == .yellow)
    #expect(try situation(Array(answered.dropLast()), at: 0).call.condition == .green)
    // Half of them held is not less than half.
    #expect(try situation(answered + refused, at: 0).call.condition == .green)
    #expect(try situation(answered + refused.dropLast(), at: 0).call.condition == .yellow)
    // The horizon is seven days.
    #expect(try situation(answered, at: 6).call.condition == .yellow)
    #expect(try situation(answered, at: 7).call.condition == .green)
  }

  @Test func novelIsWhatWasNotSeenBefore() throws {
    let found = try situation(
      [
        .fixture("a", days: [0], pattern: "p"), .fixture("b", days: [1], pattern: "p"),
        .fixture("c", days: [1], pattern: "q"),
      ], at: 1)
    #expect(found.windows.map(\.novel) == [["p"], ["q"]])
  }

  @Test func aCallSaysWhatWouldChangeIt() throws {
    let call = try situation([exploit("a", day: 0)], at: 0).call
    let orange = "orange if hosts with signs of exploitation or a crash reach 2 (now 1)"
    #expect(call.wouldChange.contains { $0.hasPrefix(orange) })
    #expect(call.reasonsFor.first?.contains("a host shows signs of exploitation") == true)
    #expect(!call.wouldChange.contains { $0.hasPrefix("yellow") })
  }

  /// Nothing is said to be quiet of days without a record, and depth is not compared with them.
  @Test func noEvidenceIsNoEvidenceOfQuiet() throws {
    let unseen = try situation([], at: 0).call
    #expect(unseen.reasonsFor.isEmpty && unseen.reasonsAgainst.count == 2)
    let seen = try situation([], covered: [0], at: 0).call
    #expect(
      seen.reasonsFor.contains { $0.hasPrefix("no attack from a network in the 1 day of evidence among the 7 days") })
    #expect(
      seen.reasonsFor.contains { $0.hasPrefix("no exploitation and no crash in the records that were understood") })
    func depth(_ covered: [Int]) throws -> Bool {
      let call = try situation([.fixture(days: [0])], covered: covered, at: 0).call
      return (call.reasonsFor + call.reasonsAgainst).contains { $0.hasPrefix("depth") }
    }
    #expect(try !depth([0]))
    #expect(try depth([0, -7]))
  }

  @Test func oneHostIsOneHostHoweverOftenAttacked() throws {
    func isAlone(_ targets: [Bytes]) throws -> Bool {
      let incidents = targets.enumerated().map { exploit("W-\($0)", day: 0, target: $1) }
      let call = try situation(incidents, covered: [0], at: 0).call
      return (call.reasonsFor + call.reasonsAgainst).contains { $0.hasPrefix("one host alone") }
    }
    #expect(try isAlone(["a"]))
    #expect(try isAlone(["a", "a"]))
    #expect(try !isAlone(["a", "b"]))
  }

  /// Judging every day of a year of one source takes one walk over its events.
  @Test(.timeLimit(.minutes(1))) func aYearOfOneSourceIsJudgedInTime() throws {
    let days = (0..<365).flatMap { Array(repeating: $0, count: 60) }
    let found = try situation([.fixture(days: days)], at: 364)
    #expect(found.windows.count == 365 && found.windows.allSatisfy { $0.events == 60 && $0.incidents == 1 })
  }

  @Test func aFractionIsPrintedAsOne() throws {
    let rule = SituationTests.rule.replacing("at_least: 1", with: "at_least: 1.5")
    let found = try #require(policy(rule).policy)
    let call = SituationJudge.fixture(found).situation([.fixture()], covered: [monday], asOf: monday).call
    #expect(call.wouldChange.contains { $0.contains("incidents reach 1.5 (now 1)") }, "\(call.wouldChange)")
  }

  // MARK: The policy file

  private static let rule =
    "policy: p\nrules:\n  - condition: red\n    when: { incidents: { at_least: 1 } }\n    because: b\n"

  @Test func aPolicyNeedsLittle() throws {
    let (found, faults) = policy(SituationTests.rule)
    #expect(faults == [] && found?.horizonDays == 7 && found?.memoryDays == 30 && found?.incidentGap == 3600)
  }

  @Test(
    arguments: [
      (3, "red", "green"), (3, "red", "purple"), (3, "condition", "conditions"), (4, "incidents", "incident"),
      (4, "at_least", "above"),
      (4, "at_least: 1", "at_least: many"), (4, "at_least: 1", "at_least: -1"),
      (4, "at_least: 1", "at_least: 1, below: 2"), (4, "at_least: 1", "at_least: nan"),
      (4, "at_least: 1", "at_least: 1e300"), (4, "at_least: 1", "at_least: inf"),
      (5, "because", "why"),
    ] as [(Int, String, String)])
  func aWrongPolicyIsReportedWithItsPlace(_ line: Int, _ old: String, _ new: String) {
    var lines = SituationTests.rule.split(separator: "\n").map(String.init)
    lines[line - 1].replace(old, with: new)
    let faults = policy(lines.joined(separator: "\n")).faults
    #expect(
      faults.contains { $0.file == "policy/condition.yaml" && ($0.line == line || $0.line == 3) && $0.column > 0 },
      "\(faults)")
    #expect(!faults.isEmpty)
  }

  @Test func allFaultsOfAPolicyComeTogether() {
    let text = "policy: p\nhorizon_days: 0\nmemory_days: x\ncolour: red\nincident_gap_seconds: 9999999\nrules: []\n"
    let faults = policy(text).faults
    #expect(Set(faults.map(\.line)) == [1, 2, 3, 4, 5], "\(faults)")
  }

  @Test func thereIsOnePolicy() {
    #expect(policy(SituationTests.rule + "---\n" + SituationTests.rule).faults.map(\.line) == [7])
    var faults: [Fault] = []
    #expect(ConditionPolicy(KnowledgeFolder(files: []), faults: &faults) == nil && faults.count == 1)
  }
}

import Evidence
import TestNumbers
import Testing

@testable import Fuse
@testable import Judge
@testable import Knowledge

/// A day of the picture and a window of a day's width tell the same.
struct SpanAgreementTests {
  /// An incident of a week whose findings each lie within a day: what a day knows is then all that it has.
  private static func incident(_ number: Int, _ dice: inout SeededNumbers) -> Incident {
    let days = (0..<Int.random(in: 1...5, using: &dice)).map { _ in Int.random(in: 0...6, using: &dice) }
    let outcomes: [Outcome] = [.refused, .answered, .unknown, .blocked, .unanswered]
    var incident = Incident.fixture(
      "W-\(number)", days: days.sorted(), outcome: outcomes.randomElement(using: &dice) ?? .refused,
      stage: Bool.random(using: &dice) ? .unexplained : .reconnaissance,
      source: Bool.random(using: &dice) ? .unknown : .address(IPAddress(v4: .random(in: 1...3, using: &dice))),
      target: .name(Bool.random(using: &dice) ? "marlin" : "zappa"),
      pattern: ["p", "q", "r"].randomElement(using: &dice) ?? "p")
    for index in incident.events.indices {
      incident.events[index].count = Int.random(in: 1...3, using: &dice)
      incident.events[index].isEcho = Int.random(in: 0...4, using: &dice) == 0
      if Bool.random(using: &dice) { incident.events[index].view = .network }
    }
    // Some of them stand to both sides of midnight.
    for (host, network) in zip(incident.events.indices, incident.events.indices.dropFirst())
    where incident.events[host].view == .host && incident.events[network].view == .network {
      incident.pairs.append(
        Pair(
          host: incident.events[host].citation, network: incident.events[network].citation, offset: 0, bounds: 0...1,
          hostEvent: host, networkEvent: network))
    }
    incident.outcome = Incident.outcome(of: incident.events, incident.settlement, places: incident.targetPlaces)
    return incident
  }

  @Test(arguments: UInt64(1)...150) func daysAgree(seed: UInt64) throws {
    var dice = SeededNumbers(seed)
    let incidents = (0..<Int.random(in: 1...6, using: &dice)).map { SpanAgreementTests.incident($0, &dice) }
    let covered = Set((0...6).map { monday.advanced(by: $0) })
    let history: Set<String> = Bool.random(using: &dice) ? ["p"] : []
    var faults: [Fault] = []
    let shipped = try #require(ConditionPolicy(KnowledgeFolder.embedded, faults: &faults))
    let situation = SituationJudge.fixture(shipped).situation(
      incidents, covered: covered, asOf: monday.advanced(by: 6), history: history)
    let windows = situation.windows.map { window in
      var span = window.span
      span.patterns.sort()
      span.novel.sort()
      span.unexplained.sort()
      return span
    }
    #expect(SpanTally(incidents, history: history).windows(.day, covered: covered) == windows)
  }
}

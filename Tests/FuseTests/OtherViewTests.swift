import Evidence
import Fuse
import Testing

/// What is said of the view that is missing.
struct OtherViewTests {
  private static let mount = RPCFacts(program: ProgramTable.mountd, procedureName: "mnt")

  private func carried(at seconds: Double) -> Event {
    .fixture(
      at: seconds, to: "marlin", outcome: .answered, port: 635, transport: .udp, rpc: Self.mount,
      conversation: .fixture(), digits: 6)
  }
  private func logged(at seconds: Double, from source: String = "192.0.2.66", rpc: RPCFacts = mount) -> Event {
    .fixture(at: seconds, from: source, outcome: .allowed, rpc: rpc, observer: "rpc.mountd", digits: 6)
  }

  private func incidents(_ events: [Event]) -> [Incident] {
    var ordered = events
    Event.sort(&ordered)
    // No rule speaks of the records of the host.
    let findings = ordered.indices.filter { ordered[$0].view == .network }.map {
      Finding(signature: .fixture("mount", .access, lethality: 3), pattern: "mount of /home", events: [$0])
    }
    return Fusion(settings: .plain).incidents(events: ordered, findings: findings, context: Fusion.Context())
  }

  @Test func aRecordOfWhichNoRuleSpeaksIsTheOtherViewOfWhatConcernsOnTheWire() throws {
    let incident = try #require(incidents([carried(at: 10), logged(at: 10.001)]).first)
    #expect(incident.views == [.host, .network] && incident.pairs.count == 1)
    // The deed is told, though it is the wire's word.
    #expect(incident.patterns == ["mount of /home"])
  }

  @Test func recordsOfOtherCallsAreNot() {
    let other = RPCFacts(program: ProgramTable.mountd, procedureName: "export")
    for record in [logged(at: 10, from: "192.0.2.67"), logged(at: 10, rpc: other)] {
      #expect(incidents([carried(at: 10), record]).map(\.views) == [[.network]])
    }
    #expect(incidents([logged(at: 10)]).isEmpty)
  }

  /// - Returns: why the host's view is missing of an incident of the seconds 10 to 20.
  private func reasons(logs: [Double]) throws -> [String] {
    let incident = try #require(incidents([carried(at: 10), carried(at: 20)]).first)
    let coverage = Coverage(wire: [], events: logs.map { logged(at: $0, from: "192.0.2.70") }, drops: 0)
    return try #require(incident.otherView(coverage)).reasons
  }

  @Test func aLogIsOfAnotherTimeOnlyWhereNoneOfTheTimeIsInIt() throws {
    #expect(try reasons(logs: [0, 30]).first?.contains("covers the time:") == true)
    for logs in [[0, 15], [15, 30], [12, 18]] as [[Double]] {
      #expect(try reasons(logs: logs).first?.contains("covers a part of the time:") == true, "\(logs)")
    }
    for logs in [[0, 5], [25, 30]] as [[Double]] {
      #expect(try reasons(logs: logs).first?.contains("of another time") == true, "\(logs)")
    }
  }

  @Test func aCaptureMayHaveTheHostUnderAnAddress() throws {
    func reasons(_ target: String) throws -> String {
      let event = Event.fixture(at: 10, to: target)
      let incident = try #require(
        Fusion(settings: .plain).incidents(
          events: [event], findings: Finding.each([event]), context: Fusion.Context()
        ).first)
      let moment = event.time.timestamp
      let coverage = Coverage(wire: [moment...moment], events: [event], drops: 0)
      return try #require(incident.otherView(coverage)).reasons.joined(separator: "; ")
    }
    #expect(try reasons("marlin").contains("ties to the name"))
    #expect(try reasons("192.0.2.10").contains("elsewhere") && !reasons("192.0.2.10").contains("ties to the name"))
  }
}

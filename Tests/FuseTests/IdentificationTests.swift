import Evidence
import Testing

@testable import Fuse

/// What the IP identifications of a source's flows tell, and what they do not.
struct IdentificationTests {
  /// Probes a second apart, with these identifications, at these targets in turn.
  private func says(_ ids: [UInt16], targets: [String] = ["192.0.2.10"]) -> [String] {
    let events = ids.enumerated().map { number, id in
      var side = Conversation.Side()
      side.packets = 1
      side.firstIPID = id
      side.first = EventTime(
        Timestamp(nanoseconds: start.nanoseconds + Int64(number) * 1_000_000_000), fractionDigits: 6)
      let talk = Conversation(
        initiator: side, responder: Conversation.Side(), handshake: .syn, close: .open, syn: nil, packets: [],
        packetCount: 1, hexChecks: [], exchange: [])
      return Event.fixture(
        .probe, at: Double(number), to: targets[number % targets.count], outcome: .unanswered, port: 111,
        transport: .tcp, conversation: talk, digits: 6, line: number + 1)
    }
    let incidents = Fusion(settings: .plain).incidents(
      events: events, findings: Finding.each(events), context: Fusion.Context())
    return incidents.flatMap(\.deductions).map(\.text).filter { $0.contains("dentification") }
  }

  @Test func aCounterThatClimbsIsOneForAll() throws {
    let text = try #require(says([10, 12, 19, 40, 70, 90]).first)
    #expect(text.contains("One counter") && text.contains("moved by 80 over 6 flows in 5 s"))
    #expect(text.contains("busy with others"))
    #expect(try #require(says([10, 11, 12, 13, 14, 15]).first).contains("did little else"))
  }

  @Test func aCounterMayGoAround() throws {
    #expect(try #require(says([65_530, 65_534, 2, 5, 9]).first).contains("moved by 15"))
  }

  /// A machine that writes its counter the lowest byte first steps by 256 on the wire, and is no busier for it.
  @Test func aCounterMayBeOfTheOtherByteOrder() throws {
    let ids = [254, 255, 256, 257, 258, 260].map { UInt16($0).byteSwapped }
    let text = try #require(says(ids).first)
    #expect(text.contains("moved by 6 over 6 flows") && text.contains("did little else"))
  }

  @Test func aCounterThatClimbsEitherWayIsReadAsItStands() throws {
    #expect(try #require(says([0, 0x301, 0x602, 0x903, 0xc04]).first).contains("moved by 3076"))
  }

  @Test func countersPerTargetAreTold() throws {
    let ids: [UInt16] = [100, 40_000, 101, 40_003, 105, 40_004, 106, 40_009]
    #expect(try #require(says(ids, targets: ["192.0.2.10", "192.0.2.11"]).first).contains("per destination"))
  }

  @Test func chaosIsNoCounter() throws {
    #expect(try #require(says([9000, 17, 60_000, 33_000, 5, 41_000]).first).contains("follow no counter"))
    #expect(try #require(says([0, 0, 0, 0, 0]).first).contains("does not count"))
    #expect(try #require(says([777, 777, 777, 777, 777]).first).contains("a tool wrote them"))
  }

  @Test func fewFlowsTellNothing() { #expect(says([10, 12, 19, 40]).isEmpty) }
}

import Evidence
import TestNumbers
import Testing

@testable import Fuse

/// A host that is known by name alone and an address without a name may be one machine.
struct LikeHostsTests {
  private let exploit = Signature.fixture("exploit", .exploitation, lethality: 5)

  private func crash(_ host: String, at seconds: Double, of program: UInt32 = 100083) -> Event {
    .fixture(.crash, at: seconds, from: "", to: host, outcome: .crashed, rpc: RPCFacts(program: program))
  }
  private func call(_ address: String, at seconds: Double, of program: UInt32 = 100083, from: String = "203.0.113.61")
    -> Event
  {
    .fixture(
      .rpcCall, at: seconds, from: from, to: address, outcome: .unanswered, rpc: RPCFacts(program: program),
      conversation: .fixture(), digits: 6)
  }
  private func incidents(_ events: [Event], _ settings: FusionSettings = .plain) -> [Incident] {
    var events = events
    Event.sort(&events)
    return Fusion(settings: settings).incidents(
      events: events, findings: Finding.each(events, exploit), context: Fusion.Context())
  }
  private func surplus(_ incidents: [Incident]) -> Int {
    HostLikeness.groups(
      incidents.flatMap(\.likenesses), among: Set(incidents.flatMap { $0.targets.map(\.host) })
    ).reduce(0) { $0 + $1.surplus }
  }

  @Test func aNameAndAnAddressMayBeOne() throws {
    let found = incidents([call("192.0.2.11", at: 0.03), crash("sun1", at: 1)])
    #expect(found.count == 2 && surplus(found) == 1)
    for incident in found {
      let told = try #require(incident.deductions.first { $0.text.contains("may be one host") })
      #expect(told.confidence == .possible && told.evidence.count == 2)
    }
  }

  @Test func whatIsKnownToBeApartIsApart() {
    var settings = FusionSettings.plain
    settings.directory.add(HostDirectory.Entry(name: "sun1", addresses: [IPAddress(v4: 0xc000_020c)]))
    #expect(surplus(incidents([call("192.0.2.11", at: 0), crash("sun1", at: 1)], settings)) == 0)
    // Another program, another time, two addresses, two names.
    #expect(surplus(incidents([call("192.0.2.11", at: 0, of: 100232), crash("sun1", at: 1)])) == 0)
    #expect(surplus(incidents([call("192.0.2.11", at: 0), crash("sun1", at: 200)])) == 0)
    #expect(surplus(incidents([call("192.0.2.11", at: 0), call("192.0.2.12", at: 1)])) == 0)
    #expect(surplus(incidents([crash("sun1", at: 0), crash("sun2", at: 1)])) == 0)
  }

  @Test func eachNameTakesOneAddress() {
    let sweep = (1...5).map { call("192.0.2.\($0)", at: Double($0)) }
    #expect(surplus(incidents(sweep + [crash("sun1", at: 3)])) == 1)
    #expect(surplus(incidents(sweep + [crash("sun1", at: 3), crash("sun2", at: 4)])) == 2)
    #expect(surplus(incidents([call("192.0.2.1", at: 0), crash("sun1", at: 1), crash("sun2", at: 1)])) == 1)
  }

  /// However the records lie, so many hosts fewer as a search over all assignments finds, or some more: the count is a
  /// lower bound.
  @Test func theCountIsALowerBound() {
    var numbers = SeededNumbers(7)
    for _ in 0..<60 {
      let names = (0..<4).map { (host: "sun\($0)", time: Double(numbers.roll(600))) }
      let addresses = (1...4).map { (host: "192.0.2.\($0)", time: Double(numbers.roll(600))) }
      let found = incidents(
        names.map { crash($0.host, at: $0.time) } + addresses.map { call($0.host, at: $0.time) })
      func most(_ index: Int, _ free: [Int]) -> Int {
        guard index < names.count else { return 0 }
        let fitting = free.filter { abs(addresses[$0].time - names[index].time) <= 120 }
        return
          ([most(index + 1, free)]
          + fitting.map { taken in 1 + most(index + 1, free.filter { $0 != taken }) }).max() ?? 0
      }
      let best = most(0, Array(addresses.indices))
      #expect(surplus(found) >= best && (surplus(found) == 0) == (best == 0))
    }
  }
}

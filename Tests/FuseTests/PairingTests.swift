import Evidence
import TestNumbers
import Testing

@testable import Fuse

/// Host record and packet of one event: nearest first, one to one, with honest bounds.
struct PairingTests {
  private var identities: Identities {
    var identities = Identities(directory: HostDirectory())
    identities.join(.name("marlin"), host("192.0.2.10"), reason: "test", confidence: .certain)
    return identities
  }
  private func pairs(_ events: [Event], tolerance: Double = 120) -> [Pair] {
    Pairing(tolerance: tolerance).pairs(events.sorted(by: Event.precedes), identities: identities)
  }

  @Test func theNearestIsTaken() throws {
    let events = [
      Event.fixture(at: 0, line: 1), Event.fixture(at: 5, line: 2), .wire("dump", at: 5.4, line: 3),
      .wire("dump", at: 0.2, line: 4),
      .wire("dump", at: 30, line: 5),
    ]
    let found = pairs(events)
    #expect(found.map(\.host.provenance.ordinal) == [1, 2])
    #expect(found.map(\.network.provenance.ordinal) == [4, 3])
    #expect(found.map(\.offset) == [0, 0])
  }

  /// Whatever the clocks, no record and no packet stands in two pairs.
  @Test func pairsAreOneToOne() {
    var dice = SeededNumbers(1)
    for _ in 0..<100 {
      let events = (0..<12).map { line -> Event in
        let time = Double(dice.roll(2000)) / 10
        return dice.roll(2) == 0 ? .fixture(at: time.rounded(.down), line: line) : .wire("dump", at: time, line: line)
      }
      let found = pairs(events, tolerance: 20)
      #expect(Set(found.map(\.hostEvent)).count == found.count && Set(found.map(\.networkEvent)).count == found.count)
      #expect(found.allSatisfy { abs($0.offset) <= 20 })
    }
  }

  /// The true difference of the clocks lies within the bounds.
  @Test func theBoundsHoldTheTruth() throws {
    var dice = SeededNumbers(2)
    for _ in 0..<500 {
      let moment = 1000 + Double(dice.roll(1_000_000)) / 997
      let skew = Double(dice.roll(20_000) - 10_000) / 1000
      let record = Event.fixture(at: (moment + skew).rounded(.down))
      let packet = Event.wire("dump", at: (moment * 1e6).rounded(.down) / 1e6)
      let pair = try #require(pairs([record, packet]).first)
      #expect(
        pair.bounds.lowerBound - 1e-6 <= skew && skew <= pair.bounds.upperBound + 1e-6, "\(skew) in \(pair.bounds)")
    }
  }

  @Test func otherThingsDoNotPair() {
    let packet = Event.wire("dump", at: 0.5)
    #expect(pairs([.fixture(at: 0), packet]).count == 1)
    #expect(pairs([.fixture(at: 0, from: "192.0.2.67"), packet]).isEmpty)
    #expect(pairs([.fixture(at: 0, to: "zappa"), packet]).isEmpty)
    #expect(pairs([.fixture(at: 0, procedure: "set"), packet]).isEmpty)
    #expect(pairs([.fixture(at: 121), packet]).isEmpty)
    #expect(pairs([.fixture(at: 0, isDated: false), packet]).isEmpty)
    #expect(pairs([.fixture(.response, at: 0, outcome: .blocked, rpc: .portmapper("dump", "")), packet]).isEmpty)
    // Another program asked for is another call.
    let lookup = Event.fixture(
      .rpcCall, at: 0.5, to: "192.0.2.10", port: 111, transport: .udp, rpc: .portmapper("getport", "100003"),
      conversation: .fixture(), digits: 6)
    #expect(pairs([.fixture(at: 0, procedure: "getport", argument: "100003"), lookup]).count == 1)
    #expect(pairs([.fixture(at: 0, procedure: "getport", argument: "100005"), lookup]).isEmpty)
  }

  @Test func aProbePairsByItsPort() {
    let packet = Event.fixture(
      .probe, at: 0.5, to: "192.0.2.10", outcome: .reset, port: 32_772, transport: .tcp, conversation: .fixture(),
      digits: 6)
    #expect(pairs([.fixture(.probe, at: 0, port: 32_772, transport: .tcp), packet]).count == 1)
    #expect(pairs([.fixture(.probe, at: 0, port: 32_773, transport: .tcp), packet]).isEmpty)
    #expect(pairs([.fixture(.probe, at: 0, port: 32_772, transport: .udp), packet]).isEmpty)
  }
}

/// An undated packet takes its day from a host record, or from none.
struct DatingTests {
  private func dated(_ events: [Event]) -> Event {
    var events = events
    Dating(settings: .plain).date(&events)
    return events.first { $0.view == .network } ?? events[0]
  }
  private func packet(at seconds: Double = 36_000.4, to target: String = "marlin", transport: Transport = .tcp) -> Event
  {
    .fixture(
      .connection, at: seconds, to: target, outcome: .connected, port: 111, transport: transport,
      conversation: .fixture(isDated: false),
      digits: 6, isDated: false)
  }
  private static let day = 86_400.0

  @Test func oneDayThatFitsIsTaken() {
    let event = dated([
      packet(), .fixture(at: 36_000 + 3 * DatingTests.day), .fixture(at: 36_001 + 3 * DatingTests.day),
    ])
    #expect(event.time.isDated && event.time.description == "2000-01-04T10:00:00.400000Z")
  }

  @Test func twoDaysThatFitDecideNothing() {
    #expect(!dated([packet(), .fixture(at: 36_000), .fixture(at: 36_000 + DatingTests.day)]).time.isDated)
  }

  /// Records that agree are looked at as one.
  @Test(.timeLimit(.minutes(1))) func aFloodIsDatedInTime() {
    let record = Event.fixture(at: 36_000, procedure: "dump")
    var events = Array(repeating: record, count: 20_000) + Array(repeating: packet(), count: 20_000)
    Dating(settings: .plain).date(&events)
    #expect(events.allSatisfy { $0.time.isDated && $0.time.timestamp.day == start.day })
  }

  @Test func whatDoesNotFitDatesNothing() {
    #expect(!dated([packet(), .fixture(at: 36_004)]).time.isDated)
    #expect(!dated([packet(), .fixture(at: 35_996)]).time.isDated)
    #expect(dated([packet(), .fixture(at: 36_002)]).time.isDated)
    #expect(!dated([packet(to: "zappa"), .fixture(at: 36_000)]).time.isDated)
    #expect(!dated([packet(), .fixture(at: 36_000, from: "192.0.2.67")]).time.isDated)
    #expect(
      !dated([packet(), .fixture(.response, at: 36_000, outcome: .blocked, rpc: .portmapper("dump", ""))]).time.isDated)
    #expect(!dated([packet()]).time.isDated)
  }
}

/// Which names are one machine.
struct IdentitiesTests {
  private func exchange(_ source: String, _ target: String, at seconds: Double) -> Event {
    .fixture(
      .probe, at: seconds, from: source, to: target, port: 111, transport: .tcp, conversation: .fixture(),
      isDated: false)
  }

  @Test func shortAndLongNamesJoinWhenBothEndsDoSo() {
    var identities = Identities(directory: HostDirectory())
    let events = [exchange("waldo.edu", "sam.edu", at: 10), exchange("waldo.acu.edu", "sam.acu.edu", at: 60)]
    identities.joinShortNames(events, gap: 3600)
    #expect(identities.resolve(.name("waldo.edu")) == identities.resolve(.name("waldo.acu.edu")))
    #expect(identities.resolve(.name("sam.edu")) == identities.resolve(.name("SAM.acu.EDU")))
    #expect(identities.resolve(.name("sam.edu")) != identities.resolve(.name("waldo.edu")))
    #expect(identities.links.count == 2 && identities.links.allSatisfy { $0.confidence == .likely })
  }

  @Test(arguments: [
    ("waldo.edu", "sam.edu", "waldo.acu.edu", "sally.acu.edu", 60.0),
    ("waldo.edu", "sam.edu", "waldo.acu.com", "sam.acu.edu", 60),
    ("waldo.edu", "sam.edu", "waldo.acu.edu", "sam.acu.edu", 3611),
    ("waldo", "sam", "waldo.acu.edu", "sam.acu.edu", 60),
    ("waldo.edu", "sam.edu", "waldo.edu", "sam.acu.edu", 60),
  ])
  func otherNamesStayApart(_ one: String, _ other: String, _ third: String, _ fourth: String, _ at: Double) {
    var identities = Identities(directory: HostDirectory())
    identities.joinShortNames([exchange(one, other, at: 10), exchange(third, fourth, at: at)], gap: 3600)
    #expect(identities.links.isEmpty)
  }

  @Test func aTargetIsWhereItsCallsAreSeen() {
    var identities = Identities(directory: HostDirectory())
    let events = (0..<4).flatMap { number in
      [Event.fixture(at: Double(number) * 50), Event.wire("dump", at: Double(number) * 50 + 0.5)]
    }
    identities.joinObservedTargets(events.sorted(by: Event.precedes), tolerance: 10)
    #expect(identities.resolve(host("192.0.2.10")) == .name("marlin"))
    #expect(identities.links.first?.confidence == .likely)
  }

  @Test func twoAddressesThatFitJoinNone() {
    var identities = Identities(directory: HostDirectory())
    let events = [
      Event.fixture(at: 0), .wire("dump", at: 0.5), .wire("dump", at: 0.6, to: "192.0.2.11"), .fixture(at: 50),
      .wire("dump", at: 50.5),
      .wire("dump", at: 50.6, to: "192.0.2.11"),
    ]
    identities.joinObservedTargets(events.sorted(by: Event.precedes), tolerance: 10)
    #expect(identities.links.isEmpty)
    // Nor does one that is too far away in time.
    identities.joinObservedTargets([.fixture(at: 0), .wire("dump", at: 11)], tolerance: 10)
    #expect(identities.links.isEmpty)
  }

  /// Calls in the flood of a minute cost no more than others: each is looked at once.
  @Test(.timeLimit(.minutes(1))) func aFloodJoinsInTime() {
    let events = (0..<20_000).flatMap { number in
      [Event.fixture(at: Double(number / 400), line: number), .wire("dump", at: Double(number / 400), line: number)]
    }.sorted(by: Event.precedes)
    var identities = Identities(directory: HostDirectory())
    identities.joinObservedTargets(events, tolerance: 120)
    #expect(identities.resolve(host("192.0.2.10")) == identities.resolve(host("marlin")))
  }

  @Test func theConfigurationNamesAddresses() {
    var directory = HostDirectory()
    directory.add(HostDirectory.Entry(name: "Marlin", addresses: [IPAddress(v4: 0xc000_020a)]))
    let identities = Identities(directory: directory)
    #expect(identities.resolve(host("192.0.2.10")) == identities.resolve(.name("MARLIN")))
    #expect(identities.resolve(host("192.0.2.11")) == host("192.0.2.11"))
  }

  /// Joining is symmetric and transitive, whatever the order.
  @Test func joiningMakesClasses() {
    var dice = SeededNumbers(3)
    for _ in 0..<200 {
      let hosts = (0..<8).map { Host.name(Bytes("h\($0)" + String(repeating: "x", count: $0 % 3))) }
      var edges = (0..<5).map { _ in (dice.roll(8), dice.roll(8)) }
      func classes() -> [[Bool]] {
        var identities = Identities(directory: HostDirectory())
        for (one, other) in edges { identities.join(hosts[one], hosts[other], reason: "", confidence: .possible) }
        return hosts.map { one in hosts.map { identities.resolve(one) == identities.resolve($0) } }
      }
      let forward = classes()
      for (one, other) in edges { #expect(forward[one][other]) }
      edges = edges.reversed().map { ($0.1, $0.0) }
      #expect(classes() == forward)
    }
  }
}

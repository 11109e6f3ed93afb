import Evidence
import TestNumbers
import Testing

@testable import Fuse

/// Which events are one incident, and what of it was known when.
struct IncidentTests {
  private func incidents(_ events: [Event], _ findings: [Finding]? = nil, settings: FusionSettings = .plain)
    -> [Incident]
  {
    let ordered = events.sorted(by: Event.precedes)
    return Fusion(settings: settings).incidents(
      events: ordered, findings: findings ?? Finding.each(ordered), context: Fusion.Context())
  }

  /// What was stopped at each host was stopped, by whatever it was.
  @Test func blockedHereAndRefusedThereIsHeld() throws {
    let blocked: Event = .fixture(.response, at: 1, to: "a", outcome: .blocked, observer: "portsentry")
    func incident(_ events: [Event]) throws -> Incident {
      try #require(
        Fusion(settings: .plain).incidents(
          events: events, findings: Finding.each(events), context: Fusion.Context()
        ).first)
    }
    let probe: Event = .fixture(.probe, at: 0, to: "a", outcome: .unknown, port: 111, transport: .tcp)
    let call: Event = .fixture(at: 5, to: "b", outcome: .refused)
    let held = try incident([probe, blocked, call])
    #expect(held.outcome == .refused && held.openAndHeldTargets.open.isEmpty)
    let open = try incident([probe, call])
    #expect(open.outcome == .unknown)
    #expect(open.openAndHeldTargets == ([host("a")], [host("b")]))
    // Blocking at one host says nothing of another.
    let other: Event = .fixture(.probe, at: 2, to: "b", outcome: .unknown, port: 111, transport: .tcp)
    #expect(try incident([probe, blocked, other, call]).outcome == .unknown)
  }

  /// That a log says "allowed", or that a host noticed it, tells less than the answer on the wire; what was stopped stays so.
  @Test(arguments: [
    (Outcome.allowed, Outcome.answered, Outcome.answered), (.allowed, .empty, .empty), (.allowed, .rejected, .rejected),
    (.allowed, .refused, .refused), (.allowed, .unanswered, .allowed), (.allowed, .connected, .allowed),
    (.unknown, .reset, .reset), (.refused, .unanswered, .refused), (.refused, .empty, .empty),
    (.refused, .answered, .answered), (.refused, .refused, .refused), (.blocked, .unanswered, .blocked),
    (.rejected, .refused, .rejected), (.crashed, .answered, .crashed),
  ])
  func theFinerOfTwoViewsTells(log: Outcome, wire: Outcome, both: Outcome) throws {
    let events = [Event.fixture(at: 0, to: "192.0.2.10", outcome: log), .wire("dump", at: 0.5, outcome: wire)]
    let found = try #require(incidents(events).first)
    #expect(found.pairs.count == 1 && found.outcome == both)
    #expect(found.findings.allSatisfy { found.outcome(of: $0) == both })
    #expect(found.eventOutcomes.map(\.outcome) == [both])
    // Known day by day it is the same.
    var course = IncidentCourse(found)
    #expect(course.known(at: start.day)?.outcome == both)
  }

  @Test func aPauseLongerThanTheGapIsAnotherIncident() {
    #expect(incidents([.fixture(at: 0), .fixture(at: 3600)]).count == 1)
    #expect(incidents([.fixture(at: 0), .fixture(at: 3601)]).count == 2)
    // The gap is one between neighbours, not of the whole.
    #expect(incidents((0..<10).map { .fixture(at: Double($0) * 3600) }).count == 1)
  }

  @Test func sourcesAreApart() {
    let found = incidents([
      .fixture(at: 0), .fixture(at: 1, from: "192.0.2.67"), .fixture(at: 2, from: "loopback(1)"),
      .fixture(.crash, at: 3, from: "", rpc: nil),
      .fixture(.crash, at: 4, from: "", to: "zappa", rpc: nil),
    ])
    #expect(found.map(\.source) == [host("192.0.2.66"), host("192.0.2.67"), host("loopback(1)"), .unknown, .unknown])
  }

  @Test func undatedEventsAreApartFromDatedOnes() {
    let found = incidents([.fixture(at: 0), .fixture(at: 0, isDated: false)])
    #expect(found.count == 2 && found.map(\.isDated) == [true, false])
  }

  @Test func eventsWithoutFindingAreNoPart() {
    let events: [Event] = [.fixture(at: 0), .fixture(at: 1, procedure: "set")]
    let found = incidents(events, [Finding(signature: .fixture("a"), pattern: "a", events: [0])])
    #expect(found.count == 1 && found[0].events.count == 1)
    #expect(incidents(events, []).isEmpty)
  }

  /// An own client that was allowed to look is no incident; refused, or of somebody else, it is one.
  @Test func ownClientsMayAsk() throws {
    var settings = FusionSettings.plain
    settings.directory.ownNetworks = [try #require(IPNetwork("192.0.2.64/27"))]
    #expect(incidents([.fixture(outcome: .allowed)], settings: settings).isEmpty)
    #expect(incidents([.fixture(outcome: .refused)], settings: settings).count == 1)
    #expect(incidents([.fixture(from: "192.0.2.99", outcome: .allowed)], settings: settings).count == 1)
    let exploit = [Finding(signature: .fixture("x", .exploitation), pattern: "x", events: [0])]
    #expect(incidents([.fixture(outcome: .allowed)], exploit, settings: settings).count == 1)
  }

  /// The wire's view of what a log tells belongs beside it, though an own client's answered call is no incident itself.
  @Test(arguments: [Outcome.answered, .unanswered])
  func anOwnClientsCallsStandBesideItsHostsRecords(outcome: Outcome) throws {
    var settings = FusionSettings.plain
    settings.directory.ownNetworks = [try #require(IPNetwork("192.0.2.64/27"))]
    let wire = Event.wire("dump", at: 0.5, outcome: outcome)
    #expect(incidents([wire], settings: settings).isEmpty)
    let both = incidents([.fixture(at: 0, to: "192.0.2.10"), wire], settings: settings)
    #expect(both.count == 1 && both.first?.views == [.host, .network] && both.first?.pairs.count == 1)
    // On another day, of another host, or of another client it is ordinary still.
    let later = Event.wire("dump", at: 86_400, outcome: outcome)
    let apart = incidents([.fixture(at: 0, to: "192.0.2.10"), wire, later], settings: settings)
    #expect(apart.count == 1 && apart.first?.events.count == 2)
    #expect(incidents([.fixture(at: 0, to: "192.0.2.11"), wire], settings: settings).first?.views == [.host])
    #expect(
      incidents([.fixture(at: 0, from: "192.0.2.67", to: "192.0.2.10"), wire], settings: settings).first?.views
        == [.host])
  }

  @Test func aRecordThatIsCutOffJoinsItsNeighbours() {
    let cut = Event.fixture(.incomplete, at: 1, from: "", outcome: .unknown, rpc: nil, detail: "connect from 192")
    let whole = Event.fixture(at: 1, text: "Jan  1 marlin rpcbind: refused connect from 192.0.2.66 to dump()")
    let found = incidents([whole, cut])
    #expect(found.count == 1 && found[0].events.count == 2 && found[0].source == host("192.0.2.66"))
    // Not in another second, not of another host, not with other words, and not when two fit.
    #expect(
      incidents([whole, .fixture(.incomplete, at: 2, from: "", rpc: nil, detail: "connect from 192")]).count == 2)
    #expect(
      incidents([whole, .fixture(.incomplete, at: 1, from: "", to: "zappa", rpc: nil, detail: "connect from 192")])
        .count == 2)
    #expect(
      incidents([whole, .fixture(.incomplete, at: 1, from: "", rpc: nil, detail: "connect from 193")]).count == 2)
    let other = Event.fixture(at: 1, from: "192.0.2.67", text: "refused connect from 192.0.2.67 to dump()")
    #expect(incidents([whole, other, cut]).count == 3)
  }

  /// The order in which events and findings come does not show.
  @Test func theOrderOfTheFindingsDoesNotShow() {
    let events = (0..<30).map { number in
      Event.fixture(
        at: Double(number * 700), from: "192.0.2.\(1 + number % 3)", to: number % 2 == 0 ? "marlin" : "zappa",
        line: number)
    }.sorted(by: Event.precedes)
    let findings =
      Finding.each(events) + [Finding(signature: .fixture("s", lethality: 3), pattern: "s", events: [0, 3, 6])]
    let forward = Fusion(settings: .plain).incidents(events: events, findings: findings, context: Fusion.Context())
    let backward = Fusion(settings: .plain).incidents(
      events: events, findings: findings.reversed(), context: Fusion.Context())
    #expect(forward.map(\.id) == backward.map(\.id) && Set(forward.map(\.id)).count == forward.count)
    #expect(forward.map(\.title) == backward.map(\.title))
    #expect(forward.map(\.patterns) == backward.map(\.patterns))
    #expect(forward.map(\.deductions) == backward.map(\.deductions))
  }

  /// The id names no path and no line.
  @Test func theIdDoesNotKnowTheFile() {
    let one = incidents([.fixture(at: 0, line: 1, text: "x"), .fixture(at: 5, line: 2, text: "x")])
    let other = incidents([.fixture(at: 0, line: 77, text: "x"), .fixture(at: 5, line: 99, text: "x")])
    #expect(one.map(\.id) == other.map(\.id))
    #expect(incidents([.fixture(at: 1)]).map(\.id) != one.map(\.id))
  }

  @Test func whatAHostBlockedAfterwardsIsBlocked() {
    let probe = Event.fixture(.probe, at: 0, outcome: .unknown, port: 111, transport: .tcp)
    let response = Event.fixture(.response, at: 1, outcome: .blocked, rpc: nil)
    #expect(incidents([probe, response]).map(\.outcome) == [.blocked])
    #expect(incidents([probe]).map(\.outcome) == [.unknown])
    // A call that was answered stays answered, whatever was blocked later.
    #expect(incidents([.fixture(at: 0, outcome: .allowed), response]).map(\.outcome) == [.allowed])
    #expect(incidents([probe, response])[0].eventCount == 1)
    // What one host blocked is open at another, until that one blocks it too.
    let other = Event.fixture(.probe, at: 2, to: "zappa", outcome: .unknown, port: 111, transport: .tcp)
    #expect(incidents([probe, response, other]).map(\.outcome) == [.unknown])
    let late = Event.fixture(.response, at: 3, to: "zappa", outcome: .blocked, rpc: nil)
    #expect(incidents([probe, response, other, late]).map(\.outcome) == [.blocked])
    let away = Event.fixture(.probe, at: 2, to: "zappa", outcome: .reset, port: 111, transport: .tcp)
    #expect(incidents([probe, response, away]).map(\.outcome) == [.reset])
  }

  @Test func sizesTellWhatBecameOfAnExchange() {
    func outcome(_ turns: [Int], port: UInt16 = 111) -> Outcome? {
      incidents([
        .fixture(
          .connection, to: "192.0.2.10", outcome: .connected, port: port, transport: .tcp,
          conversation: .fixture(turns), digits: 6)
      ]).first?.outcome
    }
    #expect(outcome([44, -32]) == .empty)
    #expect(outcome([44, -52]) == .answered)
    #expect(outcome([44, -24]) == .refused)
    #expect(outcome([44, -33]) == .connected)
    #expect(outcome([44, -32], port: 2049) == .connected)
  }

  @Test func anIncidentIsKnownAsFarAsTheDayGoes() throws {
    let day = 86_400.0
    var settings = FusionSettings.plain
    settings.incidentGap = 10 * day
    let events = [
      Event.fixture(at: 0, outcome: .refused), .fixture(at: 2 * day, outcome: .allowed, procedure: "set"),
      .fixture(at: 4 * day),
    ]
    let late = Signature.fixture("late", .exploitation)
    let findings = [
      Finding(signature: .fixture("a"), pattern: "a", events: [0]),
      Finding(signature: .fixture("b"), pattern: "b", events: [1]),
      Finding(signature: late, pattern: "late", events: [0, 2]),
    ]
    let incident = try #require(incidents(events, findings, settings: settings).first)
    #expect(incident.events.count == 3 && incident.stage == .exploitation && incident.outcome == .allowed)
    let first = Day(number: start.day.number)
    #expect(incident.known(at: first.advanced(by: -1)) == nil)
    let known = try #require(incident.known(at: first))
    #expect(known.events.count == 1 && known.outcome == .refused && known.patterns == ["a"])
    #expect(known.stage == .reconnaissance && known.findings.map(\.signature.id) == ["a"])
    #expect(known.last == known.first)
    let later = try #require(incident.known(at: first.advanced(by: 3)))
    #expect(later.events.count == 2 && later.outcome == .allowed && later.patterns == ["a", "b"])
    #expect(incident.known(at: first.advanced(by: 4))?.events.count == 3)
  }

  /// Two of the three steps of a sequence are not the sequence, and its title is not the incident's.
  @Test func aSequenceIsNotKnownBeforeItsEnd() throws {
    let day = 86_400.0
    var settings = FusionSettings.plain
    settings.incidentGap = 10 * day
    let events = [0, 1, 2].map { Event.fixture(at: Double($0) * day, line: $0) }
    let findings =
      Finding.each(events) + [Finding(signature: .fixture("late", .exploitation), pattern: "late", events: [0, 1, 2])]
    let whole = try #require(incidents(events, findings, settings: settings).first)
    #expect(whole.title.hasPrefix("Title of late") && whole.stage == .exploitation)
    var course = IncidentCourse(whole)
    for offset in 0..<2 {
      let day = start.day.advanced(by: offset)
      for known in [whole.known(at: day), course.known(at: day), course.part(of: day)] {
        #expect(known?.stage == .reconnaissance && known?.title.hasPrefix("Title of r") == true)
        #expect(known?.patterns == ["r"])
      }
    }
    #expect(course.known(at: start.day.advanced(by: 2))?.stage == .exploitation)
    #expect(course.part(of: start.day.advanced(by: 2))?.patterns == ["late", "r"].filter(whole.patterns.contains))
  }

  /// What the course of an incident tells of a day is what restricting the incident to the days up to it tells.
  @Test func theCourseKnowsWhatTheIncidentKnew() throws {
    var dice = SeededNumbers(11)
    var settings = FusionSettings.plain
    settings.incidentGap = 10 * 86_400
    for round in 0..<200 {
      // Every other one is of probes and of what hosts did about them.
      let actions: [Event.Action] = round.isMultiple(of: 2) ? [.rpcCall] : [.probe, .response, .scan]
      let outcomes = round.isMultiple(of: 2) ? Outcome.allCases : [.unknown, .blocked, .unknown, .reset]
      let events = (0..<10).map { line in
        let action = actions[dice.roll(actions.count)]
        return Event.fixture(
          action, at: Double(dice.roll(5)) * 86_400 + Double(dice.roll(1000)), to: ["marlin", "zappa"][dice.roll(2)],
          outcome: action == .response ? .blocked : outcomes[dice.roll(outcomes.count)], line: line)
      }.sorted(by: Event.precedes)
      let findings = (0..<8).map { number in
        Finding(
          signature: .fixture("s\(number % 4)", [.reconnaissance, .exploitation, .unexplained][number % 3]),
          pattern: "p\(number)", events: Set((0...dice.roll(4)).map { _ in dice.roll(10) }).sorted())
      }
      for whole in incidents(events, findings, settings: settings) {
        var course = IncidentCourse(whole)
        for day in (0..<5).map({ start.day.advanced(by: $0) }) {
          let (one, other) = (course.known(at: day), whole.known(at: day))
          #expect(one?.stage == other?.stage && one?.outcome == other?.outcome && one?.title == other?.title)
          #expect(one?.targets == other?.targets && one?.patterns == other?.patterns)
          #expect(one?.first == other?.first && one?.last == other?.last)
          #expect(Set((one?.findings ?? []).map(\.pattern)) == Set((other?.findings ?? []).map(\.pattern)))
        }
      }
    }
  }

  /// Both views of one call are one event.
  @Test func aPairCountsOnce() throws {
    let events = [Event.fixture(at: 0, to: "192.0.2.10"), .wire("dump", at: 0.4)]
    let incident = try #require(incidents(events).first)
    #expect(incident.pairs.count == 1 && incident.eventCount == 1)
    var alone = incident
    alone.pairs = []
    #expect(alone.eventCount == 2)
  }

  /// An incident cut at a day is, as far as judging goes, the incident of the events up to that day.
  @Test func knowingIsReadingOnlySoFar() throws {
    var dice = SeededNumbers(5)
    for _ in 0..<50 {
      let events = (0..<8).map { line in
        Event.fixture(
          at: Double(dice.roll(5)) * 86_400 + Double(dice.roll(1000)),
          outcome: Outcome.allCases[dice.roll(Outcome.allCases.count)],
          procedure: ["dump", "set", "getport"][dice.roll(3)], line: line)
      }.sorted(by: Event.precedes)
      var settings = FusionSettings.plain
      settings.incidentGap = 10 * 86_400
      let findings = events.indices.map {
        Finding(
          signature: .fixture(events[$0].rpc?.procedureName.notation ?? ""),
          pattern: events[$0].rpc?.procedureName.notation ?? "", events: [$0])
      }
      let whole = try #require(incidents(events, findings, settings: settings).first)
      for offset in 0..<5 {
        let day = start.day.advanced(by: offset)
        let count = events.count { $0.time.timestamp.day <= day }
        let early = incidents(Array(events[..<count]), Array(findings[..<count]), settings: settings).first
        let known = whole.known(at: day)
        #expect(known?.outcome == early?.outcome && known?.patterns == early?.patterns && known?.stage == early?.stage)
        #expect(known?.events.map(\.citation) == early?.events.map(\.citation))
      }
    }
  }
}

/// Sizes of a portmapper's exchange.
struct SizeReadingTests {
  @Test(
    arguments: [
      ([44, -32], Transport.tcp, SizeReading.dump(entries: 0)), ([44, -52], .tcp, .dump(entries: 1)),
      ([44, -432], .tcp, .dump(entries: 20)),
      ([40, -28], .udp, .dump(entries: 0)), ([40, -48], .udp, .dump(entries: 1)), ([44, -28], .tcp, .null),
      ([40, -24], .udp, .null),
      ([44, -24], .tcp, .denied), ([40, -20], .udp, .denied), ([44, -36], .tcp, .versionMismatch),
      ([40, -32], .udp, .versionMismatch), ([44], .tcp, .callWithoutArguments), ([40], .udp, .callWithoutArguments),
      ([44, -33], .tcp, .callWithoutArguments), ([40, -31], .udp, .callWithoutArguments),
    ] as [([Int], Transport, SizeReading)])
  func sizesAreRead(_ turns: [Int], _ transport: Transport, _ expected: SizeReading) {
    #expect(SizeReading.read(.fixture(turns), transport: transport) == expected)
  }

  @Test(
    arguments: [
      ([], .tcp), ([40, -28], .tcp), ([44, -32], .udp), ([-44, 32], .tcp), ([44, -32, 44, -32], .tcp),
      ([100, -32], .tcp), ([43, -32], .tcp),
    ] as [([Int], Transport)])
  func otherExchangesTellNothing(_ turns: [Int], _ transport: Transport) {
    #expect(SizeReading.read(.fixture(turns), transport: transport) == nil)
  }
}

/// Local addresses as portmappers print them.
struct LocalAddressTests {
  @Test(
    arguments: [
      (#"loopback(\000\000\024\036)"#, [0, 0, 0o24, 0o36]), (#"loopback(\000\000\346\365)"#, [0, 0, 0o346, 0o365]),
      (#"loopback(\000\000\0245)"#, [0, 0, 0o24, 0x35]), ("loopback(abc)", [0x61, 0x62, 0x63]),
      (#"loopback(\00)"#, [0x5c, 0x30, 0x30]),
      (#"loopback(\999)"#, [0x5c, 0x39, 0x39, 0x39]), ("loopback()", []), ("loopback(()", [0x28]),
      (#"x(\777)"#, [0xff]),
    ] as [(String, [UInt8])])
  func octalIsUndone(_ text: String, _ expected: [UInt8]) {
    #expect(LocalAddress.bytes(Bytes(text)) == expected)
  }

  @Test(arguments: ["local", ")(", "loopback(", ""]) func otherTextHasNone(_ text: String) {
    #expect(LocalAddress.bytes(Bytes(text)) == nil)
  }

  @Test func everyAddressComesBack() {
    for value in UInt16.min...UInt16.max where value % 7 == 0 {
      let bytes: [UInt8] = [0, 0, UInt8(value >> 8), UInt8(value & 255)]
      let text = bytes.map { "\\" + padded(Int(String($0, radix: 8)) ?? 0, 3) }.joined()
      #expect(LocalAddress.bytes(Bytes("loopback(\(text))")) == bytes)
    }
  }
}

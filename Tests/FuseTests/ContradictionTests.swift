import Evidence
import Testing

@testable import Fuse

/// Log lines that the wire contradicts, and failures joined to the call before them.
struct ContradictionTests {
  private func incidents(_ events: [Event], programs: ProgramTable = .known) -> [Incident] {
    var events = events.sorted(by: Event.precedes)
    var settings = FusionSettings(programs: programs)
    var directory = HostDirectory()
    directory.add(HostDirectory.Entry(name: "marlin", addresses: [IPAddress(v4: 0xc000_020a)]))
    settings.directory = directory
    settings.clocks = SensorClocks(settings: settings).align(&events)
    events.sort(by: Event.precedes)
    return Fusion(settings: settings).incidents(
      events: events, findings: Finding.each(events), context: Fusion.Context())
  }
  private func answered(at seconds: Double, entries: Int?) -> Event {
    var call = Event.wire("dump", at: seconds)
    call.rpc?.resultEntries = entries
    return call
  }
  private func rules(_ incidents: [Incident]) -> Set<String> {
    Set(incidents.flatMap { $0.findings.map(\.signature.id) }).subtracting(["r"])
  }

  @Test func aLogThatDeniesAnAnswerIsAFinding() {
    #expect(rules(incidents([.fixture(at: 0), answered(at: 0.4, entries: 7)])) == ["watchfloor-log-denies-answer"])
    // An empty list is how some portmappers refuse, and an allowed call is no denial.
    #expect(rules(incidents([.fixture(at: 0), answered(at: 0.4, entries: 0)])) == [])
    #expect(rules(incidents([.fixture(at: 0, outcome: .allowed), answered(at: 0.4, entries: 7)])) == [])
  }

  private func texts(_ incidents: [Incident], _ confidence: Confidence) -> [String] {
    incidents.flatMap(\.deductions).filter { $0.confidence == confidence }.map(\.text)
  }
  private func denial(at seconds: Double) -> Event {
    var call = Event.wire("dump", at: seconds, outcome: .refused)
    call.rpc?.replyStatus = "AUTH_ERROR"
    return call
  }

  /// What one view denies is told as what the other says, and never as certain on both sides.
  @Test func whatTheLogDeniesIsToldAsTheWires() throws {
    let found = incidents([.fixture(at: 0), answered(at: 0.4, entries: 7)])
    #expect(found.map(\.outcome) == [.answered])
    #expect(texts(found, .certain).filter { $0.contains("refused") }.isEmpty)
    #expect(texts(found, .certain).contains { $0.hasPrefix("By the wire, which the log denies: The table was") })
    #expect(texts(found, .likely).count { $0.hasPrefix("Log and wire contradict each other: of 1 call") } == 1)
    #expect(
      try #require(found.first).disclosed == [
        "192.0.2.10's portmapper listed 7 services, by the wire; the host's log denies it"
      ])
    // Twice the same is told once.
    let twice = incidents([
      .fixture(at: 0), answered(at: 0.4, entries: 7), .fixture(at: 9, line: 2), answered(at: 9.4, entries: 7),
    ])
    #expect(texts(twice, .likely).filter { $0.contains("contradict") }.map { $0.contains("of 2 calls") } == [true])
  }

  @Test func aMountThatTheLogDeniesAndTheWireGivesIsAFinding() {
    func mount(_ outcome: Outcome, isOnWire: Bool) -> Event {
      var rpc = RPCFacts(program: ProgramTable.mountd, procedure: 1, procedureName: "mnt")
      rpc.details.path = "/export"
      rpc.details.givesHandle = isOnWire && outcome == .answered
      if isOnWire, outcome != .answered { rpc.details.resultStatus = "MNT3ERR_ACCES" }
      return .fixture(
        at: isOnWire ? 0.4 : 0, to: isOnWire ? "192.0.2.10" : "marlin", outcome: outcome, port: isOnWire ? 635 : nil,
        transport: isOnWire ? .udp : nil, rpc: rpc, conversation: isOnWire ? .fixture() : nil, digits: isOnWire ? 6 : 0)
    }
    let given = incidents([mount(.refused, isOnWire: false), mount(.answered, isOnWire: true)])
    #expect(rules(given) == ["watchfloor-log-denies-answer"] && given.map(\.outcome) == [.answered])
    // mountd decides before it looks whether there is anything to give: what it answers is finer than its log.
    let withheld = incidents([mount(.allowed, isOnWire: false), mount(.refused, isOnWire: true)])
    #expect(rules(withheld) == [] && withheld.map(\.outcome) == [.refused])
  }

  @Test func aLogThatAllowsARefusalIsAFinding() throws {
    let found = incidents([.fixture(at: 0, outcome: .allowed), denial(at: 0.4)])
    #expect(rules(found) == ["watchfloor-log-allows-denial"] && found.map(\.outcome) == [.refused])
    #expect(try #require(found.first).disclosed.isEmpty)
    #expect(rules(incidents([.fixture(at: 0), denial(at: 0.4)])) == [])
    // Of two calls of one second each has its record.
    let both = [
      .fixture(at: 0), .fixture(at: 0, outcome: .allowed, line: 2), answered(at: 0.2, entries: 7), denial(at: 0.6),
    ]
    #expect(rules(incidents(both)) == [])
    #expect(rules(incidents([.fixture(at: 0), answered(at: 0.2, entries: 7), denial(at: 0.6)])) == [])
  }

  /// Calls at odd moments of which both views have all but those told.
  private func visit(without missing: Set<Int>, forged: [Double] = []) -> [Event] {
    [3.0, 17, 40, 71, 103, 160, 166, 201, 255, 300].enumerated().flatMap { number, at -> [Event] in
      let procedure = number % 3 == 0 ? "null" : "dump"
      let packet = Event.wire(procedure, at: at + 0.2, line: number)
      return (missing.contains(number) ? [] : [packet]) + [.fixture(at: at, procedure: procedure, line: number)]
    } + forged.map { .fixture(at: $0, procedure: "set", line: 99) }
  }

  @Test func aLineAmongCallsThatTheWireHasIsAFinding() {
    #expect(rules(incidents(visit(without: []))) == [])
    #expect(rules(incidents(visit(without: [5]))) == ["watchfloor-log-without-wire"])
    let found = incidents(visit(without: [], forged: [130]))
    #expect(rules(found) == ["watchfloor-log-without-wire"])
    let cited = found.flatMap { incident in
      incident.findings.filter { $0.signature.id == "watchfloor-log-without-wire" }.flatMap(\.events).map {
        incident.events[$0].citation.provenance.ordinal
      }
    }
    #expect(cited == [99])
    // Behind the last call that both saw the capture may have been over.
    #expect(rules(incidents(visit(without: [], forged: [400]))) == [])
  }

  private func crash(at seconds: Double) -> Event {
    .fixture(
      .crash, at: seconds, from: "", outcome: .crashed, rpc: RPCFacts(program: 100083),
      process: ProcessFacts(name: "rpc.ttdbserverd"))
  }
  private func call(at seconds: Double, from source: String = "203.0.113.9", program: UInt32? = 100083) -> Event {
    .fixture(
      program == nil ? .connection : .rpcCall, at: seconds, from: source, to: "192.0.2.10", outcome: .unanswered,
      port: 32_775, transport: .tcp, rpc: program.map { RPCFacts(program: $0, procedure: 15) },
      conversation: .fixture(), digits: 6)
  }
  private func hypothesis(_ events: [Event]) -> Deduction? {
    incidents(events).first { $0.source == .unknown }?.deductions.first { $0.text.hasPrefix("On the wire") }
  }

  @Test func aCrashIsJoinedToTheCallBefore() throws {
    let found = try #require(hypothesis([call(at: 97.5), crash(at: 100)]))
    #expect(
      found.confidence == .likely && found.text.contains("a call of 203.0.113.9 to ttdbserverd came 2.5 s before"))
    #expect(found.evidence.count == 2)
    let connection = try #require(hypothesis([call(at: 97.5, program: nil), crash(at: 100)]))
    #expect(connection.confidence == .possible && connection.text.contains("port 32775"))
    let crowd = try #require(hypothesis([call(at: 97), call(at: 98, from: "203.0.113.10"), crash(at: 100)]))
    #expect(crowd.confidence == .possible && crowd.text.contains("1 other source"))
  }

  private func named(_ events: [Event]) -> Deduction? {
    incidents(events).first { $0.source == .unknown }?.deductions.first { $0.text.hasPrefix("The host's log names") }
  }

  @Test func withoutTheWireACrashNamesWhoTheLogNamesBefore() throws {
    let found = try #require(named([.fixture(at: 98), crash(at: 100)]))
    #expect(found.confidence == .possible && found.evidence.count == 2)
    #expect(found.text.contains("192.0.2.66 at") && found.text.contains("(refused) 2 s before it"))
    #expect(!found.text.contains("other source"))
    let crowd = try #require(named([.fixture(at: 72, from: "192.0.2.7"), .fixture(at: 98), crash(at: 100)]))
    #expect(crowd.text.contains("names 192.0.2.66") && crowd.text.contains("1 other source in the 30 s before it"))
    // What came later, long before, or to another host is no cause; and the wire tells more.
    #expect(named([.fixture(at: 101), crash(at: 100)]) == nil)
    #expect(named([.fixture(at: 69), crash(at: 100)]) == nil)
    #expect(named([.fixture(at: 98, to: "milo"), crash(at: 100)]) == nil)
    #expect(named([.fixture(at: 98), call(at: 97), crash(at: 100)]) == nil)
  }

  @Test func whatAPacketFilterLoggedIsNamedForNoCrash() throws {
    var dropped = Event.fixture(.probe, at: 99, from: "192.0.2.9", outcome: .unknown, port: 32_773, transport: .tcp)
    dropped.isAboutPacket = true
    #expect(named([dropped, crash(at: 100)]) == nil)
    let probe = Event.fixture(.probe, at: 90, from: "192.0.2.7", outcome: .unknown, port: 1080, transport: .tcp)
    let found = try #require(named([probe, dropped, crash(at: 100)]))
    #expect(found.text.contains("names 192.0.2.7 at tcp/1080 (outcome unknown) 10 s before it: it may be the cause."))
    #expect(found.text.hasSuffix("Nothing in the log joins the two"))
  }

  /// Who asked for the service that failed comes before those who asked for another one later.
  @Test func aCrashNamesWhoWasAtTheServiceThatFailed() throws {
    let asked = Event.fixture(at: 80, from: "192.0.2.7", procedure: "getport", argument: "100083")
    let later = (81...99).map { Event.fixture(at: Double($0), from: "198.51.100.\($0)") }
    let found = try #require(named([asked] + later + [crash(at: 100)]))
    #expect(
      found.text.contains("names 192.0.2.7 at portmapper, asking for ttdbserverd (refused) 20 s before it: it may"))
    let two = try #require(
      named([asked, .fixture(at: 79, from: "192.0.2.8", procedure: "getport", argument: "100083"), crash(at: 100)]))
    #expect(two.text.contains("1 other source at the same service in the 30 s before it: one of them may"))
    #expect(two.text.hasSuffix("Nothing in the log joins them to it"))
  }

  @Test func aCrashIsNotJoinedToWhatCannotBeItsCause() {
    #expect(hypothesis([crash(at: 100)]) == nil)
    #expect(hypothesis([call(at: 60), crash(at: 100)]) == nil)
    #expect(hypothesis([call(at: 102), crash(at: 100)]) == nil)
    #expect(hypothesis([call(at: 98, program: 100003), crash(at: 100)]) == nil)
  }
}

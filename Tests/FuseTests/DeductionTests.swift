import Evidence
import TestNumbers
import Testing

@testable import Fuse

/// Each family of deductions: what makes it, and what does not.
struct DeductionTests {
  private func deductions(
    _ events: [Event], _ context: Fusion.Context = Fusion.Context(), settings: FusionSettings = .plain
  ) -> [Deduction] {
    let ordered = events.sorted(by: Event.precedes)
    return Fusion(settings: settings).incidents(events: ordered, findings: Finding.each(ordered), context: context)
      .flatMap(\.deductions)
  }

  /// A deduction's words: they come of `with`, and do not come of `without`.
  private func expect(
    _ words: String, _ confidence: Confidence, with: [Event], without: [[Event]],
    context: Fusion.Context = Fusion.Context(),
    at location: SourceLocation = #_sourceLocation
  ) {
    let found = deductions(with, context).filter { $0.text.contains(words) }
    #expect(!found.isEmpty, "\(words) is missing in \(deductions(with, context).map(\.text))", sourceLocation: location)
    #expect(
      found.allSatisfy { $0.confidence == confidence && !$0.evidence.isEmpty }, "\(found)", sourceLocation: location)
    for (number, events) in without.enumerated() {
      let texts = deductions(events, context).map(\.text).filter { $0.contains(words) }
      #expect(texts.isEmpty, "negative case \(number)", sourceLocation: location)
    }
  }

  private func effect(
    _ action: Event.Action, at seconds: Double, pid: Int = 3481, uid: Int? = nil, program: UInt32 = 100_083
  ) -> Event {
    .fixture(
      action, at: seconds, from: "", to: "paganini", outcome: action == .crash ? .crashed : .unknown,
      rpc: RPCFacts(program: program),
      process: ProcessFacts(name: "rpc.ttdbserverd", pid: pid, userID: uid))
  }

  @Test func crashes() {
    let attack = [
      effect(.daemonError, at: 0), effect(.crash, at: 0), effect(.stackExecution, at: 10, pid: 3482, uid: 0),
    ]
    expect(
      "somebody tried to run code", .likely, with: attack,
      without: [
        [effect(.crash, at: 0)], [effect(.stackExecution, at: 0)],
        [effect(.crash, at: 0, program: 100_005), effect(.stackExecution, at: 10)],
        [effect(.crash, at: 0), effect(.stackExecution, at: 3000)],
      ])
    expect("does not tell its cause", .certain, with: [effect(.crash, at: 0)], without: [attack])
    expect("2 tries", .likely, with: attack, without: [[effect(.crash, at: 0), effect(.crash, at: 1)]])
    expect(
      "ran as root", .certain, with: attack,
      without: [[effect(.stackExecution, at: 0, uid: 5)], [effect(.stackExecution, at: 0)]])
    expect("stack is set non-executable", .likely, with: attack, without: [[effect(.crash, at: 0)]])
    expect(
      "names no source", .certain, with: attack,
      without: [[.fixture(.crash, outcome: .crashed, rpc: RPCFacts(program: 100_083))]])
    expect(
      "Whether a try succeeded", .certain, with: attack, without: [[.fixture()], [effect(.crash, at: 0)]])
    expect("is RPC program 100083", .certain, with: attack, without: [[effect(.crash, at: 0, program: 77)]])
  }

  @Test func theMachineIsNamedWhereItIsTheTarget() {
    func context(_ name: Bytes) -> Fusion.Context {
      Fusion.Context(hostFacts: [
        HostFact(
          host: name, system: "SunOS", release: "5.6", version: "Generic", machine: "sun4m",
          citation: Event.fixture().citation)
      ])
    }
    let crash = [effect(.crash, at: 0)]
    #expect(deductions(crash, context("Paganini")).contains { $0.text.contains("SunOS 5.6 (Solaris 2.6) on sun4m") })
    #expect(!deductions(crash, context("zappa")).contains { $0.text.contains("SunOS") })
  }

  @Test func dumps() {
    expect(
      "was not disclosed by it", .certain, with: [.fixture()],
      without: [[.fixture(outcome: .allowed)], [.fixture(procedure: "set")]])
    expect(
      "was not disclosed by them", .certain, with: [.fixture(at: 0), .fixture(at: 9)],
      without: [[.fixture(at: 0), .fixture(at: 9, outcome: .allowed)]])
    func disclosed(_ entries: Int?) -> [Event] {
      var event = Event.wire("dump", at: 0)
      event.rpc?.resultEntries = entries
      return [event]
    }
    expect("answered with 7 entries", .certain, with: disclosed(7), without: [disclosed(0), disclosed(nil)])
    expect(
      "no honest client", .likely, with: [.fixture(procedure: "unset")],
      without: [[.fixture(from: "loopback(1)", procedure: "unset")], [.fixture()]])
    func numbered(_ procedure: UInt32) -> [Event] { [.fixture(rpc: RPCFacts(program: 100_000, procedure: procedure))] }
    expect("portmapper's GETPORT", .certain, with: numbered(3), without: [numbered(4)])
  }

  @Test func lookups() {
    func getport(_ argument: String, at seconds: Double = 0) -> Event {
      .fixture(at: seconds, procedure: "getport", argument: argument)
    }
    expect(
      "a targeted look-up", .likely, with: [getport("100083")],
      without: [[getport("100000")], [getport("1000")], [.fixture(procedure: "set", argument: "100083")]])
    expect(
      "no registered RPC program", .certain, with: [getport("1000")],
      without: [[getport("100083")], [getport("100000")]])
    expect(
      "the shorter may be a remnant", .possible, with: [getport("1000<"), getport("100099", at: 60)],
      without: [
        [getport("1000<"), getport("100099", at: 61)], [getport("2000<"), getport("100099", at: 9)],
        [getport("10<"), getport("100099", at: 9)],
      ])
    expect(
      "odd characters", .likely, with: [getport("1000<")],
      without: [[getport("100083")], [getport("nfs")], [getport("")]])
    expect("stale buffer", .possible, with: [getport("^?>XH")], without: [[getport("1000<")]])
    expect("one of program 0", .possible, with: [getport("")], without: [[getport("nfs")], [.fixture()]])
  }

  @Test func aScannersScriptIsSetBesideTheLookup() {
    let lookup = [Event.fixture(procedure: "getport", argument: "100083")]
    let citation = Event.fixture().citation
    let both = Fusion.Context(mentions: [
      Mention(.program(number: 100_083, label: "TT"), citation), Mention(.dumpCommand, citation),
    ])
    let one = Fusion.Context(mentions: [Mention(.program(number: 100_083, label: "TT"), citation)])
    let other = Fusion.Context(mentions: [
      Mention(.program(number: 100_068, label: "CM"), citation), Mention(.dumpCommand, citation),
    ])
    func says(_ context: Fusion.Context) -> Bool {
      deductions(lookup, context).contains { $0.text.contains("does not explain this look-up") }
    }
    #expect(says(both) && !says(one) && !says(other))
  }

  @Test func indirectCalls() {
    expect(
      "make the call itself", .certain, with: [.fixture(procedure: "callit", argument: "nsrstat")],
      without: [[.fixture(procedure: "getport", argument: "nsrstat")]])
    expect(
      "It may be harmless", .possible, with: [.fixture(procedure: "callit", argument: "nsrstat")],
      without: [[.fixture(procedure: "callit", argument: "ttdbserverd")]])
  }

  @Test func localCallers() {
    func unset(_ address: String, at seconds: Double = 0) -> Event {
      .fixture(at: seconds, from: "loopback(\(address))", outcome: .allowed, procedure: "unset", transport: .local)
    }
    let run = [unset(#"\000\000\024\036"#), unset(#"\000\000\024\037"#, at: 1)]
    expect("a process of the host itself", .certain, with: run, without: [[.fixture(procedure: "unset")]])
    // Nothing follows the last endpoint there is, and nothing overflows.
    let last = [unset(#"\377\377\377\377"#), unset(#"\377\377\377\377"#, at: 1)]
    expect("is endpoint 0xFFFFFFFF", .certain, with: last, without: [run])
    expect("Consecutive endpoints", .likely, with: run, without: [last])
    expect(
      "Consecutive endpoints (0x141E, 0x141F)", .likely, with: run,
      without: [[run[0]], [run[0], unset(#"\000\000\024\041"#, at: 1)]])
    expect(
      "a byte short is 0x1420", .likely, with: run + [unset(#"\000\000\024"#, at: 2)],
      without: [run, [run[0], unset(#"\000\000\024"#, at: 2)]])
    expect(
      "showmount", .possible, with: run,
      without: [[.fixture(from: "loopback(1)", procedure: "dump", transport: .local)]])
  }

  @Test func recordsThatAreCutOff() {
    let cut = Event.fixture(.incomplete, at: 0, from: "", outcome: .unknown, rpc: nil, detail: "connect from")
    let allowed = Event.fixture(at: 0, outcome: .allowed, text: "connect from 192.0.2.66 to dump()")
    let refused = Event.fixture(at: 0, outcome: .refused, text: "refused connect from 192.0.2.66 to dump()")
    expect("is cut off after", .certain, with: [cut], without: [[allowed]])
    let later = Event.fixture(at: 1, outcome: .allowed, text: "connect from 192.0.2.66 to dump()")
    expect(
      "logged in the same second", .possible, with: [cut, allowed], without: [[cut], [cut, refused], [cut, later]])
    let local = Event.fixture(
      at: 0, from: "loopback(1)", outcome: .allowed, procedure: "unset", transport: .local,
      text: "connect from loopback(1) to unset()")
    expect("would begin with \"refused\"", .possible, with: [cut, local], without: [[cut, allowed]])
  }

  @Test func repetitions() {
    func call(_ seconds: Double, to target: String = "marlin") -> Event {
      .fixture(at: seconds, to: target, procedure: "getport", argument: "nfs")
    }
    expect(
      "1 call rather than 2", .likely, with: [call(0), call(5)],
      without: [[call(0), call(6)], [call(0), call(5, to: "zappa")], [call(0)]])
    expect(
      "2 calls rather than 4", .likely, with: [call(0), call(5), call(600), call(605)], without: [[call(0), call(600)]])
    expect(
      "a schedule or a program", .likely, with: [call(0), call(5), call(600), call(605)],
      without: [[call(0), call(5), call(600), call(606)], [call(0), call(600)], [call(0), call(5)]])
  }

  @Test func probesAndDefence() {
    func probe(_ port: UInt16, detail: Bytes = "") -> Event {
      .fixture(.probe, outcome: .unknown, port: port, transport: .tcp, detail: detail)
    }
    let response = Event.fixture(.response, at: 1, outcome: .blocked, rpc: nil)
    expect(
      "where Solaris puts RPC services", .likely, with: [probe(32_771)],
      without: [[probe(32_770)], [probe(32_781)], [probe(111)]])
    expect(
      "is no name", .certain, with: [probe(111, detail: "M-^DM-^Z")], without: [[probe(111, detail: "SYN/Normal")]])
    expect("that is defence, not attack", .certain, with: [probe(111), response], without: [[probe(111)]])
    expect("the probe itself arrived", .certain, with: [probe(111), response], without: [[response], [probe(111)]])
  }

  @Test func pairsAndCourses() {
    var settings = FusionSettings.plain
    settings.directory.add(HostDirectory.Entry(name: "marlin", addresses: [IPAddress(v4: 0xc000_020a)]))
    func connection(
      _ turns: [Int], close: Conversation.Close = .graceful(first: .initiator),
      handshake: Conversation.Handshake = .complete, port: UInt16 = 111
    ) -> Event {
      .fixture(
        .connection, at: 0.5, to: "192.0.2.10", outcome: .connected, port: port, transport: .tcp,
        conversation: .fixture(turns, handshake: handshake, close: close, at: 0.5), digits: 6)
    }
    func says(_ words: String, _ events: [Event]) -> Deduction? {
      deductions(events, settings: settings).first { $0.text.contains(words) }
    }
    #expect(says("saw the same event", [.fixture(), connection([44, -32])])?.confidence == .likely)
    #expect(says("saw the same event", [.fixture(from: "192.0.2.67"), connection([44, -32])]) == nil)
    // A host record of the same call makes certain what sizes alone only suggest.
    #expect(says("EMPTY list", [.fixture(), connection([44, -32])])?.confidence == .certain)
    #expect(says("EMPTY list", [connection([44, -32])])?.confidence == .likely)
    #expect(says("EMPTY list", [connection([44, -52])]) == nil)
    #expect(
      says("2 entries", [connection([44, -72])]) != nil && says("2 entries", [connection([44, -72], port: 112)]) == nil)
    #expect(says("answers reached the sender", [connection([44, -32])]) != nil)
    #expect(says("answers reached the sender", [connection([44, -32], handshake: .unseen)]) == nil)
    #expect(says("closed in good order by the prober", [connection([44, -32])]) != nil)
    #expect(says("reset by the host", [connection([44, -32], close: .reset(by: .responder))]) != nil)
    #expect(says("no close in the trace", [connection([44, -32], close: .open)]) != nil)
  }

  @Test func undatedPacketsGetTheirDayFromTheirPair() {
    func packet(isDated: Bool) -> Event {
      .fixture(
        .connection, at: 0, outcome: .connected, port: 111, transport: .tcp,
        conversation: .fixture([44, -32], isDated: isDated), digits: 6)
    }
    expect(
      "carry no date", .likely, with: [.fixture(), packet(isDated: false)],
      without: [[.fixture(), packet(isDated: true)]])
  }

  @Test func provers() {
    func syn(_ window: UInt16, ttl: UInt8? = nil, sack: Bool = true, stamp: UInt32? = 1000) -> SYNFacts {
      SYNFacts(
        window: window, mss: 1460, windowScale: 0, sackPermitted: sack, timestampValue: stamp, dontFragment: true,
        ttl: ttl, ipID: 5, sequence: 1)
    }
    func probe(_ sourcePort: UInt16 = 40_000, _ facts: SYNFacts? = nil, at seconds: Double = 0) -> Event {
      .fixture(
        .probe, at: seconds, outcome: .reset, port: 111, sourcePort: sourcePort, transport: .tcp,
        conversation: .fixture(syn: facts), digits: 6)
    }
    expect("reserved range", .likely, with: [probe(600)], without: [[probe(599)], [probe(1024)]])
    expect(
      "as of Linux 2.2", .possible, with: [probe(40_000, syn(32_120))],
      without: [[probe(40_000, syn(32_121))], [probe(40_000, syn(32_120, sack: false))]])
    expect(
      "they name no system", .certain, with: [probe(40_000, syn(512, stamp: nil))],
      without: [[probe(40_000, syn(32_120))], [probe()]])
    expect(
      "about 9 hops away", .possible, with: [probe(40_000, syn(512, ttl: 55))],
      without: [[probe(40_000, syn(512, ttl: 64))], [probe(40_000, syn(512, ttl: 54))], [probe(40_000, syn(512))]])
    expect(
      "ticks at 100 Hz, which its SYNs allow", .possible,
      with: [probe(1, syn(512, stamp: 1000)), probe(2, syn(512, stamp: 2000), at: 10)],
      without: [[probe(1, syn(512, stamp: 1000)), probe(2, syn(512, stamp: 11_000), at: 10)]])
    expect(
      "means up for about 10 s", .possible, with: [probe(1, syn(512, stamp: 1000))],
      without: [[probe(1, syn(512, stamp: nil))], [probe(1, syn(512, stamp: 0))]])
  }

  @Test func scans() {
    func tcp(
      _ port: UInt16, to target: String = "192.0.2.10", at seconds: Double = 0, outcome: Outcome = .connected,
      handshake: Conversation.Handshake = .complete, close: Conversation.Close = .reset(by: .initiator),
      syn: SYNFacts? = nil
    ) -> Event {
      .fixture(
        .probe, at: seconds, to: target, outcome: outcome, port: port, sourcePort: 1500, transport: .tcp,
        conversation: .fixture(handshake: handshake, close: close, syn: syn), digits: 6)
    }
    func udp(_ ports: ClosedRange<UInt16>, bytes: [Int] = []) -> [Event] {
      ports.map {
        .fixture(
          .probe, at: Double($0), to: "192.0.2.10", outcome: .unanswered, port: $0, sourcePort: 40_000, transport: .udp,
          conversation: .fixture(bytes, handshake: .unseen, close: .open), digits: 6)
      }
    }
    expect(
      "A sweep of TCP port 111", .likely, with: [tcp(111), tcp(111, to: "192.0.2.11", at: 0.1)],
      without: [[tcp(111), tcp(111, at: 0.1)], [tcp(111), tcp(112, to: "192.0.2.11", at: 0.1)]])
    expect(
      "ends in 0", .likely, with: [tcp(111), tcp(111, to: "192.0.2.0", at: 0.1)],
      without: [[tcp(111), tcp(111, to: "192.0.2.11", at: 0.1)]])
    expect("a UDP port scan", .likely, with: udp(1...5), without: [udp(1...4), udp(1...5, bytes: [40])])
    expect(
      "A SYN scan: TCP 111 open", .likely, with: [tcp(111, handshake: .synAck)],
      without: [[tcp(111)], [tcp(111, handshake: .synAck, close: .open)]])
    let nmap = SYNFacts(
      window: 1024, mss: 1460, windowScale: nil, sackPermitted: false, timestampValue: nil, dontFragment: false,
      ttl: 40, ipID: 1, sequence: 1)
    expect(
      "as nmap builds its SYNs", .likely, with: [tcp(111, handshake: .synAck, syn: nmap)],
      without: [[tcp(111, handshake: .synAck)]])
    expect(
      "A connect() scan: TCP 111 open", .likely,
      with: [tcp(111), tcp(22, outcome: .reset, handshake: .syn, close: .reset(by: .responder))],
      without: [[tcp(111, handshake: .synAck)], [tcp(111, close: .graceful(first: .initiator))]])
  }

  @Test func tracesThatWereEdited() {
    func check(_ hex: String, ip: Int?, tcp: Int?, captured: Int = 60) -> HexCheck {
      HexCheck(
        citation: Event.fixture().citation, textSource: host("192.0.2.66"), textTarget: host("10.0.0.1"),
        hexSource: IPAddress(v4: 0xc000_0242),
        hexTarget: IPAddress(hex) ?? IPAddress(v4: 0), captured: captured, total: 60, ipChecksumDifference: ip,
        tcpChecksumDifference: tcp,
        tcpTailAssumed: false)
    }
    func probe(_ checks: HexCheck...) -> [Event] {
      [
        .fixture(
          .probe, to: "10.0.0.1", outcome: .reset, port: 111, transport: .tcp,
          conversation: .fixture(hexChecks: checks), digits: 6)
      ]
    }
    let sound = probe(check("10.0.0.1", ip: 0, tcp: 0))
    expect("name different destinations", .certain, with: probe(check("16.0.0.1", ip: 0, tcp: 0)), without: [sound])
    expect(
      "typed into the dump as hexadecimal", .likely, with: probe(check("16.0.0.1", ip: 0, tcp: 0)),
      without: [probe(check("17.0.0.1", ip: 0, tcp: 0)), probe(check("16.0.0.2", ip: 0, tcp: 0)), sound])
    expect(
      "only the addresses were rewritten", .likely,
      with: probe(check("10.0.0.1", ip: 7, tcp: 7), check("10.0.0.1", ip: 7, tcp: 7)),
      without: [
        sound, probe(check("10.0.0.1", ip: 7, tcp: 8)),
        probe(check("10.0.0.1", ip: 7, tcp: 7), check("10.0.0.1", ip: 8, tcp: 8)),
      ])
    expect("the headers were changed", .likely, with: probe(check("10.0.0.1", ip: 7, tcp: 0)), without: [sound])
    expect("snapshot length", .certain, with: probe(check("10.0.0.1", ip: 0, tcp: 0, captured: 54)), without: [sound])
  }

  @Test func namesAndVisits() {
    func probe(_ source: String, _ target: String, at seconds: Double, _ transport: Transport = .tcp) -> Event {
      .fixture(
        .probe, at: seconds, from: source, to: target, outcome: .reset, port: 111, transport: transport,
        conversation: .fixture(isDated: false), digits: 6, isDated: false)
    }
    expect(
      "short and the long name", .likely,
      with: [probe("waldo.edu", "sam.edu", at: 0), probe("waldo.acu.edu", "sam.acu.edu", at: 9)],
      without: [[probe("waldo.edu", "sam.edu", at: 0), probe("waldo.acu.edu", "sally.acu.edu", at: 9)]])
    expect(
      "one visit", .likely, with: [probe("waldo.edu", "sam.edu", at: 0), probe("waldo.edu", "sam.edu", at: 9, .udp)],
      without: [[probe("waldo.edu", "sam.edu", at: 0), probe("waldo.edu", "sam.edu", at: 9)]])
  }

  /// No deduction is without evidence, but for the note that more were left out, and none is said twice.
  @Test func everyDeductionHasItsEvidence() {
    var dice = SeededNumbers(7)
    let actions: [Event.Action] = [.rpcCall, .probe, .crash, .stackExecution, .daemonError, .response, .incomplete]
    for _ in 0..<200 {
      let events = (0..<6).map { line in
        Event.fixture(
          actions[dice.roll(actions.count)], at: Double(dice.roll(20)),
          from: ["192.0.2.66", "loopback(\\000)", "", "evil.example"][dice.roll(4)],
          outcome: Outcome.allCases[dice.roll(Outcome.allCases.count)],
          procedure: ["dump", "getport", "unset", "callit"][dice.roll(4)],
          argument: ["", "100083", "1000<", "nfs"][dice.roll(4)], port: UInt16(dice.roll(65_536)),
          conversation: dice.roll(3) == 0 ? .fixture([44, -32]) : nil,
          isDated: dice.roll(4) > 0, line: line)
      }
      let found = deductions(events)
      #expect(found.allSatisfy { (!$0.evidence.isEmpty || $0.text.contains("left out")) && !$0.text.isEmpty })
      #expect(found.allSatisfy { $0.evidence.count <= 24 })
    }
  }
}

/// What several incidents share.
struct WavesTests {
  private func waves(_ events: [Event], stage: Stage = .reconnaissance) -> [Waves.Wave] {
    let ordered = events.sorted(by: Event.precedes)
    let findings = ordered.indices.map {
      Finding(
        signature: .fixture("r", ordered[$0].action == .crash ? .exploitation : stage), pattern: "r", events: [$0])
    }
    return Waves(settings: .plain).waves(
      Fusion(settings: .plain).incidents(events: ordered, findings: findings, context: Fusion.Context()))
  }
  private func says(_ words: String, _ events: [Event]) -> Waves.Wave? {
    waves(events).first { $0.deduction.text.contains(words) }
  }

  @Test func threeSourcesWithinMinutesAreAWave() {
    func call(_ host: Int, at seconds: Double) -> Event { .fixture(at: seconds, from: "198.51.100.\(host)") }
    let wave = says("A wave: 3 sources", [call(1, at: 0), call(2, at: 600), call(3, at: 1200)])
    #expect(wave?.incidents.count == 3 && wave?.deduction.confidence == .possible)
    #expect(says("A wave", [call(1, at: 0), call(2, at: 601), call(3, at: 1200)]) == nil)
    #expect(says("A wave", [call(1, at: 0), call(2, at: 600)]) == nil)
    #expect(says("A wave", [call(1, at: 0), call(2, at: 9), .fixture(at: 10, from: "loopback(1)")]) == nil)
  }

  @Test func oneProgramAskedByTwo() {
    func ask(_ source: String, _ argument: String, at seconds: Double = 0) -> Event {
      .fixture(at: seconds, from: source, procedure: "getport", argument: argument)
    }
    #expect(
      says("100083", [ask("198.51.100.1", "100083"), ask("198.51.100.2", "100083", at: 90_000)])?.deduction.confidence
        == .certain)
    #expect(says("is asked for", [ask("198.51.100.1", "100083"), ask("198.51.100.2", "100068")]) == nil)
    #expect(says("is asked for", [ask("198.51.100.1", "100083"), ask("198.51.100.1", "100083", at: 90_000)]) == nil)
    #expect(says("1 call if repeats", [ask("198.51.100.1", "100083"), ask("198.51.100.1", "100083", at: 5)]) != nil)
  }

  /// A record that a logger repeats is counted as often as it says, by the sentence that is certain.
  @Test func repeatedLookupsAreCounted() {
    func ask(_ source: String, count: Int) -> Event {
      var event = Event.fixture(at: 0, from: source, procedure: "getport", argument: "100083")
      event.count = count
      return event
    }
    #expect(
      says("is asked for in 31 records by 2 sources", [ask("198.51.100.1", count: 30), ask("198.51.100.2", count: 1)])
        != nil)
  }

  @Test func oneSourceAtSeveralTargets() {
    func call(_ target: String, at seconds: Double, from source: String = "198.51.100.1") -> Event {
      .fixture(at: seconds, from: source, to: target)
    }
    #expect(
      says("appears in 2 incidents", [call("marlin", at: 0), call("zappa", at: 90_000)])?.deduction.confidence
        == .likely)
    #expect(says("appears in", [call("marlin", at: 0), call("marlin", at: 90_000)]) == nil)
    #expect(says("appears in", [call("marlin", at: 0), call("zappa", at: 10)]) == nil)
    // The private addresses of two sites need not be one machine.
    let own = says(
      "appears in 2 incidents", [call("marlin", at: 0, from: "10.0.0.1"), call("zappa", at: 90_000, from: "10.0.0.1")])
    #expect(own?.deduction.confidence == .possible && own?.deduction.text.contains("different machines") == true)
  }

  @Test func anAttackWithoutSourceRaisesAQuestion() {
    let crash = Event.fixture(.crash, at: 9000, from: "", to: "paganini", outcome: .crashed, rpc: nil)
    #expect(says("A question", [.fixture(at: 0), crash])?.deduction.confidence == .possible)
    #expect(says("A question", [.fixture(at: 9001), crash]) == nil)
    #expect(says("A question", [.fixture(at: -1), crash]) == nil)
    #expect(says("A question", [.fixture(at: 0), .fixture(at: 9000, from: "198.51.100.9")]) == nil)
  }
}

import Decode
import Evidence
import TestNumbers
import Testing

struct ConversationTests {
  private static let dump = RPC.call(0x1234)
  private static let list = RPC.accepted(0x1234, RPC.list(7))

  // MARK: RPC over TCP

  @Test func aDumpIsOneAnsweredCall() throws {
    var scene = Scene(.tcp)
    scene.open()
    scene.send([.psh, .ack], sequence: 1001, RPC.record(Self.dump))
    scene.answer([.psh, .ack], sequence: 5001, RPC.record(Self.list))
    scene.send([.fin, .ack], sequence: 1045)
    scene.answer([.fin, .ack], sequence: 5000)
    let events = scene.finish()
    let event = try #require(events.first)
    #expect(events.count == 1)
    #expect((event.action, event.outcome, event.view) == (.rpcCall, .answered, .network))
    #expect(event.source == scene.client)
    #expect(event.target == scene.server)
    #expect(event.time == moment(1000.004))
    #expect(event.citation.text == "10.0.0.2.856 > 10.0.0.1.111: tcp P., length 44")
    #expect(event.rpc?.procedureName == "dump")
    #expect(event.rpc?.argumentForm == .empty)
    #expect(event.rpc?.resultEntries == 7)
    #expect(event.rpc?.replyStatus == "SUCCESS")
    let conversation = try #require(event.conversation)
    #expect(conversation.handshake == .complete)
    #expect(conversation.close == .graceful(first: .initiator))
    #expect(conversation.exchange == [.init(role: .initiator, bytes: 44), .init(role: .responder, bytes: 172)])
    #expect(conversation.initiator.payloadBytes == 44)
    #expect(conversation.responder.payloadBytes == 172)
    #expect(conversation.packets.map(\.fromInitiator) == [true, false, true, true, false, true, false])
    #expect(scene.table.packetCounts[InputID(0)]?.understood == 7)
    #expect(scene.table.packetCounts[InputID(0)]?.unconcerned == 0)
    let row = try #require(scene.table.rpcTally.rows.first)
    #expect((row.procedure.procedure, row.calls, row.replies) == (4, 1, 1))
    #expect(scene.table.oddities.isEmpty)
  }

  /// What must not depend on how TCP cut and carried the stream.
  private func essence(_ events: [Event]) -> [String] {
    events.map {
      "\($0.action) \($0.outcome) \($0.rpc as Any) \($0.count) \($0.conversation?.exchange as Any) "
        + "\($0.conversation?.initiator.payloadBytes as Any) \($0.conversation?.responder.payloadBytes as Any)"
    }
  }

  @Test func anySegmentationGivesTheSameEvents() {
    let questions = [
      RPC.call(1, 100_000, 2, 0), RPC.call(2), RPC.call(3, 100_000, 2, 3, hex("000186a5000000030000001100000000")),
    ]
    let stream = questions.flatMap { RPC.record($0, fragment: 17) }
    let answers = [RPC.accepted(1), RPC.accepted(2, RPC.list(5)), RPC.accepted(3, bytes(UInt32(635)))]
    let back = answers.flatMap { RPC.record($0, fragment: 30) }
    // Sequence numbers that wrap in the middle.
    let (start, other) = (UInt32.max - 20, UInt32.max - 60)
    var expected: [String]?
    for seed: UInt64 in 0..<60 {
      var dice = SeededNumbers(seed)
      var scene = Scene(.tcp, port: seed % 2 == 0 ? 111 : 33_333, from: 40_000)
      scene.open(start &- 1, other &- 1)
      for (bytes, isAnswer) in [(stream, false), (back, true)] {
        for range in Self.segments(of: bytes.count, whole: seed == 0, &dice) {
          let sequence = (isAnswer ? other : start) &+ UInt32(range.lowerBound)
          if isAnswer {
            scene.answer(.ack, sequence: sequence, Array(bytes[range]))
          } else {
            scene.send(.ack, sequence: sequence, Array(bytes[range]))
          }
        }
      }
      let essence = essence(scene.finish())
      #expect(essence.count == 3)
      if let expected { #expect(essence == expected, "seed \(seed)") } else { expected = essence }
      #expect(scene.table.oddities.isEmpty, "seed \(seed)")
    }
  }

  /// Segments that overlap, repeat and come late, and together are the stream.
  private static func segments(of count: Int, whole: Bool, _ dice: inout SeededNumbers) -> [Range<Int>] {
    if whole { return [0..<count] }
    var segments: [Range<Int>] = []
    var index = 0
    while index < count {
      let end = min(count, index + 1 + dice.roll(40))
      segments.append(max(0, index - dice.roll(12))..<end)
      if dice.roll(4) == 0 { segments.append(index..<end) }
      index = end
    }
    for place in segments.indices.dropLast() where dice.roll(3) == 0 { segments.swapAt(place, place + 1) }
    return segments
  }

  @Test func aLostSegmentCostsOnlyItsMessages() {
    var scene = Scene(.tcp)
    scene.open()
    let records = (1...4).map {
      RPC.record(RPC.call(UInt32($0), 100_000, 2, 3, hex("000186a5000000030000001100000000")))
    }
    var sequence: UInt32 = 1001
    for (index, record) in records.enumerated() {
      // The end of the second call was not captured.
      let kept = index == 1 ? Array(record.prefix(30)) : record
      scene.send(.ack, sequence: sequence, kept)
      sequence += UInt32(record.count)
    }
    let events = scene.finish()
    #expect(events.map { $0.rpc?.xid } == [1, 2, 3, 4])
    #expect(events.map { $0.rpc?.argumentProgram } == [100_005, nil, 100_005, 100_005])
  }

  @Test func headersAloneGiveAConnection() {
    var scene = Scene(.tcp)
    scene.open()
    scene.send(.ack, sequence: 1001, [], length: 44)
    scene.answer(.ack, sequence: 5001, [], length: 32)
    let events = scene.finish()
    #expect(events.map(\.action) == [.connection])
    #expect(events.map(\.outcome) == [.answered])
    #expect(scene.table.oddities.isEmpty)
  }

  @Test func tcpdumpsRelativeNumbersAreUnderstood() throws {
    var scene = Scene(.tcp)
    scene.server.host = .name("zappa")
    scene.send(.syn, sequence: 1_835_148_885, text: "15:20:35.513401 S")
    scene.answer([.syn, .ack], sequence: 831_851_235, text: "15:20:35.514378 S")
    scene.send(.ack, text: "15:20:35.552481 .")
    scene.send([.psh, .ack], sequence: 1, [], length: 44, text: "15:20:35.567136 P")
    scene.send([.psh, .ack], sequence: 1, [], length: 44, text: "15:20:35.667136 P")
    scene.answer([.psh, .ack], sequence: 1, [], length: 32, text: "15:20:35.889546 P")
    scene.send([.fin, .ack], sequence: 45, text: "15:20:35.930580 F")
    scene.answer([.fin, .ack], sequence: 33, text: "15:20:35.932534 F")
    let event = try #require(scene.finish().first)
    #expect((event.action, event.outcome) == (.connection, .answered))
    #expect(event.conversation?.exchange == [.init(role: .initiator, bytes: 44), .init(role: .responder, bytes: 32)])
    #expect(event.citation.text == "15:20:35.513401 S")
  }

  // MARK: RPC over UDP

  @Test func outcomesFollowTheReply() {
    let port = hex("000186a5 00000003 00000011 00000000")
    let cases: [(call: [UInt8], reply: [UInt8]?, outcome: Outcome)] = [
      (Self.dump, Self.list, .answered),
      (Self.dump, RPC.accepted(0x1234, RPC.list(0)), .empty),
      (RPC.call(9, 100_000, 2, 3, port), RPC.accepted(9, bytes(UInt32(0))), .empty),
      (RPC.call(9, 100_000, 2, 3, port), RPC.accepted(9, bytes(UInt32(2049))), .answered),
      (RPC.call(9, 100_000, 4, 3, bytes(UInt32(100_005))), RPC.accepted(9, RPC.string("")), .empty),
      (RPC.call(9, 100_000, 4, 3, bytes(UInt32(100_005))), RPC.accepted(9, RPC.string("10.0.0.1.8.1")), .answered),
      (Self.dump, RPC.accepted(0x1234, status: 1), .rejected),
      (Self.dump, RPC.accepted(0x1234, status: 5), .rejected),
      (Self.dump, RPC.denied(0x1234, authentication: 1), .refused),
      (Self.dump, RPC.accepted(0x4321), .unanswered),
      (Self.dump, nil, .unanswered),
    ]
    for (index, (call, reply, outcome)) in cases.enumerated() {
      for replyFirst in [false, true] {
        var scene = Scene(.udp)
        if !replyFirst { scene.ask(call) }
        if let reply { scene.reply(reply) }
        if replyFirst { scene.ask(call) }
        let events = scene.finish()
        #expect(events.map(\.outcome) == [outcome], "case \(index)")
        #expect(events.map(\.action) == [.rpcCall], "case \(index)")
        #expect(events.map(\.source.port) == [856])
      }
    }
  }

  @Test func portsOfRepliesAreRead() {
    var scene = Scene(.udp)
    scene.ask(RPC.call(9, 100_000, 4, 3, bytes(UInt32(100_005))))
    scene.reply(RPC.accepted(9, RPC.string("10.0.0.1.8.1")))
    let facts = scene.finish().first?.rpc
    #expect(facts?.resultPort == 2049)
    #expect(facts?.argument == "100005")
    #expect(facts?.argumentForm == .number)
    #expect(facts?.procedureName == "getport")
  }

  @Test func entriesFollowFromTheSizeOfAShortSnapshot() {
    var scene = Scene(.udp)
    scene.ask(Self.dump)
    scene.answer([], Array(Self.list.prefix(30)), length: Self.list.count)
    #expect(scene.finish().map { $0.rpc?.resultEntries } == [7])
  }

  @Test func retransmissionsAreOneCall() {
    var scene = Scene(.udp)
    for _ in 0..<3 { scene.ask(Self.dump) }
    scene.ask(RPC.call(0x1235))
    scene.reply(Self.list)
    scene.reply(Self.list)
    let events = scene.finish()
    #expect(events.map(\.count) == [3, 1])
    #expect(events.map(\.outcome) == [.answered, .unanswered])
  }

  @Test func rpcIsKnownOnAnyPort() {
    for (client, server) in [(1023, 1022), (40_000, 50_000), (50_000, 40_000)] as [(UInt16, UInt16)] {
      var scene = Scene(.udp, port: server, from: client)
      scene.ask(RPC.call(1, 100_083, 1, 7))
      let events = scene.finish()
      #expect(events.map(\.action) == [.rpcCall])
      #expect(events.map(\.source.port) == [client])
    }
  }

  @Test func mountNamesItsPath() {
    var scene = Scene(.udp, port: 635)
    scene.ask(RPC.call(1, 100_005, 1, 1, RPC.string("/export/home")))
    #expect(scene.finish().map(\.detail) == ["/export/home"])
  }

  @Test func icmpTellsWhatBecameOfIt() {
    let cases: [(UInt8, Outcome)] = [(3, .reset), (10, .rejected), (13, .rejected), (1, .unanswered)]
    for (code, outcome) in cases {
      for (payload, action) in [([], .probe), (Self.dump, .rpcCall)] as [([UInt8], Event.Action)] {
        var scene = Scene(.udp)
        scene.ask(payload)
        scene.unreachable(code: code)
        let events = scene.finish()
        #expect(events.map(\.action) == [action])
        #expect(events.map(\.outcome) == [outcome])
        #expect(events.first?.conversation?.packets.count == 2)
      }
    }
  }

  /// RFC 1812, section 5.2.7.1: what a router prohibits did not reach its target.
  @Test(arguments: [UInt8(9), 10, 13]) func aRoutersProhibitionIsNoAnswerOfTheTarget(_ code: UInt8) {
    for (payload, action) in [([], .probe), (Self.dump, .rpcCall)] as [([UInt8], Event.Action)] {
      var scene = Scene(.udp)
      scene.ask(payload)
      scene.unreachable(code: code, by: .address(IPAddress(v4: 0x0a00_00fe)))
      let events = scene.finish()
      #expect(events.map(\.action) == [action] && events.map(\.outcome) == [.blocked])
      #expect(events.first?.conversation?.responder.packets == 0)
    }
  }

  @Test func aClosedClientDoesNotBecomeTheAsker() {
    var scene = Scene(.udp, port: 53, from: 40_000)
    scene.ask([1, 2, 3])
    scene.reply([4, 5, 6])
    swap(&scene.client, &scene.server)
    scene.unreachable(code: 3)
    #expect(scene.finish().isEmpty)
  }

  // MARK: Probes

  @Test func probesByTheirPackets() {
    typealias Step = (inout Scene) -> Void
    let cases: [(name: String, steps: Step, outcome: Outcome?)] = [
      ("SYN alone", { $0.send(.syn, sequence: 9) }, .unanswered),
      ("SYN three times", { for _ in 0..<3 { $0.send(.syn, sequence: 9) } }, .unanswered),
      (
        "SYN, RST",
        {
          $0.send(.syn, sequence: 9); $0.answer([.rst, .ack])
        }, .reset
      ),
      (
        "half-open",
        {
          $0.send(.syn, sequence: 9); $0.answer([.syn, .ack]); $0.send(.rst, sequence: 10)
        }, .connected
      ),
      (
        "connect, RST",
        {
          $0.open(); $0.send([.rst, .ack], sequence: 1001)
        }, .connected
      ),
      (
        "connect, FIN",
        {
          $0.open(); $0.send([.fin, .ack], sequence: 1001); $0.answer([.fin, .ack])
        }, .connected
      ),
      (
        "SYN, prohibited",
        {
          $0.send(.syn, sequence: 9); $0.unreachable(code: 13)
        }, .rejected
      ),
      ("FIN", { $0.send(.fin) }, .unanswered),
      (
        "NULL, RST",
        {
          $0.send([]); $0.answer([.rst, .ack])
        }, .reset
      ),
      ("Xmas", { $0.send([.fin, .psh, .urg]) }, .unanswered),
      ("lone SYN/ACK", { $0.answer([.syn, .ack]) }, nil),
      (
        "tail of a connection",
        {
          $0.send([.fin, .ack]); $0.answer(.ack)
        }, nil
      ),
      ("lone RST", { $0.answer(.rst) }, nil),
      (
        "talk",
        {
          $0.open(); $0.send(.ack, sequence: 1001, [1]); $0.answer(.ack, sequence: 5001, [2])
        }, nil
      ),
      (
        "banner",
        {
          $0.open(); $0.answer(.ack, sequence: 5001, [2])
        }, nil
      ),
    ]
    for (name, steps, outcome) in cases {
      for (port, client) in [(80, 856), (32_780, 32_771), (6000, 40_000)] as [(UInt16, UInt16)] {
        var scene = Scene(.tcp, port: port, from: client)
        steps(&scene)
        let events = scene.finish()
        // What a port of RPC carries is told whatever it was.
        if port == 32_780, ["talk", "banner"].contains(name) { continue }
        #expect(events.map(\.outcome) == (outcome.map { [$0] } ?? []), "\(name) at \(port)")
        #expect(events.allSatisfy { $0.action == .probe && $0.source == scene.client }, "\(name) at \(port)")
        let counts = scene.table.packetCounts[InputID(0)]
        #expect(counts?.understood == (outcome == nil ? 0 : scene.frame))
        #expect(counts?.unconcerned == (outcome == nil ? scene.frame : 0))
      }
    }
  }

  @Test func udpScansAreProbesWhateverThePorts() {
    for port: UInt16 in [936, 937, 327, 635, 554, 321, 1600, 47_000, 60_000] {
      var scene = Scene(.udp, port: port, from: 47_862)
      scene.ask([])
      let events = scene.finish()
      #expect(events.map(\.outcome) == [.unanswered], "\(port)")
      #expect(events.map(\.target.port) == [port])
    }
  }

  @Test func loneAnswersAndMulticastAreNoProbes() {
    var scene = Scene(.udp, port: 53, from: 40_000)
    scene.reply([1, 2, 3])
    scene.server = Endpoint(host: .address(IPAddress(v4: 0xe000_00fb)), port: 5353)
    scene.client.port = 5353
    scene.ask([1])
    #expect(scene.finish().isEmpty)
    #expect(scene.table.packetCounts[InputID(0)]?.unconcerned == 2)
  }

  // MARK: Ends and caps

  @Test func aNewSynOnAClosedFlowIsANewConversation() {
    var scene = Scene(.tcp, port: 80)
    for round in 0..<3 {
      scene.send(.syn, sequence: UInt32(round) * 1000)
      scene.answer([.rst, .ack])
    }
    #expect(scene.finish().map { $0.conversation?.packetCount } == [2, 2, 2])
  }

  @Test func silenceEndsAConversation() {
    for (transport, limit) in [(Transport.udp, 30.0), (.tcp, 300)] {
      for (silence, count) in [(limit - 1, 1), (limit + 1, 2)] {
        var scene = Scene(transport, port: 700)
        scene.send(.syn)
        scene.time += silence
        scene.send(.syn)
        #expect(scene.finish().count == count)
      }
      var scene = Scene(transport, port: 700)
      scene.send(.syn)
      var events: [Event] = []
      scene.table.advance(to: moment(1000 + limit - 1).timestamp, into: &events)
      #expect(scene.table.packetCounts.isEmpty)
      scene.table.advance(to: moment(1001 + limit).timestamp, into: &events)
      #expect(scene.table.packetCounts[InputID(0)]?.understood == 1)
    }
  }

  @Test func fullTablesGiveUpTheirOldest() {
    var limits = ConversationTable.Limits()
    limits.conversations = 10
    var scene = Scene(.tcp, port: 80, limits: limits)
    for port: UInt16 in 1...25 {
      scene.client.port = 40_000 + port
      scene.send(.syn, sequence: 1)
    }
    #expect(scene.table.packetCounts[InputID(0)]?.understood == 15)
    #expect(scene.table.oddities.count(of: .tableFull) == 15)
    #expect(scene.finish().count == 25)
    #expect(scene.table.packetCounts[InputID(0)]?.understood == 25)
  }

  @Test func buffersAreBounded() {
    var limits = ConversationTable.Limits()
    limits.bufferedBytes = 10_000
    var scene = Scene(.tcp, limits: limits)
    for port: UInt16 in 1...20 {
      scene.client.port = 40_000 + port
      scene.open()
      // Each holds 1000 bytes of a message that does not end.
      scene.send(.ack, sequence: 1001, Array(RPC.record(RPC.call(1) + [UInt8](repeating: 0, count: 5000)).prefix(1004)))
    }
    #expect(scene.table.oddities.count(of: .tableFull) == 10)
    #expect(scene.finish().map(\.action) == [Event.Action](repeating: .connection, count: 20))
  }

  @Test func manyCallsAreGivenEarly() {
    var limits = ConversationTable.Limits()
    limits.callsPerConversation = 10
    var scene = Scene(.udp, limits: limits)
    for xid: UInt32 in 1...25 { scene.ask(RPC.call(xid)) }
    #expect(scene.events.count == 22)
    #expect(scene.finish().count == 25)
    #expect(scene.table.oddities.count(of: .tableFull) == 2)
  }

  @Test func malformedRPCIsOdd() {
    let overlong = Array(RPC.call(1).prefix(28)) + bytes(UInt32.max) + RPC.none
    for transport in [Transport.udp, .tcp] {
      var scene = Scene(transport)
      if transport == .tcp { scene.open() }
      scene.send(.ack, sequence: 1001, transport == .tcp ? RPC.record(overlong) : overlong)
      #expect(scene.finish().map(\.action) == [.connection])
      #expect(scene.table.oddities.count(of: .rpcMalformed) == 1)
    }
    var scene = Scene(.tcp)
    scene.open()
    scene.send(.ack, sequence: 1001, Array("GET / HTTP/1.0\r\n\r\n".utf8))
    #expect(scene.finish().map(\.action) == [.connection])
    #expect(scene.table.oddities.count(of: .rpcMalformed) == 1)
  }

  @Test func otherProtocolsAreNeitherRPCNorOdd() {
    var dice = SeededNumbers(11)
    for _ in 0..<200 {
      var scene = Scene(dice.roll(2) == 0 ? .tcp : .udp, port: 8080, from: 40_000)
      if scene.transport == .tcp { scene.open() }
      scene.send(.ack, sequence: 1001, dice.bytes(1 + dice.roll(100)))
      scene.answer(.ack, sequence: 5001, dice.bytes(1 + dice.roll(100)))
      #expect(scene.finish().isEmpty)
      #expect(scene.table.oddities.isEmpty)
    }
  }

  @Test func anyPacketsKeepTheBalance() {
    var dice = SeededNumbers(5)
    let payloads = [[], Self.dump, Self.list, RPC.record(Self.dump), RPC.record(Self.list), [0x80], [0, 0, 0, 0]]
    var limits = ConversationTable.Limits()
    limits.conversations = 7
    limits.bufferedBytes = 300
    limits.callsPerConversation = 3
    for round in 0..<150 {
      var scene = Scene(round % 2 == 0 ? .tcp : .udp, limits: limits)
      for _ in 0..<60 {
        scene.client.port = UInt16(700 + dice.roll(12))
        scene.time += dice.roll(20) == 0 ? Double(dice.roll(400)) : 0
        let flags = TCPFlags(rawValue: UInt8(dice.roll(64)))
        let payload = Array(payloads[dice.roll(payloads.count)].prefix(dice.roll(80)))
        let sequence = dice.roll(10) == 0 ? UInt32(truncatingIfNeeded: dice.roll(1 << 31) * 2) : UInt32(dice.roll(300))
        let length = payload.count + (dice.roll(5) == 0 ? dice.roll(2000) : 0)
        switch dice.roll(8) {
        case 0: scene.unreachable(code: UInt8(dice.roll(16)))
        case 1...4: scene.send(flags, sequence: sequence, payload, length: length)
        default: scene.answer(flags, sequence: sequence, payload, length: length)
        }
      }
      _ = scene.finish()
      let counts = scene.table.packetCounts[InputID(0)]
      #expect((counts?.understood ?? 0) + (counts?.unconcerned ?? 0) == scene.frame)
    }
  }

  /// A SYN that nobody answers begins no stream: whoever forges one in the middle of a connection hides nothing by it.
  @Test(arguments: [UInt32(1), 900, 1002, 777_777, 0x8000_0000], [true, false])
  func aForgedSYNHidesNoCall(_ sequence: UInt32, _ isFromClient: Bool) {
    var scene = Scene(.tcp)
    scene.open()
    if isFromClient { scene.send(.syn, sequence: sequence) } else { scene.answer(.syn, sequence: sequence) }
    let (call, reply) = (RPC.record(RPC.call(5)), RPC.record(RPC.accepted(5, RPC.list(3))))
    scene.send([.ack, .psh], sequence: 1001, call)
    scene.answer([.ack, .psh], sequence: 5001, reply)
    let calls = scene.finish().filter { $0.action == .rpcCall }
    #expect(calls.map(\.outcome) == [.answered] && calls.first?.rpc?.resultEntries == 3)
    #expect(calls.first?.source == scene.client && calls.first?.target == scene.server)
  }

  /// What answers it does, and what comes out of order waits for what is before it.
  @Test func aSYNThatIsAnsweredNumbersTheStream() {
    var scene = Scene(.tcp)
    scene.open()
    scene.open(70_000, 90_000)
    let call = RPC.record(RPC.call(5))
    scene.send([.ack, .psh], sequence: 70_001 + 20, Array(call[20...]))
    // Of the connection before.
    scene.send([.ack, .psh], sequence: 1001, RPC.record(RPC.call(4, 100_000, 2, 0)))
    scene.send([.ack, .psh], sequence: 70_001, Array(call[..<20]))
    #expect(scene.finish().filter { $0.action == .rpcCall }.map { $0.rpc?.procedureName } == ["dump"])
  }
}

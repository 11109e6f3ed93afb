import Decode
import Evidence
import TestNumbers
import Testing

/// Flows between addresses are kept in few bytes for as long as nothing about them is special; flows between names never
/// are. Nobody may see which.
struct FlowStageTests {
  private struct Case {
    var transport: Transport
    var ports: [UInt16]
    var limits = ConversationTable.Limits()
  }

  /// What a portmapper tells of ports leads the addresses' next conversations, so it tells of none that is used here.
  private static let list = RPC.list(7, port: 9)

  private static let payloads: [[UInt8]] = [
    [], [], [], Array("GET / HTTP/1.0\r\n\r\n".utf8), Array("220 ready\r\n".utf8), [0x16, 3, 1, 1, 0, 1, 0, 0, 0xfc],
    [7],
    RPC.call(0x1234), RPC.accepted(0x1234, list), RPC.record(RPC.call(0x1234)),
    RPC.record(RPC.accepted(0x1234, list)), RPC.record(RPC.call(9, 100_005, 1, 1, RPC.string("/home"))),
    RPC.record([UInt8](repeating: 9, count: 40)), [0x80, 0, 0], [0, 0, 0, 0],
  ]

  /// Packets of a few hosts, of which most go on where the ones before ended.
  private static func packets(_ dice: inout SeededNumbers, _ kind: Case) -> [(record: PacketRecord, payload: [UInt8])] {
    var time = 1000.0
    var next: [UInt64: UInt32] = [:]
    return (1...(30 + dice.roll(90))).map { frame in
      time += dice.roll(60) == 0 ? Double(dice.roll(400)) : 0.001
      let (client, isAnswer) = (UInt16(700 + dice.roll(3)), dice.roll(2) == 0)
      let port = kind.ports[dice.roll(kind.ports.count)]
      let ends = [
        Endpoint(host: .address(IPAddress(v4: 0x0a00_0002)), port: client),
        Endpoint(host: .address(IPAddress(v4: 0x0a00_0001)), port: port),
      ]
      let (source, target) = isAnswer ? (ends[1], ends[0]) : (ends[0], ends[1])
      let sets: [TCPFlags] = [.syn, [.syn, .ack], .ack, .ack, .ack, [.psh, .ack], [.fin, .ack], .rst, [], .fin]
      let flags = kind.transport == .tcp ? sets[dice.roll(sets.count)] : []
      let full = flags.contains(.syn) && dice.roll(9) > 0 ? [] : payloads[dice.roll(payloads.count)]
      let payload = dice.roll(6) == 0 ? Array(full.prefix(dice.roll(50))) : full
      let lane = UInt64(client) << 32 | UInt64(port) << 16 | (isAnswer ? 1 : 0)
      let isRetry = flags.contains(.syn) && dice.roll(2) == 0
      let sequence = isRetry || dice.roll(12) == 0 ? 99 + UInt32(dice.roll(3)) : next[lane, default: 100]
      next[lane] = sequence &+ UInt32(full.count) &+ (flags.contains(.syn) ? 1 : 0)
      var record = PacketRecord(
        time: moment(time), source: source, target: target, transport: kind.transport, flags: flags,
        sequence: sequence, window: UInt16(dice.roll(9)), timeToLive: dice.roll(3) == 0 ? nil : 64,
        ipID: dice.roll(3) == 0 ? nil : UInt16(dice.roll(99)), dontFragment: dice.roll(2) == 0,
        payloadLength: full.count,
        citation: Citation(
          Provenance(
            input: InputID(dice.roll(40) == 0 ? 1 : 0), place: .frame(frame), offset: frame * 100, length: 99),
          text: ""))
      if flags.contains(.syn) { record.options.maximumSegmentSize = 1460 }
      if dice.roll(25) == 0 {
        record.transport = .icmp
        record.quoted = QuotedDatagram(
          source: target, target: source, transport: kind.transport, icmpType: 3, icmpCode: UInt8(dice.roll(14)))
      }
      return (record, payload)
    }
  }

  /// The same endpoint under a name that is ordered as its address is.
  private static func named(_ endpoint: Endpoint) -> Endpoint {
    Endpoint(host: .name(Bytes(endpoint.host.notation)), port: endpoint.port)
  }

  private static func named(_ record: PacketRecord) -> PacketRecord {
    var record = record
    record.source = named(record.source)
    record.target = named(record.target)
    if var quoted = record.quoted {
      quoted.source = named(quoted.source)
      quoted.target = named(quoted.target)
      record.quoted = quoted
    }
    return record
  }

  /// All that a table told, host names and addresses being written alike.
  private static func run(_ packets: [(record: PacketRecord, payload: [UInt8])], _ kind: Case) -> [String] {
    var table = ConversationTable(limits: kind.limits)
    var events: [Event] = []
    for packet in packets { table.push(packet.record, payload: packet.payload.rawSpan, into: &events) }
    table.finish(into: &events)
    // Probes are told when all have been counted.
    var told = events.sorted(by: Event.precedes).map { event in
      let talk = event.conversation
      let packets = talk?.packets.map {
        "\($0.time) \($0.fromInitiator) \($0.flags) \($0.payloadLength) \($0.citation)"
      }
      return "\(event.action) \(event.outcome) \(event.source.notation) \(event.target.notation) \(event.time) "
        + "\(event.citation) \(event.count) \(event.rpc as Any) \(event.detail.notation) \(packets as Any) "
        + "\(talk?.initiator as Any) \(talk?.responder as Any) \(talk?.handshake as Any) \(talk?.close as Any) "
        + "\(talk?.syn as Any) \(talk?.packetCount as Any) \(talk?.exchange as Any)"
    }
    told += [InputID(0), InputID(1)].map { "\(table.packetCounts[$0] as Any)" }
    told += Oddity.Kind.allCases.map { "\($0) \(table.oddities.counts[$0] as Any)" }
    told += table.rpcTally.rows.map { "\($0)" }
    return told
  }

  @Test(arguments: [Transport.tcp, .udp])
  func howAFlowIsKeptDoesNotShow(_ transport: Transport) {
    var dice = SeededNumbers(transport == .tcp ? 21 : 22)
    var seen = Set<String>()
    for round in 0..<250 {
      var kind = Case(transport: transport, ports: round % 4 == 0 ? [111, 8080] : [8080])
      if round % 5 == 0 { kind.limits.conversations = 2 }
      if round % 7 == 0 { kind.limits.bufferedBytes = 60 }
      let packets = Self.packets(&dice, kind)
      let brief = Self.run(packets, kind)
      #expect(brief == Self.run(packets.map { (Self.named($0.record), $0.payload) }, kind), "round \(round)")
      for line in brief { seen.insert(String(line.prefix { $0 != " " })) }
    }
    // The packets must have been worth it.
    #expect(seen.isSuperset(of: ["rpcCall", "probe", "connection"]))
  }

  @Test func longOrdinaryTrafficIsCountedWhole() {
    var scene = Scene(.tcp, port: 80, from: 40_000)
    scene.open()
    for number: UInt32 in 0..<500 {
      scene.send(.ack, sequence: 1001 + number * 5, Array("GET /".utf8))
      scene.answer(.ack, sequence: 5001 + number * 5, Array("HTTP/".utf8))
    }
    #expect(scene.finish().isEmpty)
    #expect(scene.table.packetCounts[InputID(0)]?.unconcerned == 1003)
  }

  /// The table against a dictionary that forgets what was silent for the longest time.
  @Test func manyFlowsComeAndGo() {
    var dice = SeededNumbers(3)
    var limits = ConversationTable.Limits()
    limits.conversations = 500
    limits.probes.perSource = 8000
    var table = ConversationTable(limits: limits)
    var (events, expected): ([Event], [[Int]]) = ([], [])
    var lastFrame: [UInt16: Int] = [:]
    var packets: [UInt16: Int] = [:]
    let none: [UInt8] = []
    for frame in 1...8000 {
      let port = UInt16(dice.roll(700))
      table.push(
        PacketRecord(
          time: moment(1000 + Double(frame) / 1000), source: Endpoint(host: .address(IPAddress(v4: 1)), port: 9),
          target: Endpoint(host: .address(IPAddress(v4: 2)), port: port), transport: .tcp, flags: .syn,
          payloadLength: 0,
          citation: Citation(Provenance(input: InputID(0), place: .frame(frame), offset: 0, length: 0), text: "")),
        payload: none.rawSpan, into: &events)
      if lastFrame[port] == nil, lastFrame.count == 500, let oldest = lastFrame.min(by: { $0.value < $1.value }) {
        expected.append([Int(oldest.key), packets[oldest.key] ?? 0])
        lastFrame[oldest.key] = nil
        packets[oldest.key] = nil
      }
      lastFrame[port] = frame
      packets[port, default: 0] += 1
    }
    table.finish(into: &events)
    expected += packets.map { [Int($0.key), $0.value] }
    let told = events.map { [Int($0.target.port ?? 0), $0.conversation?.packetCount ?? 0] }
    #expect(told.sorted { $0.lexicographicallyPrecedes($1) } == expected.sorted { $0.lexicographicallyPrecedes($1) })
    #expect(events.reduce(0) { $0 + ($1.conversation?.packetCount ?? 0) } == 8000)
    #expect(table.packetCounts[InputID(0)]?.understood == 8000)
  }
}

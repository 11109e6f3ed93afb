import Evidence
import TestNumbers
import Testing

@testable import Decode

/// So many probes are told one by one, the rest as sums, of sources and of crowds.
struct ProbeSumTests {
  private static let target: UInt32 = 0x0a00_0001

  /// One packet of a probe; `answer` gives its reply.
  private static func packet(
    _ source: UInt32, _ target: UInt32, _ port: UInt16, at seconds: Double, from sourcePort: UInt16 = 40_000,
    _ flags: TCPFlags = .syn, frame: Int = 1, ttl: UInt8 = 50
  ) -> PacketRecord {
    PacketRecord(
      time: moment(seconds), source: Endpoint(host: .address(IPAddress(v4: source)), port: sourcePort),
      target: Endpoint(host: .address(IPAddress(v4: target)), port: port), transport: .tcp, flags: flags,
      sequence: 7, window: 1024, timeToLive: ttl, payloadLength: 0,
      citation: Citation(
        Provenance(input: InputID(0), place: .frame(frame), offset: frame * 80, length: 80), text: ""))
  }

  private static func events(_ packets: [PacketRecord], _ limits: ConversationTable.Limits = .init()) -> [Event] {
    var table = ConversationTable(limits: limits)
    return events(packets, &table)
  }

  private static func events(_ packets: [PacketRecord], _ table: inout ConversationTable) -> [Event] {
    var events: [Event] = []
    let none: [UInt8] = []
    for packet in packets { table.push(packet, payload: none.rawSpan, into: &events) }
    table.finish(into: &events)
    return events.sorted(by: Event.precedes)
  }

  private static func scan(_ events: [Event]) -> [(event: Event, sum: ProbeSum)] {
    events.compactMap { event in event.probes.map { (event, $0) } }
  }

  @Test("what a source did up to the limit is told one by one")
  func few() {
    let events = Self.events((1...32).map { Self.packet(0xc000_0201, Self.target, UInt16($0), at: Double($0)) })
    #expect(events.count == 32)
    #expect(events.allSatisfy { $0.action == .probe && $0.count == 1 })
  }

  @Test("what it did beyond is one event, which counts the rest and describes all")
  func many() throws {
    let events = Self.events((1...200).map { Self.packet(0xc000_0201, Self.target, UInt16($0), at: Double($0)) })
    let (event, sum) = try #require(Self.scan(events).first)
    #expect(events.count == 33)
    #expect(event.count == 168)
    #expect(sum.probes == 200)
    #expect(sum.tcpPorts.count > 170 && sum.tcpPorts.count <= 200 && sum.tcpPorts.isEstimate)
    #expect(sum.hosts == ProbeSum.Distinct(1))
    #expect(sum.techniques == [.syn: 200])
    #expect(sum.outcomes == [.unanswered: 200])
    #expect(event.time == moment(1) && sum.last == moment(200))
    #expect(event.source.host == .address(IPAddress(v4: 0xc000_0201)))
    #expect(event.target.host == .address(IPAddress(v4: Self.target)))
  }

  @Test("what answered is named, wherever among the probes it was")
  func open() throws {
    var packets = (1...300).map { Self.packet(0xc000_0201, Self.target, UInt16($0), at: Double($0)) }
    let answer = Self.packet(Self.target, 0xc000_0201, 40_000, at: 250.1, from: 250, [.syn, .ack])
    packets.insert(answer, at: 250)
    let (_, sum) = try #require(Self.scan(Self.events(packets)).first)
    #expect(sum.open == [ProbeSum.Open(host: .address(IPAddress(v4: Self.target)), service: Service(.tcp, 250))])
    #expect(sum.outcomes == [.unanswered: 299, .connected: 1])
    #expect(sum.techniques == [.syn: 299, .halfOpen: 1])
  }

  @Test("a source that pauses for longer than incidents last begins anew")
  func pause() throws {
    let visits = [0.0, 10_000].flatMap { start in
      (1...100).map { Self.packet(0xc000_0201, Self.target, UInt16($0), at: start + Double($0)) }
    }
    let sums = Self.scan(Self.events(visits))
    #expect(sums.map(\.sum.probes) == [100, 100])
    #expect(sums.map(\.sum.last) == [moment(100), moment(10_100)])
  }

  @Test("a probe in ten minutes over a day is one scan")
  func slow() throws {
    let packets = (1...144).map { Self.packet(0xc000_0201, Self.target + UInt32($0), 111, at: Double($0) * 600) }
    let (_, sum) = try #require(Self.scan(Self.events(packets)).first)
    #expect(sum.probes == 144)
    #expect(sum.rpcHosts.count > 120)
  }

  @Test("probes count on the day on which they were sent", arguments: [1, 4])
  func days(_ tables: Int) throws {
    let day = 86_400.0
    // Ports below 1024 make the other end look like the client, so that the flow may be of another shard.
    let packets = (0..<432).map { number in
      let port = UInt16(number % 7 == 0 ? 600 + number : 2000 + number)
      return Self.packet(0xc000_0201, Self.target, port, at: day * 10 + Double(number) * 600, frame: number + 1)
    }
    var parts = (0..<tables).map { _ in ConversationTable() }
    var events: [Event] = []
    let none: [UInt8] = []
    for packet in packets { parts[FlowShard.of(packet) % tables].push(packet, payload: none.rawSpan, into: &events) }
    for index in parts.indices { parts[index].endAll(into: &events) }
    for index in 1..<max(tables, 1) where tables > 1 { parts[0].merge(parts[index]) }
    parts[0].finish(into: &events)
    let counts = Dictionary(grouping: events, by: \.time.timestamp.day).mapValues { $0.reduce(0) { $0 + $1.count } }
    #expect(counts == [Day(number: 10): 144, Day(number: 11): 144, Day(number: 12): 144])
    let sums = Self.scan(events)
    #expect(sums.count == 3 && Set(sums.map { ObjectIdentifier($0.sum) }).count == 1)
    #expect(sums.first?.sum.probes == 432 && sums.first?.sum.first == moment(day * 10))
  }

  @Test("of more days than are kept the probes count on the last")
  func manyDays() {
    var tally = DayTally()
    for number in 0..<1000 { tally.note(moment(Double(number) * 86_400 + 5)) }
    tally.take(moment(5))
    #expect(tally.days.count == DayTally.cap - 1 && tally.days.reduce(0) { $0 + $1.probes } == 999)
    #expect(tally.days.first?.first == moment(86_405))
    for edge in [Int64.min, .max] { tally.note(EventTime(Timestamp(nanoseconds: edge), fractionDigits: 9)) }
    #expect(tally.days.reduce(0) { $0 + $1.probes } == 1001)
  }

  /// `count` sources, one probe each, and one source that goes on and meets an open port.
  private static func crowd(_ count: Int, scanner: UInt32, probes: Int = 100) -> [PacketRecord] {
    (0..<max(count, probes)).flatMap { index -> [PacketRecord] in
      let time = Double(index) / 1000
      var packets: [PacketRecord] = []
      if index < count { packets.append(packet(0x0b00_0000 + UInt32(index), target, 111, at: time)) }
      if index < probes {
        let host = target + UInt32(index)
        packets.append(packet(scanner, host, 111, at: time))
        if index == probes - 1 { packets.append(packet(host, scanner, 40_000, at: time, from: 111, [.syn, .ack])) }
      }
      return packets
    }
  }

  @Test("many sources that did little are one crowd, and the one that did more is named")
  func crowd() throws {
    let events = Self.events(Self.crowd(5000, scanner: 0xc000_0207))
    let sums = Self.scan(events)
    try #require(sums.count == 2)
    let crowd = try #require(sums.first { $0.event.source.host == .unknown })
    #expect(crowd.event.count == 5000)
    #expect(crowd.sum.sources == ProbeSum.Distinct(5000))
    let scanner = try #require(sums.first { $0.event.source.host == .address(IPAddress(v4: 0xc000_0207)) })
    #expect(scanner.sum.probes == 100)
    #expect(scanner.sum.open.count == 1)
    #expect(events.reduce(0) { $0 + $1.count } == 5100)
    #expect(events.count < 300)
  }

  @Test("the crowd's sum holds nothing of a source that is told by itself")
  func apart() throws {
    let scanner: UInt32 = 0xc000_0207
    var packets = (0..<200).flatMap { index -> [PacketRecord] in
      let (host, time) = (0xc633_6400 + UInt32(index), Double(index) / 100)
      let answer = Self.packet(host, scanner, 40_000, at: time + 0.001, from: 111, [.syn, .ack])
      return [Self.packet(scanner, host, 111, at: time)] + (index < 40 ? [answer] : [])
    }
    packets += (0..<800).map {
      Self.packet(0x0b00_0000 + UInt32($0), Self.target + UInt32($0 % 5), 111, at: 3 + Double($0) / 100)
    }
    let crowd = try #require(Self.scan(Self.events(packets)).first { $0.event.source.host == .unknown })
    #expect(crowd.sum.hosts == ProbeSum.Distinct(5))
    #expect(crowd.sum.techniques == [.syn: 800] && crowd.sum.outcomes == [.unanswered: 800])
    #expect(crowd.sum.open.isEmpty && crowd.event.outcome == .unanswered)
  }

  @Test("of a few hundred sources each is told, at ports of RPC and elsewhere apart")
  func notYetACrowd() {
    let web = (0..<3000).map { Self.packet(0x0b00_0000 + UInt32($0), Self.target, 8080, at: Double($0) / 100) }
    let rpc = (0..<400).map { Self.packet(0x0c00_0000 + UInt32($0), Self.target, 111, at: Double($0) / 100 + 50) }
    let events = Self.events((web + rpc).sorted { $0.time < $1.time })
    #expect(events.count { $0.action == .probe && $0.target.port == 111 } == 400)
    #expect(Self.scan(events).map(\.sum.sources.count) == [3000])
  }

  @Test("a site's own hosts make no crowd of concern, and who goes on is named all the same")
  func own() throws {
    var limits = ConversationTable.Limits()
    limits.probes.own = [try #require(IPNetwork("11.0.0.0/8"))]
    let sums = Self.scan(Self.events(Self.crowd(5000, scanner: 0x0b70_0001), limits))
    try #require(sums.count == 2)
    let crowd = try #require(sums.first { $0.event.source.host == .unknown })
    #expect(crowd.sum.sources == ProbeSum.Distinct(5000) && crowd.sum.rpcHosts.count == 0)
    let scanner = try #require(sums.first { $0.event.source.host != .unknown })
    #expect(scanner.sum.probes == 100 && scanner.sum.rpcHosts.count > 80)
  }

  @Test("who tries more than a crowd does is told beside it")
  func busy() throws {
    let few = (0..<3000).map { Self.packet(0x0b00_0000 + UInt32($0), Self.target, 111, at: Double($0) / 100) }
    let scan = (1...20).map { Self.packet(0xc000_0207, Self.target, UInt16($0), at: 29 + Double($0) / 100) }
    let events = Self.events((few + scan).sorted { $0.time < $1.time })
    let told = events.filter { $0.source.host == .address(IPAddress(v4: 0xc000_0207)) }
    #expect(told.count >= 12 && told.allSatisfy { $0.action == .probe })
    #expect(events.reduce(0) { $0 + $1.count } == 3020)
  }

  @Test("with more sources than can be known the scanner among them stays named, and that the table was full is said")
  func forgotten() throws {
    var limits = ConversationTable.Limits()
    limits.conversations = 500
    limits.probes.sources = 1000
    var table = ConversationTable(limits: limits)
    let events = Self.events(Self.crowd(20_000, scanner: 0xc000_0207, probes: 15_000), &table)
    let sums = Self.scan(events)
    let crowd = try #require(sums.first { $0.event.source.host == .unknown })
    // Within three standard errors of 4096 registers.
    #expect(crowd.sum.sources.isEstimate && abs(crowd.sum.sources.count - 20_000) < 1000)
    #expect(crowd.event.count == 20_000)
    let scanner = try #require(sums.first { $0.event.source.host == .address(IPAddress(v4: 0xc000_0207)) })
    #expect(scanner.sum.probes == 15_000)
    #expect(table.oddities.count(of: .tableFull) > 0)
  }

  @Test("that the table of sources was full is said, where that of flows was not")
  func fullOfSources() {
    var limits = ConversationTable.Limits()
    limits.probes.sources = 1000
    var table = ConversationTable(limits: limits)
    _ = Self.events(Self.crowd(2000, scanner: 0xc000_0207, probes: 50), &table)
    #expect(table.oddities.count(of: .tableFull) == 1)
  }

  @Test(
    "flows shared out among tables give what one table gives; where there is a crowd, as many probes",
    arguments: [UInt64](1...20), [30, 1000])
  func merged(_ seed: UInt64, _ singly: Int) {
    var dice = SeededNumbers(seed)
    var limits = ConversationTable.Limits()
    limits.probes.singly = singly
    limits.probes.perSource = 4 + dice.roll(20)
    let packets = (0..<600).map { index in
      Self.packet(
        0x0b00_0000 + UInt32(dice.roll(60) * dice.roll(2)), Self.target + UInt32(dice.roll(4)),
        dice.roll(3) == 0 ? 111 : UInt16(1 + dice.roll(90)), at: Double(index) * 4, frame: index)
    }
    let whole = Self.events(packets, limits)
    var tables = (0..<3).map { _ in ConversationTable(limits: limits) }
    var parts: [Event] = []
    let none: [UInt8] = []
    for packet in packets {
      tables[Int(packet.target.host.address?.v4 ?? 0) % 3].push(packet, payload: none.rawSpan, into: &parts)
    }
    for index in tables.indices { tables[index].endAll(into: &parts) }
    tables[0].merge(tables[1])
    tables[0].merge(tables[2])
    tables[0].finish(into: &parts)
    let total = { (events: [Event]) in events.reduce(0) { $0 + $1.count } }
    #expect(total(parts) == total(whole))
    guard singly == 1000 else { return }
    let named = { (events: [Event]) in Set(Self.scan(events).map(\.event.source.host)) }
    #expect(named(parts) == named(whole))
    let probes = { (events: [Event]) in
      Dictionary(grouping: Self.scan(events), by: \.event.source.host).mapValues { $0.reduce(0) { $0 + $1.sum.probes } }
    }
    #expect(probes(parts) == probes(whole))
  }

  @Test("bare headers of IP protocols are probes of the protocol; what has something to say is none")
  func protocols() throws {
    var table = ConversationTable()
    var events: [Event] = []
    for number in UInt8(0)...254 where ![1, 4, 6, 17, 41, 44, 47, 58, 60, 43, 51].contains(number) {
      let bare = Wire.ethernet(0x0800, Wire.ipv4(number, []))
      let packet = try #require(try decode(bare))
      table.push(packet.record, payload: bare.rawSpan.slice(packet.payload), into: &events)
      #expect(try decode(Wire.ethernet(0x0800, Wire.ipv4(number, [1, 2, 3, 4]))) == nil)
    }
    table.finish(into: &events)
    let (event, sum) = try #require(Self.scan(events).first)
    #expect(event.transport == .ip)
    #expect(sum.ipProtocols.count > 220 && sum.tcpPorts.count == 0 && sum.udpPorts.count == 0)
    #expect(sum.techniques == [.ipProtocol: 244])
    #expect(events.count == 33)
  }

  @Test("both directions of a flow are in one shard, and a frame's first bytes tell it", arguments: [UInt64](1...50))
  func shards(_ seed: UInt64) throws {
    var dice = SeededNumbers(seed)
    for _ in 0..<20 {
      let ports = [111, 2049, 700, 40_000, 80, 8080, 53].map { UInt16($0) }
      let (one, other) = (ports[dice.roll(7)], ports[dice.roll(7)])
      let (client, server) = (UInt32(0x0a00_0000 + dice.roll(9)), UInt32(0xc000_0200 + dice.roll(9)))
      func frame(_ source: UInt32, _ target: UInt32, _ from: UInt16, _ to: UInt16) -> [UInt8] {
        Wire.ethernet(
          0x0800,
          Wire.ipv4(17, Wire.udp(from, to, [1, 2, 3]), source: source, target: target))
      }
      let forth = frame(client, server, one, other)
      let back = frame(server, client, other, one)
      let decoder = try #require(FrameDecoder(linkType: 1))
      let (there, here) = (try #require(try decode(forth)), try #require(try decode(back)))
      #expect(FlowShard.of(there.record) == FlowShard.of(here.record))
      #expect(decoder.peekShard(forth.rawSpan) == FlowShard.of(there.record))
      #expect(decoder.peekShard(back.rawSpan) == FlowShard.of(here.record))
    }
  }
}

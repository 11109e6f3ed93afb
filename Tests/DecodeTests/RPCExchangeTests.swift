import Evidence
import Testing

@testable import Decode

/// How calls and replies of one conversation are put together, and what they tell of the next.
struct RPCExchangeTests {
  private func word(_ value: UInt32) -> [UInt8] { bytes(value) }
  private let handle = bytes(UInt32(8)) + [UInt8](repeating: 7, count: 8)

  // MARK: Calls that are alike

  private func busyClient(_ calls: Int, answered: Bool = true, argument: (Int) -> [UInt8]) -> (Scene, [Event]) {
    var scene = Scene(.udp, port: 2049)
    for number in 0..<calls {
      scene.ask(RPC.call(UInt32(number), 100_003, 3, 3, argument(number)))
      if answered { scene.reply(RPC.accepted(UInt32(number), word(0))) }
    }
    let events = scene.finish()
    return (scene, events)
  }

  @Test(arguments: [true, false]) func callsThatTellTheSameBecomeOne(_ answered: Bool) {
    let (scene, events) = busyClient(5000, answered: answered) { _ in handle + RPC.string("notes") }
    #expect(events.count == RPCExchange.alikeCap + 1)
    #expect(events.reduce(0) { $0 + $1.count } == 5000)
    #expect(Set(events.map(\.outcome)) == [answered ? .answered : .unanswered])
    #expect(scene.table.rpcTally.rows.map(\.calls) == [5000])
    #expect(scene.table.oddities.isEmpty)
  }

  @Test func callsThatDifferStayApart() {
    let (_, names) = busyClient(100) { handle + RPC.string("file\($0)") }
    #expect(names.count == 100)
    let (_, signs) = busyClient(100) { _ in handle + RPC.string("../../etc/passwd") }
    #expect(signs.count == 100)
  }

  @Test func outcomesStayApart() {
    var scene = Scene(.udp, port: 2049)
    for number in 0..<200 {
      scene.ask(RPC.call(UInt32(number), 100_003, 3, 1, handle))
      if number % 2 == 0 { scene.reply(RPC.accepted(UInt32(number), word(number % 4 == 0 ? 0 : 70))) }
    }
    let events = scene.finish()
    let counts = Dictionary(grouping: events) { "\($0.outcome) \($0.rpc?.details.resultStatus.notation ?? "")" }
      .mapValues { $0.reduce(0) { $0 + $1.count } }
    #expect(counts == ["answered ": 50, "empty NFS3ERR_STALE": 50, "unanswered ": 100])
  }

  // MARK: xids

  /// What the client counts by makes no difference: up, down, or by no rule at all.
  @Test(arguments: [{ $0 }, { 900_000 - $0 }, { $0 &* 2_654_435_761 }] as [@Sendable (UInt32) -> UInt32])
  func everyReplyFindsItsCall(_ xid: @Sendable (UInt32) -> UInt32) {
    var scene = Scene(.udp, port: 2049)
    for number in 0..<UInt32(3000) {
      scene.ask(RPC.call(xid(number), 100_003, 3, number % 2 == 0 ? 1 : 3, handle))
      if number >= 200 { scene.reply(RPC.accepted(xid(number - 200), word(0))) }
    }
    let events = scene.finish()
    #expect(events.filter { $0.outcome == .answered }.reduce(0) { $0 + $1.count } == 2800)
    #expect(events.filter { $0.outcome == .unanswered }.reduce(0) { $0 + $1.count } == 200)
    #expect(scene.table.rpcTally.rows.reduce(0) { $0 + $1.replies } == 2800)
  }

  /// Also of a call that was added to others that tell the same, as long as it is waited for.
  @Test func retransmissionsAreCountedWhereTheirCallWent() {
    var scene = Scene(.udp, port: 2049)
    for number in 0..<UInt32(500) {
      scene.ask(RPC.call(number, 100_003, 3, 1, handle))
      scene.reply(RPC.accepted(number, word(0)))
    }
    for number in 0..<UInt32(500) { scene.ask(RPC.call(number, 100_003, 3, 1, handle)) }
    let events = scene.finish()
    #expect(events.count == RPCExchange.alikeCap + 1 && events.reduce(0) { $0 + $1.count } == 1000)
  }

  /// A client that asks for minutes has asked until the last of its retransmissions.
  @Test func aCallEndsWithItsLastRetransmission() throws {
    var scene = Scene(.udp)
    let call = RPC.call(5, 100_000, 2, 4)
    for number in 0..<8 {
      scene.time = 1000 + Double(number) * 30
      scene.ask(call)
    }
    let last = scene.time
    let event = try #require(scene.finish().first)
    #expect(event.count == 8)
    let span = event.end.timestamp.seconds(since: event.time.timestamp)
    #expect(abs(span - 210) < 0.5 && last >= 1210, "\(span)")
  }

  /// What is sent in several hours is counted in each of them, whether it is the same message or one like it.
  @Test(arguments: [true, false])
  func repetitionsAreCountedInTheirHour(_ isSameMessage: Bool) {
    var scene = Scene(.udp)
    var sent: [Int64: Int] = [:]
    for number in 0..<UInt32(240) {
      scene.time = 3600 * 5 - 1800 + Double(number) * 30
      sent[Int64(scene.time) / 3600, default: 0] += 1
      scene.ask(RPC.call(isSameMessage ? 5 : number, 100_000, 2, 4))
    }
    let events = scene.finish()
    let told = events.reduce(into: [Int64: Int]()) { $0[$1.time.timestamp.hour, default: 0] += $1.count }
    #expect(sent.count == 3 && told == sent)
    #expect(events.allSatisfy { $0.time.timestamp.hour == $0.end.timestamp.hour })
    #expect(events.count <= RPCExchange.alikeCap + 3)
  }

  @Test func retransmissionsAreOneCallAlsoAfterTheReply() {
    var scene = Scene(.udp)
    let call = RPC.call(5, 100_000, 2, 4)
    for _ in 0..<2 { scene.ask(call) }
    scene.reply(RPC.accepted(5, RPC.list(2)))
    scene.ask(call)
    scene.reply(RPC.accepted(5, RPC.list(2)))
    let events = scene.finish()
    #expect(events.map(\.count) == [3])
    #expect(events.first?.rpc?.resultEntries == 2)
    let row = scene.table.rpcTally.rows.first
    #expect((row?.calls, row?.replies) == (3, 2))
  }

  @Test func anXidThatIsUsedAgainIsAnotherCall() {
    var scene = Scene(.udp)
    for program: UInt32 in [100_003, 100_005] {
      scene.ask(RPC.call(5, 100_000, 2, 3, word(program) + word(3) + word(6) + word(0)))
      scene.reply(RPC.accepted(5, word(program % 1000)))
    }
    let events = scene.finish()
    #expect(events.map { $0.rpc?.argumentProgram } == [100_003, 100_005])
    #expect(events.map { $0.rpc?.resultPort } == [3, 5])
  }

  @Test func manyOpenCallsAreForgottenFromTheOldest() {
    var scene = Scene(.udp, port: 2049)
    let calls = RPCExchange.latestCap + 100
    for number in 0..<calls { scene.ask(RPC.call(UInt32(number), 100_003, 3, 1, handle)) }
    scene.reply(RPC.accepted(UInt32(calls - 1), word(0)))
    scene.reply(RPC.accepted(0, word(0)))
    let events = scene.finish()
    #expect(events.reduce(0) { $0 + $1.count } == calls)
    #expect(events.filter { $0.outcome == .answered }.count == 1)
  }

  // MARK: What follows from a conversation

  @Test func portsThatAreToldLeadToRPC() throws {
    var scene = Scene(.udp)
    scene.ask(RPC.call(5, 100_000, 2, 3, word(100_005) + word(3) + word(6) + word(0)))
    scene.reply(RPC.accepted(5, word(40_321)))
    scene.ask(RPC.call(6, 100_000, 2, 4))
    scene.reply(RPC.accepted(6, word(1) + word(100_024) + word(1) + word(17) + word(41_000) + word(0)))
    // Headers alone, and a protocol that is none.
    scene.transport = .tcp
    scene.server.port = 40_321
    scene.client.port = 40_000
    scene.open()
    scene.send(.ack, sequence: 1001, [], length: 80)
    scene.answer(.ack, sequence: 5001, [], length: 60)
    // Another port of the same transport was not told of.
    scene.server.port = 41_000
    scene.open()
    scene.send(.ack, sequence: 1001, [], length: 80)
    scene.answer(.ack, sequence: 5001, [], length: 60)
    let events = scene.finish()
    #expect(
      events.map(\.action) == [.connection, .rpcCall, .rpcCall] || events.filter { $0.action == .connection }.count == 1
    )
    let connection = try #require(events.first { $0.action == .connection })
    #expect(connection.target.port == 40_321)
    let told = try #require(connection.rpc?.details.told)
    #expect((told.program, told.version) == (100_005, 3))
    #expect(told.citation.provenance.place == .frame(2))
  }

  @Test func learnedPortsHaveACapAndForgetTheOldest() {
    var learned = LearnedPorts()
    let citation = Citation(provenance, text: "")
    func address(_ number: Int) -> IPAddress { IPAddress(v4: UInt32(number)) }
    func key(_ number: Int) -> FlowKey {
      FlowKey.of(
        Endpoint(host: .address(address(number)), port: 5), Endpoint(host: .address(address(1 << 30)), port: 600), .udp
      ).0
    }
    #expect(learned.service(of: key(0)) == nil)
    var evictions = 0
    for number in 0..<(LearnedPorts.cap * 2 + 10) {
      let service = ToldService(program: UInt32(number), version: 1, citation: citation)
      let hasRoom = learned.learn(service, client: address(number), server: address(1 << 30), port: 600, isUDP: true)
      if !hasRoom { evictions += 1 }
    }
    #expect(learned.count == LearnedPorts.cap)
    #expect(evictions == LearnedPorts.cap + 10)
    #expect(learned.service(of: key(LearnedPorts.cap + 9)) == nil)
    #expect(learned.service(of: key(LearnedPorts.cap + 10))?.0.program == UInt32(LearnedPorts.cap + 10))
  }

  @Test func afterSTARTTLSNothingIsMalformed() {
    var scene = Scene(.tcp, port: 2049)
    scene.open()
    let probe = RPC.record(RPC.call(1, 100_003, 4, 0, credential: word(7) + word(0)))
    let agreed = RPC.record(
      word(1) + word(1) + word(0) + word(0) + word(8) + Array("STARTTLS".utf8) + word(0))
    scene.send(.ack, sequence: 1001, probe)
    scene.answer(.ack, sequence: 5001, agreed)
    let hello: [UInt8] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3] + [UInt8](repeating: 0x5a, count: 500)
    scene.send(.ack, sequence: 1001 + UInt32(probe.count), hello)
    scene.answer(.ack, sequence: 5001 + UInt32(agreed.count), hello)
    let events = scene.finish()
    #expect(events.map { $0.rpc?.details.protection } == [.tls])
    #expect(events.map(\.outcome) == [.answered])
    #expect(scene.table.oddities.isEmpty)
  }

  @Test func aCallThatAnICMPErrorQuotesIsNoCall() {
    var scene = Scene(.udp)
    scene.ask(RPC.call(1))
    scene.unreachable(code: 3)
    scene.unreachable(code: 3)
    #expect(scene.finish().map(\.count) == [1])
    #expect(scene.table.rpcTally.rows.map(\.calls) == [1])
    // An error about a call that was not captured.
    var alone = Scene(.udp)
    alone.unreachable(code: 3)
    #expect(alone.finish().isEmpty)
    #expect(alone.table.rpcTally.rows.isEmpty)
  }

  @Test func argumentsThatEndTooEarlyAreOdd() {
    var scene = Scene(.udp)
    scene.ask(RPC.call(1, 100_000, 2, 3, word(100_003)))
    let events = scene.finish()
    #expect(events.first?.rpc?.argumentProgram == 100_003)
    #expect(scene.table.oddities.count(of: .rpcMalformed) == 1)
  }
}

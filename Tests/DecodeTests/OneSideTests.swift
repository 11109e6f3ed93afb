import Evidence
import Testing

@testable import Decode

/// Replies that come from another end than was asked, and conversations of which one side is there.
struct OneSideTests {
  private let call = RPC.call(5)
  private let answer = RPC.accepted(5, RPC.list(3))

  private func address(_ last: UInt32) -> Host { .address(IPAddress(v4: 0xc633_6400 | last)) }

  private func rows(_ scene: Scene) -> [[Int]] { scene.table.rpcTally.rows.map { [$0.calls, $0.replies] } }

  // MARK: Answers from elsewhere

  /// A server with several addresses answers from another than it was asked at.
  @Test func anAnswerFromAnotherAddressFindsItsCall() throws {
    var scene = Scene(.udp)
    let asked = scene.server
    scene.ask(call)
    scene.server.host = address(10)
    scene.reply(answer)
    let events = scene.finish()
    let event = try #require(events.first)
    #expect(events.count == 1 && event.outcome == .answered && event.target == asked)
    #expect(event.rpc?.resultEntries == 3 && event.rpc?.details.answerers == [scene.server])
    #expect(event[.rpcReplyAddress]?.text == "198.51.100.10")
    let conversation = try #require(event.conversation)
    #expect(conversation.responder.payloadBytes == answer.count && conversation.packetCount == 2)
    #expect(conversation.packets.last?.citation.text.notation.contains("198.51.100.10.111 > 10.0.0.2.856") == true)
    #expect(rows(scene) == [[1, 1]] && scene.table.rpcTally.repliesAlone == 0)
    #expect(scene.table.packetCounts[InputID(0)] == .init(understood: 2))
    #expect(scene.table.oddities.isEmpty)
  }

  /// All that hear a broadcast may answer, from any port; the first answer counts, and all are counted.
  @Test func answersToABroadcastFindTheirCall() throws {
    var scene = Scene(.udp)
    scene.server.host = .address(IPAddress(v4: .max))
    scene.ask(call)
    for last in UInt32(1)...20 {
      scene.server = Endpoint(host: address(last), port: last == 1 ? 40_000 : 111)
      scene.reply(answer)
    }
    let events = scene.finish()
    let answerers = try #require(events.first?.rpc?.details.answerers)
    #expect(events.count == 1 && answerers.count == RPCDetails.answererCap && answerers.first?.port == 40_000)
    #expect(rows(scene) == [[1, 20]])
  }

  /// Many calls that are alike stay few events, also when all answers come from elsewhere.
  @Test func manySuchCallsBecomeOne() {
    var scene = Scene(.udp, port: 2049)
    let asked = scene.server.host
    for number in 0..<UInt32(500) {
      scene.server.host = asked
      scene.ask(RPC.call(number, 100_003, 3, 0))
      scene.server.host = address(10)
      scene.reply(RPC.accepted(number))
    }
    let events = scene.finish()
    #expect(events.count == RPCExchange.alikeCap + 1 && events.reduce(0) { $0 + $1.count } == 500)
    #expect(rows(scene) == [[500, 500]])
  }

  /// What differs in the port that asked, in the service's port, in the xid or by too much time answers another call; so
  /// does what cannot be told from the answer to another server.
  @Test(arguments: ["client", "server", "xid", "late", "early", "tcp"])
  func whatMayAnswerAnotherCallIsLeftAlone(_ difference: String) {
    var scene = Scene(.udp)
    var reply = answer
    if difference != "early" { scene.ask(call) }
    switch difference {
    case "client": scene.client.port = 857
    case "xid": reply = RPC.accepted(6, RPC.list(3))
    case "late": scene.time += 31
    case "tcp": scene.transport = .tcp
    default: break
    }
    let asked = scene.server
    scene.server = Endpoint(host: address(10), port: difference == "server" ? 112 : 111)
    scene.answer([], difference == "tcp" ? RPC.record(reply) : reply)
    scene.server = asked
    if difference == "early" { scene.ask(call) }
    let calls = scene.finish().filter { $0.action == .rpcCall }
    #expect(calls.map(\.outcome) == [.unanswered] && rows(scene) == [[1, 0]])
    #expect(scene.table.rpcTally.repliesAlone == 1)
  }

  @Test func anXidThatWentToSeveralServersDoesNotTellWhichAnswers() {
    var scene = Scene(.udp)
    for last in UInt32(1)...2 {
      scene.server.host = address(last)
      scene.ask(call)
    }
    scene.server.host = address(10)
    scene.reply(answer)
    let events = scene.finish()
    #expect(events.filter { $0.action == .rpcCall }.map(\.outcome) == [.unanswered, .unanswered])
    #expect(events.last?.rpc?.details.alone?.list?.entries == 3)
    // tshark counts it: whichever call it answers, it answers a DUMP.
    #expect(rows(scene) == [[2, 1]] && scene.table.rpcTally.repliesAlone == 0)
  }

  // MARK: One direction

  /// Who acknowledges has heard something: that it is not there says nothing of an answer.
  @Test(arguments: [true, false]) func aStreamWithoutItsServerTellsNothingOfAnswers(_ acknowledges: Bool) {
    var scene = Scene(.tcp)
    scene.send(.syn, sequence: 1000)
    scene.send(acknowledges ? [.ack, .psh] : .psh, sequence: 1001, RPC.record(call))
    let events = scene.finish()
    #expect(events.map(\.outcome) == [acknowledges ? .unknown : .unanswered])
    #expect(scene.table.oddities.count(of: .halfConversation) == (acknowledges ? 1 : 0))
  }

  @Test func aServerThatIsHeardAndDoesNotAnswerLeavesTheCallUnanswered() {
    var scene = Scene(.tcp)
    scene.open()
    scene.send([.ack, .psh], sequence: 1001, RPC.record(call))
    scene.answer(.ack, sequence: 5001)
    #expect(scene.finish().map(\.outcome) == [.unanswered] && scene.table.oddities.isEmpty)
  }

  /// Without its call a reply is counted, and tells what its form tells. It comes from the server, whatever the ports say.
  @Test(arguments: [Transport.udp, .tcp], [UInt16(111), 40_123])
  func repliesAloneAreToldAsSuch(_ transport: Transport, _ port: UInt16) throws {
    var scene = Scene(transport, port: port, from: 700)
    let message = transport == .tcp ? RPC.record(answer) : answer
    if transport == .tcp { scene.answer([.syn, .ack], sequence: 4999) }
    scene.answer(transport == .tcp ? [.ack, .psh] : [], sequence: 5000, message)
    let events = scene.finish()
    let event = try #require(events.first)
    #expect(events.count == 1 && event.action == .connection && event.outcome == .answered)
    #expect(event.source == scene.client && event.target == scene.server)
    #expect(event.rpc?.details.alone == .init(count: 1, list: .init(form: .portmapperList, entries: 3)))
    #expect(event[.rpcReplyForm]?.text == "portmapper-list")
    #expect(scene.table.rpcTally.repliesAlone == 1 && rows(scene).isEmpty)
    #expect(scene.table.oddities.count(of: .halfConversation) == 1)
  }

  @Test func aReplyBeforeItsCallIsNotAlone() {
    var scene = Scene(.udp)
    scene.reply(answer)
    scene.ask(call)
    #expect(scene.finish().map(\.outcome) == [.answered] && scene.table.rpcTally.repliesAlone == 0)
    #expect(scene.table.oddities.isEmpty)
  }

  /// Of another protocol some bytes may look like a reply.
  @Test func whatOnlyLooksLikeAReplyIsNotCounted() {
    var scene = Scene(.udp, port: 9999, from: 40_000)
    scene.reply(bytes(UInt32(1)) + bytes(UInt32(1)) + bytes(UInt32(0)) + bytes(UInt32(77)) + bytes(UInt32(0)))
    _ = scene.finish()
    #expect(scene.table.rpcTally.repliesAlone == 0)
  }

  // MARK: Forms

  private static let binding =
    bytes(UInt32(100_000)) + bytes(UInt32(4)) + ["tcp", "0.0.0.0.0.111", "superuser"].flatMap { RPC.string($0) }
  private static let one = bytes(UInt32(1))
  private static let none = bytes(UInt32(0))
  private static let forms: [(ReplyForm, [UInt8])] = [
    (.portmapperList, RPC.list(2)), (.rpcbindList, one + binding + one + binding + none),
    (.exportList, one + RPC.string("/home") + one + RPC.string("lab") + none + one + RPC.string("/") + none + none),
    (.mountList, one + RPC.string("client") + RPC.string("/home") + one + RPC.string("b") + RPC.string("/") + none),
  ]

  private func read(_ results: [UInt8]) -> (form: ReplyForm, entries: Int)? {
    ReplyForm.read(results.rawSpan, wireLength: results.count)
  }

  @Test(arguments: forms) func formsTellLists(_ form: ReplyForm, _ results: [UInt8]) throws {
    let reading = try #require(read(results))
    #expect(reading.form == form && reading.entries == 2)
    // Nothing that is cut, or goes on, has the form.
    for count in 0..<results.count {
      #expect(read(Array(results[0..<count])) == nil)
    }
    #expect(read(results + [0, 0, 0, 0]) == nil)
  }

  @Test(arguments: [[], none, one, one + none, bytes(UInt32(635)), RPC.list(1, port: 70_000)])
  func whatHasNoFormIsNotGuessed(_ results: [UInt8]) {
    #expect(read(results) == nil)
  }
}

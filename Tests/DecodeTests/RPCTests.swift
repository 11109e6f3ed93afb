import Evidence
import TestNumbers
import Testing

@testable import Decode

struct RPCTests {
  private func decode(_ message: [UInt8], length: Int? = nil) throws(DecodeError) -> RPCMessage {
    try RPCMessage.decode(message.rawSpan, length: length ?? message.count)
  }

  @Test func callsComeBackAsWritten() throws {
    let unix = bytes(UInt32(1)) + bytes(UInt32(8)) + [UInt8](repeating: 9, count: 8)
    for credential in [RPC.none, unix] {
      let bytes = RPC.call(77, 100_003, 3, 6, credential: credential, [1, 2, 3, 4])
      let message = try decode(bytes)
      guard case .call(let call) = message.body else {
        Issue.record("not a call")
        return
      }
      #expect(message.xid == 77)
      #expect(call.procedure == RPCProcedure(program: 100_003, version: 3, procedure: 6))
      #expect(call.credential?.length == credential.count - 8)
      #expect(Array(bytes[call.arguments]) == [1, 2, 3, 4])
      #expect(call.isPlausible)
    }
  }

  @Test func repliesComeBackAsWritten() throws {
    let names: [Bytes] = ["SUCCESS", "PROG_UNAVAIL", "PROG_MISMATCH", "PROC_UNAVAIL", "GARBAGE_ARGS", "SYSTEM_ERR"]
    for (status, name) in names.enumerated() {
      guard case .reply(let reply) = try decode(RPC.accepted(1, status: UInt32(status))).body else {
        Issue.record("not a reply")
        continue
      }
      #expect(reply.statusName == name)
    }
    #expect(try decode(RPC.denied(1, authentication: 5)).body == .reply(.denied(.authentication(5))))
    // A verifier before accept_stat moves it.
    let verified =
      bytes(UInt32(1)) + bytes(UInt32(1)) + bytes(UInt32(0)) + hex("00000006 00000003 aabbcc00") + hex("00000003")
    #expect(try decode(verified).body == .reply(.failed(.procedureUnavailable)))
  }

  @Test(arguments: [0x191, 1 << 31, UInt32.max, UInt32.max - 3]) func impossibleLengthsAreErrors(_ length: UInt32) {
    let call = Array(RPC.call(1).prefix(28)) + bytes(length) + RPC.none
    let reply = Array(RPC.accepted(1).prefix(16)) + bytes(length) + [0, 0, 0, 0]
    for message in [call, reply] {
      #expect {
        _ = try decode(message)
      } throws: {
        ($0 as? DecodeError)?.oddity == .rpcMalformed
      }
    }
    var reader = XDRReader(bytes(length).rawSpan)
    #expect(reader.string() == nil)
  }

  @Test func shortSnapshotsStillTellTheProcedure() throws {
    let message = RPC.call(5, 100_000, 2, 3, bytes(UInt32(100_024)))
    for kept in 0..<message.count {
      let cut = Array(message.prefix(kept))
      if kept < 24 {
        #expect {
          _ = try decode(cut, length: message.count)
        } throws: {
          ($0 as? DecodeError)?.oddity == .packetTruncated
        }
      } else if case .call(let call) = try decode(cut, length: message.count).body {
        #expect(call.procedure.procedure == 3)
      }
    }
  }

  @Test func anyBytesGiveAnAnswer() {
    var dice = SeededNumbers(3)
    let seeds = [RPC.call(1, 100_000, 3, 3), RPC.accepted(1, RPC.list(3)), RPC.denied(1, authentication: 1)]
    for round in 0..<3000 {
      var message = seeds[round % seeds.count]
      for _ in 0...dice.roll(3) { message[dice.roll(message.count)] = UInt8(dice.roll(256)) }
      let kept = Array(message.prefix(dice.roll(message.count + 1)))
      guard let decoded = try? decode(kept, length: dice.roll(200)) else { continue }
      switch decoded.body {
      case .call(let call): _ = RPCFacts(decoded, call, bytes: kept.rawSpan)
      case .reply(let reply):
        for version: UInt32 in [2, 3, 4] {
          for procedure: UInt32 in [3, 4, 5] {
            var facts = RPCFacts()
            _ = facts.add(
              reply, to: RPCProcedure(program: 100_000, version: version, procedure: procedure), bytes: kept.rawSpan,
              length: kept.count)
          }
        }
      }
    }
  }

  @Test func namesAreThoseOfTheLogs() {
    func name(_ program: UInt32, _ version: UInt32, _ procedure: UInt32) -> Bytes {
      RPCProcedure(program: program, version: version, procedure: procedure).name
    }
    #expect((0...5).map { name(100_000, 2, $0) } == ["null", "set", "unset", "getport", "dump", "callit"])
    #expect(name(100_000, 4, 3) == "getport")
    #expect(name(100_000, 3, 4) == "dump")
    #expect(name(100_005, 1, 5) == "export")
    #expect(name(100_005, 3, 1) == "mnt")
    #expect(name(100_003, 3, 16) == "readdir")
    #expect(name(100_003, 2, 16) == "readdir")
    #expect(name(12_345_678, 0, 0) == "null")
    #expect(name(100_000, 2, 6) == "")
    #expect(name(100_000, 104_316, 4) == "")
  }
}

struct RPCRecordMarkingTests {
  private let packet = PacketSighting(
    time: moment(1), direction: .fromLow, flags: [], payloadLength: 0, citation: Citation(provenance, text: ""))

  private func messages(_ stream: [UInt8], cuts: (inout SeededNumbers) -> Int, seed: UInt64 = 1) throws -> [[UInt8]] {
    var marking = RecordMarking()
    var messages: [RecordMarking.Message] = []
    var dice = SeededNumbers(seed)
    var index = 0
    while index < stream.count {
      let end = min(stream.count, index + max(1, cuts(&dice)))
      try marking.push(Array(stream[index..<end]).rawSpan, from: packet, into: &messages)
      index = end
    }
    #expect(marking.buffered == 0)
    return messages.map(\.bytes)
  }

  @Test func anyFragmentsAndAnySegmentsGiveTheMessages() throws {
    let sent = [RPC.call(1), RPC.accepted(2, RPC.list(4)), [7], RPC.call(3)]
    for fragment in [1, 2, 3, 7, 24, 1000] {
      // An empty fragment before each record changes nothing.
      let stream = sent.flatMap { bytes(UInt32(0)) + RPC.record($0, fragment: fragment) }
      #expect(try messages(stream) { _ in stream.count } == sent)
      #expect(try messages(stream) { _ in 1 } == sent)
      for seed: UInt64 in 1...5 { #expect(try messages(stream, cuts: { $0.roll(9) }, seed: seed) == sent) }
    }
  }

  @Test func emptyMessagesAreNone() throws {
    #expect(try messages([0x80, 0, 0, 0, 0x80, 0, 0, 0]) { _ in 3 } == [])
  }

  @Test(arguments: [UInt32(0x7fff_ffff), UInt32.max, 1 << 21]) func longMessagesEndTheStream(_ mark: UInt32) {
    #expect(throws: DecodeError.self) { _ = try messages(bytes(mark) + [0, 0], cuts: { _ in 1 }) }
    // Also when many fragments add up to them.
    let many = (0..<40).flatMap { _ in bytes(UInt32(65_536)) + [UInt8](repeating: 0, count: 65_536) }
    #expect(throws: DecodeError.self) { _ = try messages(many, cuts: { _ in 100_000 }) }
  }

  @Test func onlyTheStartOfALongMessageIsKept() throws {
    let long = [UInt8](repeating: 5, count: 300_000)
    let kept = try messages(RPC.record(long) + RPC.record([1, 2])) { _ in 1460 }
    #expect(kept == [[UInt8](repeating: 5, count: RecordMarking.headCap), [1, 2]])
  }

  @Test func whatWasNotCapturedIsSteppedOver() throws {
    let stream = RPC.record(RPC.accepted(2, RPC.list(4)))
    for kept in 0...stream.count {
      var marking = RecordMarking()
      var messages: [RecordMarking.Message] = []
      do {
        try marking.push(Array(stream.prefix(kept)).rawSpan, from: packet, into: &messages)
        try marking.skip(stream.count - kept, into: &messages)
        #expect(kept >= 4)
        #expect(messages.map(\.length) == [stream.count - 4])
        #expect(messages.map(\.bytes) == [Array(stream[4..<kept])])
      } catch {
        #expect(kept < 4)
      }
    }
  }
}

import Decode
import Evidence
import TestNumbers
import Testing

/// A stream of RPC of which a part is missing, or which somebody tries to make unreadable.
struct ResynchronisationTests {
  private static func calls(_ xids: ClosedRange<UInt32>) -> [[UInt8]] {
    xids.map { RPC.record(RPC.call($0, 100_000, 2, 3, hex("000186a5000000030000001100000000"))) }
  }

  private static func xids(_ events: [Event]) -> [UInt32] {
    events.filter { $0.action == .rpcCall }.compactMap { $0.rpc?.xid }
  }

  @Test func aStartInTheMiddleFindsTheNextRecord() {
    let stream = Self.calls(1...6).flatMap { $0 }
    for skipped in stride(from: 1, to: 300, by: 7) {
      for size in [1, 5, 60, 1000] {
        var scene = Scene(.tcp)
        var position = skipped
        while position < stream.count {
          let end = min(stream.count, position + size)
          scene.send(.ack, sequence: UInt32(position), Array(stream[position..<end]))
          position = end
        }
        let first = UInt32((skipped + 59) / 60 + 1)
        #expect(Self.xids(scene.finish()) == Array(first...6), "from \(skipped) in segments of \(size)")
        #expect(scene.table.oddities.count(of: .rpcResynchronised) == (skipped % 60 == 0 ? 0 : 1))
        #expect(scene.table.oddities.count(of: .rpcMalformed) == 0)
      }
    }
  }

  @Test func aGapCostsOnlyWhatIsInIt() {
    let records = Self.calls(1...9)
    let stream = records.flatMap { $0 }
    // The capture lost what stands in the middle, with marks in it.
    for (from, to) in [(130, 250), (61, 179), (118, 122), (59, 61)] {
      var scene = Scene(.tcp)
      scene.open()
      scene.send(.ack, sequence: 1001, Array(stream[..<from]))
      for start in stride(from: to, to: stream.count, by: 50) {
        let end = min(start + 50, stream.count)
        scene.send(.ack, sequence: 1001 + UInt32(start), Array(stream[start..<end]))
      }
      let expected = (1...9).filter { number in
        let range = (number - 1) * 60..<number * 60
        return range.upperBound <= from || range.lowerBound >= to
      }
      #expect(Self.xids(scene.finish()).filter { expected.contains(Int($0)) } == expected.map { UInt32($0) })
      #expect(scene.table.oddities.count(of: .rpcResynchronised) == 1)
    }
  }

  @Test func repliesAreFoundToo() {
    let replies = (1...5).flatMap { RPC.record(RPC.accepted(UInt32($0), bytes(UInt32(2049)))) }
    var scene = Scene(.tcp)
    for call in Self.calls(3...5) { scene.send(.ack, sequence: 100 + UInt32(scene.frame) * 60, call) }
    scene.answer(.ack, sequence: 500, Array(replies[17...]))
    #expect(scene.finish().filter { $0.outcome == .answered }.count == 3)
  }

  @Test func impossibleMarksEndOneRecordAndNotTheStream() {
    for mark: UInt32 in [UInt32.max, 0x7fff_ffff, 1 << 31 | 1 << 30, 0x1603_0301] {
      var scene = Scene(.tcp)
      scene.open()
      let stream = Self.calls(1...1)[0] + bytes(mark) + Array("anything".utf8) + Self.calls(2...3).flatMap { $0 }
      scene.send(.ack, sequence: 1001, stream)
      #expect(Self.xids(scene.finish()) == [1, 2, 3])
      #expect(scene.table.oddities.count(of: .rpcMalformed) == 1)
      #expect(scene.table.oddities.count(of: .rpcResynchronised) == 1)
    }
  }

  @Test func garbageBeforeTheFirstCallHidesNothing() {
    var dice = SeededNumbers(4)
    for _ in 0..<200 {
      var scene = Scene(.tcp)
      scene.open()
      let garbage = [0x41 + UInt8(dice.roll(50))] + dice.bytes(3 + dice.roll(90))
      scene.send(.ack, sequence: 1001, garbage)
      scene.send(.ack, sequence: 1001 + UInt32(garbage.count), Self.calls(1...2).flatMap { $0 })
      #expect(Self.xids(scene.finish()) == [1, 2])
    }
  }

  @Test func otherStreamsStayOther() {
    // Neither a port of RPC nor a call: nothing is searched, whatever comes later.
    var scene = Scene(.tcp, port: 8080, from: 40_000)
    scene.open()
    scene.send(.ack, sequence: 1001, Array("GET / HTTP/1.0\r\n\r\n".utf8))
    scene.send(.ack, sequence: 1019, Self.calls(1...1)[0])
    #expect(scene.finish().isEmpty)
  }

  @Test func emptyFragmentsAreSaidAndCostNothing() {
    let empty = [UInt8](repeating: 0, count: 400_000)
    let stream = empty + Self.calls(1...1)[0]
    var scene = Scene(.tcp)
    scene.open()
    let start = ContinuousClock.now
    for place in stride(from: 0, to: stream.count, by: 1460) {
      scene.send(.ack, sequence: 1001 + UInt32(place), Array(stream[place..<min(place + 1460, stream.count)]))
    }
    #expect(Self.xids(scene.finish()) == [1])
    #expect(scene.table.oddities.count(of: .rpcMalformed) == 1)
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  /// Starts of records that all turn out wrong must not be read again and again.
  @Test func falseStartsCostNoMoreThanTheirBytes() {
    func took(_ stream: [UInt8]) -> Duration {
      let start = ContinuousClock.now
      var scene = Scene(.tcp)
      scene.open()
      for place in stride(from: 0, to: stream.count, by: 60_000) {
        scene.send(.ack, sequence: 1001 + UInt32(place), Array(stream[place..<min(place + 60_000, stream.count)]))
      }
      _ = scene.finish()
      return ContinuousClock.now - start
    }
    // Each claims 59,000 bytes more, and none has them.
    let header = bytes(UInt32(59_000)) + Array(RPC.call(1).prefix(36))
    let hostile = Array(repeatElement(header, count: 25_000).joined())
    let ordinary = Array(repeatElement(Self.calls(1...1)[0], count: 17_000).joined())
    _ = took(Array(ordinary.prefix(100_000)))
    #expect(took(hostile) < took(ordinary) * 10 + .milliseconds(200))
  }

  // MARK: Overlaps

  @Test(arguments: [OverlapPolicy.first, .last]) func conflictingSegmentsAreAnEvasion(_ policy: OverlapPolicy) {
    let stream = Self.calls(1...2).flatMap { $0 }
    var forged = stream
    forged[60 + 51] = 0xa3
    let (first, second) = policy == .first ? (stream, forged) : (forged, stream)
    // What a host is told of counts before what is told of all.
    let other = OverlapPolicies(policy == .first ? .last : .first, byTarget: [IPAddress(v4: 0x0a00_0001): policy])
    var scene = Scene(.tcp, overlap: other)
    scene.open()
    scene.send(.ack, sequence: 1101, Array(first[100...]))
    scene.send(.ack, sequence: 1101, Array(second[100...]))
    scene.send(.ack, sequence: 1001, Array(stream[..<100]))
    let events = scene.finish()
    #expect(events.compactMap { $0.rpc?.argumentProgram } == [100_005, 100_005])
    let evasion = events.filter { $0.action == .evasion }
    #expect(evasion.map(\.detail) == ["TCP segments differ at byte 111 of the stream"])
    #expect(evasion.map(\.source.port) == [856])
    #expect(scene.table.oddities.count(of: .tcpOverlapConflict) == 1)
  }

  @Test func whatWasReadIsComparedToo() {
    let stream = Self.calls(1...40).flatMap { $0 }
    var scene = Scene(.tcp)
    scene.open()
    for start in stride(from: 0, to: stream.count, by: 100) {
      scene.send(.ack, sequence: 1001 + UInt32(start), Array(stream[start..<start + 100]))
    }
    for start in stride(from: 0, to: stream.count - 300, by: 170) {
      scene.send(.ack, sequence: 1001 + UInt32(start), Array(stream[start..<start + 300]))
    }
    #expect(scene.table.oddities.isEmpty)
    var other = Array(stream[1500..<1700])
    other[77] ^= 1
    scene.send(.ack, sequence: 1001 + 1500, other)
    // A keep-alive is no retransmission, whatever its one byte is.
    scene.send(.ack, sequence: 1001 + UInt32(stream.count) - 1, [0xee])
    let events = scene.finish()
    #expect(scene.table.oddities.count(of: .tcpOverlapConflict) == 1)
    #expect(events.filter { $0.action == .evasion }.map(\.detail) == ["TCP segments differ at byte 1577 of the stream"])
    #expect(events.filter { $0.action == .rpcCall }.map(\.count).reduce(0, +) == 40)
  }
}

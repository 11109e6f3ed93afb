import Decode
import Evidence
import TestNumbers
import Testing

/// However a conversation is cut into records, segments and fragments, and in whatever order these come, it is the same
/// conversation.
struct AnyCutTests {
  /// Calls with their replies, in one connection or from one port.
  private struct Talk {
    var calls: [[UInt8]]
    var replies: [[UInt8]]

    init(_ dice: inout SeededNumbers) {
      calls = []
      replies = []
      for xid in 1...UInt32(1 + dice.roll(6)) {
        switch dice.roll(4) {
        case 0:
          calls.append(RPC.call(xid))
          replies.append(RPC.accepted(xid, RPC.list(dice.roll(20))))
        case 1:
          calls.append(RPC.call(xid, 100_005, 1, 1, RPC.string(String(repeating: "/export", count: 1 + dice.roll(9)))))
          replies.append(RPC.accepted(xid, bytes(UInt32(13))))
        case 2:
          calls.append(RPC.call(xid, 100_083, 1, 7, dice.bytes(400 + 4 * dice.roll(200))))
          replies.append(RPC.denied(xid, authentication: 1))
        default:
          calls.append(RPC.call(xid, 100_000, 2, 3, hex("000186a5000000030000001100000000")))
          replies.append(RPC.accepted(xid, bytes(UInt32(635))))
        }
      }
    }
  }

  private struct Cut {
    var dice: SeededNumbers
    var isV6: Bool
    var isTCP: Bool
    /// Nothing is cut.
    var isWhole = false
    var id: UInt16 = 0

    /// An IP packet, in as many fragments as the dice say.
    mutating func packets(_ body: [UInt8], isReply: Bool) -> [[UInt8]] {
      id += 1
      let proto: UInt8 = isTCP ? 6 : 17
      let sealed = Wire.seal(body, proto, ends(isReply))
      if isWhole || dice.roll(3) == 0 { return [packet(sealed, proto, nil, isReply)] }
      return ranges(sealed.count, unit: 8, largest: 200).map { range in
        packet(Array(sealed[range]), proto, (range.lowerBound, range.upperBound < sealed.count), isReply)
      }
    }

    private func ends(_ isReply: Bool) -> [UInt8] {
      let ends = isV6 ? Wire.ends6 : hex("0a0000020a000001")
      return isReply ? Array(ends[(ends.count / 2)...] + ends[..<(ends.count / 2)]) : ends
    }

    private func packet(
      _ body: [UInt8], _ proto: UInt8, _ fragment: (place: Int, hasMore: Bool)?, _ isReply: Bool
    ) -> [UInt8] {
      let ends = ends(isReply)
      let more: UInt16 = fragment?.hasMore == true ? 1 : 0
      if isV6 {
        let extra =
          fragment.map { [proto, 0] + bytes(UInt16($0.place) | more) + bytes(UInt32(id)) } ?? []
        return [0x60, 0, 0, 0] + bytes(UInt16(extra.count + body.count)) + [extra.isEmpty ? proto : 44, 64] + ends
          + extra + body
      }
      let place = UInt16((fragment?.place ?? 0) / 8)
      let header =
        [0x45, 0] + bytes(UInt16(20 + body.count)) + bytes(id) + bytes(more << 13 | place) + [64, proto, 0, 0] + ends
      return Wire.with(Wire.checksum(header), at: 10, in: header) + body
    }

    /// Parts that overlap and repeat, in any order, and together are the whole once: the first byte is in one of them.
    mutating func ranges(_ count: Int, unit: Int, largest: Int) -> [Range<Int>] {
      var ranges: [Range<Int>] = []
      var start = 0
      while start < count {
        let end = min(count, start + unit * (1 + dice.roll(max(1, largest / unit))))
        ranges.append((start == 0 ? 0 : max(unit, start - unit * dice.roll(4)))..<end)
        if start > 0, dice.roll(5) == 0 { ranges.append(start..<end) }
        start = end
      }
      return shuffled(ranges)
    }

    mutating func shuffled<Item>(_ items: [Item]) -> [Item] {
      var items = items
      for place in items.indices { items.swapAt(place, dice.roll(items.count)) }
      return items
    }

    mutating func segment(_ stream: [UInt8], _ range: Range<Int>, isReply: Bool) -> [UInt8] {
      let (from, to, start) = isReply ? (111, 856, UInt32.max - 99) : (856, 111, UInt32(7001))
      return Wire.tcp(
        UInt16(from), UInt16(to), .ack, sequence: start &+ UInt32(range.lowerBound), Array(stream[range]))
    }

    mutating func frames(_ talk: Talk) -> [[UInt8]] {
      guard isTCP else {
        let calls = talk.calls.map { packets(Wire.udp(856, 111, $0), isReply: false) }
        let replies = talk.replies.map { packets(Wire.udp(111, 856, $0), isReply: true) }
        return shuffled(calls.flatMap { $0 }) + shuffled(replies.flatMap { $0 })
      }
      let opening = [
        packets(Wire.tcp(856, 111, .syn, sequence: 7000), isReply: false),
        packets(Wire.tcp(111, 856, [.syn, .ack], sequence: UInt32.max - 100), isReply: true),
      ]
      let streams = [(talk.calls, false), (talk.replies, true)].map { messages, isReply in
        let stream = messages.flatMap { RPC.record($0, fragment: isWhole ? .max : 1 + dice.roll(200)) }
        let ranges = isWhole ? [0..<stream.count] : ranges(stream.count, unit: 1, largest: stream.count / 8 + 50)
        return shuffled(ranges.flatMap { packets(segment(stream, $0, isReply: isReply), isReply: isReply) })
      }
      return Array((opening + streams).joined())
    }
  }

  /// All that an event tells but its packets.
  private static func essence(_ events: [Event]) -> [String] {
    events.map {
      "\($0.action) \($0.outcome) \($0.source.notation) \($0.target.notation) \($0.transport as Any) \($0.count) "
        + "\($0.detail.notation) \($0.rpc as Any)"
    }
    .sorted()
  }

  @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
  func givesTheSameEvents(_ isV6: Bool, _ isTCP: Bool) {
    var dice = SeededNumbers(isTCP ? 41 : 42)
    for round: UInt64 in 0..<120 {
      let talk = Talk(&dice)
      var whole = Sensor()
      var plain = Cut(dice: SeededNumbers(round), isV6: isV6, isTCP: isTCP, isWhole: true)
      for frame in plain.frames(talk) { whole.push(frame) }
      let expected = Self.essence(whole.finish())
      #expect(expected.count == talk.calls.count)
      var sensor = Sensor()
      var cut = Cut(dice: SeededNumbers(round), isV6: isV6, isTCP: isTCP)
      for frame in cut.frames(talk) { sensor.push(frame) }
      #expect(Self.essence(sensor.finish()) == expected, "round \(round)")
      #expect(sensor.counted == sensor.frames, "round \(round)")
      #expect(sensor.errors.isEmpty && sensor.count(of: .checksumWrong) == 0)
      #expect(sensor.count(of: .tcpOverlapConflict) + sensor.count(of: .fragmentOverlapConflict) == 0)
    }
  }

  @Test(arguments: [false, true]) func conflictsAreTold(_ isV6: Bool) {
    var dice = SeededNumbers(43)
    for round: UInt64 in 0..<120 {
      let talk = Talk(&dice)
      var cut = Cut(dice: SeededNumbers(round), isV6: isV6, isTCP: true, isWhole: true)
      let stream = talk.calls.flatMap { RPC.record($0) }
      var frames = cut.frames(talk)
      var other = stream
      // Not in the first mark: who reads a length there waits for so many bytes.
      let place = 4 + dice.roll(stream.count - 4)
      other[place] ^= 1 << UInt8(dice.roll(8))
      let start = max(0, place - dice.roll(30))
      let range = start..<min(stream.count, place + 2 + dice.roll(30))
      guard range.count > 1 else { continue }
      let twin = cut.packets(cut.segment(other, range, isReply: false), isReply: false)
      let late = 3 + dice.roll(frames.count - 2)
      frames.insert(contentsOf: twin, at: late)
      var sensor = Sensor()
      for frame in frames { sensor.push(frame) }
      let events = sensor.finish()
      #expect(sensor.count(of: .tcpOverlapConflict) == 1, "round \(round)")
      #expect(
        events.filter { $0.action == .evasion }.map(\.detail.notation)
          == ["TCP segments differ at byte \(place) of the stream"], "round \(round)")
    }
  }
}

import Decode
import Evidence
import TestNumbers
import Testing

struct FragmentTests {
  static let dump = RPC.call(7)
  static let datagram = Wire.udp(856, 111, RPC.call(7, 100_000, 2, 3, hex("000186a5000000030000001100000000")))

  /// Of a datagram's body the fragment `range`; IPv6 has a header for it.
  static func fragment(
    _ body: [UInt8], _ range: Range<Int>, isV6: Bool = false, id: UInt16 = 9, isLast: Bool? = nil
  ) -> [UInt8] {
    let hasMore = !(isLast ?? (range.upperBound == body.count))
    let bytes = Array(body[range])
    guard isV6 else {
      return Wire.ipv4(17, bytes, fragment: (hasMore ? 0x2000 : 0) | UInt16(range.lowerBound / 8), id: id)
    }
    let place = UInt16(range.lowerBound) | (hasMore ? 1 : 0)
    return Wire.ipv6(44, [17, 0] + DecodeTests.bytes(place) + DecodeTests.bytes(UInt32(id)) + bytes)
  }

  /// A datagram's body with its checksum, as the fragments together have it.
  static func sealed(_ body: [UInt8], isV6: Bool) -> [UInt8] {
    Wire.seal(
      body, 17, isV6 ? Wire.ends6 : DecodeTests.bytes(UInt32(0x0a00_0002)) + DecodeTests.bytes(UInt32(0x0a00_0001)))
  }

  @Test(arguments: [false, true]) func anyOrderGivesTheDatagram(_ isV6: Bool) {
    let body = Self.sealed(Self.datagram, isV6: isV6)
    for seed: UInt64 in 0..<200 {
      var dice = SeededNumbers(seed)
      var ranges: [Range<Int>] = []
      var start = 0
      while start < body.count {
        let end = min(body.count, start + 8 * (1 + dice.roll(4)))
        ranges.append(max(0, start - 8 * dice.roll(3))..<end)
        if dice.roll(4) == 0 { ranges.append(start..<end) }
        start = end
      }
      // The last to come must be needed: what follows a whole datagram is another one.
      let needed = ranges.firstIndex { range in !ranges.contains { $0 != range && $0.contains(range.lowerBound) } } ?? 0
      let last = ranges.remove(at: needed)
      for place in ranges.indices { ranges.swapAt(place, dice.roll(ranges.count)) }
      var sensor = Sensor()
      for range in ranges + [last] { sensor.push(Self.fragment(body, range, isV6: isV6)) }
      let events = sensor.finish()
      #expect(events.map { $0.rpc?.argumentProgram } == [100_005], "seed \(seed)")
      #expect(sensor.count(of: .fragmentOverlapConflict) == 0)
      #expect(sensor.counted == sensor.frames, "seed \(seed)")
    }
  }

  @Test func familiesDoNotMix() {
    let body = Self.sealed(Self.datagram, isV6: false)
    var sensor = Sensor()
    sensor.push(Self.fragment(body, 0..<40))
    sensor.push(Self.fragment(body, 40..<body.count, isV6: true))
    _ = sensor.finish()
    #expect(sensor.count(of: .fragmentIncomplete) == 2)
    // An IPv4 address in IPv6's clothes would be the same host here.
    let mapped =
      [0x60, 0, 0, 0] + bytes(UInt16(8)) + [17, 64] + hex("00000000000000000000ffff0a000002")
      + hex("00000000000000000000ffff0a000001") + Wire.udp(1, 2, [])
    sensor.push(mapped)
    #expect(sensor.errors.map(\.oddity) == [.packetMalformed])
  }

  @Test(arguments: [OverlapPolicy.first, .last]) func conflictsAreToldAndResolved(_ policy: OverlapPolicy) {
    let body = Self.sealed(Self.datagram, isV6: false)
    var other = body
    // The program that is asked for: 100005 or 100003. The checksum is of the one that the policy gives.
    other[8 + 43] = 0xa3
    let (first, second) = policy == .first ? (body, other) : (other, body)
    var settings = PacketReassembly.Settings()
    settings.overlap = OverlapPolicies(policy)
    var sensor = Sensor(settings)
    sensor.push(Self.fragment(first, 48..<56))
    sensor.push(Self.fragment(second, 48..<56))
    sensor.push(Self.fragment(body, 0..<48))
    sensor.push(Self.fragment(body, 56..<body.count))
    let events = sensor.finish()
    #expect(sensor.count(of: .fragmentOverlapConflict) == 1)
    #expect(sensor.count(of: .checksumWrong) == 0)
    #expect(events.compactMap { $0.rpc?.argumentProgram } == [100_005])
    let evasion = events.filter { $0.action == .evasion }
    #expect(evasion.map(\.detail) == ["IP fragments differ at byte 51 of the datagram"])
    #expect(evasion.map(\.target.port) == [111])
  }

  @Test func twoEndsConflict() {
    let body = Self.sealed(Self.datagram, isV6: false)
    for range in [40..<48, 8..<72] {
      var sensor = Sensor()
      sensor.push(Self.fragment(body, 48..<body.count))
      sensor.push(Self.fragment(body + [UInt8](repeating: 0, count: 80), range, isLast: true))
      sensor.push(Self.fragment(body, 0..<48))
      _ = sensor.finish()
      #expect(sensor.count(of: .fragmentOverlapConflict) == 1, "\(range)")
    }
  }

  @Test func impossibleFragmentsAreMalformed() {
    let frames = [
      // Beyond 64 KiB, the ping of death.
      Wire.ipv4(17, [UInt8](repeating: 0, count: 64), fragment: 0x1fff),
      Wire.ipv4(17, [], fragment: 0x2001), Wire.ipv4(17, [1, 2, 3], fragment: 0x2001),
      Wire.ipv6(44, [17, 0, 0, 9, 0, 0, 0, 9, 1, 2, 3]),
    ]
    for frame in frames {
      var sensor = Sensor()
      sensor.push(frame)
      #expect(sensor.errors.map(\.oddity) == [.packetMalformed])
    }
  }

  @Test func fullTablesGiveUpTheirOldest() {
    let body = Self.sealed(Self.datagram, isV6: false)
    for (datagrams, bytes) in [(10, 1 << 20), (1000, 10 * 48)] {
      var settings = PacketReassembly.Settings()
      settings.limits.datagrams = datagrams
      settings.limits.bytes = bytes
      var sensor = Sensor(settings)
      // A later fragment, without which a filter would be suspected.
      sensor.push(Self.fragment(body, 48..<body.count, id: 5000))
      for id: UInt16 in 1...30 { sensor.push(Self.fragment(body, 0..<48, id: id)) }
      #expect(sensor.count(of: .tableFull) == 21)
      // The newest are still there.
      sensor.push(Self.fragment(body, 48..<body.count, id: 30))
      let events = sensor.finish()
      #expect(events.contains { $0.rpc?.argumentProgram == 100_005 })
      #expect(sensor.counted == sensor.frames)
    }
  }

  @Test func whatIsIncompleteForAMinuteIsGivenUp() {
    let body = Self.sealed(Self.datagram, isV6: false)
    for (silence, whole) in [(59.0, true), (61, false)] {
      var sensor = Sensor()
      sensor.push(Self.fragment(body, 48..<body.count, id: 1))
      sensor.push(Self.fragment(body, 0..<48, id: 2))
      sensor.time += silence
      sensor.push(Self.fragment(body, 40..<48, id: 3))
      sensor.push(Self.fragment(body, 48..<body.count, id: 2))
      let events = sensor.finish()
      #expect(events.contains { $0.rpc?.argumentProgram == 100_005 } == whole)
      #expect(sensor.counted == sensor.frames)
    }
  }

  @Test func shatteredDatagramsAreGivenUp() {
    let body = [UInt8](repeating: 1, count: 60_000)
    var sensor = Sensor()
    for start in stride(from: 0, to: 59_000, by: 16) { sensor.push(Self.fragment(body, start..<start + 8)) }
    #expect(sensor.count(of: .tableFull) > 0)
    _ = sensor.finish()
    #expect(sensor.counted == sensor.frames)
  }

  /// A filter by ports lets first fragments alone through; then replies must find their calls all the same.
  @Test func firstFragmentsAloneAreReadAtOnce() {
    var sensor = Sensor()
    for xid: UInt32 in 1...100 {
      let call = Wire.udp(856, 2049, RPC.call(xid, 100_003, 3, 7), length: 8200)
      sensor.push(Wire.ipv4(17, call, fragment: 0x2000, id: UInt16(xid)))
      let reply = Wire.udp(2049, 856, RPC.accepted(xid, bytes(UInt32(0))))
      sensor.push(Wire.ipv4(17, reply, source: 0x0a00_0001, target: 0x0a00_0002))
    }
    let events = sensor.finish()
    #expect(events.filter { $0.outcome == .answered }.map(\.count).reduce(0, +) == 100)
    #expect(sensor.count(of: .fragmentIncomplete) == 100)
    #expect(sensor.counted == sensor.frames)
  }

  @Test func anyFragmentsKeepTheBalance() {
    var dice = SeededNumbers(77)
    for _ in 0..<150 {
      var settings = PacketReassembly.Settings()
      settings.limits.datagrams = 1 + dice.roll(4)
      settings.limits.bytes = 100 + dice.roll(400)
      settings.limits.piecesPerDatagram = 1 + dice.roll(5)
      settings.overlap = OverlapPolicies(dice.roll(2) == 0 ? .first : .last)
      var sensor = Sensor(settings)
      for _ in 0..<60 {
        sensor.time += dice.roll(20) == 0 ? Double(dice.roll(80)) : 0
        let place = UInt16(dice.roll(12)) | (dice.roll(3) == 0 ? 0 : 0x2000)
        let body = dice.roll(3) == 0 ? dice.bytes(dice.roll(64)) : Array(Self.datagram.prefix(8 * dice.roll(9)))
        let frame =
          dice.roll(3) == 0
          ? Wire.ipv6(44, [17, 0] + bytes(place << 3 | place >> 13) + bytes(UInt32(dice.roll(3))) + body)
          : Wire.ipv4(dice.roll(4) == 0 ? 6 : 17, body, fragment: place, id: UInt16(dice.roll(4)))
        let kept = dice.roll(6) == 0 ? Array(frame.prefix(dice.roll(frame.count))) : frame
        sensor.push(kept, originalLength: frame.count)
      }
      _ = sensor.finish()
      #expect(sensor.counted == sensor.frames)
    }
  }
}

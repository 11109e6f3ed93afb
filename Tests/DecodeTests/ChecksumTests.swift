import Decode
import Evidence
import TestNumbers
import Testing

struct ChecksumTests {
  private static let call = RPC.call(7)

  /// A whole packet of each kind.
  private static let frames: [(name: String, frame: [UInt8])] = [
    ("v4 udp", Wire.ipv4(17, Wire.udp(856, 111, call))), ("v6 udp", Wire.ipv6(17, Wire.udp(856, 111, call))),
    ("v4 tcp", Wire.ipv4(6, Wire.tcp(856, 111, .ack, RPC.record(call)))),
    ("v6 tcp", Wire.ipv6(6, Wire.tcp(856, 111, .ack, RPC.record(call) + [1]))),
    ("v4 icmp", Wire.ipv4(1, [3, 3, 0, 0, 0, 0, 0, 0] + Wire.ipv4(17, Wire.udp(1, 2, [])))),
    ("v6 icmp", Wire.ipv6(58, [1, 4, 0, 0, 0, 0, 0, 0] + Wire.ipv6(17, Wire.udp(1, 2, [])))),
  ]

  @Test func theRightOneIsTakenAndEveryFlippedBitIsNot() {
    for (name, frame) in Self.frames {
      var sound = Sensor()
      sound.push(frame)
      _ = sound.finish()
      #expect(sound.count(of: .checksumWrong) == 0 && sound.errors.isEmpty, "\(name)")
      let header = name.hasPrefix("v4") ? 20 : 40
      for bit in (header * 8)..<(frame.count * 8) {
        var damaged = frame
        damaged[bit / 8] ^= 1 << (bit % 8)
        var sensor = Sensor()
        sensor.push(damaged)
        let events = sensor.finish()
        // A flip may make a header impossible instead.
        #expect(sensor.count(of: .checksumWrong) + sensor.errors.count == 1, "\(name) bit \(bit)")
        #expect(events.isEmpty)
        #expect(sensor.counted == 1)
      }
    }
  }

  /// However many bytes are summed at a time, and whatever overflows on the way.
  @Test func theRightOneOfAnyLengthIsTaken() {
    var numbers = SeededNumbers(1071)
    for length in 0...150 {
      let random = numbers.bytes(length)
      for payload in [random, Array(repeating: 0xff, count: length), Array(repeating: 0, count: length)] {
        var sensor = Sensor()
        sensor.push(Wire.ipv4(17, Wire.udp(856, 4000, payload)))
        sensor.push(Wire.ipv6(6, Wire.tcp(857, 4000, .ack, payload)))
        _ = sensor.finish()
        #expect(sensor.count(of: .checksumWrong) == 0 && sensor.errors.isEmpty, "\(payload)")
      }
    }
  }

  @Test func everyFlippedBitOfAnIPv4HeaderIsOdd() {
    let frame = Self.frames[0].frame
    for bit in 0..<160 {
      var damaged = frame
      damaged[bit / 8] ^= 1 << (bit % 8)
      var sensor = Sensor()
      sensor.push(damaged)
      #expect(sensor.errors.count == 1, "bit \(bit)")
    }
  }

  @Test func offloadedOnesAreTakenAndSaid() {
    let ends = bytes(UInt32(0x0a00_0002)) + bytes(UInt32(0x0a00_0001))
    for (proto, place, body) in [
      (UInt8(6), 16, Wire.tcp(856, 111, .ack, RPC.record(Self.call))), (17, 6, Wire.udp(856, 111, Self.call)),
    ] {
      // As Linux leaves it, and as cards want it that add the length of each segment.
      for length in [body.count, 0] {
        let sum = ~Wire.checksum(ends + bytes(UInt32(length)) + [0, 0, 0, proto])
        let packet = Wire.ipv4(proto, []).prefix(2) + bytes(UInt16(20 + body.count)) + Wire.ipv4(proto, body)[4..<20]
        var sensor = Sensor()
        sensor.push(packet + Wire.with(sum, at: place, in: body))
        #expect(sensor.finish().map(\.action) == [.rpcCall], "\(proto)")
        #expect(sensor.count(of: .checksumOffloaded) == 1)
        #expect(sensor.count(of: .checksumWrong) == 0)
      }
    }
    var bare = Sensor()
    bare.push(Wire.with(0, at: 10, in: Self.frames[0].frame))
    #expect(bare.finish().count == 1)
    #expect(bare.count(of: .checksumOffloaded) == 1)
  }

  @Test func whatHasNoneOrIsNotWholeIsTaken() {
    let none = Wire.with(0, at: 26, in: Self.frames[0].frame)
    let damaged = Array(Self.frames[2].frame.dropLast()) + [0xee]
    var sensor = Sensor()
    sensor.push(none)
    sensor.push(Array(damaged.dropLast(2)), originalLength: damaged.count)
    #expect(sensor.finish().count == 2)
    #expect(sensor.count(of: .checksumWrong) == 0)
    // RFC 8200, section 8.1: IPv6 has no datagrams without a checksum.
    var other = Sensor()
    other.push(Wire.with(0, at: 46, in: Self.frames[1].frame))
    #expect(other.finish().isEmpty)
    #expect(other.count(of: .checksumWrong) == 1)
  }

  @Test func theyNeedNotBeVerified() {
    var settings = PacketReassembly.Settings()
    settings.verifiesChecksums = false
    var sensor = Sensor(settings)
    for (_, frame) in Self.frames { sensor.push(Array(frame.dropLast()) + [frame[frame.count - 1] ^ 1]) }
    sensor.push(Wire.with(0xdead, at: 10, in: Self.frames[0].frame))
    _ = sensor.finish()
    #expect(sensor.count(of: .checksumWrong) == 0 && sensor.errors.isEmpty)
  }

  /// What an attacker sends with a wrong checksum, only the sensor would read.
  @Test func anInsertedSegmentIsLeftOut() {
    let stream = RPC.record(Self.call)
    var sensor = Sensor()
    sensor.push(Wire.ipv4(6, Wire.tcp(856, 111, .syn, sequence: 99)))
    var decoy = Wire.ipv4(6, Wire.tcp(856, 111, .ack, sequence: 100, [UInt8](repeating: 0x41, count: stream.count)))
    decoy[36] ^= 1
    sensor.push(decoy)
    sensor.push(Wire.ipv4(6, Wire.tcp(856, 111, .ack, sequence: 100, stream)))
    #expect(sensor.finish().map(\.action) == [.rpcCall])
    #expect(sensor.count(of: .checksumWrong) == 1)
    #expect(sensor.count(of: .tcpOverlapConflict) == 0)
    #expect(sensor.counted == 3)
  }
}

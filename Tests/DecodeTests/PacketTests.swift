import Decode
import Evidence
import TestNumbers
import Testing

struct PacketTests {
  static let payload = Array("payload".utf8)

  /// Every way to carry a packet, and where its payload ends.
  private static func frames() -> [(linkType: UInt32, bytes: [UInt8], name: String)] {
    let tcp = Wire.tcp(856, 111, [.psh, .ack], sequence: 7, options: [1, 1, 1, 0], payload)
    let udp = Wire.udp(856, 111, payload)
    let hops: [UInt8] = [60, 0, 1, 4, 0, 0, 0, 0]
    let destination: [UInt8] = [17, 1] + [UInt8](repeating: 0, count: 14)
    let packets: [(UInt16, [UInt8], String)] = [
      (0x0800, Wire.ipv4(6, tcp), "v4 tcp"), (0x0800, Wire.ipv4(17, udp), "v4 udp"),
      (0x86dd, Wire.ipv6(6, tcp), "v6 tcp"), (0x86dd, Wire.ipv6(17, udp), "v6 udp"),
      (0x86dd, Wire.ipv6(0, hops + destination + udp), "v6 udp with extensions"),
      (0x86dd, Wire.ipv6(44, [17, 0, 0, 0, 0, 0, 0, 9] + udp), "v6 alone in a fragment"),
    ]
    return packets.flatMap { type, packet, name -> [(UInt32, [UInt8], String)] in
      let family: UInt32 = type == 0x0800 ? 2 : 30
      let session =
        [0x11, 0, 0, 7] + bytes(UInt16(packet.count + 2)) + (type == 0x0800 ? [0, 0x21] : [0, 0x57]) + packet
      return [
        (1, Wire.ethernet(type, packet), "ethernet " + name),
        (1, Wire.ethernet(0x8100, [0, 5] + bytes(type) + packet), "vlan " + name),
        (1, Wire.ethernet(0x88a8, [0, 5, 0x81, 0, 0, 6] + bytes(type) + packet), "qinq " + name),
        (1, Wire.ethernet(0x8864, session), "pppoe " + name),
        (1, Wire.ethernet(0x8100, [0, 7, 0x88, 0x64] + session), "vlan pppoe " + name),
        (51, session, "pppoe alone " + name),
        (113, [UInt8](repeating: 0, count: 14) + [0x88, 0x64] + session, "sll pppoe " + name),
        (113, [UInt8](repeating: 0, count: 14) + bytes(type) + packet, "sll " + name),
        (276, bytes(type) + [UInt8](repeating: 0, count: 18) + packet, "sll2 " + name),
        (101, packet, "raw " + name),
        (0, bytes(family) + packet, "null " + name),
        (0, bytes(family.byteSwapped) + packet, "null swapped " + name),
        (108, bytes(family) + packet, "loop " + name),
      ]
    }
  }

  @Test func allCarriersGiveTheSamePacket() throws {
    for (linkType, frame, name) in Self.frames() {
      let packet = try #require(try decode(frame, linkType: linkType), "\(name)")
      #expect(packet.record.source.port == 856, "\(name)")
      #expect(packet.record.target.port == 111)
      #expect(packet.record.source.host.notation == (name.contains("v4") ? "10.0.0.2" : "2001:db8::2"))
      #expect(packet.record.target.host.notation == (name.contains("v4") ? "10.0.0.1" : "2001:db8::1"))
      #expect(packet.record.transport == (name.contains("tcp") ? .tcp : .udp))
      #expect(packet.record.payloadLength == Self.payload.count, "\(name)")
      #expect(Array(frame[packet.payload]) == Self.payload, "\(name)")
      #expect(packet.record.timeToLive == 64)
      #expect(packet.record.ipID == (name.contains("v4") ? 777 : nil))
    }
  }

  @Test func paddingIsNoPayload() throws {
    let frame = Wire.ethernet(0x0800, Wire.ipv4(6, Wire.tcp(1, 2, .ack)) + [0, 0, 0, 0, 0, 0])
    let packet = try #require(try decode(frame))
    #expect(packet.record.payloadLength == 0)
    #expect(packet.payload.isEmpty)
  }

  @Test func sessionsOfPPPoEEndWhereTheySay() throws {
    let packet = Wire.ipv4(6, Wire.tcp(1, 2, .ack, Self.payload))
    func frame(_ length: Int) -> [UInt8] {
      Wire.ethernet(0x8864, [0x11, 0, 0, 7] + bytes(UInt16(length)) + [0, 0x21] + packet + [0, 0, 0])
    }
    #expect(try decode(frame(packet.count + 2))?.record.payloadLength == Self.payload.count)
    for length in [0, 1, 2, 21, packet.count + 1, packet.count + 6, 65_535] {
      #expect(throws: DecodeError.self, "\(length)") { _ = try decode(frame(length)) }
    }
  }

  @Test func shortSnapshotsKeepTheLengthOnTheWire() throws {
    for (linkType, frame, name) in Self.frames() {
      for length in 0..<frame.count {
        do throws(DecodeError) {
          let cut = Array(frame.prefix(length))
          guard let packet = try decode(cut, linkType: linkType, originalLength: frame.count) else {
            Issue.record("\(name) at \(length) was of no concern")
            continue
          }
          #expect(packet.record.payloadLength == Self.payload.count, "\(name) at \(length)")
          #expect(Self.payload.starts(with: cut[packet.payload]))
          #expect(packet.segment.isEmpty)
        } catch {
          #expect(error.oddity == .packetTruncated, "\(name) at \(length)")
        }
      }
    }
  }

  @Test func shortSnapshotsOfABareHeaderStayInTheirFrame() throws {
    let options: [UInt8] = [255, 1] + [UInt8](repeating: 0, count: 14)
    let frame = Wire.ipv6(60, options)
    for length in frame.count - 8...frame.count {
      let packet = try #require(try decode(Array(frame.prefix(length)), linkType: 101, originalLength: frame.count))
      #expect(packet.record.transport == .ip)
      #expect(packet.segment.upperBound <= length && packet.payload.upperBound <= length, "\(length)")
    }
  }

  @Test func shortFramesAreMalformedOrPadded() {
    for (linkType, frame, name) in Self.frames() {
      for length in 0..<frame.count {
        #expect(throws: DecodeError.self, "\(name) at \(length)") {
          _ = try decode(Array(frame.prefix(length)), linkType: linkType)
        }
      }
    }
  }

  @Test func impossibleLengthsAreMalformed() {
    let tcp = Wire.tcp(1, 2, .syn)
    var shortOffset = tcp
    shortOffset[12] = 0x40
    var longOffset = tcp
    longOffset[12] = 0xf0
    var shortHeader = Wire.ipv4(6, tcp)
    shortHeader[0] = 0x44
    var otherVersion = Wire.ipv4(6, tcp)
    otherVersion[0] = 0x55
    let packets = [
      Wire.ipv4(6, tcp, total: 19), Wire.ipv4(6, tcp, total: 21), Wire.ipv4(6, tcp, total: 65535), shortHeader,
      otherVersion, Wire.ipv4(6, shortOffset), Wire.ipv4(6, longOffset), Wire.ipv4(17, Wire.udp(1, 2, [], length: 7)),
      Wire.ipv4(17, Wire.udp(1, 2, [1, 2], length: 65535)), Wire.ipv6(0, [6, 255] + [UInt8](repeating: 0, count: 30)),
    ]
    for packet in packets {
      #expect {
        _ = try decode(packet, linkType: 101)
      } throws: {
        ($0 as? DecodeError)?.oddity == .packetMalformed
      }
    }
  }

  @Test func whatIsNotConcernedIsNotOdd() throws {
    #expect(try decode(Wire.ethernet(0x0806, [0, 1, 8, 0])) == nil)
    #expect(try decode(Wire.ipv4(50, [0, 0]), linkType: 101) == nil)
    // GRE of PPTP, and of Cisco's discovery protocol.
    #expect(try decode(Wire.ipv4(47, [0x20, 1, 0x88, 0x0b, 0, 0, 0, 0]), linkType: 101) == nil)
    #expect(try decode(Wire.ipv4(47, [0, 0, 0x20, 0, 1, 2, 3]), linkType: 101) == nil)
    #expect(try decode(Wire.ipv6(59, []), linkType: 101) == nil)
    // PPPoE discovery, and PPP's own link control inside of a session.
    #expect(try decode(Wire.ethernet(0x8863, [0x11, 9, 0, 0, 0, 0])) == nil)
    #expect(try decode([0x11, 9, 0, 0, 0, 0], linkType: 51) == nil)
    #expect(try decode(Wire.ethernet(0x8864, [0x11, 0, 0, 1, 0, 6, 0xc0, 0x21, 9, 0, 0, 4])) == nil)
    #expect(FrameDecoder(linkType: 105) == nil)
  }

  @Test func firstFragmentTellsItsLength() throws {
    let udp = Wire.udp(700, 2049, [UInt8](repeating: 1, count: 100), length: 8200)
    let decoder = try #require(FrameDecoder(linkType: 101))
    var reassembly = PacketReassembly()
    let frame = Wire.ipv4(17, udp.dropLast(4), fragment: 0x2000)
    let waiting = try decoder.decode(
      frame.rawSpan, originalLength: frame.count, time: moment(1), provenance: provenance, &reassembly)
    #expect(waiting == nil)
    reassembly.finish()
    let late = reassembly.takeLate()
    let packet = try #require(late)
    #expect(packet.record.payloadLength == 8192)
    #expect(packet.payload.count == 96)
    #expect(reassembly.oddities.count(of: .fragmentIncomplete) == 1)
    let hasMore = reassembly.hasLate
    #expect(!hasMore)
  }

  @Test func errorsQuoteTheirDatagram() throws {
    let inner = Wire.ipv4(17, Wire.udp(47862, 635, [1, 2, 3, 4]), source: 0x0a00_0001, target: 0x0a00_0002)
    for kept in 0...inner.count {
      let icmp: [UInt8] = [3, 3, 0, 0, 0, 0, 0, 0] + inner.prefix(kept)
      let packet = try #require(try decode(Wire.ipv4(1, icmp), linkType: 101))
      #expect(packet.record.transport == .icmp)
      if kept >= 24 {
        let quoted = try #require(packet.record.quoted)
        #expect(quoted.source.notation == "10.0.0.1:47862")
        #expect(quoted.target.notation == "10.0.0.2:635")
        #expect((quoted.icmpType, quoted.icmpCode, quoted.transport) == (3, 3, .udp))
      } else {
        #expect(packet.record.quoted == nil)
      }
    }
    let echo = try #require(try decode(Wire.ipv4(1, [8, 0, 0, 0, 0, 1, 0, 1]), linkType: 101))
    #expect(echo.record.quoted == nil)
  }

  @Test func optionsOfASynAreRead() throws {
    let options = hex("020405b4 0402 080a0deb ad2a00000000 01030307".filter { $0 != " " })
    let frame = Wire.ipv4(6, Wire.tcp(1, 2, .syn, options: options))
    for kept in 40...frame.count {
      let packet = try #require(
        try decode(Array(frame.prefix(kept)), linkType: 101, originalLength: frame.count))
      let read = packet.record.options
      #expect(read.maximumSegmentSize == (kept >= 44 ? 1460 : nil))
      #expect(read.sackPermitted == (kept >= 46))
      #expect(read.timestampValue == (kept >= 52 ? 0x0deb_ad2a : nil))
      #expect(read.windowScale == (kept >= 60 ? 7 : nil))
    }
  }

  @Test func anyBytesGiveAnAnswer() {
    var dice = SeededNumbers(7)
    for (linkType, frame, _) in Self.frames() {
      for _ in 0..<200 {
        var damaged = frame
        for _ in 0...dice.roll(4) { damaged[dice.roll(frame.count)] = UInt8(dice.roll(256)) }
        let kept = Array(damaged.prefix(dice.roll(frame.count + 1)))
        if let packet = try? decode(kept, linkType: linkType, originalLength: dice.roll(70_000)) {
          #expect(packet.payload.upperBound <= kept.count)
          #expect(packet.payload.count <= packet.record.payloadLength)
          #expect(!packet.record.summary.isEmpty)
        }
      }
    }
  }

  @Test func summaryReadsLikeTcpdump() throws {
    let syn = try #require(try decode(Wire.ipv4(6, Wire.tcp(856, 111, .syn)), linkType: 101))
    #expect(syn.record.summary == "10.0.0.2.856 > 10.0.0.1.111: tcp S, length 0")
    #expect(syn.record.citation.text.isEmpty)
    let answer = try #require(try decode(Wire.ipv4(6, Wire.tcp(111, 856, [.syn, .ack])), linkType: 101))
    #expect(answer.record.summary == "10.0.0.2.111 > 10.0.0.1.856: tcp S., length 0")
  }
}

import Decode
import Evidence
import TestNumbers
import Testing

/// The short way to a packet must lead where the long one does.
struct PlainPacketTests {
  /// Frames of all kinds, some of them damaged or cut.
  private static func frame(_ dice: inout SeededNumbers) -> [UInt8] {
    let payload = dice.bytes(dice.roll(4) == 0 ? 0 : dice.roll(60))
    let flags = TCPFlags(rawValue: UInt8(dice.roll(64)))
    let options: [UInt8] = [2, 4, 5, 0xb4, 1, 3, 3, 7]
    let ports = [111, 111, 80, 856, 4789, 40_000].map { UInt16($0) }
    let (source, target) = (ports[dice.roll(6)], ports[dice.roll(6)])
    let isTCP = dice.roll(2) == 0
    let body =
      isTCP
      ? Wire.tcp(source, target, flags, sequence: UInt32(dice.roll(1 << 30)), options: options, payload)
      : Wire.udp(source, target, payload)
    let hosts: [UInt32] = [0x0a00_0001, 0x0a00_0002, 0xc000_0201]
    var packet = Wire.ipv4(
      isTCP ? 6 : 17, body, source: hosts[dice.roll(3)], target: hosts[dice.roll(3)],
      fragment: dice.roll(8) == 0 ? 0x2000 : 0x4000)
    if dice.roll(8) > 0 { setChecksum(&packet) }
    if dice.roll(3) == 0 { packet += dice.bytes(dice.roll(8)) }
    if dice.roll(3) == 0 {
      let place = dice.roll(min(packet.count, 40))
      packet[place] = UInt8(dice.roll(256))
      if dice.roll(2) == 0 { setChecksum(&packet) }
    }
    let frame = dice.roll(3) == 0 ? Wire.ethernet(0x8100, [0, 5, 8, 0] + packet) : Wire.ethernet(0x0800, packet)
    return dice.roll(4) == 0 ? Array(frame.prefix(dice.roll(frame.count + 1))) : frame
  }

  private static func setChecksum(_ packet: inout [UInt8]) {
    packet[10] = 0
    packet[11] = 0
    var sum = stride(from: 0, to: 20, by: 2).reduce(0) { $0 + Int(packet[$1]) << 8 + Int(packet[$1 + 1]) }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    packet[10] = UInt8(~sum >> 8 & 0xff)
    packet[11] = UInt8(~sum & 0xff)
  }

  @Test func isWhatTheDecoderSays() throws {
    var dice = SeededNumbers(4)
    let decoder = try #require(FrameDecoder(linkType: 1))
    var plain = PlainPacket()
    var found = 0
    for _ in 0..<20_000 {
      let frame = Self.frame(&dice)
      let length = frame.count + (dice.roll(4) == 0 ? dice.roll(99) : 0)
      let isPlain = decoder.readPlain(
        frame.rawSpan, originalLength: length, time: moment(1), number: 1, offset: 24, recordLength: 16, into: &plain)
      guard isPlain else { continue }
      found += 1
      let packet = try #require(try decode(frame, originalLength: length))
      #expect(Self.description(plain.record(of: InputID(0))) == Self.description(packet.record))
      #expect(plain.payload == packet.payload)
      #expect(plain.shard == FlowShard.of(packet.record))
    }
    #expect(found > 5000)
  }

  private static func description(_ packet: PacketRecord) -> String {
    "\(packet.time) \(packet.transport) \(packet.flags) \(packet.sequence) \(packet.window) \(packet.options) "
      + "\(packet.timeToLive as Any) \(packet.ipID as Any) \(packet.dontFragment) \(packet.payloadLength) "
      + "\(packet.provenance) \(packet.source) \(packet.target) \(packet.quoted as Any)"
  }
}

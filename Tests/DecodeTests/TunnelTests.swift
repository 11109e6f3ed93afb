import Decode
import Evidence
import Testing

struct TunnelTests {
  private static let call = Wire.ipv4(17, Wire.udp(856, 111, RPC.call(7)))
  private static let call6 = Wire.ipv6(17, Wire.udp(856, 111, RPC.call(7)))

  private static func vxlan(_ frame: [UInt8]) -> [UInt8] {
    Wire.ipv4(17, Wire.udp(50_000, 4789, [8, 0, 0, 0, 0, 0, 42, 0] + frame), source: 0xc000_0201, target: 0xc000_0202)
  }
  private static func gre(_ type: UInt16, _ inner: [UInt8], marks: UInt8 = 0, _ extra: [UInt8] = []) -> [UInt8] {
    Wire.ipv4(47, [marks, 0] + bytes(type) + extra + inner, source: 0xc000_0201, target: 0xc000_0202)
  }
  private static let tunnels: [(name: String, frame: [UInt8])] = [
    ("ip in ip", Wire.ipv4(4, call)), ("6 in 4", Wire.ipv4(41, call6)), ("4 in 6", Wire.ipv6(4, call)),
    ("6 in 6", Wire.ipv6(41, call6)), ("gre", gre(0x0800, call)), ("gre 6", gre(0x86dd, call6)),
    ("gre with all", gre(0x0800, call, marks: 0xb0, [UInt8](repeating: 1, count: 12))),
    ("gre key", gre(0x0800, call, marks: 0x20, [0, 0, 0, 1])),
    ("gre bridge", gre(0x6558, Wire.ethernet(0x0800, call))),
    ("gre bridge vlan", gre(0x6558, Wire.ethernet(0x8100, [0, 5, 8, 0] + call))),
    ("vxlan", vxlan(Wire.ethernet(0x0800, call))), ("vxlan 6", vxlan(Wire.ethernet(0x86dd, call6))),
    ("vxlan in gre", gre(0x0800, vxlan(Wire.ethernet(0x0800, call)))),
  ]

  @Test func whatTheyCarryIsRead() {
    for (name, frame) in Self.tunnels {
      var sensor = Sensor()
      sensor.push(frame)
      let events = sensor.finish()
      #expect(events.map(\.action) == [.rpcCall], "\(name)")
      #expect(events.first?.source.port == 856)
      #expect(
        events.first?.source.host.notation == (name.contains("6") && name != "4 in 6" ? "2001:db8::2" : "10.0.0.2"))
      #expect(sensor.counted == 1 && sensor.errors.isEmpty)
    }
  }

  @Test func inFragmentsToo() {
    let inner = Wire.ipv4(4, Self.call)
    let body = Array(inner.dropFirst(20))
    var sensor = Sensor()
    for start in stride(from: 0, to: body.count, by: 16) {
      let end = min(start + 16, body.count)
      sensor.push(
        Wire.ipv4(4, Array(body[start..<end]), fragment: (end < body.count ? 0x2000 : 0) | UInt16(start / 8)))
    }
    #expect(sensor.finish().map(\.action) == [.rpcCall])
    #expect(sensor.counted == sensor.frames)
  }

  @Test func theirDepthIsBounded() {
    var frame = Self.call
    for depth in 1...6 {
      frame = Wire.ipv4(4, frame)
      var sensor = Sensor()
      sensor.push(frame)
      #expect(sensor.finish().count == (depth <= 4 ? 1 : 0), "\(depth)")
      #expect(sensor.errors.map(\.layer) == (depth <= 4 ? [] : [.tunnel]))
    }
  }

  @Test func anyEndOfThemIsAnAnswer() {
    for (name, frame) in Self.tunnels {
      for length in 0..<frame.count {
        var sensor = Sensor()
        sensor.push(Array(frame.prefix(length)), originalLength: frame.count)
        _ = sensor.finish()
        #expect(sensor.counted == 1, "\(name) \(length)")
        #expect(sensor.errors.allSatisfy { $0.oddity == .packetTruncated })
      }
    }
  }
}

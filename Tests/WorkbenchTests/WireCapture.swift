import Foundation

/// Writes captures for tests: pcap of raw IPv4, with checksums that are right.
struct WireCapture {
  private(set) var bytes: [UInt8] = []
  private var time: (seconds: UInt32, microseconds: UInt32) = (1_000_000_000, 0)
  private var identification: UInt16 = 1

  /// LINKTYPE_RAW.
  init() { bytes = [0xa1b2_c3d4, 0x0002_0004, 0, 0, 65_535, 101].flatMap { WireCapture.word($0) } }

  static func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
  static func half(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)] }
  static func opaque(_ data: [UInt8]) -> [UInt8] {
    word(UInt32(data.count)) + data + [UInt8](repeating: 0, count: (4 - data.count % 4) % 4)
  }
  static func string(_ text: String) -> [UInt8] { opaque(Array(text.utf8)) }

  /// An address of 192.0.2.0/24 or, above 255, of 198.51.100.0/24.
  static func address(_ host: Int) -> UInt32 {
    host < 256 ? 0xc000_0200 | UInt32(host) : 0xc633_6400 | UInt32(host % 256)
  }

  mutating func wait(_ milliseconds: UInt32) {
    let sum = time.microseconds + milliseconds % 1000 * 1000
    time = (time.seconds + milliseconds / 1000 + sum / 1_000_000, sum % 1_000_000)
  }

  // MARK: Packets

  mutating func udp(_ source: Int, _ sourcePort: UInt16, _ target: Int, _ targetPort: UInt16, _ payload: [UInt8]) {
    let header = Self.half(sourcePort) + Self.half(targetPort) + Self.half(UInt16(8 + payload.count))
    packet(17, source, target, header, payload, checksumAt: 6)
  }

  mutating func tcp(
    _ source: Int, _ sourcePort: UInt16, _ target: Int, _ targetPort: UInt16, flags: UInt8, _ sequence: UInt32,
    _ acknowledged: UInt32, _ payload: [UInt8] = []
  ) {
    let header =
      Self.half(sourcePort) + Self.half(targetPort) + Self.word(sequence) + Self.word(acknowledged) + [0x50, flags]
      + Self.half(8192)
    packet(6, source, target, header, Self.half(0) + payload, checksumAt: 16)
  }

  /// `head`, a checksum, `tail`.
  private mutating func packet(
    _ proto: UInt8, _ source: Int, _ target: Int, _ head: [UInt8], _ tail: [UInt8], checksumAt place: Int
  ) {
    let addresses = Self.word(Self.address(source)) + Self.word(Self.address(target))
    let length = UInt16(head.count + 2 + tail.count)
    let sum = Self.checksum(addresses + [0, proto] + Self.half(length) + head + [0, 0] + tail)
    let body = head + Self.half(sum == 0 && proto == 17 ? 0xffff : sum) + tail
    var header: [UInt8] = [0x45, 0] + Self.half(20 + length) + Self.half(identification) + [0x40, 0, 64, proto]
    header += Self.half(Self.checksum(header + addresses)) + addresses
    let frame = header + body
    bytes +=
      [time.seconds, time.microseconds, UInt32(frame.count), UInt32(frame.count)].flatMap { Self.word($0) } + frame
    identification &+= 1
    wait(1)
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum = stride(from: 0, to: bytes.count, by: 2).reduce(UInt32(0)) { sum, index in
      sum + UInt32(bytes[index]) << 8 + (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
    }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return ~UInt16(sum)
  }

  // MARK: RPC

  struct Call {
    var program: UInt32
    var version: UInt32
    var procedure: UInt32
    var argument: [UInt8] = []
    /// AUTH_NONE, if there is no other.
    var credential: [UInt8] = WireCapture.word(0) + WireCapture.word(0)
    /// Nil: nobody answers.
    var results: [UInt8]? = []
    var port: UInt16 = 111

    func message(_ xid: UInt32) -> [UInt8] {
      [xid, 0, 2, program, version, procedure].flatMap { WireCapture.word($0) } + credential + WireCapture.word(0)
        + WireCapture.word(0) + argument
    }
    func reply(_ xid: UInt32) -> [UInt8]? {
      results.map { [xid, 1, 0, 0, 0, 0].flatMap { WireCapture.word($0) } + $0 }
    }
  }

  /// AUTH_SYS, or with another flavor what looks like it.
  static func sys(_ flavor: UInt32 = 1, name: String = "client", user: UInt32 = 1000, groups: Int = 1) -> [UInt8] {
    word(flavor)
      + opaque(
        word(1) + string(name) + word(user) + word(100) + word(UInt32(groups))
          + [UInt8](repeating: 0, count: 4 * groups))
  }

  mutating func udp(_ call: Call, xid: UInt32 = 77, from client: Int, port: UInt16 = 700, to server: Int = 10) {
    udp(client, port, server, call.port, call.message(xid))
    if let reply = call.reply(xid) { udp(server, call.port, client, port, reply) }
  }

  /// A connection with one call, whose record may come in fragments, closed in good order.
  mutating func tcp(
    _ call: Call, xid: UInt32 = 77, from client: Int, port: UInt16 = 700, to server: Int = 10, fragment: Int = .max
  ) {
    let asked = Self.record(call.message(xid), fragment: fragment)
    let answered = call.reply(xid).map { Self.record($0, fragment: fragment) } ?? []
    let (here, there) = (1001 + UInt32(asked.count), 5001 + UInt32(answered.count))
    tcp(client, port, server, call.port, flags: 2, 1000, 0)
    tcp(server, call.port, client, port, flags: 0x12, 5000, 1001)
    tcp(client, port, server, call.port, flags: 0x18, 1001, 5001, asked)
    tcp(server, call.port, client, port, flags: 0x18, 5001, here, answered)
    tcp(client, port, server, call.port, flags: 0x11, here, there)
    tcp(server, call.port, client, port, flags: 0x11, there, here + 1)
    tcp(client, port, server, call.port, flags: 0x10, here + 1, there + 1)
  }

  /// In fragments of at most `fragment` bytes.
  private static func record(_ message: [UInt8], fragment: Int) -> [UInt8] {
    stride(from: 0, to: message.count, by: fragment).flatMap { start in
      let end = start + min(fragment, message.count - start)
      return word(UInt32(end - start) | (end == message.count ? 1 << 31 : 0)) + message[start..<end]
    }
  }
}

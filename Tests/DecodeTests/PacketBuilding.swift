import Decode
import Evidence

/// Big-endian bytes of an integer.
func bytes(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
  stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
}

/// The bytes of a string of hexadecimal digits, blanks between them as one likes.
func hex(_ text: String) -> [UInt8] {
  let digits = text.utf8.compactMap(\.hexDigit)
  return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Packets as they stand in a frame.
enum Wire {
  static func tcp(
    _ source: UInt16, _ target: UInt16, _ flags: TCPFlags, sequence: UInt32 = 0, options: [UInt8] = [],
    _ payload: [UInt8] = []
  ) -> [UInt8] {
    let offset = UInt8((20 + options.count) / 4) << 4
    return bytes(source) + bytes(target) + bytes(sequence) + bytes(UInt32(0)) + [offset, flags.rawValue]
      + bytes(UInt16(512)) + [0, 0, 0, 0] + options + payload
  }
  static func udp(_ source: UInt16, _ target: UInt16, _ payload: [UInt8], length: UInt16? = nil) -> [UInt8] {
    bytes(source) + bytes(target) + bytes(length ?? UInt16(8 + payload.count)) + [0, 0] + payload
  }
  static func ipv4(
    _ proto: UInt8, _ body: [UInt8], source: UInt32 = 0x0a00_0002, target: UInt32 = 0x0a00_0001,
    fragment: UInt16 = 0x4000, total: UInt16? = nil, id: UInt16 = 777
  ) -> [UInt8] {
    let header =
      [0x45, 0] + bytes(total ?? UInt16(20 + body.count)) + bytes(id) + bytes(fragment) + [64, proto, 0, 0]
      + bytes(source) + bytes(target)
    let sealed = fragment & 0x3fff == 0 ? seal(body, proto, bytes(source) + bytes(target)) : body
    return with(checksum(header), at: 10, in: header) + sealed
  }
  static let ends6 = hex("20010db8000000000000000000000002") + hex("20010db8000000000000000000000001")
  static func ipv6(_ next: UInt8, _ body: [UInt8]) -> [UInt8] {
    [0x60, 0, 0, 0] + bytes(UInt16(body.count)) + [next, 64] + ends6 + seal(body, next, ends6)
  }

  /// RFC 1071, word by word.
  static func checksum(_ data: [UInt8]) -> UInt16 {
    var sum = 0
    for (index, byte) in data.enumerated() { sum += Int(byte) << (index % 2 == 0 ? 8 : 0) }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return ~UInt16(sum)
  }
  static func with(_ word: UInt16, at place: Int, in data: [UInt8]) -> [UInt8] {
    data.prefix(place) + bytes(word) + data.dropFirst(place + 2)
  }
  /// The transport's header and payload with its checksum; `ends` are the addresses.
  static func seal(_ body: [UInt8], _ proto: UInt8, _ ends: [UInt8]) -> [UInt8] {
    let places: [UInt8: Int] = [1: 2, 6: 16, 17: 6, 58: 2]
    guard let place = places[proto], body.count >= place + 2 else { return body }
    let blank = with(0, at: place, in: body)
    let pseudo = proto == 1 ? [] : ends + bytes(UInt32(body.count)) + [0, 0, 0, proto]
    let sum = checksum(pseudo + blank)
    return with(proto == 17 && sum == 0 ? 0xffff : sum, at: place, in: blank)
  }
  static func ethernet(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
    [UInt8](repeating: 2, count: 12) + bytes(type) + body
  }
}

let provenance = Provenance(input: InputID(0), place: .frame(1), offset: 24, length: 16)

func moment(_ seconds: Double) -> EventTime {
  EventTime(Timestamp(nanoseconds: Int64((seconds * 1e9).rounded())), fractionDigits: 6)
}

func decode(
  _ frame: [UInt8], linkType: UInt32 = 1, originalLength: Int? = nil
) throws(DecodeError) -> FrameDecoder.Packet? {
  guard let decoder = FrameDecoder(linkType: linkType) else { return nil }
  var reassembly = PacketReassembly()
  return try decoder.decode(
    frame.rawSpan, originalLength: originalLength ?? frame.count, time: moment(1), provenance: provenance, &reassembly)
}

/// From frames to events, as a capture is read.
struct Sensor {
  private let decoder: FrameDecoder?
  var reassembly: PacketReassembly
  var table: ConversationTable
  var events: [Event] = []
  var time = 1000.0
  var frames = 0
  /// Frames that could not be decoded.
  var errors: [DecodeError] = []

  init(linkType: UInt32 = 101, _ settings: PacketReassembly.Settings = .init()) {
    decoder = FrameDecoder(linkType: linkType)
    reassembly = PacketReassembly(settings)
    table = ConversationTable(overlap: settings.overlap)
  }

  mutating func push(_ frame: [UInt8], originalLength: Int? = nil) {
    frames += 1
    time += 0.001
    let place = Provenance(input: InputID(0), place: .frame(frames), offset: frames * 100, length: frame.count)
    do {
      let packet = try decoder?.decode(
        frame.rawSpan, originalLength: originalLength ?? frame.count, time: moment(time), provenance: place, &reassembly
      )
      if let packet, packet.isReassembled { push(packet, Bytes(reassembly.datagram).array) }
      if let packet, !packet.isReassembled { push(packet, frame) }
    } catch {
      errors.append(error)
    }
    while let packet = reassembly.takeLate() { push(packet, Bytes(reassembly.datagram).array) }
  }

  private mutating func push(_ packet: FrameDecoder.Packet, _ frame: [UInt8]) {
    let bytes = frame.rawSpan
    table.push(
      packet.record, payload: bytes.slice(packet.payload), segment: bytes.slice(packet.segment), into: &events)
  }

  mutating func finish() -> [Event] {
    reassembly.finish()
    while let packet = reassembly.takeLate() { push(packet, Bytes(reassembly.datagram).array) }
    table.finish(into: &events)
    return events + reassembly.events
  }

  /// What became of the frames; after ``finish()`` it is all of them.
  var counted: Int {
    let packets = table.packetCounts[InputID(0)] ?? ConversationTable.PacketCounts()
    return packets.understood + packets.unconcerned + packets.odd + errors.count + reassembly.joined
      + reassembly.unconcerned + reassembly.odd
  }
  func count(of kind: Oddity.Kind) -> Int { table.oddities.count(of: kind) + reassembly.oddities.count(of: kind) }
}

/// ONC RPC messages.
enum RPC {
  static let none = bytes(UInt32(0)) + bytes(UInt32(0))
  static func call(
    _ xid: UInt32, _ program: UInt32 = 100_000, _ version: UInt32 = 2, _ procedure: UInt32 = 4,
    credential: [UInt8] = none, _ arguments: [UInt8] = []
  ) -> [UInt8] {
    bytes(xid) + bytes(UInt32(0)) + bytes(UInt32(2)) + bytes(program) + bytes(version) + bytes(procedure) + credential
      + none + arguments
  }
  static func accepted(_ xid: UInt32, status: UInt32 = 0, _ results: [UInt8] = []) -> [UInt8] {
    bytes(xid) + bytes(UInt32(1)) + bytes(UInt32(0)) + none + bytes(status) + results
  }
  static func denied(_ xid: UInt32, authentication: UInt32) -> [UInt8] {
    bytes(xid) + bytes(UInt32(1)) + bytes(UInt32(1)) + bytes(UInt32(1)) + bytes(authentication)
  }
  static func list(_ entries: Int, port: Int = 111) -> [UInt8] {
    (0..<entries).flatMap { entry in [1, 100_000 + UInt32(entry), 2, 6, UInt32(port)].flatMap { bytes(UInt32($0)) } }
      + bytes(UInt32(0))
  }
  static func string(_ text: String) -> [UInt8] {
    bytes(UInt32(text.utf8.count)) + Array(text.utf8) + [UInt8](repeating: 0, count: (4 - text.utf8.count % 4) % 4)
  }
  /// As a record of a stream, in fragments of at most `fragment` bytes.
  static func record(_ message: [UInt8], fragment: Int = .max) -> [UInt8] {
    var record: [UInt8] = []
    var index = 0
    repeat {
      let count = min(fragment, message.count - index)
      let last: UInt32 = index + count == message.count ? 1 << 31 : 0
      record += bytes(UInt32(count) | last) + message[index..<index + count]
      index += count
    } while index < message.count
    return record
  }
}

/// A scene on the wire: packets between a client and a server, in the order that the test writes them.
struct Scene {
  var table: ConversationTable
  var events: [Event] = []
  var client = Endpoint(host: .address(IPAddress(v4: 0x0a00_0002)), port: 856)
  var server = Endpoint(host: .address(IPAddress(v4: 0x0a00_0001)), port: 111)
  var transport = Transport.tcp
  var time = 1000.0
  var frame = 0

  init(
    _ transport: Transport, port: UInt16 = 111, from client: UInt16 = 856, limits: ConversationTable.Limits = .init(),
    overlap: OverlapPolicies = OverlapPolicies()
  ) {
    table = ConversationTable(limits: limits, overlap: overlap)
    self.transport = transport
    server.port = port
    self.client.port = client
  }

  mutating func send(
    _ flags: TCPFlags = [], sequence: UInt32 = 0, _ payload: [UInt8] = [], length: Int? = nil, text: Bytes = ""
  ) {
    push(from: client, to: server, flags, sequence, payload, length ?? payload.count, text)
  }
  mutating func answer(
    _ flags: TCPFlags = [], sequence: UInt32 = 0, _ payload: [UInt8] = [], length: Int? = nil, text: Bytes = ""
  ) {
    push(from: server, to: client, flags, sequence, payload, length ?? payload.count, text)
  }
  /// A datagram from the client, and one from the server.
  mutating func ask(_ payload: [UInt8]) { send([], payload) }
  mutating func reply(_ payload: [UInt8]) { answer([], payload) }
  mutating func unreachable(type: UInt8 = 3, code: UInt8, by router: Host? = nil) {
    var packet = record(from: router.map { Endpoint(host: $0) } ?? server, to: client, [], 0, 56, "")
    packet.transport = .icmp
    packet.quoted = QuotedDatagram(
      source: client, target: server, transport: transport, icmpType: type, icmpCode: code)
    table.push(packet, payload: [UInt8]().rawSpan, into: &events)
  }
  mutating func open(_ sequence: UInt32 = 1000, _ answered: UInt32 = 5000) {
    send(.syn, sequence: sequence)
    answer([.syn, .ack], sequence: answered)
    send(.ack, sequence: sequence &+ 1)
  }
  mutating func finish() -> [Event] {
    table.finish(into: &events)
    return events
  }

  private mutating func record(
    from source: Endpoint, to target: Endpoint, _ flags: TCPFlags, _ sequence: UInt32, _ length: Int, _ text: Bytes
  ) -> PacketRecord {
    frame += 1
    time += 0.001
    return PacketRecord(
      time: moment(time), source: source, target: target, transport: transport, flags: flags, sequence: sequence,
      payloadLength: length,
      citation: Citation(Provenance(input: InputID(0), place: .frame(frame), offset: 0, length: 0), text: text))
  }
  private mutating func push(
    from source: Endpoint, to target: Endpoint, _ flags: TCPFlags, _ sequence: UInt32, _ payload: [UInt8],
    _ length: Int, _ text: Bytes
  ) {
    let packet = record(from: source, to: target, flags, sequence, length, text)
    table.push(packet, payload: payload.rawSpan, into: &events)
  }
}

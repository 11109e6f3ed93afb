import Evidence

/// TCP, UDP and ICMP behind an IP header.
enum TransportHeader {
  private enum Number {
    static let icmp: UInt8 = 1
    static let tcp: UInt8 = 6
    static let udp: UInt8 = 17
    static let icmpV6: UInt8 = 58
  }

  /// Reads the header, and leaves the position at the payload.
  /// - Returns: nil for other protocols.
  @_lifetime(packet: copy packet) static func read(
    _ packet: inout PacketBytes, _ ip: IPHeader, time: EventTime, citation: Citation
  ) throws(DecodeError) -> PacketRecord? {
    guard var record = try read(&packet, ip, time: time, provenance: citation.provenance) else { return nil }
    record.citation = citation
    return record
  }

  /// The same for a frame of a capture, which nobody has written down yet.
  @_lifetime(packet: copy packet) static func read(
    _ packet: inout PacketBytes, _ ip: IPHeader, time: EventTime, provenance: Provenance
  ) throws(DecodeError) -> PacketRecord? {
    var record = PacketRecord(
      time: time, source: ip.source, target: ip.target, transport: .tcp, payloadLength: 0, provenance: provenance)
    record.timeToLive = ip.timeToLive
    record.ipID = ip.identification
    record.dontFragment = ip.dontFragment
    switch ip.protocolNumber {
    case Number.tcp: try readTCP(&packet, &record)
    case Number.udp: try readUDP(&packet, &record, isFragment: ip.hasMoreFragments)
    case Number.icmp, Number.icmpV6: try readICMP(&packet, &record, isV6: ip.protocolNumber == Number.icmpV6)
    default: return bareHeader(packet, ip, record)
    }
    return record
  }

  /// A header with nothing behind it asks whether the protocol is spoken; what speaks it always says something.
  private static func bareHeader(
    _ packet: borrowing PacketBytes, _ ip: IPHeader, _ record: PacketRecord
  ) -> PacketRecord? {
    guard packet.remaining == 0, ip.hasLength, !ip.isFragment else { return nil }
    var record = record
    record.transport = .ip
    record.setPorts(source: 0, target: UInt16(ip.protocolNumber))
    return record
  }

  /// RFC 9293, section 3.1. A capture may hold less than the header: what stands in the first 16 bytes suffices.
  @_lifetime(packet: copy packet)
  private static func readTCP(_ packet: inout PacketBytes, _ record: inout PacketRecord) throws(DecodeError) {
    try packet.require(16, .tcp)
    let headerLength = Int(packet.byte(12) >> 4) * 4
    guard headerLength >= 20 else {
      throw DecodeError(.tcp, offset: packet.position, needed: 20, available: headerLength)
    }
    record.transport = .tcp
    record.setPorts(source: packet.uint16(0), target: packet.uint16(2))
    record.sequence = packet.uint32(4)
    record.flags = TCPFlags(rawValue: packet.byte(13) & 0x3f)
    record.window = packet.uint16(14)
    let header = packet.position..<packet.position + headerLength
    try packet.skip(headerLength, .tcp)
    let captured = min(header.upperBound, packet.bytes.byteCount)
    // Only a SYN's options tell about its sender.
    if record.flags.isSYN, captured > header.lowerBound + 20 {
      record.options = TCPOptions(packet.bytes.slice(header.lowerBound + 20..<captured))
    }
    record.payloadLength = packet.remaining
  }

  /// RFC 768.
  @_lifetime(packet: copy packet) private static func readUDP(
    _ packet: inout PacketBytes, _ record: inout PacketRecord, isFragment: Bool
  ) throws(DecodeError) {
    try packet.require(8, .udp)
    record.transport = .udp
    record.setPorts(source: packet.uint16(0), target: packet.uint16(2))
    let length = Int(packet.uint16(4))
    // 0 in a jumbogram. Of a first fragment the rest comes later, and is not waited for.
    if length != 0, !isFragment || length <= packet.remaining {
      guard length >= 8 else { throw DecodeError(.udp, offset: packet.position, needed: 8, available: length) }
      try packet.limit(length, .udp)
    }
    try packet.skip(8, .udp)
    record.payloadLength = length == 0 ? packet.remaining : length - 8
  }

  /// RFC 792, RFC 4443: of errors, the datagram that they answer.
  @_lifetime(packet: copy packet) private static func readICMP(
    _ packet: inout PacketBytes, _ record: inout PacketRecord, isV6: Bool
  ) throws(DecodeError) {
    try packet.require(4, .icmp)
    let (type, code) = (packet.byte(0), packet.byte(1))
    record.transport = .icmp
    record.payloadLength = packet.remaining
    guard isV6 ? isErrorV6(type) : isError(type) else { return }
    try packet.skip(8, .icmp)
    // What is quoted may be cut anywhere, or be of another protocol: then there is nothing to tell about it.
    record.quoted = try? quoted(packet, type: type, code: code)
  }

  private static func isError(_ type: UInt8) -> Bool { type >= 3 && type <= 5 || type == 11 || type == 12 }
  private static func isErrorV6(_ type: UInt8) -> Bool { type >= 1 && type <= 4 }

  private static func quoted(
    _ packet: borrowing PacketBytes, type: UInt8, code: UInt8
  ) throws(DecodeError) -> QuotedDatagram? {
    // The quoted header gives the length of the whole datagram, of which the error holds the start.
    var quote = PacketBytes(packet.bytes.slice(packet.captured), wireLength: Int(UInt16.max) + 41)
    let ip = try IPHeader.read(&quote)
    guard ip.fragmentOffset == 0, ip.protocolNumber == Number.tcp || ip.protocolNumber == Number.udp else { return nil }
    try quote.require(4, .icmp)
    return QuotedDatagram(
      source: Endpoint(host: .address(ip.source), port: quote.uint16(0)),
      target: Endpoint(host: .address(ip.target), port: quote.uint16(2)),
      transport: ip.protocolNumber == Number.tcp ? .tcp : .udp, icmpType: type, icmpCode: code)
  }
}

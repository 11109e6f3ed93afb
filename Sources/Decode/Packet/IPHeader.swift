import Evidence

/// What an IP header tells about the segment or datagram behind it.
struct IPHeader {
  var source: IPAddress
  var target: IPAddress
  /// IANA's protocol number.
  var protocolNumber: UInt8
  var timeToLive: UInt8
  /// Nil in IPv6.
  var identification: UInt16?
  var dontFragment: Bool
  /// The rest of the datagram comes in later fragments.
  var hasMoreFragments: Bool

  /// Reads the header, and leaves the position at the transport's header.
  /// - Returns: nil for what is of no concern: fragments other than the first (they wait for reassembly, which is a later
  ///   issue) and protocols that end the chain of IPv6 headers.
  @_lifetime(packet: copy packet) static func read(_ packet: inout PacketBytes) throws(DecodeError) -> IPHeader? {
    try packet.require(1, .ipv4)
    switch packet.byte(0) >> 4 {
    case 4: return try readV4(&packet)
    case 6: return try readV6(&packet)
    default: throw DecodeError(.ipv4, offset: packet.position, needed: 20, available: 0)
    }
  }

  /// RFC 791, section 3.1.
  @_lifetime(packet: copy packet) private static func readV4(_ packet: inout PacketBytes) throws(DecodeError)
    -> IPHeader?
  {
    try packet.require(20, .ipv4)
    let headerLength = Int(packet.byte(0) & 15) * 4
    let totalLength = Int(packet.uint16(2))
    let fragment = packet.uint16(6)
    let header = IPHeader(
      source: IPAddress(v4: packet.uint32(12)), target: IPAddress(v4: packet.uint32(16)),
      protocolNumber: packet.byte(9), timeToLive: packet.byte(8), identification: packet.uint16(4),
      dontFragment: fragment & 0x4000 != 0, hasMoreFragments: fragment & 0x2000 != 0)
    guard headerLength >= 20 else {
      throw DecodeError(.ipv4, offset: packet.position, needed: 20, available: headerLength)
    }
    // A sender that leaves segmentation to its network card is captured with length 0.
    if totalLength != 0 {
      guard totalLength >= headerLength else {
        throw DecodeError(.ipv4, offset: packet.position, needed: headerLength, available: totalLength)
      }
      try packet.limit(totalLength, .ipv4)
    }
    try packet.skip(headerLength, .ipv4)
    return fragment & 0x1fff == 0 ? header : nil
  }

  /// RFC 8200, section 3.
  @_lifetime(packet: copy packet) private static func readV6(_ packet: inout PacketBytes) throws(DecodeError)
    -> IPHeader?
  {
    try packet.require(40, .ipv6)
    let payloadLength = Int(packet.uint16(4))
    var header = IPHeader(
      source: IPAddress(bits: packet.uint128(8)), target: IPAddress(bits: packet.uint128(24)),
      protocolNumber: packet.byte(6), timeToLive: packet.byte(7), identification: nil, dontFragment: false,
      hasMoreFragments: false)
    try packet.skip(40, .ipv6)
    // 0 is a jumbogram (RFC 2675), or segmentation left to the network card.
    if payloadLength != 0 { try packet.limit(payloadLength, .ipv6) }
    while true {
      switch header.protocolNumber {
      case 0, 43, 60, 135, 139, 140: try skipExtension(&packet, &header, unit: 8, base: 8)
      case 51: try skipExtension(&packet, &header, unit: 4, base: 8)  // RFC 4302: counted in 4 bytes, less 2
      case 44:
        try packet.require(8, .ipv6)
        let fragment = packet.uint16(2)
        header.protocolNumber = packet.byte(0)
        header.hasMoreFragments = fragment & 1 != 0
        try packet.skip(8, .ipv6)
        guard fragment & 0xfff8 == 0 else { return nil }
      default: return header
      }
    }
  }

  /// RFC 8200, section 4: each extension header is at least 8 bytes, so the chain ends.
  @_lifetime(packet: copy packet) private static func skipExtension(
    _ packet: inout PacketBytes, _ header: inout IPHeader, unit: Int, base: Int
  ) throws(DecodeError) {
    try packet.require(2, .ipv6)
    header.protocolNumber = packet.byte(0)
    try packet.skip(base + Int(packet.byte(1)) * unit, .ipv6)
  }
}

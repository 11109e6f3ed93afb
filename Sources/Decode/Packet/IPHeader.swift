import Evidence

/// What an IP header tells about the segment or datagram behind it.
struct IPHeader: Sendable {
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
  /// In bytes, of what is behind the header in the whole datagram.
  var fragmentOffset = 0
  /// Common to the fragments of a datagram; IPv6 has 32 bits of it.
  var fragmentID: UInt32 = 0
  var isV6 = false
  /// The header says how long the datagram is.
  var hasLength = true
  /// Left to a network card that came after the capture.
  var lacksChecksum = false

  var isFragment: Bool { hasMoreFragments || fragmentOffset > 0 }

  /// Reads the header, and leaves the position at the transport's header, or at a fragment's bytes.
  /// - Parameter isVerified: whether a wrong checksum of the header is an error; one of 0 is not, for captures of the
  ///   sender himself have it.
  @_lifetime(packet: copy packet)
  static func read(_ packet: inout PacketBytes, isVerified: Bool = false) throws(DecodeError) -> IPHeader {
    try packet.require(1, .ipv4)
    switch packet.byte(0) >> 4 {
    case 4: return try readV4(&packet, isVerified: isVerified)
    case 6: return try readV6(&packet)
    default: throw DecodeError(.ipv4, offset: packet.position, needed: 20, available: 0)
    }
  }

  /// RFC 791, section 3.1.
  @_lifetime(packet: copy packet)
  private static func readV4(_ packet: inout PacketBytes, isVerified: Bool) throws(DecodeError) -> IPHeader {
    try packet.require(20, .ipv4)
    let headerLength = Int(packet.byte(0) & 15) * 4
    let totalLength = Int(packet.uint16(2))
    let fragment = packet.uint16(6)
    var header = IPHeader(
      source: IPAddress(v4: packet.uint32(12)), target: IPAddress(v4: packet.uint32(16)),
      protocolNumber: packet.byte(9), timeToLive: packet.byte(8), identification: packet.uint16(4),
      dontFragment: fragment & 0x4000 != 0, hasMoreFragments: fragment & 0x2000 != 0,
      fragmentOffset: Int(fragment & 0x1fff) * 8, fragmentID: UInt32(packet.uint16(4)))
    guard headerLength >= 20 else {
      throw DecodeError(.ipv4, offset: packet.position, needed: 20, available: headerLength)
    }
    if isVerified { header.lacksChecksum = try !verify(packet, headerLength) }
    // A sender that leaves segmentation to its network card is captured with length 0.
    header.hasLength = totalLength != 0
    if totalLength != 0 {
      guard totalLength >= headerLength else {
        throw DecodeError(.ipv4, offset: packet.position, needed: headerLength, available: totalLength)
      }
      try packet.limit(totalLength, .ipv4)
    }
    try packet.skip(headerLength, .ipv4)
    return header
  }

  /// - Returns: false when there is no checksum.
  private static func verify(_ packet: borrowing PacketBytes, _ headerLength: Int) throws(DecodeError) -> Bool {
    guard packet.captured.count >= headerLength else { return true }
    var checksum = InternetChecksum()
    checksum.add(packet.bytes.slice(packet.position..<packet.position + headerLength))
    if checksum.difference == 0 { return true }
    guard packet.uint16(10) == 0 else { throw DecodeError(wrongChecksum: .ipv4, offset: packet.position + 10) }
    return false
  }

  /// RFC 8200, section 3.
  @_lifetime(packet: copy packet)
  private static func readV6(_ packet: inout PacketBytes) throws(DecodeError) -> IPHeader {
    try packet.require(40, .ipv6)
    let payloadLength = Int(packet.uint16(4))
    var header = IPHeader(
      source: IPAddress(bits: packet.uint128(8)), target: IPAddress(bits: packet.uint128(24)),
      protocolNumber: packet.byte(6), timeToLive: packet.byte(7), identification: nil, dontFragment: false,
      hasMoreFragments: false)
    // An address that stands for one of IPv4 has no place on the wire (Linux drops it); it would mix the families here.
    guard !header.source.isV4, !header.target.isV4 else {
      throw DecodeError(.ipv6, offset: packet.position + 8, needed: 1, available: 0)
    }
    header.isV6 = true
    header.hasLength = payloadLength != 0
    try packet.skip(40, .ipv6)
    // 0 is a jumbogram (RFC 2675), or segmentation left to the network card.
    if payloadLength != 0 { try packet.limit(payloadLength, .ipv6) }
    try header.skipExtensions(&packet)
    return header
  }

  /// Steps over the extension headers of IPv6, up to the transport's header or to the bytes of a fragment.
  @_lifetime(packet: copy packet)
  mutating func skipExtensions(_ packet: inout PacketBytes) throws(DecodeError) {
    while true {
      switch protocolNumber {
      case 0, 43, 60, 135, 139, 140: try IPHeader.skipExtension(&packet, &self, unit: 8, base: 8)
      // RFC 4302: counted in 4 bytes, less 2.
      case 51: try IPHeader.skipExtension(&packet, &self, unit: 4, base: 8)
      case 44:
        try packet.require(8, .ipv6)
        let fragment = packet.uint16(2)
        protocolNumber = packet.byte(0)
        hasMoreFragments = fragment & 1 != 0
        fragmentOffset = Int(fragment & 0xfff8)
        fragmentID = packet.uint32(4)
        try packet.skip(8, .ipv6)
        if isFragment { return }
      default: return
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

import Evidence

/// The link layers that are read, by tcpdump.org's numbers, and how far their headers reach.
enum LinkType: Hashable {
  case null, loop, ethernet, raw, linuxSLL, linuxSLL2, pppoe

  init?(number: UInt32) {
    switch number {
    case 0: self = .null
    case 1: self = .ethernet
    // DLT_RAW has other numbers on some BSDs; 228 and 229 are IPv4 and IPv6 alone, which the IP header tells as well.
    case 12, 14, 101, 228, 229: self = .raw
    case 51: self = .pppoe
    case 108: self = .loop
    case 113: self = .linuxSLL
    case 276: self = .linuxSLL2
    default: return nil
    }
  }

  private static let ipv4: UInt16 = 0x0800
  private static let ipv6: UInt16 = 0x86dd
  private static let pppoeSession: UInt16 = 0x8864

  /// Steps over the header, VLAN tags and PPPoE, if IP follows.
  /// - Returns: false for everything that is not IP, such as ARP.
  @_lifetime(packet: copy packet) func skipHeader(_ packet: inout PacketBytes) throws(DecodeError) -> Bool {
    switch self {
    case .raw: return true
    case .null, .loop: return try skipFamily(&packet)
    case .ethernet: return try skip(&packet, header: 14, typeAt: 12)
    case .linuxSLL: return try skip(&packet, header: 16, typeAt: 14)
    case .linuxSLL2: return try skip(&packet, header: 20, typeAt: 0)
    case .pppoe: return try skipPPPoE(&packet)
    }
  }

  @_lifetime(packet: copy packet)
  private func skip(_ packet: inout PacketBytes, header: Int, typeAt: Int) throws(DecodeError) -> Bool {
    try packet.require(header, .link)
    var type = packet.uint16(typeAt)
    try packet.skip(header, .link)
    // IEEE 802.1Q, 802.1ad, and the tag that came before it.
    while type == 0x8100 || type == 0x88a8 || type == 0x9100 {
      try packet.require(4, .link)
      type = packet.uint16(2)
      try packet.skip(4, .link)
    }
    if type == LinkType.pppoeSession { return try skipPPPoE(&packet) }
    return type == LinkType.ipv4 || type == LinkType.ipv6
  }

  /// A PPPoE session's header (RFC 2516, section 4), whose length counts PPP's protocol number, which follows it.
  ///
  /// In a capture of PPPoE alone (`LINKTYPE_PPP_ETHER`) other codes are discovery, and carry no IP.
  @_lifetime(packet: copy packet) private func skipPPPoE(_ packet: inout PacketBytes) throws(DecodeError) -> Bool {
    try packet.require(6, .link)
    let (isSession, length) = (packet.uint16(0) == 0x1100, Int(packet.uint16(4)))
    try packet.skip(6, .link)
    guard isSession else { return false }
    try packet.limit(length, .link)
    try packet.require(2, .link)
    let type = packet.uint16(0)
    try packet.skip(2, .link)
    // PPP's numbers for IPv4 (RFC 1332) and IPv6 (RFC 5072).
    return type == 0x0021 || type == 0x0057
  }

  /// BSD loopback: the address family in the byte order of the machine that captured (`null`), or in the network's
  /// (`loop`). AF_INET is 2 everywhere, AF_INET6 is 10, 24, 28 or 30.
  @_lifetime(packet: copy packet) private func skipFamily(_ packet: inout PacketBytes) throws(DecodeError) -> Bool {
    try packet.require(4, .link)
    let family = packet.uint32(0)
    try packet.skip(4, .link)
    let families: Set<UInt32> = [2, 10, 24, 28, 30]
    return families.contains(family) || families.contains(family.byteSwapped)
  }
}

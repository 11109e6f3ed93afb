import Evidence

/// Packets that carry packets.
enum Tunnel {
  /// A tunnel in a tunnel is met; more than this is somebody who wants a sensor to be busy.
  static let depthCap = 4

  /// What stands behind an IP header.
  enum Content {
    case ip, ethernet
    /// No tunnel.
    case transport
    /// A tunnel of what is not read.
    case other
  }

  private static let ipv4: UInt16 = 0x0800
  private static let ipv6: UInt16 = 0x86dd
  /// Transparent Ethernet bridging.
  private static let ethernet: UInt16 = 0x6558
  /// Steps over the tunnel's own header, if `protocolNumber` is one: IP in IP (RFC 2003), IPv6 in IPv4 (RFC 4213), IP in
  /// IPv6 (RFC 2473), GRE.
  @_lifetime(packet: copy packet)
  static func enter(_ packet: inout PacketBytes, _ protocolNumber: UInt8) throws(DecodeError) -> Content {
    switch protocolNumber {
    case 4, 41: return .ip
    case 47: return try enterGRE(&packet)
    default: return .transport
    }
  }

  /// RFC 2784, section 2, with RFC 2890's key and sequence number; routing (RFC 1701) and version 1 are not read.
  ///
  ///     C - K S ... version | protocol type | [checksum, reserved] | [key] | [sequence number]
  @_lifetime(packet: copy packet)
  private static func enterGRE(_ packet: inout PacketBytes) throws(DecodeError) -> Content {
    try packet.require(4, .gre)
    let (marks, type) = (packet.uint16(0), packet.uint16(2))
    guard marks & 0x4007 == 0 else { return .other }
    let words = [0x8000, 0x2000, 0x1000].count { marks & $0 != 0 }
    try packet.skip(4 + 4 * words, .gre)
    switch type {
    case ipv4, ipv6: return .ip
    case ethernet: return .ethernet
    default: return .other
    }
  }

  /// Whether a datagram is of VXLAN, whose header is then stepped over (RFC 7348, section 5).
  ///
  ///     ----I--- | reserved (24) | VNI (24) | reserved (8)
  @_lifetime(packet: copy packet)
  static func enterVXLAN(_ packet: inout PacketBytes, _ datagram: PacketRecord) throws(DecodeError) -> Bool {
    guard datagram.isUDP, datagram.targetPort == FlowShard.vxlanPort, packet.captured.count >= 8,
      packet.uint32(0) == 0x0800_0000, packet.byte(7) == 0
    else { return false }
    try packet.skip(8, .vxlan)
    return true
  }
}

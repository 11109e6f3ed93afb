import Evidence

/// The shards of a run: all packets of a flow, and nearly always all flows of a client, are in one of them.
///
/// Their number is fixed, so that what a capture tells, at the caps too, does not depend on how many threads read it.
public enum FlowShard {
  public static let count = 4
  /// RFC 7348.
  static let vxlanPort: UInt16 = 4789

  /// The shard of a packet. An ICMP error belongs to the flow that it quotes.
  public static func of(_ packet: PacketRecord) -> Int {
    if let quoted = packet.quoted { return of(quoted.source, quoted.target) }
    if packet.transport == .ip { return of(packet.sourceAddress.bits, 1024, packet.targetAddress.bits, 0) }
    if packet.isPlain, let source = packet.sourcePort, let target = packet.targetPort {
      return of(packet.sourceAddress.bits, source, packet.targetAddress.bits, target)
    }
    return of(packet.source, packet.target)
  }

  private static func of(_ source: Endpoint, _ target: Endpoint) -> Int {
    // Names are met in text traces alone, which are small.
    guard let from = source.host.address, let to = target.host.address else { return 0 }
    return of(from.bits, source.port ?? 0, to.bits, target.port ?? 0)
  }

  @inline(__always)
  static func of(_ source: UInt128, _ sourcePort: UInt16, _ target: UInt128, _ targetPort: UInt16) -> Int {
    let (from, to) = (standing(sourcePort), standing(targetPort))
    let isToService =
      from != to ? from < to : sourcePort != targetPort ? sourcePort > targetPort : source > target
    return of(client: isToService ? source : target)
  }

  @inline(__always)
  static func of(client: UInt128) -> Int {
    // Fixed, since it shows at the caps; who fills one shard on purpose loses his own neighbours' packets in it.
    let folded = UInt64(truncatingIfNeeded: client) ^ UInt64(truncatingIfNeeded: client >> 64)
    return Int((folded &* 0x9e37_79b9_7f4a_7c15) >> 62)
  }

  /// How much a port looks like that of a service; clients of RPC like to take a privileged one.
  @inline(__always)
  private static func standing(_ port: UInt16) -> Int {
    switch RPCPorts.rank(port, peer: UInt16.max) {
    case 2: 4
    // Where Solaris has its services; else who scans these would be a client with one port and a server with the next.
    case 1: 2
    default: port < 512 ? 3 : port < 1024 ? 0 : 1
    }
  }
}

extension FrameDecoder {
  /// The shard of a frame as far as its first bytes tell; nil when it takes a decoder to say. For a thread that leaves the
  /// frames of other shards to others.
  @inline(__always)
  public func peekShard(_ frame: RawSpan) -> Int? {
    // Ethernet with a tag, IPv4 and two ports are 42 bytes.
    guard linkType == .ethernet, frame.byteCount >= 42 else { return nil }
    let isTagged = frame.uint16(12) == 0x8100
    let start = isTagged ? 18 : 14
    guard frame.uint16(start - 2) == 0x0800 else { return nil }
    // Version 4, a header without options, no fragment, TCP or UDP.
    let transport = frame.byte(start + 9)
    guard frame.byte(start) == 0x45, frame.uint16(start + 6) & 0x3fff == 0, transport == 6 || transport == 17
    else { return nil }
    let (sourcePort, targetPort) = (frame.uint16(start + 20), frame.uint16(start + 22))
    // Datagrams of VXLAN carry frames of others.
    if transport == 17, targetPort == FlowShard.vxlanPort { return nil }
    let source = IPAddress(v4: frame.uint32(start + 12)).bits
    let target = IPAddress(v4: frame.uint32(start + 16)).bits
    return FlowShard.of(source, sourcePort, target, targetPort)
  }
}

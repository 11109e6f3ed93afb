public import Evidence

/// Frames of a capture in, packets out.
public struct FrameDecoder: Sendable {
  /// A packet, and where in its frame (or in ``PacketReassembly/datagram``, if it came in fragments) it stands.
  public struct Packet: Sendable {
    public var record: PacketRecord
    /// Its captured payload.
    public var payload: Range<Int>
    /// The transport's header and payload, where its checksum is to be verified; else empty.
    public var segment: Range<Int>
    public var isReassembled: Bool
  }

  let linkType: LinkType

  /// Nil for a link layer that is not read.
  public init?(linkType: UInt32) {
    guard let linkType = LinkType(number: linkType) else { return nil }
    self.linkType = linkType
  }

  /// Decodes the captured bytes of a frame, which had `originalLength` bytes on the wire, as far as TCP, UDP or ICMP.
  ///
  /// Nil stands for what is sound and of no concern, such as ARP and other protocols, and for a fragment whose datagram is
  /// not whole; `reassembly` counts them. What it had to give up waits in it then.
  public func decode(
    _ frame: RawSpan, originalLength: Int, time: EventTime, provenance: Provenance,
    _ reassembly: inout PacketReassembly
  ) throws(DecodeError) -> Packet? {
    var bytes = PacketBytes(frame, wireLength: originalLength)
    // The text of a frame is written when somebody asks for it: PacketRecord.summary.
    guard try linkType.skipHeader(&bytes) else { return reassembly.ignore() }
    return try reassembly.decode(&bytes, time, provenance)
  }
}

package import Evidence

/// Frames of a capture in, packets out.
package struct FrameDecoder: Sendable {
  /// A packet, and where in the frame its captured payload stands.
  package struct Packet: Sendable {
    package var record: PacketRecord
    package var payload: Range<Int>
  }

  let linkType: LinkType

  /// Nil for a link layer that is not read.
  package init?(linkType: UInt32) {
    guard let linkType = LinkType(number: linkType) else { return nil }
    self.linkType = linkType
  }

  /// Decodes the captured bytes of a frame, which had `originalLength` bytes on the wire, as far as TCP, UDP or ICMP.
  ///
  /// Nil stands for what is sound and of no concern: ARP, other protocols, later fragments.
  package func decode(
    _ frame: RawSpan, originalLength: Int, time: EventTime, provenance: Provenance
  ) throws(DecodeError) -> Packet? {
    var bytes = PacketBytes(frame, wireLength: originalLength)
    guard try linkType.skipHeader(&bytes), let header = try IPHeader.read(&bytes) else { return nil }
    // The text of a frame is written when somebody asks for it: PacketRecord.summary.
    guard let record = try TransportHeader.read(&bytes, header, time: time, provenance: provenance) else { return nil }
    return Packet(record: record, payload: bytes.captured)
  }
}

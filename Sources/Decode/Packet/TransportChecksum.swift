import Evidence

/// The checksum of a segment or datagram that was captured whole (RFC 9293, section 3.1; RFC 768; RFC 792; RFC 4443).
enum TransportChecksum {
  enum Verdict {
    case sound
    /// The target drops the packet.
    case wrong
    /// The sender left it to his network card, and was captured before that: the field holds the sum of the pseudo-header.
    case offloaded
  }

  /// - Parameter segment: the transport's header and payload.
  static func verdict(_ packet: PacketRecord, _ segment: RawSpan) -> Verdict {
    let place = packet.isTCP ? 16 : packet.isUDP ? 6 : 2
    guard segment.byteCount >= place + 2 else { return .sound }
    let pseudo = pseudoHeader(packet, length: segment.byteCount)
    var whole = pseudo
    whole.add(segment)
    if whole.difference == 0 { return .sound }
    guard packet.isTCP || packet.isUDP else { return .wrong }
    let stored = segment.uint16(place)
    // Some cards want the length left out, because they add that of each segment.
    return stored == pseudo.folded || stored == pseudoHeader(packet, length: 0).folded ? .offloaded : .wrong
  }

  private static func pseudoHeader(_ packet: PacketRecord, length: Int) -> InternetChecksum {
    var sum = InternetChecksum()
    let isV4 = packet.sourceAddress.isV4
    // ICMP of IPv4 has none.
    guard packet.isTCP || packet.isUDP || !isV4 else { return sum }
    sum.add(packet.sourceAddress)
    sum.add(packet.targetAddress)
    sum.add(packet.isTCP ? 6 : packet.isUDP ? 17 : 58)
    sum.add(length)
    return sum
  }
}

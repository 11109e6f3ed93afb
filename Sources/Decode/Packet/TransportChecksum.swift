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

  /// The sender and the receiver, in any order, and what the segment is of.
  struct Ends {
    enum Kind: Int {
      case tcp = 6
      case udp = 17
      /// ICMP, which in IPv4 has no pseudo-header.
      case icmp = 58
      /// Where in the segment the checksum stands.
      var place: Int {
        switch self {
        case .tcp: 16
        case .udp: 6
        case .icmp: 2
        }
      }
    }
    var one: IPAddress
    var other: IPAddress
    var kind: Kind
  }

  /// - Parameter segment: the transport's header and payload.
  static func verdict(_ ends: Ends, _ segment: RawSpan) -> Verdict {
    guard segment.byteCount >= ends.kind.place + 2 else { return .sound }
    let pseudo = pseudoHeader(ends, length: segment.byteCount)
    var whole = pseudo
    whole.add(segment)
    if whole.difference == 0 { return .sound }
    guard ends.kind != .icmp else { return .wrong }
    let stored = segment.uint16(ends.kind.place)
    // Some cards want the length left out, because they add that of each segment.
    return stored == pseudo.folded || stored == pseudoHeader(ends, length: 0).folded ? .offloaded : .wrong
  }

  private static func pseudoHeader(_ ends: Ends, length: Int) -> InternetChecksum {
    var sum = InternetChecksum()
    guard ends.kind != .icmp || !ends.one.isV4 else { return sum }
    sum.add(ends.one)
    sum.add(ends.other)
    sum.add(ends.kind.rawValue)
    sum.add(length)
    return sum
  }
}

extension PacketRecord {
  var checksumEnds: TransportChecksum.Ends {
    TransportChecksum.Ends(one: sourceAddress, other: targetAddress, kind: isTCP ? .tcp : isUDP ? .udp : .icmp)
  }
}

extension FlowKey {
  var checksumEnds: TransportChecksum.Ends {
    TransportChecksum.Ends(one: IPAddress(bits: low), other: IPAddress(bits: high), kind: isUDP ? .udp : .tcp)
  }
}

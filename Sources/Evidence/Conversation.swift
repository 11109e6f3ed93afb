/// What passed between two endpoints over one transport connection (or one UDP port pair). Immutable once it ended, and
/// a class so that an ``Event`` stays small.
package final class Conversation: Sendable {
  /// How far TCP's opening got.
  package enum Handshake: Int, Sendable, Comparable {
    /// The trace does not begin with a SYN.
    case unseen, syn, synAck, complete
    package static func < (left: Handshake, right: Handshake) -> Bool { left.rawValue < right.rawValue }
  }
  package enum Role: Sendable { case initiator, responder }
  package enum Close: Sendable, Hashable {
    /// Both sides sent FIN; the role sent the first.
    case graceful(first: Role)
    case reset(by: Role)
    /// The trace ends before the conversation does.
    case open
  }

  package let initiator: Side
  package let responder: Side
  package let handshake: Handshake
  package let close: Close
  package let syn: SYNFacts?
  /// The first packets (at most ``packetCap``), in order.
  package let packets: [PacketNote]
  package let packetCount: Int
  package let hexChecks: [HexCheck]
  /// Payload sizes in order of direction changes: one request and one answer give two entries. At most ``packetCap``.
  package let exchange: [Turn]

  package static let packetCap = 16

  package init(
    initiator: Side, responder: Side, handshake: Handshake, close: Close, syn: SYNFacts?, packets: [PacketNote],
    packetCount: Int, hexChecks: [HexCheck], exchange: [Turn]
  ) {
    self.initiator = initiator
    self.responder = responder
    self.handshake = handshake
    self.close = close
    self.syn = syn
    self.packets = packets
    self.packetCount = packetCount
    self.hexChecks = hexChecks
    self.exchange = exchange
  }

  /// Bytes that one role sent before the other spoke.
  package struct Turn: Hashable, Sendable {
    package var role: Role
    package var bytes: Int
    package init(role: Role, bytes: Int) {
      self.role = role
      self.bytes = bytes
    }
  }

  /// One end's packets.
  package struct Side: Sendable {
    package var packets = 0
    package var payloadBytes = 0
    package var firstIPID: UInt16?
    package var lastIPID: UInt16?
    package var ttl: UInt8?
    package var first: EventTime?
    package var last: EventTime?
    package init() {}
  }
}

/// The marks of a SYN that tell the sender's TCP stack and its path.
package struct SYNFacts: Hashable, Sendable {
  package var window: UInt16
  package var mss: UInt16?
  package var windowScale: UInt8?
  package var sackPermitted: Bool
  /// TSval of the time stamp option (RFC 7323).
  package var timestampValue: UInt32?
  package var dontFragment: Bool
  package var ttl: UInt8?
  package var ipID: UInt16?
  package var sequence: UInt32
  package init(
    window: UInt16, mss: UInt16?, windowScale: UInt8?, sackPermitted: Bool, timestampValue: UInt32?,
    dontFragment: Bool, ttl: UInt8?, ipID: UInt16?, sequence: UInt32
  ) {
    self.window = window
    self.mss = mss
    self.windowScale = windowScale
    self.sackPermitted = sackPermitted
    self.timestampValue = timestampValue
    self.dontFragment = dontFragment
    self.ttl = ttl
    self.ipID = ipID
    self.sequence = sequence
  }
}

/// One packet of a conversation, as far as a report needs it.
package struct PacketNote: Hashable, Sendable {
  package var time: EventTime
  package var fromInitiator: Bool
  package var flags: TCPFlags
  package var payloadLength: Int
  package var citation: Citation
  package init(time: EventTime, fromInitiator: Bool, flags: TCPFlags, payloadLength: Int, citation: Citation) {
    self.time = time
    self.fromInitiator = fromInitiator
    self.flags = flags
    self.payloadLength = payloadLength
    self.citation = citation
  }
}

/// RFC 9293, section 3.1: the control bits of a segment.
@frozen package struct TCPFlags: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  @inlinable @inline(__always) package init(rawValue: UInt8) { self.rawValue = rawValue }
  @inlinable @inline(__always) package static var fin: TCPFlags { TCPFlags(rawValue: 1) }
  @inlinable @inline(__always) package static var syn: TCPFlags { TCPFlags(rawValue: 2) }
  @inlinable @inline(__always) package static var rst: TCPFlags { TCPFlags(rawValue: 4) }
  @inlinable @inline(__always) package static var psh: TCPFlags { TCPFlags(rawValue: 8) }
  @inlinable @inline(__always) package static var ack: TCPFlags { TCPFlags(rawValue: 16) }
  @inlinable @inline(__always) package static var urg: TCPFlags { TCPFlags(rawValue: 32) }
}

extension TCPFlags {
  /// tcpdump's letters; a lone ACK is a dot.
  package var notation: String {
    let letters: [(TCPFlags, String)] = [(.syn, "S"), (.fin, "F"), (.psh, "P"), (.rst, "R"), (.urg, "U"), (.ack, ".")]
    let text = letters.reduce("") { contains($1.0) ? $0 + $1.1 : $0 }
    return text.isEmpty ? "none" : text
  }
}

/// What the hexadecimal dump of a packet says against the text line above it.
package struct HexCheck: Hashable, Sendable {
  package var citation: Citation
  package var textSource: Host
  package var textTarget: Host
  package var hexSource: IPAddress
  package var hexTarget: IPAddress
  /// Bytes that the dump holds, of the length that its IP header gives.
  package var captured: Int
  package var total: Int
  /// Stored minus computed checksum, modulo 65535; nil when it cannot be computed. 0 is a correct one.
  package var ipChecksumDifference: Int?
  package var tcpChecksumDifference: Int?
  /// Whether ``tcpChecksumDifference`` needed a guess at bytes that the dump does not hold.
  package var tcpTailAssumed: Bool
  package init(
    citation: Citation, textSource: Host, textTarget: Host, hexSource: IPAddress, hexTarget: IPAddress, captured: Int,
    total: Int, ipChecksumDifference: Int?, tcpChecksumDifference: Int?, tcpTailAssumed: Bool
  ) {
    self.citation = citation
    self.textSource = textSource
    self.textTarget = textTarget
    self.hexSource = hexSource
    self.hexTarget = hexTarget
    self.captured = captured
    self.total = total
    self.ipChecksumDifference = ipChecksumDifference
    self.tcpChecksumDifference = tcpChecksumDifference
    self.tcpTailAssumed = tcpTailAssumed
  }
}

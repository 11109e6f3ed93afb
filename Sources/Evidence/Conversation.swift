/// What passed between two endpoints over one transport connection (or one UDP port pair). Immutable once it ended, and
/// a class so that an ``Event`` stays small.
public final class Conversation: Sendable {
  /// How far TCP's opening got.
  public enum Handshake: Int, Sendable, Comparable {
    /// The trace does not begin with a SYN.
    case unseen, syn, synAck, complete
    public static func < (left: Handshake, right: Handshake) -> Bool { left.rawValue < right.rawValue }
  }
  public enum Role: Sendable { case initiator, responder }
  public enum Close: Sendable, Hashable {
    /// Both sides sent FIN; the role sent the first.
    case graceful(first: Role)
    case reset(by: Role)
    /// The trace ends before the conversation does.
    case open
  }

  public let initiator: Side
  public let responder: Side
  public let handshake: Handshake
  public let close: Close
  public let syn: SYNFacts?
  /// The first packets (at most ``packetCap``), in order.
  public let packets: [PacketNote]
  public let packetCount: Int
  public let hexChecks: [HexCheck]
  /// Payload sizes in order of direction changes: one request and one answer give two entries. At most ``packetCap``.
  public let exchange: [Turn]

  public static let packetCap = 16

  public init(
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
  public struct Turn: Hashable, Sendable {
    public var role: Role
    public var bytes: Int
    public init(role: Role, bytes: Int) {
      self.role = role
      self.bytes = bytes
    }
  }

  /// One end's packets.
  public struct Side: Sendable {
    public var packets = 0
    public var payloadBytes = 0
    public var firstIPID: UInt16?
    public var lastIPID: UInt16?
    public var ttl: UInt8?
    public var first: EventTime?
    public var last: EventTime?
    public init() {}
  }
}

/// The marks of a SYN that tell the sender's TCP stack and its path.
public struct SYNFacts: Hashable, Sendable {
  public var window: UInt16
  public var mss: UInt16?
  public var windowScale: UInt8?
  public var sackPermitted: Bool
  /// TSval of the time stamp option (RFC 7323).
  public var timestampValue: UInt32?
  public var dontFragment: Bool
  public var ttl: UInt8?
  public var ipID: UInt16?
  public var sequence: UInt32
  public init(
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
public struct PacketNote: Hashable, Sendable {
  public var time: EventTime
  public var fromInitiator: Bool
  public var flags: TCPFlags
  public var payloadLength: Int
  public var citation: Citation
  public init(time: EventTime, fromInitiator: Bool, flags: TCPFlags, payloadLength: Int, citation: Citation) {
    self.time = time
    self.fromInitiator = fromInitiator
    self.flags = flags
    self.payloadLength = payloadLength
    self.citation = citation
  }
}

/// RFC 9293, section 3.1: the control bits of a segment.
@frozen public struct TCPFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  @inlinable @inline(__always) public init(rawValue: UInt8) { self.rawValue = rawValue }
  @inlinable @inline(__always) public static var fin: TCPFlags { TCPFlags(rawValue: 1) }
  @inlinable @inline(__always) public static var syn: TCPFlags { TCPFlags(rawValue: 2) }
  @inlinable @inline(__always) public static var rst: TCPFlags { TCPFlags(rawValue: 4) }
  @inlinable @inline(__always) public static var psh: TCPFlags { TCPFlags(rawValue: 8) }
  @inlinable @inline(__always) public static var ack: TCPFlags { TCPFlags(rawValue: 16) }
  @inlinable @inline(__always) public static var urg: TCPFlags { TCPFlags(rawValue: 32) }
}

extension TCPFlags {
  /// tcpdump's letters; a lone ACK is a dot.
  public var notation: String {
    let letters: [(TCPFlags, String)] = [(.syn, "S"), (.fin, "F"), (.psh, "P"), (.rst, "R"), (.urg, "U"), (.ack, ".")]
    let text = letters.reduce("") { contains($1.0) ? $0 + $1.1 : $0 }
    return text.isEmpty ? "none" : text
  }
}

/// What the hexadecimal dump of a packet says against the text line above it.
public struct HexCheck: Hashable, Sendable {
  public var citation: Citation
  public var textSource: Host
  public var textTarget: Host
  public var hexSource: IPAddress
  public var hexTarget: IPAddress
  /// Bytes that the dump holds, of the length that its IP header gives.
  public var captured: Int
  public var total: Int
  /// Stored minus computed checksum, modulo 65535; nil when it cannot be computed. 0 is a correct one.
  public var ipChecksumDifference: Int?
  public var tcpChecksumDifference: Int?
  /// Whether ``tcpChecksumDifference`` needed a guess at bytes that the dump does not hold.
  public var tcpTailAssumed: Bool
  public init(
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

public import Evidence

/// One packet, from a capture or from the text of tcpdump, as far as conversations need it. The payload's bytes, where
/// there are any, travel beside it.
///
/// A packet of a capture is numbers alone, and costs no allocation; what only others have stands in a box.
public struct PacketRecord: Sendable {
  public var time: EventTime
  /// `.tcp`, `.udp` or `.icmp`.
  public var transport: Transport
  public var flags: TCPFlags
  public var sequence: UInt32
  public var window: UInt16
  public var options: TCPOptions
  public var timeToLive: UInt8?
  public var ipID: UInt16?
  public var dontFragment: Bool
  /// Payload bytes on the wire, which may be more than were captured.
  public var payloadLength: Int
  public var provenance: Provenance
  /// Where ``source`` and ``target`` are no addresses, these mean nothing.
  private(set) var sourceAddress: IPAddress
  private(set) var targetAddress: IPAddress
  private(set) var sourcePort: UInt16?
  private(set) var targetPort: UInt16?
  private var box: Box?

  /// What few packets have.
  private struct Rare: Sendable {
    /// A host that is no address.
    var source: Host?
    var target: Host?
    var text = Bytes()
    var quoted: QuotedDatagram?
    var hexCheck: HexCheck?
  }
  private final class Box: Sendable {
    let rare: Rare
    init(_ rare: Rare) { self.rare = rare }
  }
  private var rare: Rare {
    get { box?.rare ?? Rare() }
    set { box = Box(newValue) }
  }

  var isTCP: Bool {
    if case .tcp = transport { true } else { false }
  }
  var isUDP: Bool {
    if case .udp = transport { true } else { false }
  }
  /// Whether it is a packet as captures have them: between addresses, with nothing quoted or written beside it.
  var isPlain: Bool { box == nil }

  public var source: Endpoint {
    get { Endpoint(host: box?.rare.source ?? .address(sourceAddress), port: sourcePort) }
    set {
      sourcePort = newValue.port
      if let address = newValue.host.address { sourceAddress = address }
      let name = newValue.host.address == nil ? newValue.host : nil
      if name != box?.rare.source { rare.source = name }
    }
  }
  public var target: Endpoint {
    get { Endpoint(host: box?.rare.target ?? .address(targetAddress), port: targetPort) }
    set {
      targetPort = newValue.port
      if let address = newValue.host.address { targetAddress = address }
      let name = newValue.host.address == nil ? newValue.host : nil
      if name != box?.rare.target { rare.target = name }
    }
  }
  /// Without text for a frame of a capture: most are never quoted.
  public var citation: Citation {
    get { Citation(provenance, text: box?.rare.text ?? Bytes()) }
    set {
      provenance = newValue.provenance
      if newValue.text != box?.rare.text ?? Bytes() { rare.text = newValue.text }
    }
  }
  /// For ICMP errors: the datagram that they answer.
  public var quoted: QuotedDatagram? {
    get { box?.rare.quoted }
    set { rare.quoted = newValue }
  }
  /// What a hexadecimal dump says against the text.
  public var hexCheck: HexCheck? {
    get { box?.rare.hexCheck }
    set { rare.hexCheck = newValue }
  }

  public init(
    time: EventTime, source: Endpoint, target: Endpoint, transport: Transport, flags: TCPFlags = TCPFlags(rawValue: 0),
    sequence: UInt32 = 0, window: UInt16 = 0, options: TCPOptions = TCPOptions(), timeToLive: UInt8? = nil,
    ipID: UInt16? = nil, dontFragment: Bool = false, payloadLength: Int, quoted: QuotedDatagram? = nil,
    hexCheck: HexCheck? = nil, citation: Citation
  ) {
    self.init(
      time: time, source: source.host.address ?? IPAddress(bits: 0), target: target.host.address ?? IPAddress(bits: 0),
      transport: transport, payloadLength: payloadLength, provenance: citation.provenance)
    self.flags = flags
    self.sequence = sequence
    self.window = window
    self.options = options
    self.timeToLive = timeToLive
    self.ipID = ipID
    self.dontFragment = dontFragment
    self.source = source
    self.target = target
    self.citation = citation
    if let quoted { self.quoted = quoted }
    if let hexCheck { self.hexCheck = hexCheck }
  }

  /// A packet of a capture; its headers tell the rest.
  init(
    time: EventTime, source: IPAddress, target: IPAddress, transport: Transport, payloadLength: Int,
    provenance: Provenance
  ) {
    self.time = time
    self.transport = transport
    flags = TCPFlags(rawValue: 0)
    sequence = 0
    window = 0
    options = TCPOptions()
    timeToLive = nil
    ipID = nil
    dontFragment = false
    self.payloadLength = payloadLength
    self.provenance = provenance
    sourceAddress = source
    targetAddress = target
    sourcePort = nil
    targetPort = nil
    box = nil
  }

  mutating func setPorts(source: UInt16, target: UInt16) {
    sourcePort = source
    targetPort = target
  }
}

/// The options of a segment that tell something about its sender (RFC 9293, section 3.2; RFC 7323; RFC 2018).
public struct TCPOptions: Hashable, Sendable {
  public var maximumSegmentSize: UInt16?
  public var windowScale: UInt8?
  public var sackPermitted = false
  public var timestampValue: UInt32?
  public init() {}
}

/// The start of the datagram that an ICMP error quotes (RFC 792): whose request was turned down.
public struct QuotedDatagram: Hashable, Sendable {
  public var source: Endpoint
  public var target: Endpoint
  public var transport: Transport
  /// Type and code of the ICMP (or ICMPv6) error.
  public var icmpType: UInt8
  public var icmpCode: UInt8
  public init(source: Endpoint, target: Endpoint, transport: Transport, icmpType: UInt8, icmpCode: UInt8) {
    self.source = source
    self.target = target
    self.transport = transport
    self.icmpType = icmpType
    self.icmpCode = icmpCode
  }
}

// Each packet is asked for these, and `contains` of another module's set is a call through a table.
extension TCPFlags {
  var isFIN: Bool { rawValue & 1 != 0 }
  var isSYN: Bool { rawValue & 2 != 0 }
  var isRST: Bool { rawValue & 4 != 0 }
  var isACK: Bool { rawValue & 16 != 0 }
}

public import Evidence

/// What decoding the frames of one capture remembers from one frame to the next: datagrams that come in fragments; and how
/// frames are to be decoded.
///
/// Only fragments are kept, and only they cost more than a look. All that happens here depends on the capture's frames
/// that are fragments, and on no other.
public struct PacketReassembly: Sendable {
  /// What fragments of an attacker can fill. The bounds are for each capture.
  public struct Limits: Sendable {
    public var datagrams = 4096
    public var bytes = 16 << 20
    /// The longest datagram in fragments of 128 bytes, of which the next does not come in order.
    public var piecesPerDatagram = 512
    /// Nanoseconds of event time for which a datagram may be incomplete (RFC 8200, section 4.5).
    public var patience: Int64 = 60_000_000_000
    public init() {}
  }

  /// How packets are to be understood.
  public struct Settings: Sendable {
    public var overlap = OverlapPolicies()
    /// Whether a packet with a wrong checksum is left out, as its target leaves it out.
    public var verifiesChecksums = true
    public var limits = Limits()
    public var probes = ProbeLimits()
    public init() {}
  }

  public let settings: Settings
  public private(set) var oddities = OddityTally()
  /// Frames that are of no concern and gave no packet: other protocols.
  public private(set) var unconcerned = 0
  /// Fragments of datagrams that did not become whole, without the first, which stands for a packet.
  public private(set) var odd = 0
  /// Fragments that became part of a packet, beside the one that stands for it.
  public private(set) var joined = 0
  /// Fragments of RPC that conflict.
  public private(set) var events: [Event] = []
  /// A sender of such fragments must not fill the memory; the oddity counts them all.
  static let eventCap = 1000

  private var table: FragmentTable
  /// Whether the capture has any fragment but first ones.
  private var hasLaterFragments = false
  /// Datagrams that were given up before that.
  private var lone = 0
  private var late: [FragmentTable.Datagram] = []
  /// What was behind the IP header of the datagram that was made whole last.
  private var buffer: [UInt8] = []

  public init(_ settings: Settings = Settings()) {
    self.settings = settings
    table = FragmentTable(limits: settings.limits, policies: settings.overlap)
  }

  /// The bytes in which the payload of a reassembled packet stands, until the next is made.
  public var datagram: RawSpan {
    @_lifetime(borrow self) get { buffer.rawSpan }
  }

  // MARK: Decoding

  /// Decodes what stands at an IP header, as far as TCP, UDP or ICMP.
  @_lifetime(bytes: copy bytes)
  mutating func decode(
    _ bytes: inout PacketBytes, _ time: EventTime, _ provenance: Provenance, depth: Int = 0
  ) throws(DecodeError) -> FrameDecoder.Packet? {
    let ip = try IPHeader.read(&bytes, isVerified: settings.verifiesChecksums)
    if ip.lacksChecksum { noteOffloading(provenance) }
    if ip.isFragment { return try push(ip, bytes, time, provenance, depth) }
    return try decode(&bytes, behind: ip, time, provenance, depth)
  }

  @_lifetime(bytes: copy bytes)
  private mutating func decode(
    _ bytes: inout PacketBytes, behind ip: IPHeader, _ time: EventTime, _ provenance: Provenance, _ depth: Int
  ) throws(DecodeError) -> FrameDecoder.Packet? {
    switch try Tunnel.enter(&bytes, ip.protocolNumber) {
    case .transport: break
    case .ip: return try decodeInner(&bytes, time, provenance, depth)
    case .ethernet: return try decodeEthernet(&bytes, time, provenance, depth)
    case .other: return ignore()
    }
    let start = bytes.position
    guard let record = try TransportHeader.read(&bytes, ip, time: time, provenance: provenance) else {
      return ignore()
    }
    if try Tunnel.enterVXLAN(&bytes, record) { return try decodeEthernet(&bytes, time, provenance, depth) }
    return FrameDecoder.Packet(
      record: record, payload: bytes.captured, segment: segment(from: start, bytes, ip, record), isReassembled: false)
  }

  @_lifetime(bytes: copy bytes)
  private mutating func decodeInner(
    _ bytes: inout PacketBytes, _ time: EventTime, _ provenance: Provenance, _ depth: Int
  ) throws(DecodeError) -> FrameDecoder.Packet? {
    guard depth < Tunnel.depthCap else {
      throw DecodeError(.tunnel, offset: bytes.position, needed: depth + 1, available: Tunnel.depthCap)
    }
    return try decode(&bytes, time, provenance, depth: depth + 1)
  }

  @_lifetime(bytes: copy bytes)
  private mutating func decodeEthernet(
    _ bytes: inout PacketBytes, _ time: EventTime, _ provenance: Provenance, _ depth: Int
  ) throws(DecodeError) -> FrameDecoder.Packet? {
    guard try LinkType.ethernet.skipHeader(&bytes) else { return ignore() }
    return try decodeInner(&bytes, time, provenance, depth)
  }

  mutating func ignore() -> FrameDecoder.Packet? {
    unconcerned += 1
    return nil
  }

  private mutating func noteOffloading(_ provenance: Provenance) {
    oddities.note(.checksumOffloaded, Citation(provenance, text: "ipv4 has no checksum: captured where it was sent"))
  }

  /// Where the segment stands whose checksum can be verified: one that was captured whole and has a checksum. Else no
  /// place: what a capture cuts off may start behind its end.
  private func segment(
    from start: Int, _ bytes: borrowing PacketBytes, _ ip: IPHeader, _ record: PacketRecord
  ) -> Range<Int> {
    guard settings.verifiesChecksums, ip.hasLength, bytes.end <= bytes.bytes.byteCount else { return 0..<0 }
    // RFC 768: in IPv4 a checksum of 0 is none.
    if record.isUDP, !ip.isV6, bytes.bytes.uint16(start + 6) == 0 { return 0..<0 }
    return start..<bytes.end
  }

  // MARK: Fragments

  private mutating func push(
    _ ip: IPHeader, _ bytes: borrowing PacketBytes, _ time: EventTime, _ provenance: Provenance, _ depth: Int
  ) throws(DecodeError) -> FrameDecoder.Packet? {
    if ip.fragmentOffset > 0 { hasLaterFragments = true }
    defer { giveUpOverdue(at: time) }
    guard let whole = try table.push(ip, bytes, time: time, provenance: provenance) else {
      if let shattered = table.takeShattered(ip) { giveUp(shattered, isFull: true) }
      return nil
    }
    joined += whole.fragments - 1
    if let place = whole.conflict { note(conflict: place, whole) }
    guard let packet = try decode(whole: whole, depth) else { return nil }
    if let place = whole.conflict { tell(conflict: place, packet) }
    return packet
  }

  /// Decodes a datagram as if it had come whole.
  private mutating func decode(
    whole: FragmentTable.Datagram, _ depth: Int
  ) throws(DecodeError) -> FrameDecoder.Packet? {
    let body = whole.bytes
    var header = whole.header
    var bytes = PacketBytes(body.rawSpan, wireLength: whole.length)
    if header.isV6 { try header.skipExtensions(&bytes) }
    guard !header.isFragment else { throw DecodeError(.ipv6, offset: bytes.position, needed: 0, available: 1) }
    guard var packet = try decode(&bytes, behind: header, whole.time, whole.provenance, depth) else { return nil }
    if !packet.isReassembled { buffer = body }
    packet.isReassembled = true
    return packet
  }

  /// How long a datagram may be incomplete.
  ///
  /// A filter by ports lets first fragments through and no others. Where that shows, nothing is waited for: answers must
  /// find their calls.
  private var patience: Int64 {
    if hasLaterFragments { return settings.limits.patience }
    let isFiltered = lone + table.count >= PacketReassembly.filterSign
    return isFiltered ? -1 : min(1_000_000_000, settings.limits.patience)
  }
  /// So many first fragments, and no other; few enough that the replies which came meanwhile still wait for their calls.
  private static let filterSign = 8

  private mutating func giveUpOverdue(at time: EventTime) {
    while let (datagram, isFull) = table.takeOverdue(at: time, patience: patience) {
      giveUp(datagram, isFull: isFull)
    }
  }

  private mutating func giveUp(_ datagram: FragmentTable.Datagram, isFull: Bool) {
    if !hasLaterFragments { lone += 1 }
    let text = Bytes("a datagram of which \(counted(datagram.fragments)) came, and not all")
    oddities.note(.fragmentIncomplete, Citation(datagram.provenance, text: text))
    if let place = datagram.conflict { note(conflict: place, datagram) }
    if isFull {
      oddities.note(.tableFull, Citation(datagram.provenance, text: "fragments that wait for their datagram"))
    }
    if datagram.length > 0, !datagram.isRepeated { late.append(datagram) } else { odd += datagram.fragments }
  }

  private func counted(_ fragments: Int) -> String { fragments == 1 ? "one fragment" : "\(fragments) fragments" }

  /// Gives up what is incomplete: the capture has no more frames.
  public mutating func finish() {
    while let datagram = table.takeOldest() { giveUp(datagram, isFull: false) }
  }

  /// Whether datagrams were given up of which ``takeLate()`` tells. Mutating, so that it is asked in place: a plain getter
  /// makes a copy of what a class holds.
  public var hasLate: Bool {
    mutating get { !late.isEmpty }
  }

  /// A packet of a datagram that was given up, as far as it came without a hole; for after each decoding of a frame.
  public mutating func takeLate() -> FrameDecoder.Packet? {
    while !late.isEmpty {
      let datagram = late.removeFirst()
      buffer = datagram.bytes
      if let packet = PacketReassembly.start(of: datagram) {
        odd += datagram.fragments - 1
        return packet
      }
      odd += datagram.fragments
    }
    return nil
  }

  private static func start(of datagram: FragmentTable.Datagram) -> FrameDecoder.Packet? {
    let body = datagram.bytes
    var header = datagram.header
    var bytes = PacketBytes(body.rawSpan, wireLength: datagram.length)
    if header.isV6 { guard (try? header.skipExtensions(&bytes)) != nil else { return nil } }
    let record = try? TransportHeader.read(&bytes, header, time: datagram.time, provenance: datagram.provenance)
    guard let record = record ?? nil else { return nil }
    return FrameDecoder.Packet(record: record, payload: bytes.captured, segment: 0..<0, isReassembled: true)
  }

  // MARK: Conflicts

  private mutating func note(conflict place: Int, _ datagram: FragmentTable.Datagram) {
    let text = Bytes("byte \(place) of the datagram came twice, and differs")
    oddities.note(.fragmentOverlapConflict, Citation(datagram.provenance, text: text))
  }

  /// Of RPC, fragments that conflict are an event.
  private mutating func tell(conflict place: Int, _ packet: FrameDecoder.Packet) {
    let record = packet.record
    let isOfRPC =
      RPCPorts.rank(record.targetPort, peer: record.sourcePort) > 0
      || RPCPorts.rank(record.sourcePort, peer: record.targetPort) > 0
      || record.isUDP && RPCMessage.isPlausibleStart(buffer.rawSpan.slice(packet.payload)) == true
    guard isOfRPC, events.count < PacketReassembly.eventCap else { return }
    events.append(
      Event(
        time: record.time, view: .network, action: .evasion, outcome: .unknown, source: record.source,
        target: record.target, transport: record.transport, observer: Event.wire,
        detail: Bytes("IP fragments differ at byte \(place) of the datagram"),
        citation: Citation(record.provenance, text: record.summary)))
  }
}

public import Evidence

/// A packet as most are: a segment of TCP or a datagram of UDP, whole, between two addresses of IPv4, on Ethernet with at
/// most one tag. Numbers alone, a few of which a batch of frames can hold.
///
/// It says what ``FrameDecoder/decode(_:originalLength:time:provenance:)`` says of the same frame, in a fraction of the time.
public struct PlainPacket: Sendable {
  var key: FlowKey
  var facts: NotedPacket
  /// Where in the frame the captured payload stands.
  public fileprivate(set) var payload: Range<Int>
  /// Where in the frame the segment stands whose checksum is to be verified; else empty.
  fileprivate(set) var segment: Range<Int>
  /// The flow's shard.
  public fileprivate(set) var shard: Int

  /// The packet as the decoder gives it.
  public func record(of input: InputID) -> PacketRecord { facts.packet(key, input) }

  /// A place for ``FrameDecoder/readPlain(_:originalLength:time:number:offset:recordLength:isVerified:into:)`` to write to.
  public init() {
    key = FlowKey(low: 0, high: 0, lowPort: 0, highPort: 0, traits: [])
    facts = NotedPacket(
      EventTime(Timestamp(nanoseconds: 0), fractionDigits: 0), number: 0, offset: 0, recordLength: 0, payloadLength: 0,
      sequence: 0, options: TCPOptions(), window: 0, ipID: nil, timeToLive: nil, flags: TCPFlags(rawValue: 0),
      dontFragment: false, direction: .fromLow)
    payload = 0..<0
    segment = 0..<0
    shard = 0
  }
}

extension FrameDecoder {
  /// Reads the headers of a frame that holds a plain packet into `packet`.
  /// - Returns: whether it does; else it takes the decoder to say what the frame is.
  public func readPlain(
    _ frame: RawSpan, originalLength: Int, time: EventTime, number: Int, offset: Int, recordLength: Int,
    isVerified: Bool = true, into packet: inout PlainPacket
  ) -> Bool {
    // Ethernet, IPv4 and UDP are 42 bytes.
    guard linkType == .ethernet, frame.byteCount >= 42, time.isDated else { return false }
    let start = frame.uint16(12) == 0x8100 ? 18 : 14
    // Version 4, no options, not a fragment.
    guard frame.uint16(start - 2) == 0x0800, frame.byte(start) == 0x45, frame.uint16(start + 6) & 0x3fff == 0,
      FrameDecoder.isSound(frame, header: start)
    else { return false }
    let wire = max(originalLength, frame.byteCount)
    let end = start + Int(frame.uint16(start + 2))
    // A sender that leaves segmentation to its network card is captured with length 0: not plain.
    guard end <= wire, let shape = FrameDecoder.shape(frame, start + 20, end, frame.byte(start + 9)),
      let recordLength = UInt32(exactly: recordLength)
    else { return false }
    let (source, target) = (frame.uint32(start + 12), frame.uint32(start + 16))
    let (sourcePort, targetPort) = (frame.uint16(start + 20), frame.uint16(start + 22))
    let shard = FlowShard.of(IPAddress(v4: source).bits, sourcePort, IPAddress(v4: target).bits, targetPort)
    let isFromHigh = target < source || target == source && targetPort < sourcePort
    packet.facts = NotedPacket(
      time, number: number, offset: offset, recordLength: recordLength, frame, ip: start, shape,
      isFromHigh ? .fromHigh : .fromLow)
    packet.key = FlowKey(
      low: IPAddress(v4: isFromHigh ? target : source).bits, high: IPAddress(v4: isFromHigh ? source : target).bits,
      lowPort: isFromHigh ? targetPort : sourcePort, highPort: isFromHigh ? sourcePort : targetPort,
      traits: shape.isUDP ? .udp : [])
    packet.payload = min(shape.payload, frame.byteCount)..<min(shape.end, frame.byteCount)
    // RFC 768: a checksum of 0 is none.
    let isChecked = isVerified && shape.end <= frame.byteCount && !(shape.isUDP && frame.uint16(start + 26) == 0)
    packet.segment = isChecked ? start + 20..<shape.end : 0..<0
    packet.shard = shard
    return true
  }

  /// What the transport's header says of the packet's extent.
  struct Shape {
    let isUDP: Bool
    let payload: Int
    let end: Int
  }

  @inline(__always)
  private static func shape(_ frame: RawSpan, _ start: Int, _ end: Int, _ transport: UInt8) -> Shape? {
    switch transport {
    case 6:
      // RFC 9293, section 3.1. The first 16 bytes suffice.
      guard end - start >= 20, frame.byteCount - start >= 16 else { return nil }
      let header = Int(frame.byte(start + 12) >> 4) * 4
      return header >= 20 && header <= end - start ? Shape(isUDP: false, payload: start + header, end: end) : nil
    case 17:
      // RFC 768. Datagrams of VXLAN carry frames of others.
      guard end - start >= 8, frame.byteCount - start >= 8, frame.uint16(start + 2) != FlowShard.vxlanPort
      else { return nil }
      let length = Int(frame.uint16(start + 4))
      return length >= 8 && length <= end - start
        ? Shape(isUDP: true, payload: start + 8, end: start + length) : nil
    default: return nil
    }
  }

  /// Whether the checksum of an IPv4 header without options is right (RFC 1071).
  @inline(__always)
  private static func isSound(_ frame: RawSpan, header: Int) -> Bool {
    let words =
      UInt64(frame.uint32(header)) + UInt64(frame.uint32(header + 4)) + UInt64(frame.uint32(header + 8))
      + UInt64(frame.uint32(header + 12)) + UInt64(frame.uint32(header + 16))
    return words % 65535 == 0
  }
}

extension NotedPacket {
  /// A packet whose headers were found plain.
  @inline(__always)
  fileprivate init(
    _ time: EventTime, number: Int, offset: Int, recordLength: UInt32, _ frame: RawSpan, ip: Int,
    _ shape: FrameDecoder.Shape, _ direction: FlowDirection
  ) {
    let transport = ip + 20
    let flags = TCPFlags(rawValue: shape.isUDP ? 0 : frame.byte(transport + 13) & 0x3f)
    var options = TCPOptions()
    // Only a SYN's options tell about its sender.
    let captured = min(shape.payload, frame.byteCount)
    if flags.isSYN, captured > transport + 20 { options = TCPOptions(frame.slice(transport + 20..<captured)) }
    self.init(
      time, number: number, offset: offset, recordLength: recordLength,
      payloadLength: UInt32(truncatingIfNeeded: shape.end - shape.payload),
      sequence: shape.isUDP ? 0 : frame.uint32(transport + 4), options: options,
      window: shape.isUDP ? 0 : frame.uint16(transport + 14), ipID: frame.uint16(ip + 4),
      timeToLive: frame.byte(ip + 8), flags: flags, dontFragment: frame.uint16(ip + 6) & 0x4000 != 0,
      direction: direction)
  }
}

public import Evidence

/// The bytes of a packet as `tcpdump -x` prints them below its line, read beside the line.
///
/// The two can disagree: a text can be edited, and its bytes with it, but few editors compute the checksums anew.
public struct HexDump: Sendable {
  /// The packet as the bytes have it, with the time and the citation of the text.
  public var decoded: PacketRecord
  public var hexCheck: HexCheck
  /// Where in the bytes the captured payload stands.
  public var payload: Range<Int>

  /// Reads an IPv4 packet, which may be cut short.
  public static func read(_ bytes: RawSpan, beside text: PacketRecord) throws(DecodeError) -> HexDump {
    var packet = PacketBytes(bytes, wireLength: Int(UInt16.max))
    try packet.require(20, .ipv4)
    let (headerLength, total) = (Int(packet.byte(0) & 15) * 4, Int(packet.uint16(2)))
    guard packet.byte(0) >> 4 == 4 else { throw DecodeError(.ipv4, offset: 0, needed: 20, available: 0) }
    let ip = try IPHeader.read(&packet)
    guard ip.fragmentOffset == 0,
      var decoded = try TransportHeader.read(&packet, ip, time: text.time, citation: text.citation)
    else { throw DecodeError(.ipv4, offset: 0, needed: total, available: bytes.byteCount, isTruncation: true) }
    let captured = min(bytes.byteCount, total)
    var check = HexCheck(
      citation: text.citation, textSource: text.source.host, textTarget: text.target.host, hexSource: ip.source,
      hexTarget: ip.target, captured: captured, total: total, ipChecksumDifference: nil, tcpChecksumDifference: nil,
      tcpTailAssumed: false)
    if headerLength <= captured { check.ipChecksumDifference = difference(bytes.slice(0..<headerLength)) }
    if decoded.transport == .tcp, headerLength + 20 <= captured, headerLength <= total {
      let segment = TCPSegment(ip: ip, bytes: bytes.slice(headerLength..<captured), length: total - headerLength)
      (check.tcpChecksumDifference, check.tcpTailAssumed) = segment.difference(like: check.ipChecksumDifference)
    }
    decoded.hexCheck = check
    return HexDump(decoded: decoded, hexCheck: check, payload: packet.captured)
  }

  /// The text's packet with what its bytes add and how they compare; nil when they are no IPv4 packet that is read here.
  public static func check(_ bytes: RawSpan, against text: PacketRecord) -> PacketRecord? {
    (try? read(bytes.slice(linkLength(bytes, text)..<bytes.byteCount), beside: text))?.amending(text)
  }

  /// Bytes of an Ethernet header before the packet, which `-xx` prints too: where there is one, the addresses behind it are
  /// those of the text.
  private static func linkLength(_ bytes: RawSpan, _ text: PacketRecord) -> Int {
    let start = 14
    guard bytes.byteCount >= start + 20, bytes.uint16(start - 2) == 0x0800, bytes.byte(start) >> 4 == 4,
      text.source.host == .address(IPAddress(v4: bytes.uint32(start + 12))),
      text.target.host == .address(IPAddress(v4: bytes.uint32(start + 16)))
    else { return 0 }
    return start
  }

  /// The text's packet with what only its bytes tell: options, window, TTL, IP ID. Where both speak the text stays, and
  /// the difference stands in the check.
  public func amending(_ text: PacketRecord) -> PacketRecord {
    var record = text
    record.hexCheck = hexCheck
    record.timeToLive = text.timeToLive ?? decoded.timeToLive
    record.ipID = text.ipID ?? decoded.ipID
    record.dontFragment = text.dontFragment || decoded.dontFragment
    guard text.transport == decoded.transport else { return record }
    if text.window == 0 { record.window = decoded.window }
    if text.options == TCPOptions() { record.options = decoded.options }
    return record
  }

  private static func difference(_ header: RawSpan) -> Int {
    var checksum = InternetChecksum()
    checksum.add(header)
    return checksum.difference
  }
}

/// A TCP segment of which the dump may lack the end.
private struct TCPSegment: ~Escapable {
  let ip: IPHeader
  let bytes: RawSpan
  /// As the IP header has it.
  let length: Int

  @_lifetime(copy bytes) init(ip: IPHeader, bytes: RawSpan, length: Int) {
    self.ip = ip
    self.bytes = bytes
    self.length = length
  }

  /// Stored minus computed checksum (RFC 9293, section 3.1), and whether the segment's end had to be guessed: a guess is
  /// taken when it gives what is `expected`, since an editor of addresses shifts both checksums of a packet alike.
  func difference(like expected: Int?) -> (Int?, tailAssumed: Bool) {
    if bytes.byteCount == length { return (difference(tail: []), false) }
    guard let expected, let tails = plausibleTails else { return (nil, false) }
    for tail in tails where difference(tail: tail) == expected { return (expected, true) }
    return (nil, false)
  }

  private func difference(tail: [UInt8]) -> Int {
    var checksum = InternetChecksum()
    for address in [ip.source.v4, ip.target.v4] {
      checksum.add(Int(address >> 16))
      checksum.add(Int(address & 0xffff))
    }
    checksum.add(6)
    checksum.add(length)
    var whole = Bytes(bytes).array
    whole += tail
    checksum.add(whole.rawSpan)
    return checksum.difference
  }

  /// What the missing end of a SYN's options can be: a SYN echoes no time stamp yet, so the rest of the echo is 0; a word
  /// behind it is a window scale (RFC 7323: at most 14) or padding.
  private var plausibleTails: [[UInt8]]? {
    let missing = length - bytes.byteCount
    guard (1...8).contains(missing), bytes.byte(13) & TCPFlags.syn.rawValue != 0,
      Int(bytes.byte(12) >> 4) * 4 == length,
      let echo = missingEcho, echo <= missing
    else { return nil }
    let zeros = [UInt8](repeating: 0, count: echo)
    switch missing - echo {
    case 0: return [zeros]
    case 4: return (0...14).map { zeros + [1, 3, 3, $0] } + [zeros + [1, 1, 1, 1]]
    case let rest where rest < 4: return [zeros + [UInt8](repeating: 1, count: rest)]
    default: return nil
    }
  }

  /// Bytes of the time stamp's echo (TSecr) that the dump lacks; nil when it ends in the middle of something else.
  private var missingEcho: Int? {
    var index = 20
    while index < bytes.byteCount, let length = TCPOptions.length(bytes, at: index) {
      let missing = index + length - bytes.byteCount
      if missing > 0 { return bytes.byte(index) == 8 && length == 10 && missing <= 4 ? missing : nil }
      index += length
    }
    return index == bytes.byteCount ? 0 : nil
  }
}

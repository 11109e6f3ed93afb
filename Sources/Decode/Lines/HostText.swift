public import Evidence

/// How logs and traces write a host.
public enum HostText {
  /// Where the host that starts at `start` ends, or nil when none stands there.
  /// - Parameter isEnd: Whether what follows the host stands at a place.
  static func end(in line: RawSpan, from start: Int, isEnd: (Int) -> Bool) -> Int? {
    if let v4 = IPAddress.parseV4(line, at: start), endsAddress(line, v4.end) { return v4.end }
    if let v6 = IPAddress.parse(line, at: start), endsAddress(line, v6.end) { return v6.end }
    var index = start
    var colons = 0
    var colon = start
    while index < line.byteCount, isNameByte(line.byte(index)) {
      if line.byte(index) == 0x3a { (colons, colon) = (colons + 1, index) }
      index += 1
    }
    // Behind a name stands its port. What may be the start of an address of IPv6, cut off, is none.
    if colons == 1, (start..<colon).contains(where: { line.byte($0).hexDigit == nil }) { return colon }
    // A local transport prints its family and the raw address: `loopback(\000\000\024\036)`.
    if index > start, index < line.byteCount, line.byte(index) == 0x28 {
      var close = line.firstIndex(of: 0x29, from: index)
      while let place = close {
        if isEnd(place + 1) { return place + 1 }
        close = line.firstIndex(of: 0x29, from: place + 1)
      }
      return nil
    }
    return index > start ? index : nil
  }

  /// An address ends where a longer name cannot go on; a letter after it is a lost blank (`172.20.20.1to`).
  private static func endsAddress(_ line: RawSpan, _ end: Int) -> Bool {
    guard end < line.byteCount else { return true }
    switch line.byte(end) {
    case 0x2e, 0x2d, 0x5f: return false
    default: return true
    }
  }

  /// Whether a byte may belong to a name or an address of IPv6.
  static func isNameByte(_ byte: UInt8) -> Bool {
    byte.isDigit || byte.isASCIILetter || byte == 0x2e || byte == 0x2d || byte == 0x5f || byte == 0x3a || byte >= 0x80
  }

  private static let local = Array("local".utf8)
  /// What TCP wrappers write where they could tell neither a name nor an address.
  private static let unknown = Array("unknown".utf8)

  /// The host that a text means: an address, of which a zone tells only on which link it was met, the machine itself, or
  /// a name.
  public static func host(_ text: RawSpan) -> Host {
    if text.byteCount == 0 { return .unknown }
    if let (address, end) = IPAddress.parse(text, at: 0), end == text.byteCount {
      return address.isLoopback ? .local(Bytes(text)) : .address(address)
    }
    if text.byteCount == unknown.count, text.hasBytes(unknown, at: 0) { return .unknown }
    let isLocal = text.byteCount == local.count && text.hasBytes(local, at: 0)
    return isLocal || text.firstIndex(of: 0x28) != nil ? .local(Bytes(text)) : .name(Bytes(text))
  }
}

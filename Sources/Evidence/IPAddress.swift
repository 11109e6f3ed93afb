/// An IPv4 or IPv6 address in 128 bits; IPv4 stands as `::ffff:a.b.c.d`, so the two spellings are one address.
public struct IPAddress: Hashable, Comparable, Sendable {
  public var bits: UInt128

  @inlinable @inline(__always) public init(bits: UInt128) { self.bits = bits }
  @inlinable @inline(__always) public init(v4: UInt32) { bits = 0xffff_0000_0000 | UInt128(v4) }

  @inlinable @inline(__always) public var isV4: Bool { bits >> 32 == 0xffff }
  /// The IPv4 address; meaningless when ``isV4`` is false.
  @inlinable @inline(__always) public var v4: UInt32 { UInt32(truncatingIfNeeded: bits) }

  public static func < (left: IPAddress, right: IPAddress) -> Bool { left.bits < right.bits }

  /// The address at `offset` in dotted decimal, and where it ends.
  public static func parseV4(_ span: RawSpan, at offset: Int) -> (address: IPAddress, end: Int)? {
    var index = offset
    var value: UInt32 = 0
    for part in 0..<4 {
      let start = index
      var octet: UInt32 = 0
      while index < span.byteCount, index - start < 3, span.byte(index).isDigit {
        octet = octet * 10 + UInt32(span.byte(index) - 0x30)
        index += 1
      }
      guard index > start, octet <= 255 else { return nil }
      value = value << 8 | octet
      if part < 3 {
        guard index < span.byteCount, span.byte(index) == 0x2e else { return nil }
        index += 1
      }
    }
    if index < span.byteCount, span.byte(index).isDigit { return nil }
    return (IPAddress(v4: value), index)
  }

  /// The address at `offset` in either family (RFC 4291, section 2.2), and where it ends. The zone that a host writes behind
  /// an address of its link (RFC 4007, section 11) is a name of that host's own, which no other host knows: it is read
  /// over.
  public static func parse(_ span: RawSpan, at offset: Int) -> (address: IPAddress, end: Int)? {
    if let v4 = parseV4(span, at: offset) { return v4 }
    var groups: [UInt16] = []
    var gap: Int?
    var index = offset
    if index + 1 < span.byteCount, span.byte(index) == 0x3a, span.byte(index + 1) == 0x3a {
      gap = 0
      index += 2
    }
    while groups.count < 8, index < span.byteCount {
      if groups.count <= 6, gap != nil || groups.count == 6, let v4 = parseV4(span, at: index) {
        groups.append(UInt16(truncatingIfNeeded: v4.address.v4 >> 16))
        groups.append(UInt16(truncatingIfNeeded: v4.address.v4))
        index = v4.end
        break
      }
      let start = index
      var value: UInt32 = 0
      while index < span.byteCount, index - start < 4, let digit = span.byte(index).hexDigit {
        value = value << 4 | UInt32(digit)
        index += 1
      }
      guard index > start else { break }
      groups.append(UInt16(truncatingIfNeeded: value))
      guard index + 1 < span.byteCount, span.byte(index) == 0x3a else { break }
      if span.byte(index + 1) == 0x3a {
        guard gap == nil else { return nil }
        gap = groups.count
        index += 2
      } else if groups.count < 8, span.byte(index + 1).hexDigit != nil {
        index += 1
      } else {
        break
      }
    }
    guard gap != nil ? groups.count < 8 : groups.count == 8 else { return nil }
    if let gap { groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap) }
    return (IPAddress(bits: groups.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }), endOfZone(span, at: index))
  }

  /// Where a zone at `start` ends, `%eth0` or, of a VLAN, `%eth0.100`; `start` where there is none.
  private static func endOfZone(_ span: RawSpan, at start: Int) -> Int {
    guard start < span.byteCount, span.byte(start) == 0x25 else { return start }
    let name = endOfName(span, from: start + 1)
    guard name > start + 1 else { return start }
    guard name < span.byteCount, span.byte(name) == 0x2e else { return name }
    var end = name + 1
    while end < span.byteCount, span.byte(end).isDigit { end += 1 }
    // What goes on is no number of a VLAN, and a point that ends a sentence is none of a zone.
    let goesOn = end < span.byteCount && (span.byte(end) == 0x2e || endOfName(span, from: end) > end)
    return end > name + 1 && !goesOn ? end : name
  }

  private static func endOfName(_ span: RawSpan, from start: Int) -> Int {
    var end = start
    while end < span.byteCount,
      span.byte(end).isDigit || span.byte(end).isASCIILetter || span.byte(end) == 0x2d
        || span.byte(end) == 0x5f
    {
      end += 1
    }
    return end
  }

  public init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard let (address, end) = IPAddress.parse(bytes.rawSpan, at: 0), end == bytes.count else { return nil }
    self = address
  }

  /// 127.0.0.0/8 or ::1: the machine itself.
  public var isLoopback: Bool { isV4 ? v4 >> 24 == 127 : bits == 1 }
  /// Private, loopback, link-local or unique local (RFC 1918, 6598, 4193, 3927): not one place in the world.
  public var isPrivate: Bool { IPAddress.privateNetworks.contains { $0.contains(self) } }
  /// Multicast or the limited broadcast address: many receivers, none of which has to answer.
  public var isGroup: Bool { isV4 ? v4 >> 28 == 0xe || v4 == UInt32.max : bits >> 120 == 0xff }
  private static let privateNetworks = [
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7",
    "fe80::/10", "::1/128",
  ].compactMap { IPNetwork($0) }
}

extension IPAddress: CustomStringConvertible {
  /// Dotted decimal, or RFC 5952's form of IPv6.
  public var description: String {
    if isV4 {
      var text: [UInt8] = []
      text.append(dotted: self)
      return String(decoding: text, as: UTF8.self)
    }
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(best.count, 1) { best = start..<end }
      start = max(end, start + 1)
    }
    let text = { (range: Range<Int>) in groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
    return best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
  }
}

/// Addresses that share their first bits, written `192.0.2.0/24`.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
  public var address: IPAddress
  /// Leading bits that count, of 128.
  public var length: Int

  /// A network, or an address alone.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
    let width = address.isV4 ? 32 : 128
    // Int would take a sign too.
    guard parts.count == 1 || parts[1].utf8.allSatisfy(\.isDigit),
      let length = parts.count == 2 ? Int(parts[1]) : width, (0...width).contains(length)
    else { return nil }
    self.address = address
    self.length = length + 128 - width
  }

  public var description: String { "\(address)/\(address.isV4 && length >= 96 ? length - 96 : length)" }

  /// Addresses that anybody may use at home, and that nobody routes (RFC 1918 section 3, RFC 4193 section 3).
  public static let privateUse = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"].compactMap {
    IPNetwork($0)
  }

  public func contains(_ other: IPAddress) -> Bool {
    length == 0 || (other.bits ^ address.bits) >> UInt128(128 - length) == 0
  }
}

extension Array where Element == UInt8 {
  /// Adds an address of IPv4 in dotted decimal; reports of large captures hold many.
  public mutating func append(dotted address: IPAddress) {
    reserveCapacity(count + 15)
    for shift in stride(from: UInt32(24), through: 0, by: -8) {
      append(decimal: address.v4 >> shift & 255)
      if shift > 0 { append(0x2e) }
    }
  }

  /// Adds a number in decimal.
  public mutating func append(decimal number: UInt32) {
    var power: UInt32 = 1
    while number / power > 9 { power *= 10 }
    while power > 0 {
      append(0x30 + UInt8(number / power % 10))
      power /= 10
    }
  }
}

import Evidence
import Glibc
import TestNumbers
import Testing

/// Addresses against the C library, which has read and written them for decades.
struct AddressTests {
  @Test func v4IsWrittenAndReadAsInetDoes() {
    var dice = SeededNumbers(3)
    for _ in 0..<2000 {
      let address = IPAddress(v4: UInt32.random(in: 0...UInt32.max, using: &dice))
      #expect(address.description == AddressTests.written(address))
      #expect(IPAddress(address.description) == address)
    }
  }

  @Test func v6IsWrittenAndReadAsInetDoes() {
    var dice = SeededNumbers(4)
    for _ in 0..<5000 {
      // Runs of zeros are what the notation is about.
      let groups = (0..<8).map { _ in
        Bool.random(using: &dice)
          ? 0 : UInt16.random(in: 0...UInt16.max, using: &dice) >> UInt16.random(in: 0..<16, using: &dice)
      }
      let address = IPAddress(bits: groups.reduce(UInt128(0)) { $0 << 16 | UInt128($1) })
      #expect(IPAddress(address.description) == address)
      // The C library writes the addresses below 2^32 with a dotted end, which RFC 5952 leaves open.
      if address.bits >> 32 > 0xffff { #expect(address.description == AddressTests.written(address)) }
    }
  }

  /// Texts that are almost addresses: both take the same ones.
  @Test func takesWhatInetTakes() {
    var dice = SeededNumbers(5)
    let seeds = [
      "2001:db8::1", "::", "::1", "1:2:3:4:5:6:7:8", "fe80::1:0:0:1", "::ffff:192.0.2.1", "1:2:3:4:5:6:192.0.2.1",
      "64:ff9b::10.0.0.1",
      "192.0.2.1", "1::", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
    ]
    let alphabet = Array("0123456789abcdefF:.g ".utf8)
    for round in 0..<20_000 {
      var text = Array(seeds[round % seeds.count].utf8)
      for _ in 0..<Int.random(in: 0...2, using: &dice) where !text.isEmpty {
        let place = Int.random(in: 0..<text.count, using: &dice)
        switch Int.random(in: 0..<3, using: &dice) {
        case 0: text[place] = alphabet.randomElement(using: &dice) ?? 0x30
        case 1: text.insert(alphabet.randomElement(using: &dice) ?? 0x30, at: place)
        default: text.remove(at: place)
        }
      }
      let string = String(decoding: text, as: UTF8.self)
      // Loggers print octets with leading zeros, decimal; the C library refuses them as perhaps octal.
      let octets = string.split(separator: ":").last?.split(separator: ".") ?? []
      if octets.count > 1, octets.contains(where: { $0.count > 1 && $0.first == "0" }) { continue }
      #expect(IPAddress(string)?.bits == AddressTests.read(string), "\(string)")
    }
  }

  /// RFC 4007, section 11. Which link it is says nothing to another host.
  @Test(arguments: [
    ("fe80::1%eth0", 12), ("fe80::1%eth0.100", 16), ("fe80::1%2", 9), ("fe80::1%br-lan_0, x", 16), ("fe80::1%", 7),
    ("fe80::1%eth0.", 12), ("fe80::1%eth0.100.111", 12), ("fe80::1%eth0.100x", 12), ("fe80::1% eth0", 7),
    ("fe80::1%eth0:", 12),
  ])
  func zonesAreReadOver(_ text: String, _ end: Int) throws {
    let bytes = Array(text.utf8)
    let reading = IPAddress.parse(bytes.rawSpan, at: 0)
    let (address, found) = try #require(reading)
    #expect(address == IPAddress("fe80::1") && found == end)
    #expect(IPAddress(text) == (end == bytes.count && text.contains("%") && !text.hasSuffix("%") ? address : nil))
  }

  @Test func anAddressOfIPv4HasNoZone() {
    #expect(IPAddress("192.0.2.1%eth0") == nil && IPNetwork("192.0.2.1%eth0/24") == nil)
  }

  @Test func anAddressInALineEndsWhereItEnds() {
    let line = Array("from 192.0.2.7: and 2001:db8::9, x".utf8)
    let v4 = IPAddress.parse(line.rawSpan, at: 5)
    #expect(v4?.address == IPAddress("192.0.2.7") && v4?.end == 14)
    let v6 = IPAddress.parse(line.rawSpan, at: 20)
    #expect(v6?.address == IPAddress("2001:db8::9") && v6?.end == 31)
    let behind = IPAddress.parse(line.rawSpan, at: line.count)
    #expect(behind?.end == nil)
  }

  @Test func bothSpellingsOfV4AreOneAddress() {
    #expect(IPAddress("::ffff:192.0.2.1") == IPAddress("192.0.2.1"))
    #expect(IPAddress("::ffff:c000:201")?.isV4 == true)
  }

  @Test(arguments: [
    ("10.0.0.0", true), ("172.31.255.255", true), ("172.32.0.0", false), ("192.168.7.7", true), ("100.64.0.1", true),
    ("100.128.0.1", false), ("169.254.1.1", true), ("fd00::1", true), ("fe80::1", true), ("2001:db8::1", false),
    ("::1", true),
    ("127.0.0.1", true), ("192.0.2.1", false),
  ])
  func privateIsNotOnePlace(_ text: String, _ expected: Bool) throws {
    #expect(try #require(IPAddress(text)).isPrivate == expected)
  }

  @Test func aNetworkHoldsWhatSharesItsBits() throws {
    var dice = SeededNumbers(6)
    for _ in 0..<2000 {
      let isV4 = Bool.random(using: &dice)
      let length = Int.random(in: 0...(isV4 ? 32 : 128), using: &dice)
      let base = AddressTests.random(isV4: isV4, using: &dice)
      let network = try #require(IPNetwork("\(base)/\(length)"))
      let leading = length + (isV4 ? 96 : 0)
      #expect(network.length == leading)
      // Another address with one bit flipped is inside when the bit is behind the length.
      let bit = Int.random(in: (isV4 ? 96 : 0)..<128, using: &dice)
      let flipped = IPAddress(bits: base.bits ^ UInt128(1) << UInt128(127 - bit))
      #expect(network.contains(flipped) == (bit >= leading), "\(base)/\(length) and \(flipped)")
      #expect(network.contains(base))
    }
  }

  @Test(arguments: [
    "", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0/8", "::/129", "::/x", "10.0.0.0/+8",
  ])
  func whatIsNoNetworkIsNone(_ text: String) {
    #expect(IPNetwork(text) == nil)
  }

  private static func random(isV4: Bool, using dice: inout SeededNumbers) -> IPAddress {
    if isV4 { return IPAddress(v4: UInt32.random(in: 0...UInt32.max, using: &dice)) }
    // Not below ::ffff:0:0/96, which would be IPv4.
    return IPAddress(bits: UInt128.random(in: 1 << 64...UInt128.max, using: &dice))
  }

  /// What inet_ntop writes.
  private static func written(_ address: IPAddress) -> String {
    var bytes = stride(from: address.isV4 ? 24 : 120, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: address.bits >> UInt128($0))
    }
    var text = [CChar](repeating: 0, count: 64)
    guard unsafe inet_ntop(address.isV4 ? AF_INET : AF_INET6, &bytes, &text, 64) != nil else { return "" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// What inet_pton reads, in either family.
  private static func read(_ text: String) -> UInt128? {
    var bytes = [UInt8](repeating: 0, count: 16)
    if unsafe inet_pton(AF_INET, text, &bytes) == 1 {
      return bytes[..<4].reduce(UInt128(0xffff)) { $0 << 8 | UInt128($1) }
    }
    guard unsafe inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
    return bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
  }
}

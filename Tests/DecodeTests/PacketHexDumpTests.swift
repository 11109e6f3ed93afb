import Decode
import Evidence
import Testing

/// The hexadecimal dumps of an article of January 2000, whose editor rewrote the addresses and left the checksums.
struct PacketHexDumpTests {
  static let first = hex(
    "4500003c10ba40002f06b889c0a82a061001560006e3006f1bdbf61400000000a0027d7873be0000020405b40402080a0debad2a0000")
  static let second = hex(
    "4500003c10bb40002f06b887c0a82a061001560106e4006f1ba7f8b700000000a0027d78714d0000020405b40402080a0debad2a0000")

  private func text() -> PacketRecord {
    PacketRecord(
      time: moment(1), source: Endpoint(host: .name("192.168.42.6"), port: 1763),
      target: Endpoint(host: .name("10.1.86.0"), port: 111), transport: .tcp, flags: .syn, sequence: 467_400_212,
      payloadLength: 0, citation: Citation(provenance, text: "03:47:34"))
  }

  @Test(arguments: [first, second]) func bothChecksumsAreOffByTheSame(_ bytes: [UInt8]) throws {
    let check = try HexDump.read(bytes.rawSpan, beside: text()).hexCheck
    #expect(check.ipChecksumDifference == 52790)
    #expect(check.tcpChecksumDifference == 52790)
    #expect(check.tcpTailAssumed)
    #expect((check.captured, check.total) == (54, 60))
    #expect(check.hexSource.description == "192.168.42.6")
    #expect(check.hexTarget.description.hasPrefix("16.1.86."))
  }

  @Test func aChangedBodyFitsNoTail() throws {
    for index in [20, 24, 36, 43] {
      var bytes = Self.first
      bytes[index] ^= 0x40
      let check = try HexDump.read(bytes.rawSpan, beside: text()).hexCheck
      #expect(check.tcpChecksumDifference == nil)
      #expect(!check.tcpTailAssumed)
    }
  }

  @Test func wholePacketsNeedNoGuess() throws {
    // With the tail that the guess found, and the checksums as the sender computed them.
    for (shift, difference) in [(0, 52790), (52790, 0)] {
      var bytes = Self.first + [0, 0, 1, 3, 3, 0]
      for offset in [10, 36] {
        let stored = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
        let sound = (stored + 65535 - shift) % 65535
        (bytes[offset], bytes[offset + 1]) = (UInt8(sound >> 8), UInt8(sound & 255))
      }
      let check = try HexDump.read(bytes.rawSpan, beside: text()).hexCheck
      #expect(check.ipChecksumDifference == difference)
      #expect(check.tcpChecksumDifference == difference)
      #expect(!check.tcpTailAssumed)
    }
  }

  @Test func everyCutGivesAnAnswer() {
    for length in 0...Self.first.count {
      let cut = Array(Self.first.prefix(length))
      let record = HexDump.check(cut.rawSpan, against: text())
      // Too little to tell the flags of the segment; what is left of it otherwise.
      #expect((record == nil) == (length < 36), "\(length)")
      if length < 52 { #expect(record?.hexCheck?.tcpChecksumDifference == nil) }
    }
  }

  @Test func theTextStaysAndTheBytesAdd() throws {
    let checked = HexDump.check(Self.first.rawSpan, against: text())
    let record = try #require(checked)
    #expect(record.target.host == .name("10.1.86.0"))
    #expect(record.timeToLive == 47)
    #expect(record.ipID == 4282)
    #expect(record.dontFragment)
    #expect(record.window == 32120)
    #expect(record.options.maximumSegmentSize == 1460)
    #expect(record.options.timestampValue == 0x0deb_ad2a)
  }
}

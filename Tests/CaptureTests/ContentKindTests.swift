import Capture
import Evidence
import Testing

struct ContentKindTests {
  private func kind(_ bytes: [UInt8]) -> ContentKind { ContentKind.recognise(bytes.rawSpan) }

  @Test func magicNumbers() {
    for magic: [UInt8] in [
      [0xa1, 0xb2, 0xc3, 0xd4], [0xd4, 0xc3, 0xb2, 0xa1], [0xa1, 0xb2, 0x3c, 0x4d], [0x4d, 0x3c, 0xb2, 0xa1],
    ] {
      #expect(kind(magic + [0, 2]) == .pcap)
      #expect(kind(Array(magic.prefix(3))) != .pcap)
    }
    #expect(kind([0x0a, 0x0d, 0x0d, 0x0a, 0, 0]) == .pcapng)
    #expect(kind(Array("snoop\0\0\0\0\0\0\u{2}".utf8)) == .snoop)
    #expect(kind(Array("LPKSHHRH".utf8) + [0, 0]) == .journal)
    #expect(kind([UInt8](repeating: 0x61, count: 257) + Array("ustar".utf8)) == .tar)
    #expect(kind([]) == .empty)
  }

  @Test func logsWithStrayBytesAreText() {
    let line = Array("Dec 27 15:20:35 zappa portmap[31540]: connect from 172.20.20.1 to dump()\n".utf8)
    #expect(kind(line) == .text)
    #expect(kind(line + [0, 0, 0, 0] + line) == .text)
    #expect(kind(line + [0xe9, 0xfc, 0xdf] + line) == .text)
    #expect(kind([UInt8](repeating: 0xe4, count: 900)) == .text)
  }

  @Test func programsAndNoiseAreBinary() {
    #expect(kind([0x7f, 0x45, 0x4c, 0x46] + [UInt8](repeating: 0, count: 60)) == .binary)
    #expect(kind((0..<1024).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 3) }) == .binary)
  }
}

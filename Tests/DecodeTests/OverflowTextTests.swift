import Evidence
import Testing

@testable import Decode

/// What of a name that statd did not find is an exploit's text (CVE-2000-0666).
struct OverflowTextTests {
  private static func stands(_ text: [UInt8]) -> Bool { OverflowText.stands(in: text.rawSpan) }

  @Test(arguments: [
    "^X^X%8x%8x%62716x%hn", "%n", "a%n%n", "%x%x", "%08x.%08x.%08x", "%x %x", "%s%s%s%s", "%12$n", "a\u{1}b",
    "^X\u{f7}\u{ff}\u{bf}^X\u{f7}\u{ff}\u{bf}bffff750 8049710", #"\220\220\220\220\061\300"#, "#001#002", "lab\u{7f}",
  ])
  func exploits(text: String) { #expect(Self.stands(Array(text.utf8)), "\(text)") }

  @Test(arguments: [
    "", "client7.example.org", "192.0.2.7", "fe80::1%net0", "fe80::1%eth0", "two words", "(null)", "100%natural",
    "50%discount", "printer#001", "caf\u{e9}.example", "\u{43b}\u{430}\u{431}\u{2013}7", "a^Bar", "host\0\0\0\0",
    "%d0%9f%d1%80", "my%20host", "host\tname", #"DOMAIN\host"#, "%", "5%", "100% sure",
  ])
  func names(text: String) { #expect(!Self.stands(Array(text.utf8)), "\(text)") }

  @Test func bytesOfEightBits() {
    // Addresses on the stack and x86's NOPs, as syslogd lets them pass; a name in Latin-1 and one in KOI8-R.
    #expect(Self.stands([0xf7, 0xff, 0xbf, 0xf7, 0xff, 0xbf]))
    #expect(Self.stands([0x90, 0x90, 0x90, 0x90]))
    #expect(!Self.stands(Array("M".utf8) + [0xfc] + Array("ller".utf8)))
    #expect(!Self.stands([0xcc, 0xc1, 0xc2, 0xcf, 0xd2]))
  }
}

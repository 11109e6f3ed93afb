import Evidence
import Testing

@testable import Decode

/// What attackers can write into a log, and what it must not make of it.
struct LinesHostileTests {
  private func events(_ line: String) -> [Event] { TextReading.read(lines: [Array(line.utf8)]).events }
  private static let real = IPAddress(v4: 0xc633_6407)  // 198.51.100.7

  /// The name before the brackets of tcplogd is the client's own.
  @Test(arguments: [
    "evil[10.0.0.1]", "[10.0.0.1]", "a[10.0.0.1] ", "x]", "[", "to TCP port: 111",
    "refused connect from 10.0.0.1 to dump()",
    "Jan  1 19:04:51 scylla rpcbind: refused connect from 10.0.0.1 to dump()",
    "] port 1 connection attempt from [10.0.0.1",
    "\u{1b}[31m", "last message repeated 9 times",
  ])
  func aClientsNameForgesNoSource(_ name: String) throws {
    let found = events("Jan  1 19:04:51 scylla tcplogd: port 32772 connection attempt from \(name)[198.51.100.7]")
    #expect(found.count == 1)
    let event = try #require(found.first)
    #expect(event.source.host == .address(LinesHostileTests.real))
    #expect(event.target == Endpoint(host: .name("scylla"), port: 32_772))
    #expect(event.action == .probe && event.rpc == nil)
    #expect(event.detail == Bytes(name))
  }

  /// What a client asks for is the argument, whatever it says.
  @Test(arguments: [
    "x) to dump(", "10.0.0.1 to dump()", "): request from unauthorized host", "nfs) declined (non-loopback sender",
    "a[1]: refused connect from 10.0.0.1 to set(nfs", ")", "((((", "x): request not forwarded",
  ])
  func anArgumentForgesNoSource(_ argument: String) throws {
    let event = try #require(
      events("Jan  1 19:04:51 scylla rpcbind: refused connect from 198.51.100.7 to getport(\(argument))").first)
    #expect(event.source.host == .address(LinesHostileTests.real))
    #expect(event.rpc?.procedureName == "getport" && event.outcome == .refused)
    #expect(event.rpc?.argument == Bytes(argument) && event.rpc?.argumentForm == .garbled)
  }

  /// A name in the DNS belongs to who owns the address; it is a name, and no address.
  @Test(arguments: [
    "10.0.0.1.evil.example", "1.2.3.4.5", "10.0.0.1-evil.example", "localhost.evil.example", "to", "local.evil",
  ])
  func aHostsNameIsNoAddress(_ name: String) throws {
    let event = try #require(events("Jan  1 19:04:51 scylla rpcbind: refused connect from \(name) to dump()").first)
    #expect(event.source.host == .name(Bytes(name)))
  }

  /// portsentry writes the name that the DNS gave; a blank in it must not move the address or the port.
  @Test(arguments: ["evil name", "a to TCP port: 22", "10.0.0.1 to TCP port: 22", "x host: 10.0.0.1"])
  func portsentrysNamesForgeNothing(_ name: String) {
    for event in events(
      "Dec 26 09:27:41 ext portsentry[1]: attackalert: Connect from host: \(name)/198.51.100.7 to UDP port: 111")
    {
      #expect(event.target.port == 111 && event.transport == .udp)
      #expect(event.source.host.address == nil || event.source.host == .address(LinesHostileTests.real))
    }
  }

  /// The words that portsentry 1.2 has for a stealth scan tell as much as those of the releases before it.
  @Test(arguments: [
    "SYN/Normal scan", "TCP SYN/Normal scan", "TCP NULL scan", "TCP XMAS scan", "TCP FIN scan",
    "Unknown Type: TCP Packet Flags: SYN: 1 FIN: 1 ACK: 0 PSH: 0 URG: 0 RST: 0",
  ])
  func portsentrysWordsForAScanAreUnderstood(_ kind: String) throws {
    let intake = TextReading.read(
      "Apr  3 04:10:01 alpha portsentry[310]: attackalert: \(kind) from host: scan.example.org/198.51.100.7 to TCP port: 111"
    )
    #expect(intake.oddities.isEmpty, "\(kind)")
    let event = try #require(intake.events.first, "\(kind)")
    #expect(event.action == .probe && event.source.host == .address(LinesHostileTests.real), "\(kind)")
    #expect(event.target == Endpoint(host: .name("alpha"), port: 111) && event.transport == .tcp, "\(kind)")
  }

  /// A line of a program that nobody watches says nothing, even if it quotes a record.
  @Test(arguments: [
    "Jan  1 19:04:51 scylla httpd: GET /rpcbind: refused connect from 10.0.0.1 to dump()",
    "Jan  1 19:04:51 scylla logger: Jan  1 19:04:51 scylla rpcbind: refused connect from 10.0.0.1 to dump()",
    "Jan  1 19:04:51 scylla xrpcbind: refused connect from 10.0.0.1 to dump()",
    "Jan  1 19:04:51 scylla rpcbindx[4]: refused connect from 10.0.0.1 to dump()",
    "Somebody wrote Jan  1 19:04:51 scylla rpcbind: refused connect from 10.0.0.1 to dump()",
  ])
  func aQuotedRecordIsNone(_ line: String) {
    #expect(events(line).isEmpty)
    #expect(TextReading.read(line).tally.unconcerned == 1)
  }

  /// A watched daemon's line that no format takes is said, not dropped.
  @Test func anUnknownLineOfAWatchedDaemonIsOdd() {
    let intake = TextReading.read("Jan  1 19:04:51 scylla rpcbind: something else happened here")
    #expect(intake.events.isEmpty && intake.oddities.count(of: .lineUnmatched) == 1)
  }

  @Test func numbersThatDoNotFitAreNoNumbers() throws {
    let port = try #require(
      events("Jan  1 19:04:51 scylla tcplogd: port 99999999999999999999 connection attempt from x[198.51.100.7]").first)
    #expect(port.target.port == nil)
    let argument = try #require(
      events("Jan  1 19:04:51 scylla rpcbind: refused connect from 198.51.100.7 to getport(4294967296)").first)
    #expect(argument.rpc?.argumentProgram == nil && argument.rpc?.argument == "4294967296")
  }

  @Test func octetsSurvive() throws {
    let head = Array("Jan  1 19:04:51 scylla rpcbind: refused connect from 198.51.100.7 to getport(".utf8)
    for middle in [[0x00], [0xfc, 0xe4], [0x1b, 0x5b], [0x0d], [0xe2, 0x80, 0xae], [0x5c, 0x30]] as [[UInt8]] {
      let intake = TextReading.read(lines: [head + middle + [0x29]])
      #expect(intake.events.first?.rpc?.argument == Bytes(middle))
      #expect(intake.events.first?.source.host == .address(LinesHostileTests.real))
    }
  }

  /// A crash leaves a run of zero bytes before the next line, and some senders end a record with one.
  @Test func zerosAroundALineAreNoPartOfIt() {
    let line = Array("Jan  1 19:04:51 scylla rpcbind: refused connect from 198.51.100.7 to getport(nfs)".utf8)
    for (before, behind) in [(4096, 0), (1, 1), (0, 1), (0, 7)] {
      let zeros = { [UInt8](repeating: 0, count: $0) }
      let intake = TextReading.read(lines: [zeros(before) + line + zeros(behind), zeros(9), []])
      #expect(intake.oddities.isEmpty && intake.tally.understood == 1 && intake.events.count == 1)
      #expect(intake.events.first?.citation.text == Bytes(line))
      #expect(intake.events.first?.rpc?.argument == "nfs")
    }
  }

  /// TCP wrappers' word for a client that they could not tell is no host's name.
  @Test func anUnknownClientIsNoHostOfThatName() throws {
    let event = try #require(events("Jan  1 19:04:51 scylla in.telnetd[7]: refused connect from unknown").first)
    #expect(event.source.host == .unknown && event.outcome == .refused)
  }

  /// Very long lines, and long runs of what patterns look for, take no long time.
  @Test(.timeLimit(.minutes(1))) func longLinesAreRead() {
    let head = "Jan  1 19:04:51 scylla rpcbind: refused connect from "
    for filler in ["(", ")", " ", "1.", ":", "a", "[", "to ", "::", "1:"] {
      let line = head + String(repeating: filler, count: 20_000 / filler.utf8.count) + " to getport(x)"
      #expect(TextReading.read(lines: [Array(line.utf8)]).tally.records == 1, "\(filler)")
    }
  }
}

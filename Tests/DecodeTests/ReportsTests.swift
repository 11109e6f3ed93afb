import Evidence
import TestNumbers
import Testing

@testable import Decode

/// Tables of tools, lines of `uname`, scripts; and prose about them.
struct ReportsTests {
  private func rows(_ text: String) -> [String] {
    TextReading.read(text).exposures.map { row in
      let place = row.port.map { String($0) } ?? row.localAddress.notation
      return "\(row.host.notation) \(row.program.map { String($0) } ?? "-") \(row.version.map { String($0) } ?? "-") "
        + "\(row.transport?.rawValue ?? "-") \(place) \(row.name.notation)"
    }
  }

  @Test func rpcinfoOfOldIsRead() {
    let text = """
      crash:/etc/rc2.d# rpcinfo -p
         program vers proto   port
          100000    4   tcp    111  portmapper
          100002    2   udp  32772  rusersd
          100099    1   tcp  32773

      100003 2 udp 2049 nfs
      """
    #expect(
      rows(text) == [
        "crash 100000 4 tcp 111 portmapper", "crash 100002 2 udp 32772 rusersd", "crash 100099 1 tcp 32773 ",
        " 100003 2 udp 2049 nfs",
      ])
  }

  @Test(arguments: [
    ("% rpcinfo -p sam", "sam"), ("me@box:~$ rpcinfo -p sam.example | grep nfs", "sam.example"),
    ("rpcinfo -p 192.0.2.9", "192.0.2.9"),
    ("# rpcinfo -p", ""), ("rpcinfo -s sam", "sam"),
  ])
  func theHostIsTheOneThatWasAsked(_ command: String, _ host: String) {
    #expect(rows(command + "\n100000 2 tcp 111 portmapper") == ["\(host) 100000 2 tcp 111 portmapper"])
  }

  @Test func rpcinfoOfTodayIsRead() {
    let text = """
         program version netid     address                service    owner
          100000    4    tcp6      ::.0.111               portmapper superuser
          100000    3    udp       0.0.0.0.0.111          portmapper superuser
          100000    4    local     /run/rpcbind.sock      portmapper superuser
          100005    3    tcp       0.0.0.0.2.123          mountd     superuser
          100024    1    udp6      ::.128.4               status     29
      """
    #expect(
      rows(text) == [
        " 100000 4 tcp 111 portmapper", " 100000 3 udp 111 portmapper", " 100000 4 local /run/rpcbind.sock portmapper",
        " 100005 3 tcp 635 mountd", " 100024 1 udp 32772 status",
      ])
  }

  /// A universal address that is no four numbers and two of the port is a local one.
  @Test func addressesWithoutTheirNetidAreRead() {
    let text = """
      program version netid address service owner
      100099 1 sam.autofs - superuser
      100000 4 192.168.1.2.0.111 portmapper superuser
      """
    #expect(rows(text) == [" 100099 1 local sam.autofs ", " 100000 4 - 111 portmapper"])
  }

  @Test(arguments: [
    "100000 4 tcp 111111 portmapper", "100000 4 tcp x portmapper", "100000 4 tcp 0.0.0.0.256.1 x", "100000 x tcp 111 p",
    "99999 2 tcp 111 p",
    "99999999999 2 tcp 111 p", "4294967296 2 tcp 111 p", "100000 4294967296 tcp 111 p", "100000 2 sctp 111 p",
    "100000 2 tcp", "100000 2 tcp ..",
  ])
  func rowsThatCannotBeAreNone(_ line: String) {
    #expect(rows(line).isEmpty)
    #expect(rows("program version netid address service owner\n" + line).isEmpty)
  }

  @Test func nmapOfAllAgesIsRead() {
    let text = """
      Starting nmap V. 2.3BETA9 by Fyodor (fyodor@dhp.com, www.insecure.org/nmap/)
      Interesting ports on sam.edu (192.168.8.96):
      PortStateProtocolService
      111 open tcp sunrpc
      22  filtered tcp ssh
      137openudpnetbios-ns
      32771openudpsometimes-rpc6

      Nmap run completed -- 1 IP address (1 host up) scanned in 4 seconds
      999 open tcp garcon
      Nmap scan report for box.example (192.0.2.10)
      Host is up (0.00003s latency).
      PORT     STATE         SERVICE
      111/tcp  open          rpcbind
      2049/udp open|filtered nfs
      635/tcp  closed        rlzdbase
      Nmap scan report for 192.0.2.11
      22/tcp open ssh
      Nmap done: 2 IP addresses (2 hosts up) scanned in 0.25 seconds
      """
    let exposures = TextReading.read(text).exposures
    #expect(
      exposures.map {
        "\($0.host.notation)|\($0.address?.description ?? "")|\($0.transport?.rawValue ?? "")|\($0.port ?? 0)|\($0.state.notation)|\($0.name.notation)"
      }
        == [
          "sam.edu|192.168.8.96|tcp|111|open|sunrpc", "sam.edu|192.168.8.96|udp|137|open|netbios-ns",
          "sam.edu|192.168.8.96|udp|32771|open|sometimes-rpc6", "box.example|192.0.2.10|tcp|111|open|rpcbind",
          "box.example|192.0.2.10|udp|2049|open|filtered|nfs", "|192.0.2.11|tcp|22|open|ssh",
        ])
    #expect(exposures.allSatisfy { $0.report == .nmap && $0.program == nil })
  }

  @Test func nmapsScriptIsRead() {
    let text = """
      Nmap scan report for 192.0.2.10
      PORT    STATE SERVICE
      111/tcp open  rpcbind
      | rpcinfo:
      |   program version    port/proto  service
      |   100000  2,3,4        111/tcp   rpcbind
      |   100000  3,4          111/udp6  rpcbind
      |_  100024  1          32772/udp   status
      """
    let exposures = TextReading.read(text).exposures.filter { $0.program != nil }
    #expect(
      exposures.map { "\($0.program ?? 0) \($0.version ?? 0) \($0.transport?.rawValue ?? "") \($0.port ?? 0)" } == [
        "100000 2 tcp 111", "100000 3 tcp 111", "100000 4 tcp 111", "100000 3 udp 111", "100000 4 udp 111",
        "100024 1 udp 32772",
      ])
    #expect(exposures.allSatisfy { $0.report == .rpcinfo && $0.address == IPAddress("192.0.2.10") })
  }

  @Test(arguments: [
    ("SunOS paganini 5.6 Generic_105181-03 sun4m sparc", "paganini SunOS 5.6 Generic_105181-03 sun4m"),
    (
      "SunOS paganini 5.6 Generic_105181-03\nsun4m sparc SUNW,SPARCstation-5",
      "paganini SunOS 5.6 Generic_105181-03 sun4m"
    ),
    ("SunOS paganini 5.6 Generic", "paganini SunOS 5.6 Generic "),
    ("Linux box 6.1.0-13-amd64 #1 SMP x86_64 GNU/Linux", "box Linux 6.1.0-13-amd64 #1 SMP"),
    ("IRIX64 kestrel 6.5 04191225 IP27", "kestrel IRIX64 6.5 04191225 IP27"),
    ("FreeBSD host 4.0-RELEASE FreeBSD 4.0-RELEASE i386", "host FreeBSD 4.0-RELEASE FreeBSD 4.0-RELEASE"),
    ("OpenBSD gate 7.4 GENERIC.MP#1397 amd64", "gate OpenBSD 7.4 GENERIC.MP#1397 amd64"),
  ])
  func unameTellsTheMachine(_ text: String, _ expected: String) throws {
    let facts = TextReading.read(text).hostFacts
    #expect(
      facts.map {
        "\($0.host.notation) \($0.system.notation) \($0.release.notation) \($0.version.notation) \($0.machine.notation)"
      } == [expected])
    let last = text.split(separator: "\n").count
    #expect(facts.first?.citation.provenance.place == .lines(first: 1, last: last))
  }

  @Test func scriptsNameProgramsAndCommands() {
    let mentions = TextReading.read(
      "AUTOFSD=100099\nrpcinfo -p $1 >> $1.out\nPORTMAP=100000\nNOBODY=100098765\nCOUNT=100099x\n"
    ).mentions
    #expect(mentions.map(\.kind) == [.program(number: 100_099, label: "AUTOFSD"), .dumpCommand])
  }

  /// Text about tools is text.
  @Test(arguments: [
    "rpcinfo shows what a portmapper has registered.", "I ran rpcinfo against the host, and nmap after it.",
    "Linux kernel 2.2.14 was released this week.", "SunOS up to 5.6 is affected, and 5.7 too.",
    "Most ports were open; 111 open tcp was one of them.",
    "the program 100003 is NFS", "111/tcp open rpcbind", "set AUTOFSD=100099 in your shell",
    "nmap is Fyodor's; see www.insecure.org/nmap/",
    "program numbers are given out by Sun", "",
  ])
  func proseIsNoReport(_ line: String) {
    let intake = TextReading.read(line)
    #expect(intake.exposures.isEmpty && intake.mentions.isEmpty && intake.hostFacts.isEmpty && intake.events.isEmpty)
    #expect(intake.tally.kinds == [.prose])
    #expect(intake.tally.records == 1 && intake.tally.unconcerned == 1)
  }

  /// Damaged reports are read without end or trap, and each line counts once.
  @Test func damagedReportsBalance() {
    var dice = SeededNumbers(41)
    let lines = [
      "Interesting ports on sam.edu (192.168.8.96):", "111 open tcp sunrpc", "Nmap scan report for 192.0.2.11",
      "111/tcp open rpcbind",
      "| 100000  2,3,4  111/tcp  rpcbind", "program version netid address service owner",
      "100000 4 tcp6 ::.0.111 portmapper superuser",
      "SunOS paganini 5.6 Generic_105181-03", "sun4m sparc", "AUTOFSD=100099", "crash:/# rpcinfo -p sam",
      "autofsd 100099 autofsd", "",
    ].map { Array($0.utf8) }
    var damaged: [[UInt8]] = []
    for _ in 0..<3000 {
      var line = lines[dice.roll(lines.count)]
      if !line.isEmpty { for _ in 0..<dice.roll(3) { line[dice.roll(line.count)] = UInt8(dice.roll(256)) } }
      damaged.append(line)
    }
    let intake = TextReading.read(lines: damaged)
    #expect(intake.tally.records == damaged.count)
    #expect(intake.exposures.count > 100)
  }
}

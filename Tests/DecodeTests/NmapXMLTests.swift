import Evidence
import TestNumbers
import Testing

@testable import Decode

/// nmap's XML (`-oX`), as version 7.93 writes it and as tools rearrange it.
struct NmapXMLTests {
  /// Of 1999-12-28, 12:00 UTC.
  private static let report = """
    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE nmaprun>
    <?xml-stylesheet href="file:///usr/bin/../share/nmap/nmap.xsl" type="text/xsl"?>
    <!-- Nmap 7.93 scan initiated as: nmap -oX - --script "it's > all" 192.0.2.10 -->
    <nmaprun scanner="nmap" args="nmap -oX - 192.0.2.10" start="946382400" version="7.93" xmloutputversion="1.05">
    <scaninfo type="syn" protocol="tcp" numservices="1000" services="1-1000"/>
    <host starttime="946382400" endtime="946382401"><status state="up" reason="echo-reply" reason_ttl="64"/>
    <address addr="192.0.2.10" addrtype="ipv4"/>
    <address addr="02:00:00:00:00:0A" addrtype="mac"/>
    <hostnames>
    <hostname name="sam.example" type="PTR"/>
    </hostnames>
    <ports><extraports state="filtered" count="996">
    <extrareasons reason="no-response" count="996" proto="tcp" ports="1-110,112-634,636"/>
    </extraports>
    <port protocol="tcp" portid="111"><state state="open" reason="syn-ack" reason_ttl="64"/>\
    <service name="rpcbind" version="2-4" extrainfo="RPC #100000" method="probed" conf="10"/>\
    <script id="rpcinfo" output="&#xa;  program version    port/proto  service&#xa;  100000  2,3,4  111/tcp  rpcbind"/></port>
    <port protocol="tcp" portid="635"><state state="closed" reason="reset" reason_ttl="64"/><service name="rlzdbase" method="table" conf="3"/></port>
    <port protocol="udp" portid="111"><state state="open" reason="udp-response" reason_ttl="64"/></port>
    <port protocol="udp" portid="2049"><state state="open|filtered" reason="no-response" reason_ttl="0"/><service name="a&amp;b" method="table" conf="3"/></port>
    </ports>
    </host>
    <host><status state="up" reason="arp-response"/><address addr="2001:db8::9" addrtype="ipv6"/>
    <ports><port protocol="tcp" portid="22"><state state="open" reason="syn-ack"/></port></ports></host>
    <runstats><finished time="946382401" timestr="x" exit="success"/></runstats>
    </nmaprun>
    """

  private func told(_ intake: Intake) -> [String] {
    let open = intake.exposures.map { row in
      "\(row.host.notation)|\(row.address?.description ?? "-")|\(row.transport?.rawValue ?? "-")|\(row.port ?? 0)|"
        + "\(row.state.notation)|\(row.name.notation)|\(row.program ?? 0)|\(row.day?.description ?? "-")|\(row.hasAnswered)"
    }
    return open
      + intake.shutPorts.map {
        "\($0.host.notation)|\($0.address?.description ?? "-")|\($0.transport.rawValue)|\($0.ports)|\($0.state.rawValue)|"
          + "\($0.day?.description ?? "-")"
      }
  }

  private static let expected = [
    "sam.example|192.0.2.10|tcp|111|open|rpcbind|100000|1999-12-28|true",
    "sam.example|192.0.2.10|udp|111|open||0|1999-12-28|true",
    "sam.example|192.0.2.10|udp|2049|open|filtered|a&b|0|1999-12-28|false",
    "|2001:db8::9|tcp|22|open||0|1999-12-28|true",
    "sam.example|192.0.2.10|tcp|1...110|filtered|1999-12-28",
    "sam.example|192.0.2.10|tcp|112...634|filtered|1999-12-28",
    "sam.example|192.0.2.10|tcp|636...636|filtered|1999-12-28",
    "sam.example|192.0.2.10|tcp|635...635|closed|1999-12-28",
  ]

  @Test func portsAndTheirStatesAreRead() {
    let intake = TextReading.read(NmapXMLTests.report)
    #expect(told(intake) == NmapXMLTests.expected)
    #expect(intake.oddities.isEmpty)
    #expect(intake.tally.kinds.contains(.nmap) && intake.tally.odd == 0)
    #expect(intake.exposures.allSatisfy { $0.report == .nmap })
    let first = intake.exposures.first?.citation
    #expect(first?.text.notation.hasPrefix(#"<port protocol="tcp" portid="111"><state state="open""#) == true)
  }

  /// All in one line, or a line for each tag, or a tag over several lines: the same report.
  @Test func theBreaksDoNotMatter() {
    let lines = NmapXMLTests.report.split(separator: "\n").filter { !$0.hasPrefix("<!--") }
    let one = lines.joined()
    let spread = one.replacing("><", with: ">\n<")
    let torn = spread.replacing(" reason=", with: "\n  reason=")
    for text in [one, spread, torn, spread.replacing("\n", with: "\r\n")] {
      #expect(told(TextReading.read(text)) == NmapXMLTests.expected)
    }
  }

  /// A report that is over is over: the next line is read as what it is.
  @Test func whatFollowsIsRead() {
    let log = "Dec 27 15:14:25 marlin rpcbind: refused connect from 192.0.2.66 to dump()"
    #expect(TextReading.read(NmapXMLTests.report + "\n" + log).events.count == 1)
  }

  /// A start of markup in a log hides no more of its lines than a tag may have, and is told.
  @Test(arguments: ["<nmaprun start=\"", "<nmaprun>", "<nmaprun", "<!DOCTYPE nmaprun>"])
  func aLogIsNotSwallowed(_ markup: String) {
    let log = (0..<60).map {
      "Dec 27 15:14:\($0 < 10 ? "0" : "")\($0) marlin rpcbind: refused connect from 192.0.2.66 to dump()"
    }
    let intake = TextReading.read(([markup] + log).joined(separator: "\n"))
    #expect(intake.events.count >= 44)
    #expect(intake.oddities.count(of: .recordIncomplete) == 1)
    #expect(intake.tally.records == 61)
  }

  @Test func aReportThatWasCutIsTold() {
    let lines = NmapXMLTests.report.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    let intake = TextReading.read(lines.joined(separator: "\n"))
    #expect(told(intake) == NmapXMLTests.expected && intake.oddities.count(of: .recordIncomplete) == 1)
  }

  private func report(_ ports: String) -> String {
    "<nmaprun start=\"946382400\"><host><address addr=\"192.0.2.1\" addrtype=\"ipv4\"/><ports>\n" + ports
      + "\n</ports></host>\n</nmaprun>"
  }
  private func port(_ number: Int, end: String = "</port>") -> String {
    "<port protocol=\"tcp\" portid=\"\(number)\"><state state=\"open\" reason=\"syn-ack\"/>\(end)"
  }

  /// A port that another one or the host's end cuts off, or that has no host, is told and not passed over.
  @Test func portsWithoutEndAreTold() {
    let cut = TextReading.read(report(port(111, end: "") + "\n" + port(2049)))
    #expect(cut.exposures.map(\.port) == [2049] && cut.oddities.count(of: .recordIncomplete) == 1)
    let last = TextReading.read(report(port(2049) + "\n" + port(111, end: "")))
    #expect(last.exposures.map(\.port) == [2049] && last.oddities.count(of: .recordIncomplete) == 1)
    let homeless = TextReading.read("<nmaprun>\n" + port(111) + "\n</nmaprun>")
    #expect(homeless.exposures.isEmpty && homeless.oddities.count(of: .recordIncomplete) == 1)
    #expect(TextReading.read(report(port(111) + "\n" + port(2049))).oddities.isEmpty)
  }

  /// What a port is cited by stays short, however many tags stand in it.
  @Test func aPortsTextIsCapped() throws {
    let tags = Array(repeating: "<service name=\"a\"/>", count: 5000).joined(separator: "\n")
    let intake = TextReading.read(report(port(111, end: "") + "\n" + tags + "\n</port>"))
    let text = try #require(intake.exposures.first?.citation.text)
    #expect(text.count <= Citation.textCap && text.notation.hasPrefix("<port protocol"))
    #expect(intake.exposures.map(\.name) == ["a"])
  }

  /// What stands behind the end of a report is none of the next one.
  @Test(arguments: ["<foo a=\"", "<foo", "<!-- "]) func whatFollowsAnEndIsForgotten(_ rest: String) {
    let intake = TextReading.read(report(port(111)) + rest + "\n" + report(port(2049)))
    #expect(intake.exposures.map(\.port) == [111, 2049])
    let joined = TextReading.read(report(port(111)) + report(port(2049)))
    #expect(joined.exposures.map(\.port) == [111, 2049])
  }

  /// `-oN` gives its day in its first line, also when the command line behind it is long; its last line ends it.
  @Test func theHeadOfNormalOutputTellsTheDay() {
    func day(_ head: String, end: String = "") -> [String?] {
      let table = "Nmap scan report for 192.0.2.1\nPORT STATE SERVICE\n111/tcp open rpcbind\n"
      return TextReading.read(head + "\n" + table + end).exposures.map { $0.day?.description }
    }
    let head = "# Nmap 7.94 scan initiated Fri Mar  1 00:10:00 2024 as: nmap -p 111 -oN f "
    #expect(day(head) == ["2024-03-01"])
    #expect(day(head + String(repeating: "192.0.2.1 ", count: 200)) == ["2024-03-01"])
    #expect(day("# nmap 3.81 scan initiated Wed Feb 29 23:10:00 2012 as: nmap a") == ["2012-02-29"])
    for wrong in ["Foo  1 00:10:00 2024", "Feb 30 00:10:00 2024", "Mar  1 00:10:00 99999999999999999999"] {
      #expect(day("# Nmap 7.94 scan initiated Fri \(wrong) as: nmap a") == [nil])
    }
    let second = "Nmap scan report for 192.0.2.2\n111/tcp open rpcbind"
    for end in [
      "# Nmap done at Fri Mar  1 00:11:00 2024 -- 1 IP address (1 host up) scanned in 1.00 seconds",
      "Nmap done: 1 IP address (1 host up) scanned in 0.25 seconds",
    ] {
      #expect(day(head, end: end + "\n" + second) == ["2024-03-01", nil])
    }
  }

  /// Damage of any byte is read without end or trap, and each line counts once.
  @Test func damageBalances() {
    var dice = SeededNumbers(17)
    let lines = NmapXMLTests.report.split(separator: "\n").map { Array($0.utf8) }
    for _ in 0..<150 {
      var damaged = lines
      for _ in 0..<(1 + dice.roll(8)) {
        let line = dice.roll(damaged.count)
        guard !damaged[line].isEmpty else { continue }
        damaged[line][dice.roll(damaged[line].count)] = UInt8(dice.roll(256))
      }
      let intake = TextReading.read(lines: damaged)
      #expect(intake.tally.records == damaged.count)
    }
  }

  /// Ranges of ports without end are kept in part, and that is told.
  @Test func shutPortsAreCapped() {
    let tag =
      "<extrareasons proto=\"tcp\" ports=\"" + Array(repeating: "1-9", count: 10_000).joined(separator: ",") + "\"/>"
    let text =
      "<nmaprun><host><address addr=\"192.0.2.1\"/><extraports state=\"closed\">\n"
      + Array(repeating: tag, count: 30).joined(separator: "\n") + "\n</extraports></host></nmaprun>"
    let intake = TextReading.read(text)
    #expect((1 << 17..<1 << 18).contains(intake.shutPorts.count))
    #expect(intake.oddities.count(of: .tableFull) + intake.shutPorts.count == 300_000)
  }

  /// nmap's normal output: the day of its first line, and closed and filtered ports.
  @Test func theNormalOutputTellsTheSame() {
    let text = """
      Starting Nmap 7.93 ( https://nmap.org ) at 1999-12-28 12:00 UTC
      Nmap scan report for sam.example (192.0.2.10)
      PORT     STATE    SERVICE
      111/tcp  open     rpcbind
      635/tcp  closed   rlzdbase
      2049/tcp filtered nfs
      Nmap done: 1 IP address (1 host up) scanned in 0.25 seconds
      Starting nmap V. 2.3BETA9
      Interesting ports on sam.example (192.0.2.10):
      22 open tcp ssh
      """
    #expect(
      told(TextReading.read(text)) == [
        "sam.example|192.0.2.10|tcp|111|open|rpcbind|0|1999-12-28|false",
        "sam.example|192.0.2.10|tcp|22|open|ssh|0|-|false",
        "sam.example|192.0.2.10|tcp|635...635|closed|1999-12-28",
        "sam.example|192.0.2.10|tcp|2049...2049|filtered|1999-12-28",
      ])
  }

  /// What a table does not list says something only where the table is whole.
  @Test func aTableIsWholeOrNot() {
    let head = "   program vers proto   port  service\n"
    let rows = "    100000    2   tcp    111  portmapper\n    100003    2   udp   2049  nfs\n"
    func whole(_ text: String) -> [Bool] { TextReading.read(text).exposures.map(\.isOfTable) }
    #expect(whole("$ rpcinfo -p sam\n" + head + rows) == [true, true])
    #expect(whole("$ rpcinfo -p sam | grep tcp\n" + rows) == [false, false])
    #expect(whole("$ rpcinfo -p sam\n" + head + "[ lots removed ]\n" + rows) == [false, false])
    #expect(TextReading.read("$ rpcinfo -p sam\n" + head + rows).exposures.map(\.host) == ["sam", "sam"])
  }
}

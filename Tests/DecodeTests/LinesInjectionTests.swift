import Evidence
import TestNumbers
import Testing

@testable import Decode

/// What clients write into logs: names of users and hosts, idents, paths, arguments. None of it is a source.
struct LinesInjectionTests {
  /// Lines as daemons write them; `%` stands where a client's text goes, and `@` where the daemon writes who it was.
  private static let wordings: [(line: String, givesEvent: Bool)] = [
    ("sshd[9]: Failed password for invalid user % from @ port 40123 ssh2", true),
    ("sshd[9]: Failed password for % from @ port 40123 ssh2", true),
    ("sshd[9]: Invalid user % from @ port 40123", false),
    ("sshd[9]: User % from @ not allowed because not listed in AllowUsers", false),
    ("sshd[9]: refused connect from % (@)", true),
    ("in.ftpd[9]: refused connect from %@@", true),
    ("in.telnetd[9]: connect from %@@", true),
    ("in.telnetd[9]: refused connect from % (@)", true),
    ("tcplogd: port 32772 connection attempt from %[@]", true),
    ("portsentry[9]: attackalert: Connect from host: %/@ to TCP port: 111", true),
    ("portsentry[9]: attackalert: SYN/Normal scan from host: %/@ to TCP port: 111", true),
    ("portsentry[9]: attackalert: TCP XMAS scan from host: %/@ to TCP port: 111", true),
    (
      "portsentry[9]: attackalert: Unknown Type: TCP Packet Flags: SYN: 1 FIN: 0 ACK: 0 PSH: 0 URG: 0 RST: 1 "
        + "from host: %/@ to TCP port: 111", true
    ),
    (
      "portsentry[9]: Scan from: [@] (%) protocol: [TCP] port: [111] type: [Connect] IP opts: [unknown] "
        + "ignored: [false] triggered: [true] noblock: [false] blocked: [true]", true
    ),
    ("rpc.mountd[9]: refused mount request from @ for % (%): unmatched host", true),
    ("rpc.mountd[9]: refused mount request from @ for % (/srv): illegal port 40001", true),
    ("rpc.mountd[9]: authenticated mount request from @:900 for % (/srv)", true),
    ("rpc.mountd[9]: bad path in mount request from @: \"%\"", true),
    ("rpc.statd[9]: gethostbyname error for %", true),
    ("rpc.statd[9]: SM_MON request for hostname containing '/' or starting '.': %", true),
    ("ypserv[9]: refused connect from @:789 to procedure ypproc_match (%,passwd.byname;-1)", true),
    ("rpcbind[9]: refused connect from @ to getport(%)", true),
    ("rpcbind[9]: connect from @ to callit(%): request from unauthorized host", true),
    ("ftpd[9]: FTP LOGIN FAILED FROM @, %", true),
    ("login[9]: FAILED LOGIN (1) on '/dev/pts/1' from '%' FOR '%', Authentication failure", true),
    ("sudo: % : user NOT in sudoers ; TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=%", false),
    ("httpd[9]: GET /% HTTP/1.0", false),
    ("named[9]: client @#53: query: % IN A", false),
    ("sendmail[9]: ruleset=check_rcpt, arg1=<%>, relay=% [@], reject=550", false),
    ("rpc.cmsd[9]: no such user %", false),
    ("rpc.mountd[9]: something about % that no format knows", false),
    ("kernel: audit: type=1701 audit(1363191050.330:123): uid=0 pid=8 comm=\"%\" exe=\"/bin/x\" sig=11 res=1", false),
  ]

  /// What attackers try, in pieces; the forged address is in 10.66.0.0/16.
  private static let pieces = [
    "10.66.6.6", "::ffff:10.66.6.6", " from 10.66.6.6", " from 10.66.6.6 port 22 ssh2", "[10.66.6.6]", "(10.66.6.6)",
    "/10.66.6.6", "@10.66.6.6", " refused connect from 10.66.6.6 to dump()",
    "Mar  1 10:00:00 files rpcbind[9]: refused connect from 10.66.6.6 to dump()",
    "rpcbind: refused connect from 10.66.6.6", ": request from unauthorized host", ") protocol: [TCP] port: [22]",
    "Scan from: [10.66.6.6] (x)", " (/srv): unmatched host", " to TCP port: 22", " port 22", "attackalert: ",
    " SRC=10.66.6.6 DST=10.66.6.7 PROTO=TCP SPT=1 DPT=111 ", " last message repeated 9 times",
    "message repeated 3 times: [ refused connect from 10.66.6.6 to dump()]", "root", "%n%n%hn", "\u{1b}[31m", "..", "/",
    "\"", "'", "[", "]", "(", ")", "<34>1 ", "{\"event_type\":\"alert\",\"src_ip\":\"10.66.6.6\"}", "\t", "  ", "ü",
    ";",
    " Ban 10.66.6.6", " -> 10.66.6.6", " already blocked", " for ", ",", "#", "=", "\\", "admin:", "a", "x y",
  ]

  private static func text(_ dice: inout SeededNumbers) -> String {
    (0...dice.roll(5)).map { _ in pieces[dice.roll(pieces.count)] }.joined()
  }

  private static func isForged(_ host: Host) -> Bool {
    guard let address = host.address, address.isV4 else { return false }
    return address.v4 >> 16 == 0x0a42
  }

  /// 100,000 lines; none names a source, or a target, that a client's text chose.
  @Test func noTextOfAClientIsASource() {
    var dice = SeededNumbers(4)
    var events: [Event] = []
    var expected = 0
    let library = TextReading.library
    for round in 0..<100 {
      var decoder = TextDecoder(input: InputID(0), library: library, asOf: TextReading.asOf, zone: .utc)
      var intake = Intake()
      for number in 0..<1000 {
        let (wording, givesEvent) = LinesInjectionTests.wordings[dice.roll(LinesInjectionTests.wordings.count)]
        if givesEvent { expected += 1 }
        var line = "Mar  1 10:00:00 files "
        // The last at sign is the daemon's own where a client's text stands before one.
        let parts = wording.replacing("@@", with: "@\u{1}").replacing("@", with: "\u{1}")
        for character in parts.replacing("%\u{1}\u{1}", with: "%@\u{1}") {
          switch character {
          case "%": line += LinesInjectionTests.text(&dice)
          case "\u{1}": line += "198.51.100.7"
          default: line.append(character)
          }
        }
        decoder.push(Array(line.utf8).rawSpan, number: number + 1, offset: round, into: &intake)
      }
      decoder.finish(into: &intake)
      #expect(intake.tally.records == 1000)
      events += intake.events + intake.sums.summed()
    }
    let wrong = events.filter {
      LinesInjectionTests.isForged($0.source.host) || LinesInjectionTests.isForged($0.target.host)
    }
    let first = wrong.first.map { $0.citation.text.notation } ?? ""
    #expect(wrong.count == 0, "\(first)")
    let strangers = events.count { $0.target.host != .name("files") && $0.target.host != .unknown }
    #expect(strangers == 0)
    // And the true source is found where the wording has one.
    let sources = events.reduce(0) { $0 + ($1.source.host.notation == "198.51.100.7" ? $1.count : 0) }
    #expect(sources * 10 > expected * 6, "\(sources) of \(expected)")
  }
}

import Capture
import Evidence
import Foundation
import TestNumbers
import Testing

@testable import Decode

/// The screen says of no line what the long way would not say: with it and without it a text gives the same.
struct LinesScreenTests {
  private static let isoStamps = [
    "2000-01-03T15:03:59.123456+01:00", "2000-01-03T15:03:59.123457+01:00", "2000-01-03T15:03:59.123456+01:00",
    "2000-01-03T15:04:00.000001+01:00", "2000-01-03T15:04:00+01:00", "2000-01-03T15:04:00Z", "2000-01-03T15:04:00.5Z",
    "2000-01-03T15:04:00+0100", "2000-01-03T15:04:00+01", "2000-01-03T15:04:00", "2000-01-03 15:04:00.123456+01:00",
    "2000-01-03T15:04:00.123456789+01:00", "2000-01-03T15:04:00.1234567Z", "2000-01-03T15:04:00.Z",
    "2000-02-30T15:04:00.123456+01:00", "2000-01-03T24:04:00.123456+01:00", "2000-01-03T15:04:60.123456+01:00",
    "2000-01-03T15:04:00.12345Z IP", "20x0-01-03T15:04:00.123456+01:00", "2000-1--03T15:04:00.123456+01:00",
    "<34>2000-01-03T15:04:00.123456+01:00", "2000-01-03T15:04:00.123456-23:59", "2000-01-03T15:04:00.123456+24:00",
    "1999-12-31T23:59:59.999999-05:00", "<34>1 2000-01-03T15:04:00.123456+01:00", "Jan  1 10:00:00",
  ]
  private static let stamps = [
    "Jan  1 10:00:00", "Jan  1 10:00:00", "Jan  1 10:00:01", "Jan  2 00:00:00", "Dec 31 23:59:60", "Feb 30 10:00:00",
    "Jan 00 10:00:00", "Jan  1 24:00:00", "Jan 1 10:00:00", "Jan  1 10:00:00.5", "Jan  1 1999 10:00:00",
    "<34>Jan  1 10:00:00", "1999-12-31T07:42:43Z", "10:00:00.123456", "Jan  1 10:00:00:", "jan  1 10:00:00", "",
    "> Jan  1 10:00:00", "messages:Jan  1 10:00:00",
  ]
  private static let hosts = [
    "marlin", "zappa", "build-03", "a.very.long.name.of.some.host.example.org", "192.0.2.1", "marlin\0", "6E:kestrel",
    "sixteen-bytes-16", "fifteen-bytes15", "last", "", "host:", "host]", "<daemon.info>", "h\tt", "\u{e9}t\u{e9}",
  ]
  private static let tags = [
    "CRON[109]:", "named[1]:", "kernel:", "kernel: [12.5]", "kernel: [    5.000001]", "kernel: [ID 5 x.y]", "sshd[7]:",
    "sshd:", "systemd[1]:", "rpcbind:", "rpcbind[5]:", "portsentry[7]:", "postfix/smtpd[99]:", "/usr/sbin/rpcbind:",
    "last message repeated 3 times", "foo/last message repeated 2 times", "x:", "su:", "sudo:", "ftpd[x]:", "inetd[12]",
    "named[123456789012]:", "a/b/c[1]:", "[7]:", ":", "tag", "nfsd[1]", "type=ANOM_ABEND:", "unix:", "psad:", "pf:",
    "a-tag-that-is-longer-than-sixteen[1]:", "message repeated 2 times: [ x]", "sshd\0[7]:",
  ]
  private static let messages: [String] =
    [
      "", "x", "(root) CMD (   cd / && run-parts --report /etc/cron.hourly # 33492)",
      "message repeated 3 times: [ abc]",
      "last message repeated 3 times", "last message was something else altogether",
      "EXT4-fs (dm-3): re-mounted. Opts:",
      "refused connect from 192.0.2.1 to dump()", "connect from 192.0.2.1 to getport(nfs)", "connect from lo",
      "session-7737.scope: Succeeded; consumed 23679ms of processor time", "Accepted publickey for joe from 192.0.2.7",
      "joe : user NOT in sudoers ; TTY=pts/0", "joe : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls", "[12.5", "[ID",
      "xIN=eth0 OUT= SRC=192.0.2.1 DST=192.0.2.2 LEN=4 PROTO=TCP SPT=5 DPT=111 W", "rpc.mountd[8]: segfault at 0 ip",
      "4 LOGIN FAILURES FROM 192.0.2.66", "a word and another word and one more word of no concern",
    ] + TextReading.samples.map { line in line.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? line }

  private static func line(_ chance: inout SeededNumbers, _ stamps: [String]) -> [UInt8] {
    if Int.random(in: 0..<40, using: &chance) == 0 {
      let others = [
        "", "prose that goes on", "#fields\tts\tuid", "__CURSOR=s=1", "   4 tcp 32772 rusersd", "to dump()",
        #"{"event_type":"flow"}"#,
      ]
      return Array((others.randomElement(using: &chance) ?? "").utf8)
    }
    // Mostly plain lines, so that runs of them form.
    let isPlain = Int.random(in: 0..<3, using: &chance) > 0
    func pick(_ list: [String], _ plain: Int) -> String {
      (isPlain ? list.prefix(plain).randomElement(using: &chance) : list.randomElement(using: &chance)) ?? ""
    }
    let words = [pick(stamps, 4), pick(hosts, 4), pick(tags, 9), pick(messages, messages.count)]
    var bytes = Array(words.joined(separator: " ").utf8)
    if Int.random(in: 0..<8, using: &chance) == 0, !bytes.isEmpty {
      bytes[Int.random(in: bytes.indices, using: &chance)] = UInt8.random(in: 0...255, using: &chance)
    }
    if Int.random(in: 0..<16, using: &chance) == 0 {
      bytes.removeLast(Int.random(in: 0...bytes.count, using: &chance))
    }
    if Int.random(in: 0..<16, using: &chance) == 0 { bytes.append(0x0d) }
    return bytes
  }

  private static func decoder() -> TextDecoder {
    TextDecoder(input: InputID(0), library: TextReading.library, asOf: TextReading.asOf, zone: .utc)
  }

  /// Reads a text as one block; gives how many lines were passed.
  private static func read(_ text: [UInt8], isScreened: Bool) -> (intake: Intake, passed: Int) {
    var decoder = decoder()
    var splitter = LineSplitter()
    var intake = Intake()
    var passed = 0
    var screened = ScreenedLines()
    var screen = LineScreen(library: TextReading.library)
    if isScreened { screen.screen(text.rawSpan, from: 0, into: &screened) }
    func read(_ range: Range<Int>) {
      splitter.push(text.rawSpan.slice(range)) { line, place in
        decoder.push(line, number: place.number, offset: place.offset, into: &intake)
      }
    }
    var start = 0
    for (index, stretch) in screened.stretches.enumerated() {
      read(start..<stretch.start)
      if decoder.pass(index, of: screened, in: text.rawSpan, into: &intake) {
        splitter.skip(lines: stretch.lines, length: stretch.end - stretch.start)
        passed += stretch.lines
      } else {
        read(stretch.start..<stretch.end)
      }
      start = stretch.end
    }
    read(start..<text.count)
    splitter.finish { line, place in decoder.push(line, number: place.number, offset: place.offset, into: &intake) }
    decoder.finish(into: &intake)
    return (intake, passed)
  }

  /// All that an intake says, for comparison.
  private static func account(_ intake: Intake) -> [String] {
    let events = intake.events + intake.sums.summed()
    let tally = intake.tally
    return events.map { event in
      let facts = FieldName.allCases.compactMap { field in event[field].map { "\(field)=\($0.text.notation)" } }
      return "\(event.citation) \(event.count) \(facts)"
    } + intake.oddities.counts.map { "\($0.key) \($0.value.count) \($0.value.first)" }.sorted()
      + intake.packets.map { "\($0.citation)" } + intake.exposures.map { "\($0.citation)" }
      + [
        "\(tally.understood) \(tally.unconcerned) \(tally.odd) \(tally.hostRecords) \(tally.yearlessRecords)",
        "\(String(describing: tally.first)) \(String(describing: tally.last)) \(tally.coveredDays.sorted())",
        "\(tally.kinds.map(\.rawValue).sorted()) \(String(describing: tally.newestWithYear))",
      ]
  }

  /// What goes on over several lines is not left by a line that looks like a log's.
  @Test(arguments: [
    "<nmaprun start=\"946382400\">\n<host starttime=\"946382400\"><address addr=\n",
    "__REALTIME_TIMESTAMP=946382400000000\nMESSAGE=half an entry\n",
    "#separator \\x09\n#fields\tts\tuid\n",
  ]) func aScreenLeavesNoRecord(_ opening: String) {
    let line = "Dec 27 15:14:25 zappa CRON[150]: (root) CMD (run-parts --report /etc/cron.hourly)\n"
    let text = Array((opening + String(repeating: line, count: 40)).utf8)
    #expect(
      Self.account(Self.read(text, isScreened: true).intake) == Self.account(Self.read(text, isScreened: false).intake))
  }

  @Test(arguments: [stamps, isoStamps]) func aScreenedTextGivesTheSame(_ stamps: [String]) {
    var chance = SeededNumbers(7)
    var passed = 0
    for length in [1, 2, 3, 5, 8, 40, 300, 3000] {
      for _ in 0..<(length < 100 ? 200 : 6) {
        var text: [UInt8] = []
        for _ in 0..<length { text += Self.line(&chance, stamps) + [0x0a] }
        let screened = Self.read(text, isScreened: true)
        passed += screened.passed
        let plain = Self.account(Self.read(text, isScreened: false).intake)
        #expect(Self.account(screened.intake) == plain, "\(Bytes(text).notation.prefix(2000))")
      }
    }
    // A screen that lets nothing through would pass as well.
    #expect(passed > 4000, "\(passed)")
  }

  /// What the fuzzer begins with.
  @Test func theFuzzersSeedsGiveTheSame() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fuzz/seeds/FuzzText")
    let seeds = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(!seeds.isEmpty)
    for seed in seeds {
      let text = Array(try Data(contentsOf: seed))
      let plain = Self.account(Self.read(text, isScreened: false).intake)
      #expect(Self.account(Self.read(text, isScreened: true).intake) == plain, "\(seed.lastPathComponent)")
    }
  }

  /// Each sample of each format, by itself and behind another line.
  @Test func noSampleIsPassed() {
    for sample in TextReading.samples {
      let text = Array("Jan  1 10:00:00 marlin CRON[17]: (root) CMD (cd / && run-parts /etc)\n\(sample)\n".utf8)
      let (intake, passed) = Self.read(text, isScreened: true)
      #expect(passed <= 1, "\(sample)")
      #expect(Self.account(intake) == Self.account(Self.read(text, isScreened: false).intake), "\(sample)")
    }
  }

  /// What the speed is about: the usual lines of no concern are passed, each of them.
  @Test(arguments: [
    "CRON[1063]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly # 33492)",
    "postfix/smtpd[29]: connect from unknown[198.18.189.181]; 26796 recipients so far",
    "kernel: [6979.007175] EXT4-fs (dm-3): re-mounted. Opts: errors=remount-ro. Quota: none.",
    "systemd[1]: session-7737.scope: Succeeded; consumed 23679ms of processor time in its life.",
    "dhcpd[14483]: DHCPACK on 198.19.4.80 to 00:16:3e:93:ec:38 via lan",
    "sshd[7]: pam_unix(sshd:session): session opened for user joe by (uid=0)",
  ])
  func ordinaryLinesArePassed(_ message: String) {
    for stamp in ["Jan  1 10:00:0", "2000-01-01T10:00:00.12345"] {
      let zone = stamp.hasPrefix("2") ? "+01:00" : ""
      let lines = "\(stamp)0\(zone) files \(message)\n\(stamp)1\(zone) a.very.long.name.example \(message)\r\n"
      #expect(Self.read(Array(lines.utf8), isScreened: true).passed == 2, "\(lines)")
    }
  }
}

import Evidence
import Testing

@testable import Decode

/// Tries at ports that Suricata and Zeek recorded: one Event each, and no more of them than the cap.
struct SensorProbeTests {
  /// Records of one Zeek log, in a shuffled order; each of another source, all of one second.
  private static func intake(_ count: Int, cap: Int = TextDecoder.sensorProbeCap) -> Intake {
    var decoder = TextDecoder(
      input: InputID(0), library: TextReading.library, calendar: StampCalendar(asOf: TextReading.asOf), zone: .utc,
      zones: [:], probeCap: cap)
    var intake = Intake()
    for index in 0..<count {
      let number = index * 7 % count
      let line =
        #"{"ts":946684800.\#(padded(number, 6)),"uid":"C","id.orig_h":"198.18.\#(number / 250).\#(number % 250 + 1)","#
        + #""id.orig_p":40000,"id.resp_h":"192.0.2.10","id.resp_p":111,"proto":"tcp","conn_state":"S0"}"#
      decoder.push(Array(line.utf8).rawSpan, number: index + 1, offset: 0, into: &intake)
    }
    decoder.finish(into: &intake)
    return intake
  }

  @Test func eachIsToldAsLongAsTheyAreFew() {
    let intake = Self.intake(1000)
    #expect(intake.events.count == 1000 && intake.oddities.isEmpty && intake.tally.understood == 1000)
    #expect(intake.events.allSatisfy { $0.action == .probe && $0.outcome == .unanswered && $0.count == 1 })
    #expect(intake.events.map(\.time).sorted() == intake.events.map(\.time))
  }

  @Test(arguments: [1, 10, 64]) func ofAFloodTheNewestStay(cap: Int) {
    let intake = Self.intake(1000, cap: cap)
    #expect(intake.events.count >= cap && intake.events.count <= 2 * cap)
    // Nothing goes in silence.
    #expect(intake.oddities.count(of: .tableFull) + intake.events.count == 1000)
    #expect(intake.tally.understood == 1000)
    let newest = intake.events.map(\.time).max()?.description
    #expect(newest == "2000-01-01T00:00:00.000999Z")
  }

  @Test func theCapHoldsBehindTheEnd() {
    var decoder = TextDecoder(
      input: InputID(0), library: TextReading.library, calendar: StampCalendar(asOf: TextReading.asOf), zone: .utc,
      zones: [:], probeCap: 10)
    for _ in 0..<2 {
      var intake = Intake()
      for number in 0..<100 {
        let line =
          #"{"ts":9466848\#(padded(number, 2)),"uid":"C","id.orig_h":"198.18.0.1","id.orig_p":40000,"#
          + #""id.resp_h":"192.0.2.10","id.resp_p":111,"proto":"tcp","conn_state":"S0"}"#
        decoder.push(Array(line.utf8).rawSpan, number: number + 1, offset: 0, into: &intake)
      }
      decoder.finish(into: &intake)
      #expect(intake.events.count <= 20 && intake.events.count + intake.oddities.count(of: .tableFull) == 100)
    }
  }

  @Test func oneTryOverTCPAndOneOverUDPAreTwo() {
    let lines = ["tcp", "udp", "tcp"].map { transport in
      #"{"ts":946684800.5,"uid":"C","id.orig_h":"198.18.0.1","id.orig_p":40000,"id.resp_h":"192.0.2.10","#
        + #""id.resp_p":111,"proto":"\#(transport)","conn_state":"S0"}"#
    }
    let events = TextReading.read(lines.joined(separator: "\n")).events
    #expect(Set(events.map { "\($0.transport?.rawValue ?? "") \($0.count)" }) == ["tcp 2", "udp 1"])
  }

  /// What Zeek's documentation says of each `conn_state`. Without the beginning of an exchange nothing is told of an answer.
  @Test(arguments: [
    ("S0", Event.Action.probe, Outcome.unanswered), ("SH", .probe, .unanswered), ("RSTOS0", .probe, .unanswered),
    ("REJ", .probe, .reset), ("S1", .connection, .connected), ("S2", .connection, .connected),
    ("S3", .connection, .connected), ("SF", .connection, .connected), ("RSTO", .connection, .connected),
    ("RSTR", .connection, .connected), ("OTH", .connection, .unknown), ("SHR", .probe, .unknown),
    ("RSTRH", .probe, .unknown), ("-", .connection, .unknown), ("NEW", .connection, .unknown),
  ])
  func statesOfZeeksConnections(state: String, action: Event.Action, outcome: Outcome) throws {
    let asked = outcome == .connected ? 44 : 0
    let line =
      #"{"ts":946684800.5,"uid":"C","id.orig_h":"198.18.0.1","id.orig_p":40000,"id.resp_h":"192.0.2.10","#
      + #""id.resp_p":111,"proto":"tcp","orig_bytes":\#(asked),"_path":"conn","conn_state":"\#(state)"}"#
    let event = try #require(TextReading.read(line).events.first)
    #expect(event.action == action && event.outcome == outcome, "\(state)")
  }

  private static let zeekHead =
    ["#separator SEP", "#path conn", "#fields ts id.orig_h id.orig_p id.resp_h id.resp_p proto conn_state"]
  private static let zeekRow = "946684800.5 198.18.0.1 40000 192.0.2.10 111 tcp S0"

  /// A table's lines with a separator, and how many probes of it are read with others between its rows.
  private static func rows(_ separator: String, _ name: String, between: [String]) -> Intake {
    let lines = (zeekHead + [zeekRow] + between.map { "|" + $0 } + [zeekRow]).map { line in
      line.hasPrefix("|") ? String(line.dropFirst()) : line.replacing("SEP", with: name).replacing(" ", with: separator)
    }
    // `#separator` is told by a blank.
    return TextReading.read(lines.joined(separator: "\n").replacing("#separator" + separator, with: "#separator "))
  }

  @Test(
    "a table of Zeek ends at the first line that is none of it, and goes on behind a row that is not whole",
    arguments: [("\t", "\\x09"), (",", ","), (" ", "\\x20")])
  func endOfATable(_ separator: String, _ name: String) {
    func tries(_ between: [String]) -> Int {
      Self.rows(separator, name, between: between).events.reduce(0) { $0 + $1.count }
    }
    #expect(tries([]) == 2)
    #expect(tries(["946684800.5\(separator)198.18.0.1\(separator)400"]) == 2)
    #expect(tries(["prose"]) == 1)
    #expect(tries(["Dec 27 07:20:20 marlin CRON[109]: (root),CMD\t(x)"]) == 1)
  }

  @Test func aTableThatWasCutOffLetsTheRestBeScreened() {
    var decoder = TextDecoder(
      input: InputID(0), library: TextReading.library, asOf: TextReading.asOf, zone: .utc)
    var intake = Intake()
    let log = "Dec 27 07:20:20 marlin CRON[109]: (root) CMD (run-parts --report /etc/cron.hourly)\n"
    let head = Self.zeekHead.map { $0.replacing("SEP", with: "\\x09").replacing(" ", with: "\t") }
      .map { $0.replacing("#separator\t", with: "#separator ") }
    for (number, line) in (head + [String(log.dropLast())]).enumerated() {
      decoder.push(Array(line.utf8).rawSpan, number: number + 1, offset: 0, into: &intake)
    }
    var screened = ScreenedLines()
    var screen = LineScreen(library: TextReading.library)
    screen.screen(Array(log.utf8).rawSpan, from: 0, into: &screened)
    #expect(screened.stretches.count == 1)
    #expect(decoder.pass(0, of: screened, in: Array(log.utf8).rawSpan, into: &intake))
    #expect(intake.tally.records == 5)
  }

  @Test func aRecordGivenTwiceIsOneEvent() {
    let line =
      #"{"timestamp":"2000-01-01T00:00:00.5Z","event_type":"flow","src_ip":"192.0.2.66","src_port":4000,"dest_ip":"#
      + #""192.0.2.10","dest_port":111,"proto":"TCP","flow":{"pkts_toserver":1,"pkts_toclient":0,"state":"new"}}"#
    let intake = TextReading.read(line + "\n" + line)
    #expect(intake.events.map(\.count) == [2] && intake.events.first?.action == .probe)
  }
}

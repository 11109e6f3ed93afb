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

  @Test func aRecordGivenTwiceIsOneEvent() {
    let line =
      #"{"timestamp":"2000-01-01T00:00:00.5Z","event_type":"flow","src_ip":"192.0.2.66","src_port":4000,"dest_ip":"#
      + #""192.0.2.10","dest_port":111,"proto":"TCP","flow":{"pkts_toserver":1,"pkts_toclient":0,"state":"new"}}"#
    let intake = TextReading.read(line + "\n" + line)
    #expect(intake.events.map(\.count) == [2] && intake.events.first?.action == .probe)
  }
}

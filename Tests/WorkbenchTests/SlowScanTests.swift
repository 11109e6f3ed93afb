import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// A scan that goes on for days.
struct SlowScanTests {
  @Test("each probe counts once, and on its day", arguments: [1, 4])
  func days(_ threads: Int) async throws {
    var capture = WireCapture()
    for number in 0..<288 {
      // Of ports that are none of RPC's, so that no single probe is worth a finding.
      capture.tcp(66, UInt16(40_000 + number), 300 + number % 3, UInt16(500 + number), flags: 2, 7, 0)
      capture.wait(599_999)
    }
    let scratch = try Scratch()
    let analysis = try await Analysing.run(
      [try scratch.write(Data(capture.bytes), "slow.pcap")], asOf: "2001-09-11", threads: threads)
    let incident = try #require(analysis.incidents.first?.incident)
    #expect(analysis.incidents.count == 1 && incident.eventCount == 288)
    // From 01:46:40 on, for 48 hours.
    let days = analysis.situation.windows.map { [$0.span.incidents, $0.span.events] }
    #expect(days == [[1, 134], [1, 144], [1, 10]])
    #expect(incident.deductions.filter { $0.text.contains("288 probes of 3 hosts") }.count == 1)
    let scans = try analysis.json()["incidents"].items.first?["scans"].items ?? []
    #expect(scans.count == 1 && scans.first?["probes"].number == 288)
    #expect(scans.first?["first"].text?.hasPrefix("2001-09-09T01:46:40") == true)
  }
}

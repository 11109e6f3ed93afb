import Foundation
import Testing

/// The policy says after which pause a source begins anew, and everything that counts visits goes by it.
struct IncidentGapTests {
  private func scans(gap: Int) async throws -> [Double] {
    let scratch = try Scratch()
    let folder = scratch.path + "/knowledge"
    try FileManager.default.copyItem(atPath: Repository.root + "/Knowledge", toPath: folder)
    let policy = try Repository.text(folder + "/policy/condition.yaml")
    try scratch.write(
      policy.replacing("incident_gap_seconds: 3600", with: "incident_gap_seconds: \(gap)"),
      "knowledge/policy/condition.yaml")
    // A hundred ports, and half an hour later another hundred.
    var capture = WireCapture()
    for number in 0..<200 {
      if number == 100 { capture.wait(1_800_000) }
      capture.tcp(66, 40_000, 10, UInt16(2000 + number), flags: 2, 7, 0)
    }
    let trace = try scratch.write(Data(capture.bytes), "scan.pcap")
    let report = try await Program.analyze(trace, "--format", "json", "--knowledge", folder).json()
    return report["incidents"].items.flatMap { $0["scans"].items }.compactMap { $0["probes"].number }
  }

  @Test("a scan that goes on within the pause is one, and one that comes after it another")
  func scan() async throws {
    let (one, two) = (try await scans(gap: 3600), try await scans(gap: 600))
    #expect(one == [200] && two == [100, 100], "\(one) \(two)")
  }
}

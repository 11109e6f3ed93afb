import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// A day on which nobody attacks, written by Benchmarks/generate: 3000 lines of a file server, and thousands of packets.
@Suite(.enabled(if: Program.areInstalled("python3"), "python3 is not installed"))
struct OrdinaryDayTests {
  private static let quiet: Set<String> = ["informational", "low"]

  /// The day's capture; its log and the site's configuration stand beside it.
  private func day(in scratch: Scratch, seed: Int) async throws -> (capture: String, site: String) {
    let capture = scratch.path + "/day.pcap"
    let result = try await Program.run(
      ["quiet", "2", capture, "\(seed)"], executable: Repository.root + "/Benchmarks/generate")
    try #require(result.status == 0, "\(result.errorText)")
    return (capture, try Repository.text(capture + ".watchfloor.yaml"))
  }

  @Test("an ordinary day's log triggers nothing above low, and no incident", arguments: [1, 2, 3])
  func log(seed: Int) async throws {
    let scratch = try Scratch()
    let (capture, site) = try await day(in: scratch, seed: seed)
    let analysis = try await Analysing.run([capture + ".log"], asOf: "2026-11-02", configuration: site)
    #expect(analysis.incidents.isEmpty, "\(analysis.incidents.map(\.incident.title))")
    let loud = analysis.findings.filter { !Self.quiet.contains($0.signature.level) }
    #expect(loud.isEmpty, "\(Set(loud.map { "\($0.signature.title): \($0.pattern)" }))")
    // Else there was nothing to be quiet about.
    #expect(analysis.hostRecords == 3000 && analysis.eventCount > 500 && !analysis.findings.isEmpty)
    #expect(analysis.oddities.isEmpty, "\(analysis.oddities.counts)")
    #expect(analysis.situation.call.condition == .green)
  }

  @Test("an ordinary day's capture triggers nothing above low, and no incident", arguments: [1, 2, 3, 4])
  func capture(seed: Int) async throws {
    let scratch = try Scratch()
    let (capture, site) = try await day(in: scratch, seed: seed)
    let analysis = try await Analysing.run([capture, capture + ".log"], asOf: "2026-11-02", configuration: site)
    #expect(analysis.incidents.isEmpty, "\(analysis.incidents.map(\.incident.title))")
    #expect(analysis.packets > 3000 && analysis.eventCount > 700)
    let loud = analysis.findings.filter { !Self.quiet.contains($0.signature.level) }
    #expect(loud.isEmpty, "\(Set(loud.map { "\($0.signature.title): \($0.pattern)" }))")
    #expect(!analysis.findings.isEmpty)
    #expect(analysis.situation.call.condition == .green)
  }

  @Test("the first lines of an ordinary day's log raise nothing where no configuration names the site's networks")
  func fewLines() async throws {
    let scratch = try Scratch()
    let (capture, _) = try await day(in: scratch, seed: 1)
    let lines = try Repository.text(capture + ".log").split(separator: "\n").prefix(300)
    let log = try scratch.write(lines.joined(separator: "\n") + "\n", "few.log")
    let analysis = try await Analysing.run([log], asOf: "2026-11-02")
    #expect(analysis.assumedNetworks.isEmpty && !analysis.findings.isEmpty)
    #expect(analysis.findings.contains { $0.signature.title.hasPrefix("Mount that mountd allowed") })
    #expect(analysis.situation.call.condition == .green)
  }

  /// Who mounts what is told of a few hosts of which nobody says that they are own; of a whole population it is assumed.
  @Test("the same day's clients are remarkable where no configuration names their networks, unless they are many")
  func strangers() async throws {
    let scratch = try Scratch()
    let (capture, _) = try await day(in: scratch, seed: 1)
    let mounts = "Export asked to be mounted"
    let few = try await Analysing.run([capture], asOf: "2026-11-02")
    #expect(few.assumedNetworks.isEmpty && few.findings.contains { $0.signature.title == mounts })
    let many = try await Analysing.run([capture, capture + ".log"], asOf: "2026-11-02")
    #expect(!many.assumedNetworks.isEmpty && many.incidents.isEmpty)
    #expect(!many.findings.contains { $0.signature.title == mounts })
  }
}

import Foundation
import Testing

/// Attackers among ordinary traffic, planted by Benchmarks/generate: the report must find them all and blame nobody else.
struct PlantedTruthTests {
  private static let generator = Repository.root + "/Benchmarks/generate"
  private static let judge = Repository.root + "/Benchmarks/judge"
  private static let hasPython = Program.areInstalled("python3")

  /// Generated evidence with its truth and the site's configuration beside it.
  private func generate(_ arguments: String..., in scratch: Scratch, seed: Int) async throws -> String {
    let capture = scratch.path + "/evidence.pcap"
    let result = try await Program.run(arguments + [capture, "\(seed)"], executable: Self.generator)
    try #require(result.status == 0, "\(result.errorText)")
    return capture
  }

  private func analyze(_ capture: String, threads: Int = 1) async throws -> String {
    let report = capture + ".\(threads).json"
    let result = try await Program.analyze(
      capture, "--config", capture + ".watchfloor.yaml", "--format", "json", "--output", report, "--threads",
      "\(threads)", asOf: "2026-11-30")
    try #require(result.status == 0, "\(result.errorText)")
    return report
  }

  /// What the judge has to complain of; empty when the report holds.
  private func misses(_ report: String, of capture: String) async throws -> String {
    let result = try await Program.run([report, capture + ".truth.json"], executable: Self.judge)
    try #require(result.status == 0 || result.status == 1 && result.errorText.isEmpty, "\(result.errorText)")
    return result.status == 0 ? "" : result.outputText
  }

  @Test(
    "every planted attacker is an incident, every exploit is called one, and no ordinary client stands before them",
    .enabled(if: hasPython, "python3 is not installed"), arguments: [1, 2])
  func mixed(_ seed: Int) async throws {
    let scratch = try Scratch()
    let capture = try await generate("mixed", "10", in: scratch, seed: seed)
    let misses = try await misses(try await analyze(capture), of: capture)
    #expect(misses.isEmpty, "\(misses)")
  }

  @Test(
    "the same holds where nobody says which networks are the site's, and the report says what it assumed",
    .enabled(if: hasPython, "python3 is not installed"))
  func withoutConfiguration() async throws {
    let scratch = try Scratch()
    let capture = try await generate("mixed", "10", in: scratch, seed: 1)
    let report = capture + ".json"
    let result = try await Program.analyze(capture, "--format", "json", "--output", report, asOf: "2026-11-30")
    try #require(result.status == 0, "\(result.errorText)")
    let misses = try await misses(report, of: capture)
    #expect(misses.isEmpty, "\(misses)")
    let networks = try JSON(Array(try Repository.bytes(report)))["assumed_networks"].items.map(\.text)
    #expect(networks == ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"])
    let text = try await Program.analyze(capture, asOf: "2026-11-30").outputText
    #expect(text.contains("No configuration names the site's networks."))
  }

  @Test(
    "a scanner that completes its handshakes is named among thousands of probing addresses",
    .enabled(if: hasPython, "python3 is not installed"))
  func blitz() async throws {
    let scratch = try Scratch()
    let capture = try await generate("blitz", "20000", "5000", in: scratch, seed: 1)
    let misses = try await misses(try await analyze(capture), of: capture)
    #expect(misses.isEmpty, "\(misses)")
  }

  @Test(
    "the number of threads does not show in the report", .enabled(if: hasPython, "python3 is not installed"))
  func threads() async throws {
    let scratch = try Scratch()
    let capture = try await generate("mixed", "10", in: scratch, seed: 3)
    let one = try Repository.bytes(try await analyze(capture))
    let two = try Repository.bytes(try await analyze(capture, threads: 2))
    #expect(one == two)
  }

  @Test(
    "the judge misses what a report leaves out", .enabled(if: hasPython, "python3 is not installed"))
  func judgeComplains() async throws {
    let scratch = try Scratch()
    let capture = try await generate("mixed", "1", in: scratch, seed: 1)
    let report = try scratch.write(#"{"incidents": []}"#, "empty.json")
    let truth = try JSON(Array(try Repository.bytes(capture + ".truth.json")))
    let complaint = try await misses(report, of: capture)
    #expect(complaint.contains("an attacker is the source of no incident: \(truth["attackers"].items.count)"))
    for attacker in truth["attackers"].items {
      #expect(complaint.contains("  \(attacker["address"].text ?? "?"), "))
    }
  }

  @Test(
    "the judge is content with a report of the truth, until it blames somebody else",
    .enabled(if: hasPython, "python3 is not installed"))
  func judgeDistinguishes() async throws {
    let scratch = try Scratch()
    let capture = try await generate("mixed", "1", in: scratch, seed: 1)
    let truth = try JSON(Array(try Repository.bytes(capture + ".truth.json")))
    let incidents = truth["attackers"].items.enumerated().map { rank, attacker in
      incident(
        rank + 2, attacker["is_exploit"].number == 1 ? "exploitation" : "reconnaissance",
        by: attacker["address"].text ?? "", against: attacker["targets"].items.first?.text ?? "")
    }
    func verdict(_ others: String...) async throws -> String {
      let text = "{\"incidents\": [\((incidents + others).joined(separator: ", "))]}"
      return try await misses(try scratch.write(text, "report.json"), of: capture)
    }
    #expect(try await verdict() == "")
    #expect(try await verdict(incident(900, "reconnaissance", by: "10.16.0.1", against: "10.1.0.1")) == "")
    let first = try await verdict(incident(1, "reconnaissance", by: "10.16.0.1", against: "10.1.0.1"))
    #expect(first.contains("a harmless host ranks above an attacker: 1"))
    let accused = try await verdict(incident(900, "exploitation", by: "10.16.0.1", against: "10.1.0.1"))
    #expect(accused.contains("a harmless host is called an exploit: 1"))
  }

  /// As much of a report's incident as the judge looks at.
  private func incident(_ rank: Int, _ stage: String, by source: String, against target: String) -> String {
    """
    {"id": "W-\(rank)", "rank": \(rank), "stage": "\(stage)", "outcome": "unknown", "title": "", \
    "severity": {"score": 0}, "source": {"address": "\(source)"}, "targets": [{"address": "\(target)"}]}
    """
  }

  @Test(
    "the same size and seed give the same capture", .enabled(if: hasPython, "python3 is not installed"))
  func repeats() async throws {
    let (first, second) = (try Scratch(), try Scratch())
    let capture = try await generate("mixed", "2", in: first, seed: 7)
    let again = try await generate("mixed", "2", in: second, seed: 7)
    for suffix in ["", ".truth.json", ".watchfloor.yaml"] {
      #expect(try Repository.bytes(capture + suffix) == Repository.bytes(again + suffix))
    }
  }
}

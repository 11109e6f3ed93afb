import Foundation
import Testing

/// Transcripts of the command line: `Tests/Golden/<case>/arguments` holds one argument a line, `expected.txt` what came of
/// it. `make golden` (`WATCHFLOOR_GOLDEN=rewrite`) writes the transcripts anew; read the difference before committing it.
struct GoldenTests {
  private static let folder = Repository.root + "/Tests/Golden"
  static let cases: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()

  @Test("transcripts", arguments: cases)
  func transcript(_ name: String) async throws {
    let directory = GoldenTests.folder + "/" + name
    let arguments = try Repository.text(directory + "/arguments").split(separator: "\n").map(String.init)
    let result = try await Program.run(arguments)
    let transcript =
      "$ watchfloor \(arguments.joined(separator: " "))\n\(result.outputText)\(result.errorText)exit \(result.status)\n"
    let expected = directory + "/expected.txt"
    if ProcessInfo.processInfo.environment["WATCHFLOOR_GOLDEN"] == "rewrite" {
      try Data(transcript.utf8).write(to: URL(fileURLWithPath: expected))
    }
    let (said, wanted) = (
      transcript.components(separatedBy: "\n"), try Repository.text(expected).components(separatedBy: "\n")
    )
    let first = zip(said, wanted).enumerated().first { $0.element.0 != $0.element.1 }
    #expect(
      said == wanted,
      "line \((first?.offset ?? min(said.count, wanted.count)) + 1): \(first.map { "\"\($0.element.0)\" for \"\($0.element.1)\"" } ?? "one is longer")"
    )
  }

  @Test("there are transcripts to compare")
  func present() { #expect(GoldenTests.cases.count >= 4) }
}

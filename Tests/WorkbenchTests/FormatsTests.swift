import Decode
import Foundation
import Knowledge
import Testing
import Workbench

/// `watchfloor formats`, and the table of docs/formats.md.
struct FormatsTests {
  @Test("the table of docs/formats.md is the one of the files")
  func table() async throws {
    let path = Repository.root + "/docs/formats.md"
    let (begin, end) = ("<!-- formats:begin -->\n", "<!-- formats:end -->")
    let text = try Repository.text(path)
    let first = try #require(text.range(of: begin))
    let last = try #require(text.range(of: end))
    let catalogue = try KnowledgeBase(.embedded).formats.catalogue
    if ProcessInfo.processInfo.environment["WATCHFLOOR_GOLDEN"] == "rewrite" {
      let whole = text[..<first.upperBound] + catalogue + text[last.lowerBound...]
      try Data(whole.utf8).write(to: URL(fileURLWithPath: path))
      return
    }
    #expect(String(text[first.upperBound..<last.lowerBound]) == catalogue, "`make golden` rewrites it")
    let listed = try await Program.run(["formats", "list", "--markdown"])
    #expect(listed.outputText == catalogue && listed.status == 0)
  }

  @Test("every format says which programs and versions it is for")
  func versions() throws {
    for summary in try KnowledgeBase(.embedded).formats.summaries {
      #expect(!summary.versions.isEmpty && !summary.description.isEmpty && summary.samples > 0, "\(summary.name)")
    }
  }

  private static let line = "Dec 31 10:00:00 marlin "

  @Test("which format took which line is said, and which line none took")
  func test() async throws {
    let scratch = try Scratch()
    let log = try scratch.write(
      FormatsTests.line + "rpcbind: refused connect from 192.0.2.66 to dump()\n" + FormatsTests.line
        + "rpcbind: of no known wording 17\n" + FormatsTests.line + "cron[1]: nothing\nprose\n", "messages")
    let result = try await Program.run(["formats", "test", log, "--as-of", "2000-01-06", "--strict"])
    #expect(result.status == 1)
    #expect(result.outputText.contains("1: rpcbind ") && result.outputText.contains("source.ip=192.0.2.66"))
    #expect(result.outputText.contains("2: no format of rpcbind takes: of no known wording *"))
    #expect(result.outputText.contains("1 taken, 0 known and of no concern, 1 of watched programs and taken by none"))
    #expect(try await Program.run(["formats", "test", scratch.path + "/none"]).status == 2)
  }

  /// What `analyze` reads, `formats test` reads: the journal as text and as JSON, and a stream of counted records.
  @Test("records of a journal and of a stream are tried as analyze reads them")
  func otherFramings() async throws {
    let scratch = try Scratch()
    let messages = ["refused connect from 192.0.2.66 to dump()", "of no known wording 17"]
    func fields(_ message: String) -> [(String, String)] {
      [
        ("__REALTIME_TIMESTAMP", "946634400000000"), ("_HOSTNAME", "marlin"), ("SYSLOG_IDENTIFIER", "rpcbind"),
        ("_PID", "7"), ("MESSAGE", message),
      ]
    }
    let export = messages.map { fields($0).map { "\($0)=\($1)\n" }.joined() }.joined(separator: "\n")
    let json = messages.map { "{" + fields($0).map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",") + "}\n" }.joined()
    let stream = messages.map { "<86>1 1999-12-31T10:00:00Z marlin rpcbind 7 - - \($0)" }
      .map { "\($0.utf8.count) \($0)" }.joined()
    for (text, lines) in [(export, [1, 7]), (json, [1, 2]), (stream, [1, 1])] {
      let result = try await Program.run(["formats", "test", try scratch.write(text, "log"), "--strict"])
      #expect(result.status == 1, "\(text)\n\(result.outputText)")
      #expect(result.outputText.contains("\(lines[0]): rpcbind @timestamp=1999-12-31T10:00:00"), "\(result.outputText)")
      #expect(result.outputText.contains("\(lines[1]): no format of rpcbind takes: of no known wording *"))
      #expect(
        result.outputText.contains(
          "1 taken, 0 known and of no concern, 1 of watched programs and taken by none, 0 cut off, 0 of no concern"))
    }
  }

  @Test("mistakes in format files are named with file and line, all at once")
  func faults() async throws {
    let scratch = try Scratch()
    let source = Repository.root + "/Knowledge"
    let folder = scratch.path + "/Knowledge"
    try FileManager.default.copyItem(atPath: source, toPath: folder)
    let file = folder + "/formats/tcplogd.yaml"
    let text = try Repository.text(file).replacing("source.ip: 10.96.22.193", with: "source.ip: 10.96.22.194")
    try Data((text + "  - \"\(FormatsTests.line)rpcbind: refused connect from 192.0.2.66 to dump()\"\n").utf8)
      .write(to: URL(fileURLWithPath: file))
    let result = try await Program.run(["formats", "check", "--knowledge", folder])
    #expect(result.status == 2)
    #expect(result.errorText.contains("tcplogd.yaml:13:"), "\(result.errorText)")
    #expect(result.errorText.contains("which it must not"))
    #expect(try await Program.run(["formats", "check"]).status == 0)
  }
}

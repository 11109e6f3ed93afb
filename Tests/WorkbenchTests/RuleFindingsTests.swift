import Detect
import Evidence
import Knowledge
import Testing
import Workbench

struct RuleFindingsTests {
  @Test("threads and the length of parts change no finding", arguments: [1, 3, 8192])
  func threads(partLength: Int) async throws {
    let paths = [Repository.root + "/Examples/y2k-watch", Repository.root + "/Examples/portmapper-recon"]
    let analysis = try await Analysing.run(paths, asOf: nil)
    #expect(analysis.findings.count > 3 && analysis.events.count > 3)
    let expected = analysis.findings.map { "\($0.signature.id) \($0.pattern) \($0.events)" }
    let rules = try KnowledgeBase(.embedded).rules
    for threads in 1...4 {
      let found = await rules.findings(
        in: analysis.events, own: analysis.judgedAsOwn, threads: threads, partLength: partLength)
      #expect(found.findings.map { "\($0.signature.id) \($0.pattern) \($0.events)" } == expected)
    }
  }
}

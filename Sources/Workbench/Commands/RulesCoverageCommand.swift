import ArgumentParser
import Detect
import Evidence
import Fuse
import Judge

/// `watchfloor rules coverage PATH...`
struct RulesCoverageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage",
    abstract: "Says which rules the evidence triggers, and which ATT&CK techniques they cover.")

  @Argument(help: "Files or folders of evidence.")
  var paths: [String]
  @OptionGroup var evidence: EvidenceOptions

  func run() async throws {
    try await RulesCommand.reportingFaults {
      let analysis = try await evidence.analyse(paths)
      let base = try evidence.knowledgeBase()
      let counts = await RulesCoverageCommand.counts(analysis, base.rules)
      let signatures = base.rules.headers.map(\.signature) + Fusion.signatures
      var page = Page(isColoured: Terminal.wantsColour)
      let triggered = signatures.filter { counts[$0.id] != nil }
      page.heading("Triggered: \(triggered.count) of \(signatures.count) rules, by \(analysis.events.count) events")
      for signature in triggered {
        page.item("\(counts[signature.id] ?? 0)", indent: 8, Bytes("\(signature.title) (\(signature.id))").notation)
      }
      page.heading("Not triggered")
      for signature in signatures where counts[signature.id] == nil {
        page.item("-", indent: 8, Bytes("\(signature.title) (\(signature.id))").notation)
      }
      page.heading("ATT&CK techniques")
      for technique in Set(signatures.flatMap(\.techniques)).sorted() {
        let own = signatures.filter { $0.techniques.contains(technique) }
        let hit = own.count { counts[$0.id] != nil }
        page.item(technique, indent: 12, "\(hit) of \(own.count) rules triggered")
      }
      Terminal.output(page.text)
    }
  }

  /// Findings by the id of what made them: of all rules, reported or not, and of fusion.
  private static func counts(_ analysis: Analysis, _ rules: RuleSet) async -> [String: Int] {
    let fused = Set(Fusion.signatures.map(\.id))
    let found =
      await rules.reportingAll.findings(in: analysis.events, own: analysis.judgedAsOwn).findings.map(\.signature.id)
      + analysis.incidents.flatMap { $0.incident.findings.map(\.signature.id) }.filter { fused.contains($0) }
    return found.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }
}

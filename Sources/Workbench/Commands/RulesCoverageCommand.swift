import ArgumentParser
import Detect
import Evidence

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
      let base = try evidence.knowledgeBase()
      let analysis = try await evidence.analyse(paths)
      var counts: [String: Int] = [:]
      for finding in base.rules.reportingAll.findings(in: analysis.events) {
        counts[finding.signature.id, default: 0] += 1
      }
      let headers = base.rules.headers
      var page = Page(isColoured: Terminal.wantsColour)
      let triggered = headers.filter { counts[$0.id] != nil }
      page.heading("Triggered: \(triggered.count) of \(headers.count) rules, by \(analysis.events.count) events")
      for header in triggered {
        page.item("\(counts[header.id] ?? 0)", indent: 8, Bytes("\(header.signature.title) (\(header.id))").notation)
      }
      page.heading("Not triggered")
      for header in headers where counts[header.id] == nil {
        page.item("-", indent: 8, Bytes("\(header.signature.title) (\(header.id))").notation)
      }
      page.heading("ATT&CK techniques")
      for technique in Set(headers.flatMap(\.signature.techniques)).sorted() {
        let own = headers.filter { $0.signature.techniques.contains(technique) }
        let hit = own.count { counts[$0.id] != nil }
        page.item(technique, indent: 12, "\(hit) of \(own.count) rules triggered")
      }
      Terminal.output(page.text)
    }
  }
}

extension RuleSet {
  /// What the rules find in events that are in order.
  func findings(in events: [Event]) -> [Finding] {
    var detector = Detector(rules: self)
    var findings: [Finding] = []
    for (index, event) in events.enumerated() { detector.push(event, index: index, into: &findings) }
    detector.finish(into: &findings)
    return findings
  }
}

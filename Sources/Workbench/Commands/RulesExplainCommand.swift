import ArgumentParser
import Detect
import Evidence
import Fuse

/// `watchfloor rules explain RULE PATH...`
struct RulesExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Says of each record why a rule matches it, or which condition fails.",
    discussion: "Of a correlation the matches of its rules are told, and what came of them.")

  @Argument(help: "The rule's id or name.")
  var rule: String
  @Argument(help: "Files or folders of evidence.")
  var paths: [String]
  @OptionGroup var evidence: EvidenceOptions

  func run() async throws {
    try await RulesCommand.reportingFaults {
      let analysis = try await evidence.analyse(
        paths,
        examine: { base, faults in
          guard base.rules.header(named: rule) == nil else { return }
          let isFused = Fusion.signatures.contains { $0.id == rule }
          faults += (isFused ? RulesCommand.fused(rule) : RulesCommand.unknown(rule)).list
        })
      let base = try evidence.knowledgeBase()
      var page = Page(isColoured: Terminal.wantsColour)
      if let rule = base.rules.rule(named: rule) {
        explain(rule, analysis, &page)
      } else if let correlation = base.rules.correlation(named: rule) {
        await explain(correlation, base.rules, analysis, &page)
      }
      Terminal.output(page.text)
    }
  }

  private func explain(_ rule: Rule, _ analysis: Analysis, _ page: inout Page) {
    var matches = 0
    for event in analysis.events {
      let explanation = rule.explanation(of: SitedEvent(event, own: analysis.judgedAsOwn))
      matches += explanation.matches ? 1 : 0
      page.line("\(place(event, analysis)): \(explanation.matches ? "matches" : "does not match")")
      page.line("  " + event.citation.text.notation)
      for part in explanation.parts {
        let lines = part.lines.joined(separator: "; ")
        page.item("  \(part.holds ? "+" : "-") \(Bytes(part.name).notation)", indent: 20, Bytes(lines).notation)
      }
    }
    page.line("\(matches) of \(analysis.events.count) records match")
  }

  private func explain(_ correlation: Correlation, _ rules: RuleSet, _ analysis: Analysis, _ page: inout Page) async {
    let all = await rules.reportingAll.findings(in: analysis.events, own: analysis.judgedAsOwn).findings
    for name in correlation.references {
      let id = rules.header(named: name)?.id
      let own = all.filter { $0.signature.id == id }
      page.heading("\(Bytes(name).notation): \(own.count) matches")
      for finding in own { page.line("  " + places(finding, analysis)) }
    }
    let found = all.filter { $0.signature.id == correlation.header.id }
    page.heading("\(Bytes(correlation.header.signature.title).notation): \(found.count) findings")
    for finding in found { page.line("  \(finding.pattern): \(places(finding, analysis))") }
    if found.isEmpty {
      let groups = correlation.groupBy.map(\.description).joined(separator: ", ")
      page.line(
        "  No \(correlation.timespan / 1_000_000_000) seconds" + (groups.isEmpty ? "" : " of one \(groups)")
          + " had enough of them.")
    }
  }

  private static let placeCap = 20

  private func places(_ finding: Finding, _ analysis: Analysis) -> String {
    let events = finding.events.filter { analysis.events.indices.contains($0) }
    let shown = events.prefix(RulesExplainCommand.placeCap).map { place(analysis.events[$0], analysis) }
    return shown.joined(separator: ", ")
      + (events.count > shown.count ? ", and \(events.count - shown.count) more" : "")
  }

  private func place(_ event: Event, _ analysis: Analysis) -> String {
    let provenance = event.citation.provenance
    let path = analysis.inputs.first { $0.id == provenance.input }?.path ?? ""
    let number =
      switch provenance.place {
      case .lines(let first, _): "\(first)"
      case .frame(let number): "frame \(number)"
      }
    return "\(Bytes(path).notation):\(number)"
  }
}

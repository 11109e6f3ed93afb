import Evidence
import Fuse
import Judge

/// The whole derivation of one incident: from its records to its severity.
public struct ExplainReport {
  private let analysis: Analysis
  private let judged: JudgedIncident
  private let rank: Int
  private let quotation: Quotation
  private var page: Page

  private static let recordCap = 200
  private static let ruleCap = 40

  /// - Parameter rank: The place of the incident among all, from 1.
  public init(_ analysis: Analysis, rank: Int, isColoured: Bool) {
    self.analysis = analysis
    self.rank = rank
    judged = analysis.incidents[rank - 1]
    quotation = Quotation(analysis)
    page = Page(isColoured: isColoured)
  }

  public mutating func rendered() -> String {
    head()
    severity()
    findings()
    deductions()
    disclosed()
    views()
    company()
    next()
    records()
    return page.text
  }

  private var incident: Incident { judged.incident }

  private mutating func head() {
    page.item("", indent: 0, page.styled(incident.title, .bold))
    page.item(
      "", indent: 0,
      "\(incident.id) · rank \(rank) of \(analysis.incidents.count) · severity \(signed(judged.severity.score)) · "
        + "\(incident.outcomeWords) · \(incident.span) · \(incident.viewWords) · "
        + counted(incident.eventCount, "event", "events") + " · times are UTC")
    if let crowd = incident.crowd {
      let (shown, all) = (crowd.firstSources.map(\.notation), crowd.sourceCount)
      page.item(
        "", indent: 0,
        (all > shown.count ? "the first \(shown.count) of \(crowd.words), by address: " : "the sources: ")
          + listed(shown, limit: Crowd.listCap))
    }
  }

  private mutating func severity() {
    let severity = judged.severity
    page.heading("SEVERITY \(signed(severity.score)) = (criticality + lethality) - (system + network)")
    for (sign, name, term) in severity.terms {
      page.item(
        "  \(sign.isEmpty ? " " : sign) \(name) \(term.value)", indent: 20, (term.assumed ? "assumed: " : "") + term.why
      )
      cite(term.evidence, indent: 20)
    }
    if severity.range.count > 1 {
      page.item(
        "  range", indent: 20,
        "from \(signed(severity.range.lowerBound)) to \(signed(severity.range.upperBound)) by what is assumed")
    }
  }

  private mutating func findings() {
    page.heading("FINDINGS: rules that matched, and what a match does not prove")
    let rules = Dictionary(grouping: incident.findings) { [$0.signature.id, $0.pattern] }.values
      .compactMap { group in group.min(by: IncidentFinding.precedes).map { ($0, Set(group.flatMap(\.events)).sorted()) }
      }
      .sorted {
        IncidentFinding.precedes($0.0, $1.0) || (!IncidentFinding.precedes($1.0, $0.0) && $0.0.pattern < $1.0.pattern)
      }
    for (number, (finding, events)) in rules.prefix(ExplainReport.ruleCap).enumerated() {
      page.item(
        "  \(number + 1)", indent: 6,
        "\(finding.signature.title) (\(finding.signature.stage.rawValue), \(finding.signature.level), "
          + "\(finding.signature.id)): \(finding.pattern), \(counted(events.count, "event", "events"))")
      if !finding.signature.techniques.isEmpty {
        page.item("", indent: 6, "ATT&CK " + listed(finding.signature.techniques))
      }
      if !finding.signature.limits.isEmpty { page.item("", indent: 6, "does not prove: " + finding.signature.limits) }
      cite(events.compactMap { incident.events.indices.contains($0) ? incident.events[$0].citation : nil })
    }
    if rules.count > ExplainReport.ruleCap { page.line("  and \(rules.count - ExplainReport.ruleCap) more") }
  }

  private mutating func deductions() {
    page.heading("DEDUCTIONS: what follows, and from which records")
    if incident.deductions.isEmpty { page.line("  none") }
    for deduction in incident.deductions {
      page.item("  " + deduction.confidence.rawValue, indent: 12, style: .cyan, deduction.text)
      cite(deduction.evidence, indent: 12)
    }
  }

  private mutating func cite(_ citations: [Citation], indent: Int = 6) {
    for citation in citations.prefix(3) { page.item("", indent: indent, quotation.of(citation)) }
    if citations.count > 3 {
      page.item("", indent: indent, "and \(counted(citations.count - 3, "more record", "more records"))")
    }
  }

  private mutating func disclosed() {
    page.heading("DISCLOSED")
    let disclosed = incident.disclosed
    if disclosed.isEmpty { page.line("  nothing that the evidence shows") }
    for item in disclosed.prefix(40) { page.item("", indent: 2, item) }
    if disclosed.count > 40 { page.line("  and \(disclosed.count - 40) more") }
  }

  private mutating func views() {
    if let other = incident.otherView(analysis.coverage) {
      page.heading(incident.views.contains(.host) ? "THE NETWORK'S VIEW IS MISSING" : "THE HOST'S VIEW IS MISSING")
      page.item("  expected", indent: 12, other.expected)
      for reason in other.reasons { page.item("  why not", indent: 12, reason) }
      return
    }
    page.heading("BOTH VIEWS")
    for pair in incident.pairs.prefix(20) {
      page.item("  host", indent: 12, quotation.of(pair.host))
      page.item("  network", indent: 12, quotation.of(pair.network))
      page.item(
        "  offset", indent: 12,
        "\(decimals(pair.offset, 6)) s, from \(decimals(pair.bounds.lowerBound, 6)) to "
          + "\(decimals(pair.bounds.upperBound, 6)) s by the two stamps")
    }
    if incident.pairs.count > 20 { page.line("  and \(incident.pairs.count - 20) more pairs") }
    if incident.pairs.isEmpty { page.line("  no record of one is the other's: both saw it, at other moments") }
  }

  /// Other incidents that share something with this one.
  private mutating func company() {
    let waves = analysis.waves.filter { $0.incidents.contains(incident.id) }
    guard !waves.isEmpty else { return }
    page.heading("ACROSS INCIDENTS: hypotheses, which join nothing")
    for wave in waves.prefix(12) {
      page.item("  " + wave.deduction.confidence.rawValue, indent: 12, style: .cyan, wave.deduction.text)
      let others = wave.incidents.filter { $0 != incident.id }
      if !others.isEmpty { page.item("", indent: 12, "with " + listed(others, limit: 6)) }
    }
  }

  private mutating func next() {
    let steps = NextLook(judged, otherView: incident.otherView(analysis.coverage)).steps
    guard !steps.isEmpty else { return }
    page.heading("WHAT TO LOOK AT NEXT")
    for (number, step) in steps.enumerated() { page.item("  \(number + 1)", indent: 6, step) }
  }

  private mutating func records() {
    page.heading("RECORDS")
    let evidence = incident.evidence
    for citation in evidence.prefix(ExplainReport.recordCap) { page.item("", indent: 2, quotation.of(citation)) }
    let omitted = evidence.count - ExplainReport.recordCap
    if omitted > 0 { page.line("  and \(omitted) more") }
    if let unkept = incident.unkeptWords { page.line("  " + unkept) }
  }
}

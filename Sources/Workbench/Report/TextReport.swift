import Capture
import Decode
import Evidence
import Fuse
import Judge

/// The report for people: what one would read aloud in a meeting, the worst first.
public struct TextReport {
  private let analysis: Analysis
  private let quotation: Quotation
  private let top: Int?
  private var page: Page

  /// So many incidents are told in full; the rest in a line each.
  private static let fullCap = 40
  /// So many incidents are listed at all.
  private static let listCap = 500

  /// - Parameter top: So many entries of the queue; nil for what a page holds.
  public init(_ analysis: Analysis, isColoured: Bool, top: Int? = nil) {
    self.analysis = analysis
    self.top = top
    quotation = Quotation(analysis)
    page = Page(isColoured: isColoured)
  }

  public mutating func rendered() -> String {
    head()
    inputs()
    incidents()
    clocks()
    days()
    spans()
    waves()
    exposures()
    mentions()
    oddities()
    condition()
    return page.text
  }

  // MARK: Head

  private mutating func head() {
    let condition = analysis.situation.call.condition
    page.line(page.styled("WATCHFLOOR", .bold) + "  " + analysis.asOfWords)
    let records = counted(analysis.hostRecords, "host record", "host records")
    let packets = counted(analysis.packets, "packet", "packets")
    let depth = analysis.incidents.map(\.incident).depth
    let crowds = depth > analysis.incidents.count ? "; told one by one they would be \(depth)" : ""
    page.line(
      "\(records) and \(packets) read; \(counted(analysis.incidents.count, "incident", "incidents"))\(crowds); times are UTC"
    )
    if let site = analysis.site {
      page.item("", indent: 0, "Site \(Bytes(site).notation): \(Analysis.siteWords)")
    }
    if !analysis.assumedNetworks.isEmpty { page.item("", indent: 0, Analysis.assumedWords) }
    page.line(
      "Condition recommended: " + page.styled(condition.rawValue.uppercased(), .bold, TextReport.style(condition))
        + "  (a person decides; the reasons stand at the end)")
  }

  private static func style(_ condition: Condition) -> Page.Style {
    switch condition {
    case .green: .green
    case .yellow: .yellow
    case .orange, .red: .red
    }
  }

  private mutating func inputs() {
    page.heading("INPUTS")
    for folder in analysis.emptyFolders { page.item("", indent: 2, "\(folder): an empty folder, nothing to read") }
    for input in analysis.inputs {
      let tally = input.tally
      var parts = ["\(input.format)\(input.compression.map { ", \($0.rawValue)" } ?? "")"]
      if let twin = input.duplicateOf {
        parts = ["the same bytes as \(twin), counted once"]
      } else {
        parts.append(
          "\(counted(tally.records, "record", "records")): \(tally.understood) understood, \(tally.unconcerned) of no concern, "
            + "\(tally.odd) odd")
        if let first = tally.first, let last = tally.last {
          parts.append("\(first.description) to \(last.description)")
        }
        if let live = tally.live { parts.append("\(live.received) received, \(live.dropped) dropped") }
        if let day = input.yearlessAsOf { parts.append("years counted back from \(day)") }
      }
      page.item("", indent: 2, Bytes(input.path).notation + ": " + parts.joined(separator: "; "))
    }
  }

  // MARK: Incidents

  private mutating func incidents() {
    page.heading("INCIDENTS, the most severe first")
    if analysis.incidents.isEmpty { page.line("  none: no record of concern in what was read") }
    let entries = TriageQueue(analysis.incidents).entries
    for (number, entry) in entries.prefix(top ?? TextReport.listCap).enumerated() {
      headline(entry)
      if number < TextReport.fullCap { detail(entry.lead) }
    }
    let omitted = entries.dropFirst(top ?? TextReport.listCap).reduce(0) { $0 + 1 + $1.alike.count }
    if omitted > 0 {
      page.line()
      page.line(
        "  and \(counted(omitted, "more incident", "more incidents")) of lower rank; --format json has them all")
    }
  }

  private mutating func headline(_ entry: TriageQueue.Entry) {
    let (judged, incident) = (entry.lead, entry.lead.incident)
    page.line()
    let score = judged.severity.score
    let style: Page.Style = score >= 2 ? .red : score >= 0 ? .yellow : .green
    page.item(
      String(repeating: " ", count: max(0, 3 - "\(entry.rank)".count)) + "\(entry.rank)  ", indent: 5, style: .bold,
      entry.title)
    page.item(
      "", indent: 5,
      page.styled("severity \(signed(score))", style) + " · \(incident.outcomeWords) · \(incident.span) · "
        + incident.viewWords + " · " + counted(incident.eventCount, "event", "events") + " · " + incident.id)
    guard !entry.alike.isEmpty else { return }
    page.item(
      "", indent: 5,
      "told here: the first of \(entry.all.count), with \(counted(entry.events, "event", "events")) in all; the others "
        + "say the same: \(listed(entry.alike.map(\.incident.id), limit: 3))")
  }

  private mutating func detail(_ judged: JudgedIncident) {
    let incident = judged.incident
    let severity = judged.severity
    func term(_ name: String, _ term: Severity.Term) -> String {
      "\(name) \(term.value)\(term.assumed ? " assumed" : "") (\(term.why))"
    }
    row(
      "severity",
      "\(signed(severity.score)) = \(term("criticality", severity.criticality)) + \(term("lethality", severity.lethality)) - "
        + "\(term("system", severity.systemCountermeasures)) - \(term("network", severity.networkCountermeasures))"
        + (severity.range.count > 1
          ? "; from \(signed(severity.range.lowerBound)) to \(signed(severity.range.upperBound)) by what is assumed"
          : ""))
    row("done", listed(incident.patterns, limit: 8))
    row("to", listed(incident.targets.map { $0.words }, limit: 8))
    for deduction in incident.deductions { row(deduction.confidence.rawValue, deduction.text) }
    for response in incident.events.filter({ $0.action == .response }).prefix(4) {
      row("response", "\(response.responseText): \(quotation.of(response.citation))")
    }
    let responses = incident.events.count { $0.action == .response }
    if responses > 4 { row("", "and \(counted(responses - 4, "more response", "more responses"))") }
    let evidence = incident.evidenceByWeight
    for citation in evidence.prefix(3) { row("evidence", quotation.of(citation)) }
    if evidence.count > 3 { row("", "and \(counted(evidence.count - 3, "more record", "more records"))") }
    if let unkept = incident.unkeptWords { row("", unkept) }
  }

  private mutating func row(_ label: String, _ content: String) {
    let style: Page.Style = label == "certain" || label == "likely" || label == "possible" ? .cyan : .faint
    page.item("     " + label, indent: 15, style: style, content)
  }

  // MARK: The whole

  private mutating func days() {
    let windows = analysis.situation.windows
    guard !windows.isEmpty else { return }
    page.heading("BY DAY: depth (events, incidents), breadth (patterns), spread (sources and targets), share held")
    let peak = max(1, windows.map(\.events).max() ?? 1)
    page.line("  day         events                incidents  patterns  new  unexplained  sources  targets  held  call")
    var previous: Day?
    for window in windows.suffix(60) {
      if let previous, window.day.number - previous.number > 1 {
        let gap = window.day.number - previous.number - 1
        page.line(
          page.styled(
            "  \(previous.advanced(by: 1))" + (gap > 1 ? " to \(window.day.advanced(by: -1))" : "")
              + ": no evidence, which is not the same as quiet", .faint))
      }
      previous = window.day
      let bar = String(repeating: "#", count: (window.events * 14 + peak - 1) / peak)
      let held = window.held.map { "\(Int(($0 * 100).rounded())) %" } ?? "-"
      let call = window.call.condition
      page.line(
        "  \(window.day)  " + left("\(window.events) ", 7) + left(bar, 15) + right(window.incidents, 9)
          + right(window.patterns.count, 10) + right(window.novel.count, 5) + right(window.unexplained.count, 13)
          + right(window.sources, 9) + right(window.targets, 9) + String(repeating: " ", count: max(1, 7 - held.count))
          + held
          + "  " + page.styled(call.rawValue, TextReport.style(call)))
    }
    if windows.count > 60 { page.line("  earlier days are left out here: \(windows.count - 60)") }
    if let undated = analysis.undatedWords { page.line("  " + undated) }
    let unexplained = Set(windows.flatMap(\.unexplained)).sorted()
    if !unexplained.isEmpty { page.item("  unexplained: ", indent: 15, listed(unexplained, limit: 12)) }
    let rising = analysis.situation.windows.filter { $0.trend == .rising }.suffix(5).map { "\($0.day)" }
    if !rising.isEmpty { page.item("  rising: ", indent: 10, "\(listed(rising)), \(Trend.method)") }
  }

  private mutating func clocks() {
    if !analysis.clocks.isEmpty {
      page.heading("CLOCKS of the hosts against the network's sensors; which is right the evidence does not say")
      for clock in analysis.clocks.prefix(20) { page.item("", indent: 2, "\(clock.host.notation): \(clock.words)") }
      more(analysis.clocks.count - 20)
    }
    guard !analysis.captureClocks.isEmpty else { return }
    page.heading("CAPTURES whose clocks disagree; which is right the evidence does not say")
    for offset in analysis.captureClocks.prefix(20) { page.item("", indent: 2, analysis.words(of: offset)) }
    more(analysis.captureClocks.count - 20)
  }

  private mutating func spans() {
    for (title, spans) in [
      ("BY \(analysis.window.rawValue.uppercased())", analysis.spans), ("BY SITE", analysis.sites),
    ]
    where !spans.isEmpty {
      page.heading(title)
      page.line("  " + left("", 20) + " events  incidents  patterns  new  unexplained  sources  targets  held  trend")
      for span in spans.filter({ $0.events > 0 }).suffix(60) {
        let held = span.held.map { "\(Int(($0 * 100).rounded())) %" } ?? "-"
        let trend = span.trend == .unknown ? "" : span.trend.rawValue
        page.line(
          "  " + left(Bytes(span.label).notation, 20) + right(span.events, 7) + right(span.incidents, 11)
            + right(span.patterns.count, 10) + right(span.novel.count, 5) + right(span.unexplained.count, 13)
            + right(span.sources, 9) + right(span.targets, 9)
            + String(repeating: " ", count: max(1, 6 - held.count)) + held + "  " + trend)
      }
    }
  }

  private func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
  private func right(_ number: Int, _ width: Int) -> String {
    String(repeating: " ", count: max(1, width - "\(number)".count)) + "\(number)"
  }

  private mutating func waves() {
    guard !analysis.waves.isEmpty else { return }
    page.heading("ACROSS INCIDENTS: hypotheses, which join nothing")
    for wave in analysis.waves.prefix(30) {
      page.item("  " + wave.deduction.confidence.rawValue, indent: 12, style: .cyan, wave.deduction.text)
    }
    more(analysis.waves.count - 30)
  }

  private mutating func exposures() {
    guard !analysis.exposures.isEmpty else { return }
    page.heading("EXPOSED SERVICES, as reports in the evidence list them; no attack")
    for (exposure, risk) in zip(analysis.exposures, analysis.risks).prefix(80) {
      page.item("", indent: 2, exposure.words(analysis.programs) + (risk.isEmpty ? "" : ": \(risk)"))
    }
    more(analysis.exposures.count - 80)
  }

  private mutating func mentions() {
    guard !analysis.mentions.isEmpty else { return }
    page.heading("NAMED IN SCRIPTS, not seen to happen")
    for mention in analysis.mentions.prefix(40) {
      let reading = mention.reading(analysis.programs)
      page.item(
        "", indent: 2,
        "\(reading.label) = \(reading.program), \(analysis.programs.name(of: reading.program)): \(reading.why)")
    }
    more(analysis.mentions.count - 40)
  }

  /// Says how many lines of a list are left out.
  private mutating func more(_ omitted: Int) {
    if omitted > 0 { page.line("  and \(omitted) more; --format json has them all") }
  }

  private mutating func oddities() {
    guard !analysis.oddities.isEmpty else { return }
    page.heading("ODDITIES")
    for (kind, value) in analysis.oddities.counts.sorted(by: { $0.key < $1.key }) {
      page.item("", indent: 2, "\(value.count) x \(kind.rawValue), first at \(quotation.of(value.first))")
    }
  }

  private mutating func condition() {
    let situation = analysis.situation
    if let later = analysis.laterWords {
      page.line()
      page.item("", indent: 0, later)
    }
    page.heading("CONDITION as of \(situation.asOf): " + situation.call.condition.rawValue.uppercased())
    for reason in situation.call.reasonsFor { page.item("  for", indent: 12, reason) }
    for reason in situation.call.reasonsAgainst { page.item("  against", indent: 12, reason) }
    for change in situation.call.wouldChange { page.item("  would be", indent: 12, change) }
    page.line("The product recommends; a person decides.")
  }
}

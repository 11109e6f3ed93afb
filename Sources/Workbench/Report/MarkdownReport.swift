import Evidence
import Fuse
import Judge

/// The report for a ticket or a page of notes (CommonMark, with GitHub's tables).
public struct MarkdownReport {
  private let analysis: Analysis
  private let quotation: Quotation
  private let entries: [TriageQueue.Entry]
  /// So many entries are told in full.
  private let top: Int?
  private var text = ""

  /// A ticket tells so many incidents in full and lists so many.
  private static let fullCap = 10
  private static let listCap = 100

  public init(_ analysis: Analysis, top: Int? = nil) {
    self.analysis = analysis
    entries = TriageQueue(analysis.incidents).entries
    self.top = top
    quotation = Quotation(analysis)
  }

  public mutating func rendered() -> String {
    let call = analysis.situation.call
    line("# Battle picture \(analysis.asOfWords)")
    line()
    if let site = analysis.site {
      line("Site \(MarkdownReport.escaped(Bytes(site).notation)): \(Analysis.siteWords).")
      line()
    }
    if !analysis.assumedNetworks.isEmpty {
      line(Analysis.assumedWords + ".")
      line()
    }
    line(
      "**Condition recommended for \(analysis.situation.asOf): \(call.condition.rawValue.uppercased())** "
        + "(a person decides)")
    line()
    reasons("For", call.reasonsFor)
    reasons("Against", call.reasonsAgainst)
    reasons("What would change it", call.wouldChange)
    table()
    for entry in entries.prefix(top ?? MarkdownReport.fullCap) { detail(entry.rank, entry) }
    days()
    waves()
    return text
  }

  private mutating func line(_ content: String = "") { text += content + "\n" }

  private mutating func reasons(_ title: String, _ reasons: [String]) {
    guard !reasons.isEmpty else { return }
    line("\(title):")
    line()
    for reason in reasons { line("- " + MarkdownReport.escaped(reason)) }
    line()
  }

  private mutating func table() {
    line("## Incidents, the most severe first")
    line()
    guard !analysis.incidents.isEmpty else { return line("None: no record of concern in what was read.") }
    line("| # | severity | outcome | what | when (UTC) | seen by | id |")
    line("|--:|--:|---|---|---|---|---|")
    for entry in entries.prefix(top ?? MarkdownReport.listCap) {
      let (judged, incident) = (entry.lead, entry.lead.incident)
      let views = View.allCases.filter { incident.views.contains($0) }.map(\.rawValue).joined(separator: ", ")
      line(
        "| \(entry.rank) | \(signed(judged.severity.score)) | \(incident.outcome.rawValue) | "
          + "\(MarkdownReport.escaped(entry.title)) | \(incident.span) | \(views) | \(incident.id) |")
    }
    let omitted = entries.dropFirst(top ?? MarkdownReport.listCap).reduce(0) { $0 + 1 + $1.alike.count }
    if omitted > 0 {
      line()
      line("And \(omitted) more of lower rank.")
    }
    line()
  }

  private mutating func detail(_ rank: Int, _ entry: TriageQueue.Entry) {
    let (judged, incident) = (entry.lead, entry.lead.incident)
    line("### \(rank). \(MarkdownReport.escaped(entry.title))")
    line()
    let terms = judged.severity.terms.map { sign, name, term in
      "\(sign.isEmpty ? "" : sign + " ")\(name) \(term.value)\(term.assumed ? " assumed" : "") (\(term.why))"
    }
    line("- severity \(signed(judged.severity.score)) = \(MarkdownReport.escaped(terms.joined(separator: " ")))")
    line("- \(incident.outcomeWords), \(incident.span), \(incident.viewWords)")
    for deduction in incident.deductions.prefix(12) {
      line("- *\(deduction.confidence.rawValue)*: \(MarkdownReport.escaped(deduction.text))")
    }
    more(incident.deductions.count - 12, "conclusion", "conclusions")
    line()
    let evidence = incident.evidence
    for citation in evidence.prefix(5) { line("    " + quotation.of(citation)) }
    if evidence.count > 5 { line("    ... and \(counted(evidence.count - 5, "more record", "more records"))") }
    if let unkept = incident.unkeptWords { line("    ... " + unkept) }
    line()
  }

  private mutating func days() {
    let windows = analysis.situation.windows.suffix(31)
    guard !windows.isEmpty else { return }
    line("## By day")
    line()
    line("| day | events | incidents | patterns | new | unexplained | sources | targets | held | call |")
    line("|---|--:|--:|--:|--:|--:|--:|--:|--:|---|")
    for window in windows {
      let held = window.held.map { "\(Int(($0 * 100).rounded())) %" } ?? "-"
      let numbers = [
        window.events, window.incidents, window.patterns.count, window.novel.count, window.unexplained.count,
        window.sources, window.targets,
      ]
      line(
        "| \(window.day) | \(numbers.map { String($0) }.joined(separator: " | ")) | \(held) | "
          + "\(window.call.condition.rawValue) |")
    }
    line()
    let omitted = analysis.situation.windows.count - windows.count
    let notes = [
      omitted > 0 ? "\(counted(omitted, "earlier day is", "earlier days are")) left out here" : nil, analysis.gapWords,
      analysis.undatedWords, analysis.laterWords,
    ].compactMap { $0 }
    guard !notes.isEmpty else { return }
    for note in notes { line("- " + note) }
    line()
  }

  /// Says how much of a list is left out.
  private mutating func more(_ omitted: Int, _ one: String, _ many: String) {
    if omitted > 0 { line("- and \(counted(omitted, "more " + one, "more " + many))") }
  }

  private mutating func waves() {
    guard !analysis.waves.isEmpty else { return }
    line("## Across incidents: hypotheses, which join nothing")
    line()
    for wave in analysis.waves.prefix(20) {
      line("- *\(wave.deduction.confidence.rawValue)*: \(MarkdownReport.escaped(wave.deduction.text))")
    }
    more(analysis.waves.count - 20, "hypothesis", "hypotheses")
  }

  /// Text of the evidence that Markdown would read as markup, as a link or as somebody's name.
  static func escaped(_ content: String) -> String {
    var text = ""
    for character in content {
      switch character {
      case "\\", "`", "*", "_", "[", "]", "#", "|", "!", "~", "$": text += "\\\(character)"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "&": text += "&amp;"
      // Trackers make a mention of it, and tell that person.
      case "@": text += "&#64;"
      case "\n": text += " "
      default: text.append(character)
      }
    }
    return text
  }
}

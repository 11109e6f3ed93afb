import Evidence
import Fuse
import Judge

/// The incidents, the most severe first, each with its derivation folded.
extension HTMLReport {
  private static let evidenceCap = 40

  func incidents(_ page: inout Markup) {
    section(&page, "Incidents, the most severe first") { page in
      if analysis.incidents.isEmpty { page.element("p", text: "None: no record of concern in what was read.") }
      for entry in entries.prefix(fullCap) {
        page.line()
        page.element("details", ("class", "incident")) { page in
          summary(&page, entry)
          page.element("div", ("class", "derivation"), ("id", entry.lead.incident.id)) { page in
            alike(&page, entry)
            derivation(&page, entry.lead)
          }
        }
      }
      rest(&page)
    }
  }

  private func rest(_ page: inout Markup) {
    let rest = entries.dropFirst(fullCap).prefix(HTMLReport.listCap)
    guard !rest.isEmpty else { return }
    page.element("ol", ("class", "rest")) { page in
      for entry in rest {
        let judged = entry.lead
        page.element(
          "li", ("value", "\(entry.rank)"), ("id", judged.incident.id),
          text: "\(signed(judged.severity.score)) \(entry.title) (\(judged.incident.outcome.rawValue))")
      }
    }
    let omitted = entries.dropFirst(fullCap + rest.count).reduce(0) { $0 + 1 + $1.alike.count }
    if omitted > 0 { page.element("p", text: "And \(omitted) more of lower rank; --format json has them all.") }
  }

  private func summary(_ page: inout Markup, _ entry: TriageQueue.Entry) {
    let (judged, incident) = (entry.lead, entry.lead.incident)
    page.element("summary") { page in
      page.element("span", ("class", "rank \(tone(judged))"), text: "\(entry.rank)")
      page.element("span", ("class", "headline")) { page in
        page.element("h3", text: entry.title)
        page.element(
          "span", ("class", "facts"),
          text: "severity \(signed(judged.severity.score)) · \(incident.outcomeWords) · \(incident.span) · "
            + "\(incident.viewWords) · \(counted(incident.eventCount, "event", "events"))")
      }
    }
  }

  /// The others that say the same.
  private func alike(_ page: inout Markup, _ entry: TriageQueue.Entry) {
    guard !entry.alike.isEmpty else { return }
    page.element(
      "p", ("class", "note"),
      text:
        "Told here: the first of \(entry.all.count), with \(counted(entry.events, "event", "events")) in all. The others: "
        + listed(entry.alike.map { "\($0.incident.source.notation) (\($0.incident.id))" }, limit: 20) + ".")
  }

  private func derivation(_ page: inout Markup, _ judged: JudgedIncident) {
    let incident = judged.incident
    severity(&page, judged.severity)
    page.element("h4", text: "What was done, and to whom")
    page.element(
      "p", text: "\(listed(incident.patterns, limit: 12)); \(listed(incident.targets.map(\.words), limit: 12)).")
    findings(&page, incident)
    deductions(&page, incident)
    pairs(&page, incident)
    otherView(&page, judged)
    responses(&page, incident)
    evidence(&page, incident)
    page.element("p", ("class", "note"), text: incident.id)
  }

  private func severity(_ page: inout Markup, _ severity: Severity) {
    page.element("h4", text: "Severity \(signed(severity.score))")
    page.element("table", ("class", "terms")) { page in
      for (sign, name, term) in severity.terms {
        page.element("tr") { page in
          page.element("td", text: sign)
          page.element("th", ("scope", "row"), text: name)
          page.element("td", ("class", "value"), text: "\(term.value)")
          let place = term.evidence.first.map { " (" + quotation.place($0) + ")" } ?? ""
          page.element("td", text: (term.assumed ? "assumed: " : "") + term.why + place)
        }
      }
    }
    if severity.range.count > 1 {
      page.element(
        "p", ("class", "note"),
        text: "From \(signed(severity.range.lowerBound)) to \(signed(severity.range.upperBound)) by what is assumed.")
    }
  }

  private func findings(_ page: inout Markup, _ incident: Incident) {
    let rules = Dictionary(grouping: incident.findings) { $0.signature.id }.values.compactMap { group in
      group.min(by: IncidentFinding.precedes).map { ($0, group.reduce(0) { $0 + $1.events.count }) }
    }.sorted { IncidentFinding.precedes($0.0, $1.0) }
    page.element("h4", text: "Findings")
    page.element("ul") { page in
      for (finding, events) in rules.prefix(24) {
        page.element("li") { page in
          page.words(
            "\(finding.signature.title) (\(finding.signature.stage.rawValue), \(counted(events, "event", "events")))")
          if !finding.signature.limits.isEmpty {
            page.element("span", ("class", "note"), text: " Does not prove: \(finding.signature.limits)")
          }
        }
      }
    }
  }

  private func deductions(_ page: inout Markup, _ incident: Incident) {
    guard !incident.deductions.isEmpty else { return }
    page.element("h4", text: "What follows from it")
    page.element("ul", ("class", "plain")) { page in
      for deduction in incident.deductions {
        page.element("li") { page in
          confidence(&page, deduction.confidence)
          page.words(" \(deduction.text)")
          let places = Set(deduction.evidence.prefix(3).map { quotation.place($0) }).sorted()
          if !places.isEmpty { page.element("span", ("class", "places"), text: " " + places.joined(separator: ", ")) }
        }
      }
    }
  }

  private func pairs(_ page: inout Markup, _ incident: Incident) {
    guard !incident.pairs.isEmpty else { return }
    page.element("h4", text: "The same event from both sides")
    for pair in incident.pairs.prefix(12) {
      page.element("div", ("class", "both")) { page in
        page.element("code", text: quotation.of(pair.host))
        page.element("code", text: quotation.of(pair.network))
      }
      page.element(
        "p", ("class", "note"),
        text: "Host clock minus network clock: \(decimals(pair.offset, 3)) s; the two stamps allow "
          + "\(decimals(pair.bounds.lowerBound, 3)) to \(decimals(pair.bounds.upperBound, 3)) s.")
    }
    if incident.pairs.count > 12 { page.element("p", text: "And \(incident.pairs.count - 12) more pairs.") }
  }

  private func otherView(_ page: inout Markup, _ judged: JudgedIncident) {
    let other = judged.incident.otherView(analysis.coverage)
    if let other {
      page.element(
        "h4",
        text: judged.incident.views.contains(.host) ? "The network's view is missing" : "The host's view is missing")
      page.element("p", text: "\(other.expected).")
      list(&page, other.reasons)
    }
    page.element("h4", text: "What to look at next")
    list(&page, NextLook(judged, otherView: other).steps)
  }

  private func responses(_ page: inout Markup, _ incident: Incident) {
    let responses = incident.events.filter { $0.action == .response }
    guard !responses.isEmpty else { return }
    page.element("h4", text: "What the defences did")
    page.element("ul") { page in
      for response in responses.prefix(12) {
        page.element("li") { page in
          page.words(response.responseText + ": ")
          page.element("code", text: quotation.of(response.citation))
        }
      }
      if responses.count > 12 { page.element("li", text: "and \(responses.count - 12) more") }
    }
  }

  private func evidence(_ page: inout Markup, _ incident: Incident) {
    let citations = incident.evidence
    page.element("h4", text: "Evidence")
    page.element("ol", ("class", "records")) { page in
      for citation in citations.prefix(HTMLReport.evidenceCap) {
        page.element("li") { page in
          page.element("span", ("class", "places"), text: quotation.place(citation))
          page.element("code", text: quotation.text(citation))
        }
      }
    }
    let omitted = citations.count - HTMLReport.evidenceCap
    if omitted > 0 { page.element("p", text: "And \(counted(omitted, "more record", "more records")).") }
    if let unkept = incident.unkeptWords {
      page.element("p", text: unkept.prefix(1).uppercased() + unkept.dropFirst() + ".")
    }
  }
}

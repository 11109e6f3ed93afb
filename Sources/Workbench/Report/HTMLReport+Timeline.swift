import Evidence
import Fuse
import Judge

/// What the hosts logged beside what the network carried, in the order of time.
extension HTMLReport {
  /// The most severe incidents are shown, in the order of time.
  private static let timelineCap = 80

  func timeline(_ page: inout Markup) {
    guard !analysis.incidents.isEmpty else { return }
    let ranked = Array(entries.prefix(min(fullCap, HTMLReport.timelineCap)))
    let ordered = ranked.sorted { left, right in
      let (one, other) = (left.lead.incident.first, right.lead.incident.first)
      return one != other ? one < other : left.rank < right.rank
    }
    let omitted = entries.count - ranked.count
    section(
      &page, "Timeline, both views side by side",
      "Left what the hosts logged, right what the network carried. The number is the incident's rank."
        + (omitted > 0 ? " The \(omitted) least severe are left out." : "")
    ) { page in
      page.element("div", ("class", "timeline")) { page in
        page.element("div", ("class", "row lanes")) { page in
          page.element("span", text: "Host")
          page.element("span") { _ in }
          page.element("span", text: "Network")
        }
        var previous: Day??
        for entry in ordered {
          let day = entry.lead.incident.isDated ? entry.lead.incident.first.timestamp.day : nil
          if previous != .some(day) { dayHeading(&page, day, after: previous ?? nil) }
          previous = day
          timelineRow(&page, entry)
        }
      }
    }
  }

  private func dayHeading(_ page: inout Markup, _ day: Day?, after previous: Day?) {
    guard let day else { return page.element("p", ("class", "day"), text: "Without a date, by time of day") }
    if let gap = analysis.situation.gaps.last(where: { $0.upperBound < day && $0.lowerBound > (previous ?? day) }) {
      page.element("p", ("class", "nothing"), text: gapText(gap))
    }
    page.element("p", ("class", "day"), text: "\(day)")
  }

  private func timelineRow(_ page: inout Markup, _ entry: TriageQueue.Entry) {
    let incident = entry.lead.incident
    page.element("div", ("class", "row")) { page in
      lane(&page, incident, .host)
      page.element("a", ("class", "rank \(tone(entry.lead))"), ("href", "#" + incident.id), text: "\(entry.rank)")
      lane(&page, incident, .network)
    }
    if !entry.alike.isEmpty {
      page.element("p", ("class", "note"), text: "and \(counted(entry.alike.count, "incident", "incidents")) alike")
    }
  }

  private func lane(_ page: inout Markup, _ incident: Incident, _ view: View) {
    let events = incident.events.filter { $0.view == view }
    guard let first = events.first, let last = events.map(\.end).max() else {
      page.element("div", ("class", "lane none"), text: view == .host ? "no host record" : "no packet")
      return
    }
    page.element("div", ("class", "lane \(view.rawValue)")) { page in
      let time = first.time.isTimed ? String(first.time.timeOfDayDescription.prefix(8)) : "time unknown"
      let isLater = last.isDated && last.timestamp.day != first.time.timestamp.day
      let end = (isLater ? "\(last.timestamp.day) " : "") + last.timeOfDayDescription.prefix(8)
      page.element("span", ("class", "time"), text: time == end || !last.isTimed ? time : "\(time) to \(end)")
      page.words(" \(laneText(incident, events, view))")
      if view == .network, let pair = incident.pairs.first {
        page.element(
          "span", ("class", "pair"),
          text: "\(counted(incident.pairs.count, "pair", "pairs")), "
            + "clocks \(abs(pair.offset) < 60 ? decimals(abs(pair.offset), 2) + " s" : duration(abs(pair.offset))) apart"
        )
      }
    }
  }

  private func laneText(_ incident: Incident, _ events: [Event], _ view: View) -> String {
    let count = events.reduce(0) { $0 + $1.count }
    let what = view == .host ? counted(count, "record", "records") : counted(count, "exchange", "exchanges")
    let targets = Set(events.map(\.target.host)).filter { $0 != .unknown }.sorted().map(\.notation)
    let source =
      switch incident.source {
      case .unknown: incident.crowd?.words ?? "no source"
      case .local: "the host itself"
      default: incident.source.notation
      }
    let outcomes = Set(events.filter { $0.action != .response }.map(\.outcome)).sorted()
      .map { $0 == .unknown ? "outcome unknown" : $0.rawValue }
    let isBlocked = events.contains { $0.action == .response && $0.outcome == .blocked }
    return "\(source) to \(listed(targets, limit: 3)): \(what), \(listed(outcomes, limit: 3))"
      + (isBlocked ? "; blocked afterwards" : "")
  }

  /// The colour of a severity: as the text report has it.
  func tone(_ judged: JudgedIncident) -> String {
    let score = judged.severity.score
    return score >= 2 ? "grave" : score >= 0 ? "middling" : "mild"
  }
}

import Evidence
import Fuse
import Judge

/// Who tried what: sources against targets, with the waves that several incidents form.
extension HTMLReport {
  private static let sideCap = 24
  private static let waveCap = 30

  /// What one source did at one target.
  private struct Cell {
    var events = 0
    var outcome = Outcome.blocked
    var incidents: Set<String> = []
  }

  /// Who stands in a row: a source, or the sources that one incident tells together.
  private struct Party: Hashable, Comparable {
    var host: Host
    /// The incident's id; two crowds may have as many sources.
    var crowd = ""
    static func < (left: Party, right: Party) -> Bool { (left.host, left.crowd) < (right.host, right.crowd) }
  }

  private struct Grid {
    var cells: [Party: [Host: Cell]] = [:]
    /// How many sources the crowds have, by the incident's id.
    var crowds: [String: String] = [:]
    var sources: [Party] = []
    var targets: [Host] = []
    var isCut = false

    func label(_ party: Party) -> String {
      if let words = crowds[party.crowd] { return words }
      return party.host == .unknown ? "no source" : party.host.notation
    }
  }

  func map(_ page: inout Markup) {
    let waves = analysis.waves.prefix(HTMLReport.waveCap)
    let grid = grid(members: Set(waves.flatMap(\.incidents)))
    guard !grid.sources.isEmpty else { return }
    section(
      &page, "Sources against targets",
      waves.isEmpty
        ? "The number is that of events."
        : "The incidents that form waves. The number is that of events; what a letter means stands below."
    ) { page in
      page.element("div", ("class", "wide")) { page in table(&page, grid, Array(waves)) }
      page.element("ul", ("class", "legend")) { page in
        for (kind, label) in [
          ("crashed", "crashed"), ("gave", "answered or allowed"), ("open", "not known"), ("turned", "held"),
        ] {
          page.element("li") { page in
            page.element("span", ("class", "key \(kind)")) { _ in }
            page.words(" \(label)")
          }
        }
        if grid.isCut { page.element("li", text: "the most active \(HTMLReport.sideCap) of each side") }
      }
      waveList(&page, Array(waves))
    }
  }

  /// - Parameter members: Ids of the incidents to show; all where there is none.
  private func grid(members: Set<String>) -> Grid {
    var grid = Grid()
    var weight: (sources: [Party: Int], targets: [Host: Int]) = ([:], [:])
    for judged in analysis.incidents where members.isEmpty || members.contains(judged.incident.id) {
      let incident = judged.incident
      let source = Party(host: incident.source, crowd: incident.crowd == nil ? "" : incident.id)
      grid.crowds[incident.id] = incident.crowd?.words
      let places = targetNames(incident)
      for (index, outcome) in incident.eventOutcomes {
        let event = incident.events[index]
        guard event.target.host != .unknown else { continue }
        let target = places[event.target.host] ?? event.target.host
        var cell = grid.cells[source]?[target] ?? Cell()
        cell.events += event.count
        cell.outcome = min(cell.outcome, outcome)
        cell.incidents.insert(incident.id)
        grid.cells[source, default: [:]][target] = cell
        weight.sources[source, default: 0] += event.count
        weight.targets[target, default: 0] += event.count
      }
    }
    func most<Side: Hashable & Comparable>(_ weights: [Side: Int]) -> [Side] {
      weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(HTMLReport.sideCap).map(\.key).sorted()
    }
    grid.sources = most(weight.sources)
    grid.targets = most(weight.targets)
    grid.isCut = weight.sources.count > grid.sources.count || weight.targets.count > grid.targets.count
    return grid
  }

  /// The name under which an incident shows each of its targets.
  private func targetNames(_ incident: Incident) -> [Host: Host] {
    var names: [Host: Host] = [:]
    for target in incident.targets {
      for spelling in target.spellings { names[spelling] = target.host }
    }
    return names
  }

  private func table(_ page: inout Markup, _ grid: Grid, _ waves: [Waves.Wave]) {
    page.element("table", ("class", "map")) { page in
      page.element("thead") { page in
        page.element("tr") { page in
          page.element("td") { _ in }
          for target in grid.targets {
            page.element("th", ("scope", "col")) { $0.element("span", text: target.notation) }
          }
        }
      }
      page.element("tbody") { page in
        for source in grid.sources { mapRow(&page, source, grid, waves) }
      }
    }
  }

  private func mapRow(_ page: inout Markup, _ source: Party, _ grid: Grid, _ waves: [Waves.Wave]) {
    let cells = grid.cells[source] ?? [:]
    let incidents = cells.values.reduce(into: Set<String>()) { $0.formUnion($1.incidents) }
    let letters = waves.indices.filter { !incidents.isDisjoint(with: waves[$0].incidents) }.map { letter($0) }
    page.element("tr") { page in
      page.element("th", ("scope", "row")) { page in
        page.words(grid.label(source))
        if !letters.isEmpty { page.element("small", text: " " + letters.joined(separator: " ")) }
      }
      for target in grid.targets {
        guard let cell = cells[target] else {
          page.element("td") { _ in }
          continue
        }
        page.element(
          "td", ("class", kind(cell.outcome)),
          ("title", "\(grid.label(source)) to \(target.notation): \(cell.outcome.rawValue)"), text: "\(cell.events)")
      }
    }
  }

  private func kind(_ outcome: Outcome) -> String {
    switch outcome {
    case .crashed: "crashed"
    case .answered, .allowed: "gave"
    case .connected, .unknown, .unanswered: "open"
    case .reset, .empty, .rejected, .refused, .blocked: "turned"
    }
  }

  private func waveList(_ page: inout Markup, _ waves: [Waves.Wave]) {
    guard !waves.isEmpty else { return }
    page.element("h3", text: "Across incidents: hypotheses, which join nothing")
    page.element("ul", ("class", "plain")) { page in
      for (index, wave) in waves.enumerated() {
        page.element("li") { page in
          page.element("b", text: letter(index))
          page.words(" ")
          confidence(&page, wave.deduction.confidence)
          page.words(" \(wave.deduction.text)")
        }
      }
    }
  }

  /// `A` to `Z`, then `A2` and so on.
  private func letter(_ index: Int) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return String(letters[index % letters.count]) + (index < letters.count ? "" : "\(index / letters.count + 1)")
  }

  func confidence(_ page: inout Markup, _ confidence: Confidence) {
    page.element("span", ("class", "sure \(confidence.rawValue)"), text: confidence.rawValue)
  }
}

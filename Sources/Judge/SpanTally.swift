package import Evidence
package import Fuse

/// Sums incidents up over windows of any width and over sites.
package struct SpanTally: Sendable {
  private let incidents: [Incident]
  /// Patterns that an earlier report has.
  private let history: Set<String>

  /// More windows than these are not shown; the last ones are.
  private static let spanCap = 3660

  /// - Parameter incidents: As they are known.
  package init(_ incidents: [Incident], history: Set<String>) {
    self.incidents = incidents
    self.history = history
  }

  /// What is summed up for one window or site.
  private struct Sum {
    var incidents = 0
    var held = 0
    var events = 0
    var hostRecords = 0
    var patterns: [String: Bool] = [:]
    var sources: Set<Host> = []
    var targets: Set<Host> = []
  }

  // MARK: Windows

  /// The windows of all covered days and all dated incidents, in order.
  package func windows(_ width: WindowWidth, covered: Set<Day>) -> [Span] {
    var sums: [Int: Sum] = [:]
    for day in covered {
      for number in width.numbers(of: day) where sums[number] == nil { sums[number] = Sum() }
    }
    for incident in incidents where incident.isDated {
      add(incident, to: &sums) { width.number(of: $0.time.timestamp) }
    }
    var seen = history
    var counts: [Int] = []
    var spans: [Span] = []
    for (number, sum) in sums.sorted(by: { $0.key < $1.key }) {
      var span = SpanTally.span(sum, label: width.start(of: number), seen: &seen)
      span.trend = Trend(sum.incidents, before: counts)
      counts.append(sum.incidents)
      spans.append(span)
    }
    return spans.suffix(SpanTally.spanCap)
  }

  /// One sum for each site and one for what lies elsewhere; undated incidents count.
  package func sites(_ directory: HostDirectory) -> [Span] {
    var sums: [String: Sum] = [:]
    for incident in incidents { add(incident, to: &sums) { directory.site(of: $0.target.host) ?? "elsewhere" } }
    return sums.sorted { $0.key < $1.key }.map { name, sum in
      var seen = history
      return SpanTally.span(sum, label: name, seen: &seen)
    }
  }

  /// Shares an incident out by a property of its events.
  private func add<Key: Hashable>(_ incident: Incident, to sums: inout [Key: Sum], by key: (Event) -> Key) {
    let events = incident.events
    var members: [Key: [Int]] = [:]
    for index in events.indices { members[key(events[index]), default: []].append(index) }
    let echoes = Set(incident.pairs.map(\.networkEvent))
    let silent = incident.silentEchoes
    let places = incident.targetPlaces
    for (key, indices) in members {
      var sum = sums[key] ?? Sum()
      sum.incidents += 1
      if incident.outcome(of: indices, silent: silent).isHeld { sum.held += 1 }
      for index in indices {
        let event = events[index]
        if event.view == .host { sum.hostRecords += event.count }
        guard event.action != .response else { continue }
        if !echoes.contains(index) { sum.events += event.count }
        if event.target.host != .unknown {
          sum.targets.insert(places[event.target.host].map { incident.targets[$0].host } ?? event.target.host)
        }
      }
      if incident.source != .unknown, !incident.source.isLocal { sum.sources.insert(incident.source) }
      sums[key] = sum
    }
    let told = Set(incident.patterns)
    for finding in incident.findings where told.contains(finding.pattern) {
      let isUnexplained = finding.signature.stage == .unexplained
      for key in Set(finding.events.map { key(events[$0]) }) {
        let known = sums[key]?.patterns[finding.pattern] ?? false
        sums[key]?.patterns[finding.pattern] = known || isUnexplained
      }
    }
  }

  private static func span(_ sum: Sum, label: String, seen: inout Set<String>) -> Span {
    var span = Span(label: label)
    span.incidents = sum.incidents
    span.events = sum.events
    span.hostRecords = sum.hostRecords
    span.patterns = sum.patterns.keys.sorted()
    span.novel = span.patterns.filter { seen.insert($0).inserted }
    span.unexplained = span.patterns.filter { sum.patterns[$0] == true }
    span.sources = sum.sources.count
    span.targets = sum.targets.count
    span.held = sum.incidents == 0 ? nil : Double(sum.held) / Double(sum.incidents)
    return span
  }
}

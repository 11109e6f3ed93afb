import Evidence
import Fuse

/// What incidents come to, or the parts of them that lie in one window or at one site: the one way to count them.
struct SpanSum {
  private var incidents = 0
  private var held = 0
  private var events = 0
  private var hostRecords = 0
  /// In the order in which they were first met.
  private var patterns: [String] = []
  private var unexplained: [String] = []
  private var known: Set<String> = []
  private var strange: Set<String> = []
  private var sources: Set<Host> = []
  private var targets: Set<Host> = []
  /// Sources that are told together, and those of them that were not held.
  private var crowds: [Crowd] = []
  private var crowdsLetIn: [Crowd] = []

  mutating func add(_ part: Incident) {
    if let crowd = part.crowd {
      crowds.append(crowd)
      if !part.outcome.isHeld { crowdsLetIn.append(crowd) }
    } else {
      incidents += 1
      if part.outcome.isHeld { held += 1 }
    }
    events += part.eventCount
    for event in part.events where event.view == .host { hostRecords += event.count }
    for pattern in part.patterns where known.insert(pattern).inserted { patterns.append(pattern) }
    for finding in part.findings where finding.signature.stage == .unexplained {
      if strange.insert(finding.pattern).inserted { unexplained.append(finding.pattern) }
    }
    if part.source != .unknown, !part.source.isLocal { sources.insert(part.source) }
    targets.formUnion(part.targets.map(\.host))
  }

  /// - Parameter isNew: Asked once of each pattern, in order.
  func span(label: String, isNew: (String) -> Bool) -> Span {
    let crowd = Crowd.union(crowds)
    // Each visit of a crowd's source counts as the incident that it would be by itself.
    let visits = crowd?.visitCount ?? 0
    let depth = incidents + visits
    let heldDepth = held + visits - (Crowd.union(crowdsLetIn)?.visitCount ?? 0)
    return Span(
      label: label, incidents: depth, events: events, hostRecords: hostRecords, patterns: patterns,
      novel: patterns.filter(isNew), unexplained: unexplained, sources: sources.count + (crowd?.sourceCount ?? 0),
      targets: targets.count, held: depth == 0 ? nil : Double(heldDepth) / Double(depth))
  }
}

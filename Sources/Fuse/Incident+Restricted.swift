public import Evidence

extension Incident {
  /// The incident as it was known at the end of a day; nil when it had not begun. Undated incidents are always known.
  public func known(at day: Day) -> Incident? {
    guard isDated, last.timestamp.day > day else { return self }
    return restricted { $0.time.timestamp.day <= day }
  }

  /// The incident as some of its events show it; nil when they show nothing that a rule would have found.
  public func restricted(to isKept: (Event) -> Bool) -> Incident? {
    let kept = Set(events.indices.filter { isKept(events[$0]) })
    guard kept.count < events.count else { return self }
    var found: [IncidentFinding] = []
    var told: Set<Int> = []
    var untold: Set<Int> = []
    for finding in findings {
      let members = finding.events.filter { kept.contains($0) }
      if members.count >= finding.sufficient {
        found.append(IncidentFinding(signature: finding.signature, pattern: finding.pattern, events: members))
        told.formUnion(members)
      } else {
        untold.formUnion(members)
      }
    }
    // What only a later event made remarkable was not part of it yet.
    return excerpt(
      kept.subtracting(untold.subtracting(told)).sorted(), findings: found, pairs: pairs, places: targetPlaces)
  }

  /// What the incident did by a property of its events: the part of each value that a finding speaks of.
  public func parts<Key: Hashable>(by key: (Event) -> Key) -> [Key: Incident] {
    let keys = events.map(key)
    let members = Dictionary(grouping: events.indices) { keys[$0] }
    guard members.count > 1 else { return members.mapValues { _ in self } }
    var found: [Key: [IncidentFinding]] = [:]
    for finding in findings {
      for (key, own) in Dictionary(grouping: finding.events, by: { keys[$0] }) {
        found[key, default: []].append(
          IncidentFinding(signature: finding.signature, pattern: finding.pattern, events: own))
      }
    }
    let near = Dictionary(grouping: pairs.filter { keys[$0.hostEvent] == keys[$0.networkEvent] }) { keys[$0.hostEvent] }
    let places = targetPlaces
    var parts: [Key: Incident] = [:]
    for (key, indices) in members {
      parts[key] = excerpt(indices, findings: found[key] ?? [], pairs: near[key] ?? [], places: places)
    }
    return parts
  }

  /// What the incident did at a site of the configuration; nil when it does not touch it.
  public func part(at site: String, of directory: HostDirectory) -> Incident? {
    let own = Set(
      targets.indices.filter { place in
        let hosts = [targets[place].host] + (targets[place].alias.map { [$0] } ?? []) + targets[place].spellings
        return hosts.contains { directory.site(of: $0) == site }
      })
    guard !own.isEmpty else { return nil }
    guard own.count < targets.count else { return self }
    let places = targetPlaces
    return restricted { places[$0.target.host].map { own.contains($0) } ?? false }
  }

  /// The number of the target that each spelling belongs to.
  public var targetPlaces: [Host: Int] {
    var places: [Host: Int] = [:]
    for (place, target) in targets.enumerated() {
      for spelling in target.spellings { places[spelling] = place }
    }
    return places
  }

  /// The incident of these events and findings, everything that follows from them derived anew. Takes time in proportion
  /// to what it is given, however large the incident is.
  func excerpt(_ kept: [Int], findings found: [IncidentFinding], pairs near: [Pair], places: [Host: Int]) -> Incident? {
    guard let first = kept.first, let last = kept.last, !found.isEmpty || findings.isEmpty else { return nil }
    let moved = Dictionary(kept.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var part = self
    part.events = kept.map { events[$0] }
    part.findings = found.map { finding in
      var finding = finding
      finding.events = finding.events.compactMap { moved[$0] }
      return finding
    }
    part.pairs = near.compactMap { pair in
      guard let host = moved[pair.hostEvent], let network = moved[pair.networkEvent] else { return nil }
      var pair = pair
      (pair.hostEvent, pair.networkEvent) = (host, network)
      return pair
    }
    let seen = Set(found.map(\.pattern))
    part.patterns = patterns.filter { seen.contains($0) }
    var tried = TriedServices()
    for event in part.events { tried.add(event, places) }
    part.targets = tried.places.sorted().map { tried.narrowed(targets[$0], at: $0) }
    part.views = Set(part.events.map(\.view))
    part.crowd = Crowd.union(part.events.compactMap(\.crowd))
    part.first = events[first].time
    part.last = events[last].time
    let settled = part.settlement
    part.settleFindings(settled)
    part.outcome = Incident.outcome(of: part.events, settled, places: places)
    part.programs = Incident.programs(
      of: part.events,
      names: Dictionary(
        programs.map { ($0.number, $0.name) }, uniquingKeysWith: { first, _ in first }))
    let lead = part.lead
    part.stage = lead?.signature.stage ?? .unexplained
    part.title = part.title(
      lead?.signature, programs: Set((lead?.events ?? []).compactMap { part.events[$0].rpc?.program }))
    return part
  }
}

/// The targets of some events and the services that these tried there.
struct TriedServices: Sendable {
  /// The numbers of the targets.
  private(set) var places: Set<Int> = []
  private var services: [Int: Set<Service>] = [:]
  /// Of scans, whose sum does not tell every port's host.
  private var ofScans: Set<Service> = []

  /// - Parameter numbers: ``Incident/targetPlaces``.
  mutating func add(_ event: Event, _ numbers: [Host: Int]) {
    if let place = numbers[event.target.host] {
      places.insert(place)
      if event.action != .response, let port = event.target.port, let transport = event.transport {
        services[place, default: []].insert(Service(transport, port))
      }
    }
    guard let sum = event.probes else { return }
    ofScans.formUnion(sum.ports.map(\.service))
    ofScans.formUnion(sum.open.map(\.service))
  }

  /// The target with those of its services that were tried.
  func narrowed(_ target: Incident.Target, at place: Int) -> Incident.Target {
    var target = target
    target.services.removeAll { !ofScans.contains($0) && services[place]?.contains($0) != true }
    return target
  }
}

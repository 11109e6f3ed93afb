import Evidence

/// Which events belong to one incident: those of one source (or, without a source, of one target) without a pause longer
/// than the gap.
struct Grouping: Sendable {
  let settings: FusionSettings
  let identities: Identities

  enum Key: Hashable, Comparable, Sendable {
    case source(Host)
    /// The host's own processes, over a transport that no network carries.
    case own(Host)
    /// The evidence names no source.
    case target(Host)
    /// Sources that are told together, of whose records one rule says most and which came to the same.
    case crowd(rule: String, Outcome)

    var notation: String {
      switch self {
      case .source(let host): "source " + host.notation
      case .own(let host): "own " + host.notation
      case .target(let host): "target " + host.notation
      case .crowd(let rule, let outcome): "crowd " + rule + " " + outcome.rawValue
      }
    }
    /// The source as the incident's events have it.
    func host(_ events: [Event]) -> Host {
      switch self {
      case .source(let host): Fusion.shown(host, events.map(\.source.host))
      case .own: events.lazy.map(\.source.host).first { $0.isLocal } ?? .local("")
      case .target, .crowd: .unknown
      }
    }
  }

  struct Group: Sendable {
    var key: Key
    var events: [Event]
    var findings: [IncidentFinding]
  }

  func key(_ event: Event) -> Key {
    switch event.source.host {
    case .address, .name: .source(identities.resolve(event.source.host))
    case .local: .own(identities.resolve(event.target.host))
    case .unknown: .target(identities.resolve(event.target.host))
    }
  }

  /// The groups in the order of their first events.
  func groups(_ events: [Event], _ findings: [Finding]) -> [Group] {
    let concerned = concerned(events.span, findings.span)
    let leads = crowdLeads(events, findings)
    var members: [Key: [Int]] = [:]
    for index in concerned.indices where concerned[index] {
      let crowd = leads[index].map { Key.crowd(rule: $0.id, events[index].outcome) }
      members[crowd ?? key(events[index]), default: []].append(index)
    }
    var clusters: [(key: Key, members: [Int])] = []
    for (key, indices) in members {
      let ordered = indices.sorted { (events[$0].time, $0) < (events[$1].time, $1) }
      var current: [Int] = []
      var last: EventTime?
      for index in ordered {
        if let end = last, breaks(end, events[index].time, in: key) {
          clusters.append((key, current))
          current = []
          last = nil
        }
        // A scan goes on after its first probe.
        last = max(last ?? events[index].end, events[index].end)
        current.append(index)
      }
      if !current.isEmpty { clusters.append((key, current)) }
    }
    adoptIncomplete(&clusters, events)
    dropWithoutDeed(&clusters, findings.span, events.count)
    clusters.sort { left, right in
      let (one, other) = (events[left.members[0]].time, events[right.members[0]].time)
      return one != other ? one < other : left.key < right.key
    }
    return attach(findings, to: clusters, events)
  }

  /// Of each event whether anything was found of it that belongs into an incident. There may be as many findings as
  /// events, so spans lend them: each copy costs.
  private func concerned(_ events: Span<Event>, _ findings: Span<Finding>) -> [Bool] {
    var concerned = [Bool](repeating: false, count: events.count)
    var ordinary: [Int] = []
    for number in findings.indices {
      for index in findings[number].events where concerned.indices.contains(index) && !concerned[index] {
        concerned[index] = !isOrdinary(findings[number], events[index])
        if !concerned[index], events[index].view == .network { ordinary.append(index) }
      }
    }
    adoptOtherView(of: events, ordinary, &concerned)
    adoptRecords(of: events, &concerned)
    adoptProbes(of: events, &concerned)
    return concerned
  }

  /// The first probes of a source that went on are told one by one, and are as much of its scan as those of the sum.
  private func adoptProbes(of events: Span<Event>, _ concerned: inout [Bool]) {
    var scans: [Host: [(first: EventTime, last: EventTime)]] = [:]
    for index in concerned.indices where concerned[index] {
      let event = events[index]
      guard let sum = event.probes, event.source.host != .unknown else { continue }
      let known = scans[event.source.host]?.last
      if let known, known.first == sum.first, known.last == sum.last { continue }
      scans[event.source.host, default: []].append((sum.first, sum.last))
    }
    guard !scans.isEmpty else { return }
    for index in concerned.indices where !concerned[index] {
      let event = events[index]
      guard event.action == .probe, event.view == .network, !event.isOfSensor, let own = scans[event.source.host]
      else { continue }
      let time = event.time
      for scan in own where scan.first <= time && time <= scan.last { concerned[index] = true }
    }
  }

  /// Two hosts, by who they are.
  private struct Ends: Hashable {
    var source: Host
    var target: Host
  }

  /// What the wire carried between two hosts is the other view of what one's log tells of the other at that time, however
  /// ordinary it is by itself: else the incident would be said to have been seen by the host alone.
  private func adoptOtherView(of events: Span<Event>, _ ordinary: [Int], _ concerned: inout [Bool]) {
    guard !ordinary.isEmpty else { return }
    // Events come in order, and so do the times of each pair of hosts.
    var logged: [Ends: [EventTime]] = [:]
    for index in concerned.indices where concerned[index] {
      let event = events[index]
      if event.view == .host { logged[ends(event), default: []].append(event.time) }
    }
    guard !logged.isEmpty else { return }
    for index in ordinary {
      let event = events[index]
      if let times = logged[ends(event)], isNear(event.time, times) { concerned[index] = true }
    }
  }

  /// Whether one of these times, which are in order, is in the same incident as another.
  private func isNear(_ time: EventTime, _ times: [EventTime]) -> Bool {
    let next = times.partitionIndex { $0 >= time }
    return [next - 1, next].contains { place in
      guard times.indices.contains(place), times[place].isDated == time.isDated else { return false }
      return abs(times[place].timestamp.seconds(since: time.timestamp)) <= settings.incidentGap
    }
  }

  /// One procedure of one program, asked for between two hosts.
  private struct Call: Hashable {
    var ends: Ends
    var program: UInt32
    var procedure: Bytes
  }

  /// What a host logged of a call that concerns on the wire is its other view, though no rule speaks of the record by
  /// itself: else the host would be said not to have logged it.
  private func adoptRecords(of events: Span<Event>, _ concerned: inout [Bool]) {
    var carried: Set<Call> = []
    for index in concerned.indices where concerned[index] {
      let event = events[index]
      if event.view == .network, let call = call(event) { carried.insert(call) }
    }
    guard !carried.isEmpty else { return }
    for index in concerned.indices where !concerned[index] {
      let event = events[index]
      if event.view == .host, let call = call(event), carried.contains(call) { concerned[index] = true }
    }
  }

  private func call(_ event: Event) -> Call? {
    guard event.action == .rpcCall, event.crowd == nil, let rpc = event.rpc, let program = rpc.program,
      !rpc.procedureName.isEmpty
    else { return nil }
    return Call(ends: ends(event), program: program, procedure: rpc.procedureName)
  }

  private func ends(_ event: Event) -> Ends {
    Ends(source: identities.resolve(event.source.host), target: identities.resolve(event.target.host))
  }

  /// Of each Event that tells of a crowd the signature that says most.
  private func crowdLeads(_ events: [Event], _ findings: [Finding]) -> [Int: Signature] {
    guard events.contains(where: { $0.crowd != nil }) else { return [:] }
    var leads: [Int: Signature] = [:]
    for finding in findings {
      for index in finding.events where events.indices.contains(index) && events[index].crowd != nil {
        guard let known = leads[index] else {
          leads[index] = finding.signature
          continue
        }
        if IncidentFinding.precedes(finding.signature, 1, known, 1) { leads[index] = finding.signature }
      }
    }
    return leads
  }

  /// What a defence did is no deed of the source's: responses whose probe is not in the evidence stay plain events.
  private func dropWithoutDeed(
    _ clusters: inout [(key: Key, members: [Int])], _ findings: Span<Finding>, _ eventCount: Int
  ) {
    var isDeed = [Bool](repeating: false, count: eventCount)
    for number in findings.indices where findings[number].signature.stage != .response {
      for index in findings[number].events where isDeed.indices.contains(index) { isDeed[index] = true }
    }
    clusters.removeAll { cluster in !cluster.members.contains { isDeed[$0] } }
  }

  /// An own client's look-up or forwarded call that was allowed or answered is what the portmapper is there for: a fact,
  /// no incident. What changes the service is none of this, which its lethality tells.
  private func isOrdinary(_ finding: borrowing Finding, _ event: borrowing Event) -> Bool {
    let isHarmless = finding.signature.stage == .access && (finding.signature.lethality ?? 5) <= 3
    guard finding.signature.stage == .reconnaissance || isHarmless,
      let address = event.source.host.address, settings.directory.isOwn(address),
      // That some of its many tries were answered makes a scan no less one.
      event.action != .scan,
      // Of hosts that are only assumed to be own what the rules call everyday passes, and not their reconnaissance.
      settings.directory.assumedNetworks.isEmpty || ["low", "informational"].contains(finding.signature.level)
    else { return false }
    switch event.outcome {
    case .allowed, .answered, .connected: return true
    default: return isServed(event) || isStray(finding, event)
    }
  }

  /// The service did its work and said that there is nothing, or not for this user: that is a client's day. Who may mount is
  /// set up, so that a refused mount is remarkable.
  private func isServed(_ event: borrowing Event) -> Bool {
    guard event.view == .network, let rpc = event.rpc, !rpc.resultStatus.isEmpty else { return false }
    return event.outcome != .refused || rpc.program != ProgramTable.mountd
  }

  /// Among a site's own hosts services move, machines are down and exports are not for everybody: one try on the wire that
  /// came to nothing is no deed. Where there are several, a rule that counts finds them; what a host's own defence
  /// refused or reported stays.
  private func isStray(_ finding: borrowing Finding, _ event: borrowing Event) -> Bool {
    guard finding.events.count == 1, event.view == .network,
      [.probe, .rpcCall, .connection].contains(event.action)
    else { return false }
    if event.outcome == .refused { return event.rpc?.program == ProgramTable.mountd }
    return [.empty, .unanswered, .reset].contains(event.outcome)
  }

  private func breaks(_ last: EventTime, _ next: EventTime, in key: Key) -> Bool {
    // Of a crowd each comes when it comes: what lasts for days is one flood.
    let gap = if case .crowd = key { max(settings.incidentGap, Grouping.crowdGap) } else { settings.incidentGap }
    return last.isDated != next.isDated || next.timestamp.seconds(since: last.timestamp) > gap
  }
  /// In seconds: a day.
  private static let crowdGap = 86_400.0

  /// A record that is cut off before its source joins what the same program of the same host logged in that second;
  /// what it was is then a question of wording, which the deductions answer.
  private func adoptIncomplete(_ clusters: inout [(key: Key, members: [Int])], _ events: [Event]) {
    struct Writer: Hashable {
      var observer: Bytes
      var host: Host
      var time: EventTime
    }
    func writer(_ event: Event) -> Writer {
      Writer(observer: event.observer, host: event.target.host, time: event.time)
    }
    // A record that was cut behind its source is grouped by that.
    let isCut = clusters.map { cluster in
      if case .target = cluster.key { cluster.members.allSatisfy { events[$0].action == .incomplete } } else { false }
    }
    guard isCut.contains(true) else { return }
    var neighbours: [Writer: [(cluster: Int, event: Int)]] = [:]
    for cluster in clusters.indices where !isCut[cluster] {
      for index in clusters[cluster].members { neighbours[writer(events[index]), default: []].append((cluster, index)) }
    }
    for index in clusters.indices where isCut[index] {
      let record = events[clusters[index].members[0]]
      let fitting = Set(
        (neighbours[writer(record)] ?? []).prefix(64).filter { events[$0.event].citation.continues(record.detail) }.map(
          \.cluster))
      guard fitting.count == 1, let home = fitting.first else { continue }
      clusters[home].members += clusters[index].members
      clusters[home].members.sort { (events[$0].time, $0) < (events[$1].time, $1) }
      clusters[index].members = []
    }
    clusters.removeAll { $0.members.isEmpty }
  }

  private func attach(_ findings: [Finding], to clusters: [(key: Key, members: [Int])], _ events: [Event]) -> [Group] {
    // Of each event its cluster and its position there.
    var places = [(cluster: Int32, position: Int32)](repeating: (-1, 0), count: events.count)
    for (number, cluster) in clusters.enumerated() {
      for (position, index) in cluster.members.enumerated() { places[index] = (Int32(number), Int32(position)) }
    }
    var groups = clusters.map { Group(key: $0.key, events: $0.members.map { events[$0] }, findings: []) }
    let lent = findings.span
    for number in lent.indices {
      var positions: [Int: [Int]] = [:]
      for index in lent[number].events where places.indices.contains(index) && places[index].cluster >= 0 {
        positions[Int(places[index].cluster), default: []].append(Int(places[index].position))
      }
      for (cluster, members) in positions {
        groups[cluster].findings.append(
          IncidentFinding(
            signature: lent[number].signature, pattern: lent[number].pattern, events: members.sorted()))
      }
    }
    for index in groups.indices {
      groups[index].findings.sort {
        ($0.events[0], $0.signature.id, $0.pattern) < ($1.events[0], $1.signature.id, $1.pattern)
      }
    }
    return groups
  }
}

extension Citation {
  /// Whether the record's wording could begin with `fragment`.
  fileprivate func continues(_ fragment: Bytes) -> Bool {
    text.array.rawSpan.firstIndex(of: fragment.array) != nil
  }
}

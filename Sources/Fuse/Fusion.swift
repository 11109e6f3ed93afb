public import Evidence

/// Events and findings to incidents.
///
/// Only events that a finding speaks of become part of an incident; the others are facts without concern. Everything is
/// computed from the ordered events, so neither the order of the inputs nor their split shows.
public struct Fusion: Sendable {
  private let settings: FusionSettings
  public init(settings: FusionSettings) { self.settings = settings }

  /// Of the findings that fusion makes itself, because they take both views; all others are a rule's.
  public static let signatures = Contradiction.signatures

  /// What stands beside the events.
  public struct Context: Sendable {
    public var exposures: [Exposure]
    public var mentions: [Mention]
    public var hostFacts: [HostFact]
    /// Events that make no incident and are told with those of their source: failed logins, alerts at other ports.
    public var company: [Host: [Event]] = [:]
    public init(exposures: [Exposure] = [], mentions: [Mention] = [], hostFacts: [HostFact] = []) {
      self.exposures = exposures
      self.mentions = mentions
      self.hostFacts = hostFacts
    }
  }

  /// The incidents, in the order of their first events.
  /// - Parameter events: In the order of ``Event/precedes(_:_:)``.
  public func incidents(events: [Event], findings: [Finding], context: Context) -> [Incident] {
    var identities = Identities(directory: settings.directory)
    identities.joinShortNames(events, gap: settings.incidentGap)
    identities.joinObservedTargets(events, tolerance: settings.pairTolerance)
    let groups = Grouping(settings: settings, identities: identities).groups(events, findings)
    var context = context
    context.company = company(events, findings, identities)
    let clocks = Dictionary(
      settings.clocks.filter(\.isDecided).map { (identities.resolve($0.host), $0) },
      uniquingKeysWith: { first, _ in first })
    let callers = CrashCallers(events, settings: settings, identities: identities)
    var used: Set<String> = []
    var incidents = groups.map { group in
      var incident = incident(group, identities, clocks)
      while !used.insert(incident.id).inserted { incident.id += "+" }
      incident.deductions =
        Deducer(
          incident: incident, identities: identities, context: context, settings: settings
        ).deductions() + callers.deductions(incident)
      return incident
    }
    LikeHosts(settings: settings, identities: identities).mark(&incidents)
    return incidents
  }

  private func company(_ events: [Event], _ findings: [Finding], _ identities: Identities) -> [Host: [Event]] {
    let loners = events.indices.filter { events[$0].action == .authentication || events[$0].action == .alert }
    guard !loners.isEmpty else { return [:] }
    let spoken = Set(findings.flatMap(\.events))
    return Dictionary(grouping: loners.filter { !spoken.contains($0) }.map { events[$0] }) {
      identities.resolve($0.source.host)
    }
  }

  private func incident(_ group: Grouping.Group, _ identities: Identities, _ clocks: [Host: ClockOffset]) -> Incident {
    var events = group.events
    let pairs = Pairing(tolerance: settings.pairTolerance, clocks: clocks).pairs(events, identities: identities)
    for index in events.indices { refine(&events[index]) }
    let findings = group.findings + Contradiction(identities: identities, clocks: clocks).findings(events, pairs)
    for index in Fusion.everyday(findings) { events[index].isEveryday = true }
    let lead = findings.min(by: IncidentFinding.precedes)
    let source = group.key.host(events)
    var incident = Incident(
      id: Fusion.id(group.key, events), source: source, sourceAliases: aliases(of: source, events, identities),
      targets: targets(events, identities), programs: Incident.programs(of: events, names: [:]),
      views: Set(events.map(\.view)), events: events,
      findings: findings, pairs: pairs, deductions: [], patterns: patterns(findings, pairs, events),
      stage: lead?.signature.stage ?? .unexplained,
      outcome: .unknown, title: "", first: events.map(\.time).min() ?? events[0].time,
      last: events.map(\.end).max() ?? events[0].time)
    let settled = incident.settlement
    incident.outcome = Incident.outcome(of: events, settled, places: incident.targetPlaces)
    incident.settleFindings(settled)
    incident.crowd = Crowd.union(events.compactMap(\.crowd))
    incident.entitle(settings.programs)
    return incident
  }

  /// Events of which only informational findings speak.
  private static func everyday(_ findings: [IncidentFinding]) -> Set<Int> {
    let (informational, others) = (
      findings.filter { $0.signature.level == "informational" && $0.signature.stage != .response },
      findings.filter { $0.signature.level != "informational" }
    )
    return Set(informational.flatMap(\.events)).subtracting(others.flatMap(\.events))
  }

  /// What the sizes of an undecoded exchange tell is what became of it.
  private func refine(_ event: inout Event) {
    guard event.action == .connection, event.target.port == 111, let transport = event.transport,
      let conversation = event.conversation
    else { return }
    switch SizeReading.read(conversation, transport: transport) {
    case .dump(let entries): event.outcome = entries == 0 ? .empty : .answered
    case .denied: event.outcome = .refused
    default: break
    }
  }

  private func aliases(of source: Host, _ events: [Event], _ identities: Identities) -> [Host] {
    Set(events.map(\.source.host)).filter {
      $0 != source && identities.resolve($0) == identities.resolve(source) && !$0.isLocal
    }
    .sorted()
  }

  private func targets(_ events: [Event], _ identities: Identities) -> [Incident.Target] {
    var services: [Host: Set<Service>] = [:]
    var spellings: [Host: Set<Host>] = [:]
    for event in events where event.action != .response && event.target.host != .unknown {
      let host = identities.resolve(event.target.host)
      spellings[host, default: []].insert(event.target.host)
      services[host, default: []].formUnion(
        event.target.port.flatMap { port in event.transport.map { [Service($0, port)] } } ?? [])
      // The ports of a scan are those of its host when it had one.
      if let ports = event.probes?.ports { services[host, default: []].formUnion(ports.map(\.service)) }
    }
    for sum in events.compactMap(\.probes) where sum.hosts.count > 1 || sum.hosts.isEstimate {
      let openPorts = Dictionary(grouping: sum.open, by: \.host)
      for written in sum.firstHosts {
        let host = identities.resolve(written)
        spellings[host, default: []].insert(written)
        services[host, default: []].formUnion(openPorts[written]?.map(\.service) ?? [])
      }
    }
    return services.keys.sorted().map { host in
      let written = spellings[host]?.sorted() ?? []
      let shown = Fusion.shown(host, written)
      let address =
        written.first { $0.address != nil }
        ?? host.name.flatMap { settings.directory.address(of: $0) }.map { .address($0) }
      return Incident.Target(
        host: shown, alias: address == shown ? nil : address, services: services[host]?.sorted() ?? [],
        spellings: written)
    }
  }

  /// How a host is shown: as the evidence writes it, and by name where it has one.
  static func shown(_ host: Host, _ written: [Host]) -> Host {
    if written.contains(host) { return host }
    return written.first { $0.name != nil } ?? host
  }

  /// What was done; a network record that is the other view of a host record did nothing of its own.
  private func patterns(_ findings: [IncidentFinding], _ pairs: [Pair], _ events: [Event]) -> [String] {
    // A record of which no rule says anything tells of no deed; the packets that it was found for do.
    let told = Set(findings.flatMap(\.events))
    var echoes = Set(pairs.filter { told.contains($0.hostEvent) }.map(\.networkEvent))
    // Of a mount the wire tells which; what the log tells beside it stands in the outcome.
    for pair in pairs where told.contains(pair.networkEvent) && isMount(events[pair.networkEvent]) {
      echoes.remove(pair.networkEvent)
      echoes.insert(pair.hostEvent)
    }
    // The probes of a scan are one deed, the scan.
    var scanned: [Stage: [Int: Int]] = [:]
    for (number, finding) in findings.enumerated() where finding.events.count >= Fusion.scanSize {
      for event in finding.events { scanned[finding.signature.stage, default: [:]][event] = number }
    }
    func isPartOfScan(_ finding: IncidentFinding) -> Bool {
      guard finding.events.count < Fusion.scanSize, let first = finding.events.first,
        let scan = scanned[finding.signature.stage]?[first]
      else { return false }
      return finding.events.allSatisfy { scanned[finding.signature.stage]?[$0] == scan }
    }
    var patterns: [String] = []
    let ordered = findings.sorted { ($0.events.first ?? 0, $0.pattern) < ($1.events.first ?? 0, $1.pattern) }
    for finding in ordered where finding.signature.stage != .response {
      guard !isPartOfScan(finding), !finding.events.allSatisfy({ echoes.contains($0) }),
        !patterns.contains(finding.pattern),
        patterns.count < Fusion.patternCap
      else { continue }
      patterns.append(finding.pattern)
    }
    return patterns
  }

  private func isMount(_ event: Event) -> Bool {
    event.rpc?.program == ProgramTable.mountd && event.rpc?.procedureName == "mnt"
      && event.rpc?.path.isEmpty == false
  }

  /// A finding of so many events stands for them.
  private static let scanSize = 5
  /// An incident with more different patterns is told by these.
  private static let patternCap = 64

  /// FNV-1a over the source and the first events; a name for people, no protection against forgery.
  private static func id(_ key: Grouping.Key, _ events: [Event]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ text: String) {
      for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      hash = (hash ^ 0xff) &* 0x100_0000_01b3
    }
    mix(key.notation)
    guard let start = events.first?.time else { return "" }
    for event in events.prefix(8) where event.time == start {
      mix(event.time.description)
      mix(event.view.rawValue)
      mix(event.action.rawValue)
      mix(event.target.notation)
      mix(event.rpc?.procedureName.notation ?? "")
    }
    return "W-" + String(repeating: "0", count: 16 - String(hash, radix: 16).count) + String(hash, radix: 16)
  }
}

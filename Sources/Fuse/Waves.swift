import Evidence

/// What several incidents have in common: hypotheses over the whole evidence, none of which joins the incidents.
public struct Waves: Sendable {
  private let settings: FusionSettings
  public init(settings: FusionSettings) { self.settings = settings }

  /// A thing that several incidents share.
  public struct Wave: Sendable {
    public var deduction: Deduction
    /// The incidents' ids, in order.
    public var incidents: [String]
  }

  /// Incidents that begin within this many seconds of each other are one wave in time.
  private static let pause = 600.0

  public func waves(_ incidents: [Incident]) -> [Wave] {
    let attacks = incidents.filter { !$0.source.isLocal }
    return inTime(attacks) + byLookup(attacks) + bySource(attacks) + questions(incidents)
  }

  /// Several sources within minutes.
  private func inTime(_ incidents: [Incident]) -> [Wave] {
    let dated = incidents.filter { $0.isDated && $0.source != .unknown }.sorted {
      ($0.first, $0.id) < ($1.first, $1.id)
    }
    var clusters: [[Incident]] = []
    for incident in dated {
      if let last = clusters.last?.last, incident.first.timestamp.seconds(since: last.first.timestamp) <= Waves.pause {
        clusters[clusters.count - 1].append(incident)
      } else {
        clusters.append([incident])
      }
    }
    return clusters.compactMap { cluster in
      let sources = Set(cluster.map(\.source))
      guard sources.count >= 3, let first = cluster.first, let last = cluster.map(\.last).max() else { return nil }
      let targets = Set(cluster.flatMap { $0.targets.map(\.host) })
      return Wave(
        deduction: Deduction(
          "A wave: \(counted(sources.count, "source", "sources")) against \(counted(targets.count, "target", "targets")) between "
            + "\(first.first.description) and \(last.description)" + caution(sources), .possible,
          cluster.compactMap { $0.events.first?.citation }),
        incidents: cluster.map(\.id))
    }
  }

  /// Private addresses in reports of several sites need not be one machine.
  private func caution(_ hosts: Set<Host>) -> String {
    hosts.contains { $0.address?.isPrivate ?? false }
      ? ". Private addresses from several sites may stand for different machines: a link between reports is possible only"
      : ""
  }

  /// One program asked for by several.
  private func byLookup(_ incidents: [Incident]) -> [Wave] {
    struct Ask {
      var events: [Event] = []
      var incidents: [String] = []
    }
    var asks: [UInt32: Ask] = [:]
    for incident in incidents {
      for event in incident.events where event.view == .host && event.rpc?.procedureName == "getport" {
        guard let program = event.rpc?.argumentProgram, event.rpc?.argumentForm != .garbled else { continue }
        asks[program, default: Ask()].events.append(event)
        if asks[program]?.incidents.last != incident.id { asks[program]?.incidents.append(incident.id) }
      }
    }
    var waves: [Wave] = []
    for (program, ask) in asks.sorted(by: { $0.key < $1.key }) {
      let crowd = Crowd.union(ask.events.compactMap(\.crowd))
      let singly = Set(ask.events.filter { $0.crowd == nil }.map(\.source.host))
      let sources = singly.count + (crowd?.sourceCount ?? 0)
      guard sources >= 2 else { continue }
      let records = ask.events.reduce(0) { $0 + $1.count }
      let targets = Set(ask.events.map(\.target.host))
      let name = settings.programs[program].map { " (\($0.name))" } ?? ""
      waves.append(
        Wave(
          deduction: Deduction(
            "\(program)\(name) is asked for in \(counted(records, "record", "records")) by "
              + "\(counted(sources, "source", "sources")) at \(counted(targets.count, "target", "targets"))",
            .certain,
            Array(ask.events.map(\.citation).prefix(12))),
          incidents: ask.incidents))
    }
    return waves
      + retries(asks.values.flatMap(\.events), incidents: Set(asks.values.flatMap(\.incidents)).sorted())
  }

  /// How many calls all the look-ups are, if repeats are the library's.
  private func retries(_ asked: [Event], incidents: [String]) -> [Wave] {
    // Of a crowd's records not each has its time.
    let lookups = asked.filter { $0.crowd == nil }
    let groups = Dictionary(grouping: lookups.filter(\.time.isDated)) {
      [$0.source.host.notation, $0.target.host.notation, $0.rpc?.argument.notation ?? ""]
    }
    let repeats = groups.values.reduce(0) { $0 + Retries.count($1.map(\.time)) }
    guard repeats > 0 else { return [] }
    let records = lookups.reduce(0) { $0 + $1.count }
    let which =
      lookups.count < asked.count ? "All look-ups of sources that are told by themselves" : "All look-ups together"
    return [
      Wave(
        deduction: Deduction(
          "\(which): \(records) records, \(counted(records - repeats, "call", "calls")) if repeats exactly 5 s apart are the "
            + "RPC library's", .likely, Array(lookups.sorted(by: Event.precedes).map(\.citation).prefix(12))),
        incidents: incidents)
    ]
  }

  /// One source in several incidents.
  private func bySource(_ incidents: [Incident]) -> [Wave] {
    let groups = Dictionary(grouping: incidents.filter { $0.source != .unknown && $0.isDated }, by: \.source)
    return groups.sorted { $0.key < $1.key }.compactMap { source, group in
      let ordered = group.sorted { ($0.first, $0.id) < ($1.first, $1.id) }
      let targets = Set(group.flatMap { $0.targets.map(\.host) })
      guard group.count >= 2, targets.count >= 2, let first = ordered.first?.first, let last = ordered.last?.last else {
        return nil
      }
      let days = last.timestamp.day.number - first.timestamp.day.number + 1
      return Wave(
        deduction: Deduction(
          "\(source.notation) appears in \(group.count) incidents, at \(listed(targets.sorted().map(\.notation))) within "
            + "\(counted(days, "day", "days"))" + caution([source]),
          source.address?.isPrivate == false ? .likely : .possible, ordered.compactMap { $0.events.first?.citation }),
        incidents: ordered.map(\.id))
    }
  }

  /// An attack without a source, and somebody who looked around on that day: a question, not a link.
  private func questions(_ incidents: [Incident]) -> [Wave] {
    incidents.filter { $0.source == .unknown && $0.isDated && $0.stage == .exploitation }.flatMap { attack -> [Wave] in
      let before = incidents.filter {
        $0.isDated && $0.source != .unknown && !$0.source.isLocal && $0.first < attack.first
          && $0.first.timestamp.day == attack.first.timestamp.day
      }
      guard let nearest = before.max(by: { $0.last < $1.last }), let one = nearest.events.last,
        let other = attack.events.first
      else { return [] }
      return [
        Wave(
          deduction: Deduction(
            "A question: the attack on \(listed(attack.targets.map(\.host.notation))) names no source, and "
              + "\(nearest.source.notation) looked around at \(listed(nearest.targets.map(\.host.notation))) earlier that day. Nothing "
              + "in the evidence links the two", .possible, [one.citation, other.citation]),
          incidents: [nearest.id, attack.id])
      ]
    }
  }
}

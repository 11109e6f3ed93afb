import Evidence

/// Which hosts of the evidence are one machine: by the configuration, by what both views show of the same calls, and by
/// names that are the short and the long form of each other.
struct Identities: Sendable {
  /// Joined by the evidence, not by the configuration; each with its reason.
  struct Link: Sendable, Hashable {
    var one: Host
    var other: Host
    var reason: String
    var confidence: Confidence
  }

  private let directory: HostDirectory
  private var canonical: [Host: Host] = [:]
  private(set) var links: [Link] = []

  /// A name that is not joined to an address, since the calls that would join them fit more than one machine.
  struct Ambiguity: Sendable, Hashable {
    var host: Host
    var reason: String
    var evidence: [Citation]
  }
  private(set) var ambiguities: [Ambiguity] = []

  init(directory: HostDirectory) { self.directory = directory }

  /// One host for all its names and addresses.
  func resolve(_ host: Host) -> Host {
    let known = directory.resolved(host)
    return canonical[known] ?? known
  }

  /// The links that join this host to others.
  func links(of hosts: some Sequence<Host>) -> [Link] {
    let resolved = Set(hosts.map { resolve($0) })
    return links.filter { resolved.contains(resolve($0.one)) }
  }

  /// Why these hosts are not joined to others.
  func ambiguities(of hosts: some Sequence<Host>) -> [Ambiguity] {
    let known = Set(hosts.map { directory.resolved($0) })
    return ambiguities.filter { known.contains(directory.resolved($0.host)) }
  }

  /// Names of which an address is known, from the evidence or from the configuration.
  func hasAddress(_ host: Host, joined: Set<Host>) -> Bool { isConfigured(host) || joined.contains(host) }
  /// The hosts to which the evidence joins an address.
  var joinedAddresses: Set<Host> { Set(canonical.filter { $0.key.address != nil }.map(\.value)) }

  /// Whether the configuration says which addresses the name has: others it has not.
  fileprivate func isConfigured(_ name: Host) -> Bool { name.name.flatMap { directory.address(of: $0) } != nil }

  mutating func join(_ one: Host, _ other: Host, reason: String, confidence: Confidence) {
    let (left, right) = (resolve(one), resolve(other))
    guard left != right else { return }
    // The name stands for the pair, so that reports call a host as its own log does; of two names the longer.
    let winner = preferred(left, right)
    let loser = winner == left ? right : left
    for (host, target) in canonical where target == loser { canonical[host] = winner }
    canonical[loser] = winner
    links.append(Link(one: min(one, other), other: max(one, other), reason: reason, confidence: confidence))
  }

  private func preferred(_ left: Host, _ right: Host) -> Host {
    switch (left, right) {
    case (.name(let one), .name(let other)):
      return (one.count, one) < (other.count, other) ? left : right
    case (.name, _): return left
    case (_, .name): return right
    default: return min(left, right)
    }
  }
}

extension Identities {
  /// A trace with more different pairs of names is not one in which people abbreviated.
  private static let namePairCap = 256

  /// Names whose first label agrees and of which one's domain ends the other's (`waldo.edu`, `waldo.acu.edu`), when both
  /// ends of two exchanges stand in this relation within the gap of an incident.
  mutating func joinShortNames(_ events: [Event], gap: Double) {
    var seen: Set<[Host]> = []
    // One event for each pair of names.
    let exchanges = events.indices.filter {
      events[$0].source.host.name != nil && events[$0].target.host.name != nil && seen.count < Identities.namePairCap
        && seen.insert([events[$0].source.host, events[$0].target.host]).inserted
    }.map { events[$0] }
    for (index, one) in exchanges.enumerated() {
      for other in exchanges[(index + 1)...] {
        let ends = [one.source.host, other.source.host, one.target.host, other.target.host]
        guard one.time.isDated == other.time.isDated,
          abs(one.time.timestamp.seconds(since: other.time.timestamp)) <= gap
        else { continue }
        guard Identities.isShortForm(ends[0], ends[1]), Identities.isShortForm(ends[2], ends[3]) else { continue }
        for (left, right) in [(ends[0], ends[1]), (ends[2], ends[3])] {
          join(
            left, right,
            reason:
              "\(min(left, right).notation) and \(max(left, right).notation) are the short and the long name of one "
              + "host: both ends of the exchanges differ in the same way, and the exchanges are close in time",
            confidence: .likely)
        }
      }
    }
  }

  private static func isShortForm(_ one: Host, _ other: Host) -> Bool {
    guard let left = one.name?.lowercased.array, let right = other.name?.lowercased.array, left != right else {
      return false
    }
    let (short, long) = left.count < right.count ? (left, right) : (right, left)
    let shortLabels = short.split(separator: 0x2e)
    let longLabels = long.split(separator: 0x2e)
    guard shortLabels.count < longLabels.count, shortLabels.count >= 2, shortLabels[0] == longLabels[0] else {
      return false
    }
    return Array(shortLabels.dropFirst()) == Array(longLabels.suffix(shortLabels.count - 1))
  }

  /// The address of a host that logs under a name: where the calls that its log has from a source are the calls that the
  /// wire shows from that source to one address, and to no other.
  mutating func joinObservedTargets(_ events: [Event], tolerance: Double) {
    struct Call: Hashable {
      var source: Host
      var program: UInt32
      var procedure: Bytes
    }
    func call(_ event: Event) -> Call? {
      guard event.action == .rpcCall, let rpc = event.rpc, let program = rpc.program, !rpc.procedureName.isEmpty,
        event.source.host.address != nil
      else { return nil }
      return Call(source: event.source.host, program: program, procedure: rpc.procedureName)
    }
    // A capture alone tells no names.
    guard
      events.indices.contains(where: {
        events[$0].view == .host && events[$0].time.isDated && events[$0].target.host.name != nil
      })
    else { return }
    var onWire: [Call: [(time: Timestamp, target: Host)]] = [:]
    for event in events where event.view == .network && event.time.isDated && event.target.host.address != nil {
      if let call = call(event) { onWire[call, default: []].append((event.time.timestamp, event.target.host)) }
    }
    guard !onWire.isEmpty else { return }
    // Records come in order of time, so for each call one window moves over the wire's events.
    var windows = onWire.mapValues { TargetWindow($0, tolerance: tolerance) }
    var votes = NameVotes()
    for event in events where event.view == .host && event.time.isDated && event.target.host.name != nil {
      guard let call = call(event), let targets = windows[call]?.targets(near: event.time) else { continue }
      votes.add(event, targets)
    }
    join(votes)
  }

  /// Joins the names whose calls fit one address, where neither the configuration nor other names stand against it.
  private mutating func join(_ votes: NameVotes) {
    for name in votes.names where !isConfigured(name) {
      let ranked = votes.addresses(of: name)
      let distinct = ranked.filter { votes.exclusive(name, $0.address) >= NameVotes.least }
      if distinct.count > 1 {
        ambiguities.append(votes.severalAddresses(name, distinct.map(\.address)))
        continue
      }
      guard let best = ranked.first, ranked.count == 1 || best.count > ranked[1].count * 2 else { continue }
      let rivals = votes.rivals(of: name, at: best.address).filter { !Identities.areSpellings($0, name) }
      if !rivals.isEmpty {
        ambiguities.append(votes.severalNames([name] + rivals, best.address))
        continue
      }
      join(
        name, best.address,
        reason: "\(name.notation) and \(best.address.notation) are one host: "
          + counted(best.count, "call", "calls") + " that its log has from a source "
          + (best.count == 1 ? "is" : "are") + " on the wire to this address at the same time",
        confidence: best.count > 1 ? .likely : .possible)
    }
  }

  /// `db` and `db.example.com`: a log has the short name, another the long one.
  private static func areSpellings(_ one: Host, _ other: Host) -> Bool {
    guard let left = one.name?.lowercased.array, let right = other.name?.lowercased.array else { return false }
    let (short, long) = left.count < right.count ? (left, right) : (right, left)
    return long.starts(with: short) && (long.count == short.count || long[short.count] == 0x2e)
  }
}

/// The targets of one call's events within the tolerance of a moment that moves forward.
private struct TargetWindow {
  private let events: [(time: Timestamp, target: Host)]
  private let tolerance: Double
  private var low = 0
  private var high = 0
  private var counts: [Host: Int] = [:]
  /// A record that as many targets fit tells nothing of any of them.
  private static let targetCap = 64

  /// - Parameter events: In order of time.
  init(_ events: [(time: Timestamp, target: Host)], tolerance: Double) {
    self.events = events
    self.tolerance = tolerance
  }

  mutating func targets(near time: EventTime) -> [Host] {
    while high < events.count, events[high].time.seconds(since: time.timestamp) <= tolerance {
      counts[events[high].target, default: 0] += 1
      high += 1
    }
    while low < high, events[low].time.seconds(since: time.timestamp) < -tolerance {
      let target = events[low].target
      let count = counts[target, default: 1] - 1
      counts[target] = count > 0 ? count : nil
      low += 1
    }
    return counts.count <= TargetWindow.targetCap ? Array(counts.keys) : []
  }
}

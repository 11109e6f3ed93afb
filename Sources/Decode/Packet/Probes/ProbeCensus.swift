import Evidence

/// Probes counted together: those of one source, or of a crowd of sources. Of a fixed size, however many there are.
struct ProbeCensus {
  private(set) var probes = 0
  private(set) var first: Probe?
  private(set) var last: EventTime?
  private(set) var days = DayTally()
  private var techniques = ContiguousArray(repeating: 0, count: ProbeTechnique.allCases.count)
  /// By the outcome's rank.
  private var outcomes = ContiguousArray(repeating: 0, count: Outcome.allCases.count)
  private var ports = PortTally()
  /// By value; more than a few only where many machines, or one that forges them, send.
  private var timesToLive = ContiguousArray<Int32>()
  private var hosts = DistinctCount()
  private var services = DistinctCount()
  private var tcpPorts = DistinctCount()
  private var udpPorts = DistinctCount()
  private var ipProtocols = DistinctCount()
  private var rpcHosts = DistinctCount()
  private var firstHosts: [UInt128] = []
  private var open: [ProbeSum.Open] = []
  /// What the probe before this one met: most probes of a source differ from it in one thing.
  private var lastTarget: UInt128?

  mutating func note(_ probe: Probe) { note(probe, isOfConcern: probe.isOfConcern) }

  /// - Parameter isOfConcern: Whether it counts as of concern, whatever its port says.
  mutating func note(_ probe: Probe, isOfConcern: Bool) {
    probes += 1
    let isFirst = first.map { probe.time < $0.time } ?? true
    if isFirst { first = probe }
    if last.map({ $0 < probe.time }) ?? true { last = probe.time }
    days.note(probe.time)
    techniques[Int(probe.technique.rawValue)] += 1
    outcomes[probe.outcome.rank] += 1
    let isKnownPort = ports.note(probe.transport, probe.port)
    if let ttl = probe.timeToLive {
      if timesToLive.isEmpty { timesToLive = ContiguousArray(repeating: 0, count: 256) }
      timesToLive[Int(ttl)] &+= 1
    }
    noteTarget(probe, isKnownPort: isKnownPort, isOfConcern: isOfConcern)
    if probe.isNotable { note(open: ProbeSum.Open(host: probe.targetHost, service: probe.service)) }
  }

  private mutating func noteTarget(_ probe: Probe, isKnownPort: Bool, isOfConcern: Bool) {
    let port = UInt128(probe.port)
    let way = if case .tcp = probe.transport { UInt8(0) } else { probe.technique.rawValue }
    services.insert(probe.target ^ port << 64 ^ UInt128(way) << 80)
    // What is listed was counted before.
    if !isKnownPort { note(port, of: probe.technique) }
    let hash = DistinctCount.hash(probe.target)
    if isOfConcern { rpcHosts.insert(hash: hash) }
    guard probe.target != lastTarget else { return }
    lastTarget = probe.target
    hosts.insert(hash: hash)
    if firstHosts.count < ProbeSum.listCap, !firstHosts.contains(probe.target) { firstHosts.append(probe.target) }
  }

  private mutating func note(_ port: UInt128, of technique: ProbeTechnique) {
    switch technique {
    case .udp: udpPorts.insert(port)
    case .ipProtocol: ipProtocols.insert(port)
    default: tcpPorts.insert(port)
    }
  }

  /// The lowest are kept, so that the order of arrival does not show.
  private mutating func note(open service: ProbeSum.Open) {
    guard !open.contains(service) else { return }
    open.append(service)
    open.sort()
    if open.count > ProbeSum.listCap { open.removeLast() }
  }

  mutating func merge(_ other: ProbeCensus) {
    probes += other.probes
    if let theirs = other.first, first.map({ theirs.time < $0.time }) ?? true { first = theirs }
    if let theirs = other.last { last = max(last ?? theirs, theirs) }
    days.merge(other.days)
    for index in techniques.indices { techniques[index] += other.techniques[index] }
    for index in outcomes.indices { outcomes[index] += other.outcomes[index] }
    for (service, count) in other.ports.counts.sorted(by: { $0.service < $1.service }) {
      _ = ports.note(service.transport, service.port, count: count)
    }
    if timesToLive.isEmpty {
      timesToLive = other.timesToLive
    } else {
      for index in other.timesToLive.indices { timesToLive[index] &+= other.timesToLive[index] }
    }
    hosts.merge(other.hosts)
    services.merge(other.services)
    tcpPorts.merge(other.tcpPorts)
    udpPorts.merge(other.udpPorts)
    ipProtocols.merge(other.ipProtocols)
    rpcHosts.merge(other.rpcHosts)
    for host in other.firstHosts where firstHosts.count < ProbeSum.listCap && !firstHosts.contains(host) {
      firstHosts.append(host)
    }
    for service in other.open { note(open: service) }
  }

  /// - Parameters:
  ///   - total: The probes that there were; more than were counted here where the first ones were not.
  ///   - sources: Who sent them.
  func sum(of total: Int, sources: ProbeSum.Distinct) -> ProbeSum? {
    guard let first, let last else { return nil }
    func value(_ distinct: DistinctCount) -> ProbeSum.Distinct {
      let value = distinct.value
      // So many probes tried no more things than they were.
      return ProbeSum.Distinct(min(value.count, probes), isEstimate: value.isEstimate || total != probes)
    }
    let common = timesToLive.indices.max { timesToLive[$0] < timesToLive[$1] }
    return ProbeSum(
      probes: total, sources: sources, hosts: value(hosts), services: value(services), tcpPorts: value(tcpPorts),
      udpPorts: value(udpPorts), ipProtocols: value(ipProtocols), rpcHosts: value(rpcHosts),
      techniques: Dictionary(
        uniqueKeysWithValues: ProbeTechnique.allCases.map { ($0, techniques[Int($0.rawValue)]) }.filter { $0.1 > 0 }),
      outcomes: Dictionary(
        uniqueKeysWithValues: Outcome.allCases.map { ($0, outcomes[$0.rank]) }.filter { $0.1 > 0 }),
      ports: Array(
        ports.counts.sorted { ($1.probes, $0.service) < ($0.probes, $1.service) }.prefix(ProbeSum.listCap)),
      firstHosts: firstHosts.map { .address(IPAddress(bits: $0)) }, open: open, first: first.time, last: last,
      timeToLive: common.map { (UInt8($0), Int(timesToLive[$0])) })
  }

  /// The one host that was tried, if it is one.
  var onlyHost: UInt128? { hosts.value.count == 1 ? firstHosts.first : nil }
}

extension Probe {
  var targetHost: Host { .address(IPAddress(bits: target)) }
  var service: Service { Service(transport, port) }
}

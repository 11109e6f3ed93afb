import Evidence

/// Probes that belong together: sweeps over hosts, scans over ports.
extension Deducer {
  private var networkProbes: [Event] { events.filter { $0.view == .network && $0.action == .probe } }

  /// What is said before conclusions from the probes that are told one by one, where there are more.
  private var ofTheFirst: String { scanSums.isEmpty ? "" : "Of the first probes: " }

  func scans() -> [Deduction] { sweep() + datagramScan() + halfOpenScan() + connectScan() }

  /// One service of several hosts.
  private func sweep() -> [Deduction] {
    let byService = Dictionary(grouping: networkProbes.filter { $0.transport == .tcp }) { $0.target.port ?? 0 }
    var deductions: [Deduction] = []
    for (port, probes) in byService.sorted(by: { $0.key < $1.key }) {
      let hosts = Set(probes.map(\.target.host)).sorted()
      guard hosts.count >= 2, let first = probes.first, let last = probes.last else { continue }
      let span = last.time.timestamp.seconds(since: first.time.timestamp)
      var signs: [String] = [probes.count == 2 ? "\(duration(span)) apart" : "within \(duration(span))"]
      let ports = probes.compactMap(\.source.port)
      let isRun = zip(ports, ports.dropFirst()).allSatisfy { $1 == $0 &+ 1 } && ports.count == probes.count
      if isRun { signs.append("consecutive source ports \(Deducer.span(ports))") }
      let ids = probes.compactMap { $0.conversation?.syn?.ipID }
      let isIDRun = zip(ids, ids.dropFirst()).allSatisfy { $1 == $0 &+ 1 } && ids.count == probes.count
      if isIDRun { signs.append("consecutive IP identifications \(Deducer.span(ids))") }
      let isTool = span < 1 || (isRun && isIDRun)
      deductions.append(
        Deduction(
          ofTheFirst
            + "A sweep of TCP port \(port) over \(listed(hosts.map(\.notation))): \(signs.joined(separator: ", "))"
            + (isTool ? ". That is a tool's work" : ""), isTool ? .likely : .possible, cite(probes)))
      let networks = hosts.compactMap(\.address).filter { $0.isV4 && $0.v4 & 0xff == 0 }
      if let network = networks.first {
        deductions.append(
          Deduction(
            "\(network) ends in 0: the address of a network in most subnets, which somebody who knew the hosts would not try",
            .likely, cite(probes.filter { $0.target.host == .address(network) })))
      }
    }
    return deductions
  }

  private static func span<Number: BinaryInteger>(_ numbers: [Number]) -> String {
    guard let first = numbers.first, let last = numbers.last else { return "" }
    return numbers.count == 2 ? "\(first)/\(last)" : "\(first) to \(last)"
  }

  /// Ports from which nmap sends unless it is told otherwise.
  private static let scannerPorts: ClosedRange<UInt16> = 33_000...65_260

  /// Empty datagrams to many ports.
  private func datagramScan() -> [Deduction] {
    let empty = networkProbes.filter { $0.transport == .udp && $0.conversation?.initiator.payloadBytes == 0 }
    let ports = Set(empty.compactMap(\.target.port))
    guard ports.count >= 5, let first = empty.first, let last = empty.last else { return [] }
    let span = last.time.timestamp.seconds(since: first.time.timestamp)
    let sources = Set(empty.compactMap(\.source.port))
    var text = ofTheFirst + "\(ports.count) UDP ports in \(duration(span)) with empty datagrams: a UDP port scan"
    if let port = sources.first, sources.count == 1 {
      text += ", all from source port \(port)"
      if Deducer.scannerPorts.contains(port) {
        text += "; empty payload and one port of that range is how nmap does it"
      }
    }
    return [Deduction(text, .likely, cite(empty))]
  }

  /// Ports that answered a SYN, and were dropped before the handshake was complete.
  private func halfOpenScan() -> [Deduction] {
    let half = networkProbes.filter {
      $0.transport == .tcp && $0.conversation?.handshake == .synAck && $0.conversation?.close == .reset(by: .initiator)
    }
    guard !half.isEmpty else { return [] }
    let ports = listed(Set(half.compactMap(\.target.port)).sorted().map { String($0) })
    var text = ofTheFirst + "A SYN scan: TCP \(ports) open, each connection dropped before its handshake was complete"
    // nmap builds its own SYNs: window 1024, an MSS of 1460 and no other option, may be fragmented.
    let isNmap = half.allSatisfy { event in
      guard let syn = event.conversation?.syn else { return false }
      return syn.window == 1024 && syn.mss == 1460 && !syn.sackPermitted && syn.timestampValue == nil
        && syn.windowScale == nil
        && !syn.dontFragment
    }
    if isNmap { text += "; window 1024 with MSS 1460 as the only option, may be fragmented: as nmap builds its SYNs" }
    return [Deduction(text, .likely, cite(half))]
  }

  /// Connections that were opened for nothing, and ports that answered with a reset.
  private func connectScan() -> [Deduction] {
    let probes = networkProbes.filter { $0.transport == .tcp }
    let dropped = probes.filter {
      $0.conversation?.handshake == .complete && $0.conversation?.close == .reset(by: .initiator)
    }
    guard !dropped.isEmpty else { return [] }
    // Ports that were tried by other means, such as a SYN scan, tell of those.
    let stacks = Set(dropped.compactMap { $0.conversation?.syn?.window })
    let closed = probes.filter { event in
      event.outcome == .reset && event.conversation?.syn.map { stacks.contains($0.window) } ?? false
    }
    func ports(_ events: [Event]) -> String {
      listed(Set(events.compactMap(\.target.port)).sorted().map { String($0) })
    }
    var text =
      ofTheFirst + "A connect() scan: TCP \(ports(dropped)) open and reached, the connection dropped without a request"
    if !closed.isEmpty { text += "; TCP \(ports(closed)) closed" }
    return [
      Deduction(text, .likely, cite(dropped + closed)),
      Deduction(
        "In a connect() scan the scanner's own TCP stack sends the packets: their options and window tell that stack, and "
          + "nothing of the tool", .likely, cite(dropped)),
    ]
  }

  /// Hosts that the evidence, not the configuration, joined.
  func names() -> [Deduction] {
    let hosts = Set(attacks.flatMap { [$0.source.host, $0.target.host] }.filter { $0 != .unknown && !$0.isLocal })
    return identities.links(of: hosts).filter { hosts.contains($0.one) && hosts.contains($0.other) }
      .sorted { ($0.one, $0.other) < ($1.one, $1.other) }
      .map { link in
        let events = attacks.filter { event in
          [event.source.host, event.target.host].contains { $0 == link.one || $0 == link.other }
        }
        return Deduction(link.reason, link.confidence, cite(events))
      } + identities.ambiguities(of: hosts).map { Deduction($0.reason, .possible, $0.evidence) } + visit()
  }

  /// Undated probes of different kinds by one source in one stretch.
  private func visit() -> [Deduction] {
    guard !incident.isDated, let first = events.first?.time, let last = events.last?.time,
      Set(networkProbes.compactMap(\.transport)).count > 1
    else { return [] }
    // The pause that separates the kinds of probe says how far apart they were.
    let pauses = zip(events, events.dropFirst()).map { $1.time.timestamp.seconds(since: $0.time.timestamp) }
    return [
      Deduction(
        "TCP and UDP probes of one source within \(duration(last.timestamp.seconds(since: first.timestamp))), the longest pause "
          + "\(duration(pauses.max() ?? 0)): one visit", .likely, cite(events))
    ]
  }
}

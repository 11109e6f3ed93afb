public import Evidence

/// What many probes come to, where they are told as a sum.
extension Deducer {
  /// The sum of a source that went on, or of a crowd, each with its first event.
  var scanSums: [(event: Event, sum: ProbeSum)] { events.scanSums }

  func sums() -> [Deduction] {
    scanSums.flatMap { event, sum in
      [total(event, sum)] + openServices(event, sum) + pace(event, sum) + sender(event, sum) + crowd(event, sum)
    }
  }

  private func total(_ event: Event, _ sum: ProbeSum) -> Deduction {
    let span = sum.last.timestamp.seconds(since: sum.first.timestamp)
    var ports: [String] = []
    if sum.tcpPorts.count > 0 { ports.append(some(sum.tcpPorts, "TCP port", "TCP ports")) }
    if sum.udpPorts.count > 0 { ports.append(some(sum.udpPorts, "UDP port", "UDP ports")) }
    if sum.ipProtocols.count > 0 { ports.append(some(sum.ipProtocols, "IP protocol", "IP protocols")) }
    let who = sum.sources.count == 1 ? "" : " from " + some(sum.sources, "source", "sources")
    let outcomes = sum.outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key.rawValue)" }
    let counted = sum.outcomes.values.reduce(0, +)
    return Deduction(
      "\(sum.probes) probes\(who) of " + some(sum.hosts, "host", "hosts")
        + (ports.isEmpty ? "" : " and " + listed(ports)) + " within \(duration(span)), by "
        + listed(sum.techniqueNames) + "; "
        + (counted == sum.probes ? "" : "of those that were looked at closely, perhaps with the first ones of others, ")
        + listed(outcomes), .certain, [event.citation])
  }

  private func some(_ distinct: ProbeSum.Distinct, _ one: String, _ many: String) -> String {
    distinct.notation + " " + (distinct.count == 1 ? one : many)
  }

  private func openServices(_ event: Event, _ sum: ProbeSum) -> [Deduction] {
    guard !sum.open.isEmpty else { return [] }
    let services = sum.open.map { "\($0.host.notation) \($0.service.transport.rawValue)/\($0.service.port)" }
    let more = sum.open.count == ProbeSum.listCap ? ", perhaps more" : ""
    return [Deduction("Answered: " + listed(services, limit: ProbeSum.listCap) + more, .certain, [event.citation])]
  }

  /// So long between two probes is below what is counted by the minute.
  private static let slowPace = 20.0

  private func pace(_ event: Event, _ sum: ProbeSum) -> [Deduction] {
    let span = sum.last.timestamp.seconds(since: sum.first.timestamp)
    guard sum.sources.count == 1, sum.probes > 1, span / Double(sum.probes - 1) >= Deducer.slowPace else { return [] }
    // An average hides a burst and a pause; the probes that are told one by one show the pace.
    let told = events.filter { $0.action == .probe && $0.view == .network }
    if let first = told.first, let last = told.last, told.count > 1,
      last.time.timestamp.seconds(since: first.time.timestamp) / Double(told.count - 1) < Deducer.slowPace
    {
      return []
    }
    return [
      Deduction(
        "A slow scan: a probe each \(duration((span / Double(sum.probes - 1)).rounded())) on average", .likely,
        [event.citation])
    ]
  }

  /// Whether the address is that of who sent.
  private func sender(_ event: Event, _ sum: ProbeSum) -> [Deduction] {
    guard sum.sources.count == 1 else { return [] }
    if sum.techniques[.connect, default: 0] > 0 {
      return [
        Deduction(
          "It completed handshakes, for which it had to receive the answers: the address is not forged", .likely,
          [event.citation])
      ]
    }
    let hasCalls = events.contains { $0.action == .rpcCall && $0.transport == .tcp && $0.outcome != .unanswered }
    return hasCalls
      ? []
      : [
        Deduction(
          "None of its probes completed a handshake: nothing here shows that the address is that of who sent them",
          .certain, [event.citation])
      ]
  }

  /// Sources none of which did much.
  private func crowd(_ event: Event, _ sum: ProbeSum) -> [Deduction] {
    guard sum.sources.count > 1 else { return [] }
    var deductions = [
      Deduction(
        "Each of these sources did so little that they are told together. Addresses of bare probes can be forged: the number "
          + "of sources is no number of attackers", .certain, [event.citation])
    ]
    let counted = sum.outcomes.values.reduce(0, +)
    if let common = sum.timeToLive, counted >= 1000, common.probes * 10 >= counted * 9 {
      deductions.append(
        Deduction(
          "\(common.probes * 100 / counted) % of them came with TTL \(common.value): so many machines at one distance are unlikely, "
            + "so few machines may have sent them under forged addresses", .possible, [event.citation]))
    }
    return deductions
  }
}

extension [Event] {
  /// The sums of probes, each with the first of the events that tell of it: there is one for each day.
  public var scanSums: [(event: Event, sum: ProbeSum)] {
    var seen: Set<ObjectIdentifier> = []
    return compactMap { event in
      event.probes.flatMap { seen.insert(ObjectIdentifier($0)).inserted ? (event, $0) : nil }
    }
  }
}

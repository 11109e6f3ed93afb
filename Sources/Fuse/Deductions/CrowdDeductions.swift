import Evidence

/// What the records of many sources come to, where they are told together.
extension Deducer {
  func crowdTold(_ crowd: Crowd) -> [Deduction] {
    [total(crowd)] + forgotten(crowd) + logins(crowd) + [
      Deduction(
        "Each of these sources left no more than \(counted(crowd.roll.most, "record", "records")) in the evidence, "
          + "none of which tells that it got anything, so they are told together. Sources with records of another "
          + "kind, logins aside, are told by themselves. Of each kind of record, host and period the first is cited",
        .certain, cite(events)),
      Deduction(
        "A sender can forge the address of a datagram, and that of a bare SYN: the number of sources is no number of "
          + "attackers", .certain, []),
    ]
  }

  private func logins(_ crowd: Crowd) -> [Deduction] {
    guard crowd.roll.known > 0 else { return [] }
    return [
      Deduction(
        "Of \(crowd.roll.known) of the \(crowd.roll.sources.count) sources of all crowds there are logins in the "
          + "evidence, failed ones or not: too many to tell each by itself", .certain, [])
    ]
  }

  private func total(_ crowd: Crowd) -> Deduction {
    let span = crowd.last.timestamp.seconds(since: incident.first.timestamp)
    let records = events.reduce(0) { $0 + $1.count }
    return Deduction(
      "\(counted(records, "record", "records")) of \(crowd.words) within \(duration(max(0, span))): "
        + listed(deeds, limit: 12) + "; told by " + listed(observers, limit: 6), .certain, cite(events))
  }

  /// What was done, the most frequent first, with how often.
  private var deeds: [String] {
    var counts: [String: Int] = [:]
    for event in events { counts[deed(event), default: 0] += event.count }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
  }

  private func deed(_ event: Event) -> String {
    if let rpc = event.rpc, !rpc.procedureName.isEmpty {
      return rpc.procedureName.notation + "(" + rpc.argument.notation + ")"
    }
    if let rpc = event.rpc, let program = rpc.program, let number = rpc.procedure {
      return "program \(program) procedure \(number)"
    }
    if let port = event.target.port, let transport = event.transport {
      return transport.rawValue + "/\(port)"
    }
    return event.action == .connection ? "connections" : "probes"
  }

  private var observers: [String] { Set(events.map(\.observer.notation).filter { !$0.isEmpty }).sorted() }

  private func forgotten(_ crowd: Crowd) -> [Deduction] {
    guard crowd.forgotten > 0 else { return [] }
    return [
      Deduction(
        "Of \(counted(crowd.forgotten, "record", "records")) the source was forgotten when the table was full: they "
          + "are counted, and their sources are not", .certain, [])
    ]
  }
}

import Evidence

/// What the records of many sources come to, where they are told together.
extension Deducer {
  func crowdTold(_ crowd: Crowd) -> [Deduction] {
    [total(crowd)] + forgotten(crowd) + logins(crowd) + blocked(crowd) + [
      Deduction(
        "No record tells that one of these sources got anything, so they are told together. In the whole evidence no "
          + "\(crowd.forgotten > 0 ? "known source" : "source") that is told so left more than "
          + "\(counted(crowd.roll.most, "record", "records")), logins and what defences did aside. Sources with "
          + "others are told by themselves. Of each kind of record, host and span of time the first is cited",
        .certain, cite(events))
    ] + forgeable()
  }

  /// Whose addresses nothing vouches for: senders of datagrams, and of SYNs that nobody was seen to answer. A daemon
  /// that refuses a connection of TCP has shaken hands.
  private func forgeable() -> [Deduction] {
    let datagrams = events.filter { $0.transport == .udp || $0.transport == nil && $0.action == .rpcCall }
    let packets = events.filter { $0.transport != .udp && ($0.isAboutPacket || $0.action == .probe) }
    guard !datagrams.isEmpty || !packets.isEmpty else { return [] }
    let what: String
    if datagrams.isEmpty {
      what = "a bare SYN"
    } else if !packets.isEmpty {
      what = "a datagram, and that of a bare SYN"
    } else if datagrams.contains(where: { $0.transport == .udp }) {
      what = "a datagram"
    } else {
      what = "a datagram, and the records do not tell what carried these calls"
    }
    return [
      Deduction(
        "A sender can forge the address of \(what): the number of sources is no number of attackers", .certain,
        cite(datagrams + packets))
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

  private func blocked(_ crowd: Crowd) -> [Deduction] {
    guard crowd.roll.blocked > 0, events.contains(where: { $0.action == .probe }) else { return [] }
    return [
      Deduction(
        "A defence says that it blocked \(crowd.roll.blocked) of the \(crowd.roll.sources.count) sources of all crowds, "
          + "and a probe that its own host answered so is told as blocked", .certain, [])
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
      // Without a form the argument was not told, or was one of too many.
      return rpc.procedureName.notation + (rpc.argumentForm == nil ? "" : "(" + rpc.argument.notation + ")")
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

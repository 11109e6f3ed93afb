import Evidence

/// Host records that contradict the wire: what the log says did not happen like that, or did not happen.
///
/// A syslog takes lines from anybody who reaches it, so a line can be forged; and who owns a host can change what it logs.
struct Contradiction {
  private let identities: Identities
  private let clocks: [Host: ClockOffset]

  /// A record that the wire should have: in between so many calls of the same host that both views saw.
  private static let witnesses = 5
  /// In seconds, before and after the record.
  private static let reach = 600.0

  init(identities: Identities, clocks: [Host: ClockOffset]) {
    self.identities = identities
    self.clocks = clocks
  }

  /// What this finds.
  static let signatures = [answered, unseen]

  private static let answered = Signature(
    id: "watchfloor-log-denies-answer", title: "Log says refused, and the wire shows an answer", stage: .unexplained,
    lethality: 3, lethalityReason: "what the log denies was given away", level: "high", techniques: ["T1070"],
    limits: "that the log was changed: another service on the host may have answered")
  private static let unseen = Signature(
    id: "watchfloor-log-without-wire", title: "Log tells of a call that the wire does not have", stage: .unexplained,
    lethality: nil, lethalityReason: "", level: "medium", techniques: ["T1565.001"],
    limits: "that the line is forged: a packet that the sensor dropped looks the same")

  /// - Parameter pairs: Those of the same events.
  func findings(_ events: [Event], _ pairs: [Pair]) -> [IncidentFinding] {
    denied(events, pairs) + missing(events, pairs)
  }

  private func denied(_ events: [Event], _ pairs: [Pair]) -> [IncidentFinding] {
    pairs.compactMap { pair in
      let (record, packet) = (events[pair.hostEvent], events[pair.networkEvent])
      guard [.refused, .rejected].contains(record.outcome), packet.outcome == .answered,
        (packet.rpc?.resultEntries ?? 0) > 0 || (packet.rpc?.resultPort ?? 0) > 0
      else { return nil }
      return IncidentFinding(
        signature: Contradiction.answered, pattern: "log denies an answer", events: [pair.hostEvent, pair.networkEvent])
    }
  }

  /// Only of a host whose clock is decided and of whose calls the wire has the others on both sides.
  private func missing(_ events: [Event], _ pairs: [Pair]) -> [IncidentFinding] {
    guard !clocks.isEmpty, pairs.count >= Contradiction.witnesses else { return [] }
    let paired = Set(pairs.map(\.hostEvent))
    let moments = Dictionary(grouping: pairs.map { events[$0.hostEvent] }) { identities.resolve($0.target.host) }
      .mapValues { $0.map(\.time.timestamp).sorted() }
    return events.indices.compactMap { index in
      let event = events[index]
      guard event.view == .host, event.action == .rpcCall, event.time.isDated, !paired.contains(index),
        let address = event.source.host.address, !address.isLoopback
      else { return nil }
      let host = identities.resolve(event.target.host)
      guard clocks[host] != nil, let seen = moments[host],
        Contradiction.isAmong(seen, event.time.timestamp)
      else { return nil }
      return IncidentFinding(signature: Contradiction.unseen, pattern: "log line without a packet", events: [index])
    }
  }

  /// Whether enough moments lie within reach, on both sides.
  /// - Parameter moments: In order.
  private static func isAmong(_ moments: [Timestamp], _ time: Timestamp) -> Bool {
    let low = moments.partitionIndex { $0.seconds(since: time) >= -reach }
    let high = moments.partitionIndex { $0.seconds(since: time) > reach }
    guard high - low >= witnesses else { return false }
    return moments[low] <= time && moments[high - 1] >= time
  }
}

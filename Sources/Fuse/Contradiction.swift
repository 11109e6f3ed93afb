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
  static let signatures = [answered, denied, unseen]

  private static let answered = Signature(
    id: "watchfloor-log-denies-answer", title: "Log says refused, and the wire shows an answer", stage: .unexplained,
    lethality: 3, lethalityReason: "what the log denies was given away", level: "high", techniques: ["T1070"],
    limits:
      "that the log was changed: another service on the host may have answered, or the two records are of two calls")
  private static let denied = Signature(
    id: "watchfloor-log-allows-denial", title: "Log says allowed, and the wire shows a refusal", stage: .unexplained,
    lethality: nil, lethalityReason: "", level: "medium", techniques: ["T1565.001"],
    limits: "that the line is forged: another service on the host may have refused, or the two records are of two calls"
  )
  private static let unseen = Signature(
    id: "watchfloor-log-without-wire", title: "Log tells of a call that the wire does not have", stage: .unexplained,
    lethality: nil, lethalityReason: "", level: "medium", techniques: ["T1565.001"],
    limits: "that the line is forged: a packet that the sensor dropped looks the same")

  /// In which way a host record and a network record of one event contradict each other.
  enum Kind: CaseIterable {
    /// The log says that it was turned down, and the wire shows what was given.
    case answerDenied
    /// The log says that it was let in, and the wire shows that it was not.
    case denialAllowed

    fileprivate var finding: (signature: Signature, pattern: String) {
      switch self {
      case .answerDenied: (answered, "log denies an answer")
      case .denialAllowed: (denied, "log allows what was refused")
      }
    }

    /// Whether a finding is of this kind.
    func isTold(by finding: IncidentFinding) -> Bool { finding.signature === self.finding.signature }
  }

  /// Nil where one of the two may be finer than the other, and no more.
  static func kind(_ record: Event, _ packet: Event) -> Kind? {
    switch record.outcome {
    case .refused, .rejected: packet.gives ? .answerDenied : nil
    // A service that answers with a status of its own let the call in, and did not do what it asked.
    case .allowed:
      packet.outcome == .refused && packet.rpc?.resultStatus.isEmpty != false ? .denialAllowed : nil
    default: nil
    }
  }

  /// - Parameter pairs: Those of the same events.
  func findings(_ events: [Event], _ pairs: [Pair]) -> [IncidentFinding] {
    contradicting(events, pairs) + missing(events, pairs)
  }

  private func contradicting(_ events: [Event], _ pairs: [Pair]) -> [IncidentFinding] {
    pairs.compactMap { pair in
      guard let kind = Contradiction.kind(events[pair.hostEvent], events[pair.networkEvent]) else { return nil }
      let (signature, pattern) = kind.finding
      return IncidentFinding(signature: signature, pattern: pattern, events: [pair.hostEvent, pair.networkEvent])
    }
  }

  static func isUnseen(_ finding: IncidentFinding) -> Bool { finding.signature === unseen }

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

extension Incident {
  /// Records of which the other view denies what they tell, or should have the like and has not.
  public var contested: Set<Int> {
    Set(
      findings.filter { finding in
        Contradiction.isUnseen(finding) || Contradiction.Kind.allCases.contains { $0.isTold(by: finding) }
      }.flatMap(\.events))
  }
}

extension Event {
  /// Whether the wire shows that something was given or done, and not only that there was an answer: a portmapper that
  /// refuses answers NULL all the same, and other calls with nothing.
  fileprivate var gives: Bool {
    guard outcome == .answered else { return false }
    guard let rpc else {
      guard target.port == 111, let conversation, let transport,
        case .dump(let entries)? = SizeReading.read(conversation, transport: transport)
      else { return false }
      return entries > 0
    }
    if (rpc.resultEntries ?? 0) > 0 || (rpc.resultPort ?? 0) > 0 || rpc.details.givesHandle { return true }
    return rpc.program == ProgramTable.portmapper && ["set", "unset"].contains(rpc.procedureName)
  }
}

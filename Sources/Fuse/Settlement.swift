import Evidence

/// What became of the events that both views tell of: each once, by the finer of its two records.
struct Settlement: Sendable {
  /// Of each record of a pair what became of their event.
  private(set) var outcomes: [Int: Outcome] = [:]
  /// Of each pair the record that does not stand for it.
  private(set) var echoes: Set<Int> = []

  init() {}

  init(_ pairs: [Pair], _ events: [Event]) {
    for pair in pairs {
      let (record, packet) = (events[pair.hostEvent], events[pair.networkEvent])
      let outcome = Settlement.outcome(host: record.outcome, network: packet.outcome)
      outcomes[pair.hostEvent] = outcome
      outcomes[pair.networkEvent] = outcome
      // What more than every client does stands for both.
      echoes.insert(record.isEveryday && !packet.isEveryday ? pair.hostEvent : pair.networkEvent)
    }
  }

  subscript(index: Int, in events: [Event]) -> Outcome { outcomes[index] ?? events[index].outcome }

  /// Marks what stands for others at a new place.
  mutating func note(_ outcome: Outcome?, isEcho: Bool, at index: Int) {
    if let outcome { outcomes[index] = outcome }
    if isEcho { echoes.insert(index) }
  }

  /// Where the wire shows no answer the host knows best: some refuse in silence. That a host let a call in, or noticed it,
  /// tells nothing of the answer, which the wire shows. Of two that tell of an answer or a stop the one of more concern
  /// holds: a portmapper that refuses may answer with an empty list, and what was answered was not stopped.
  static func outcome(host: Outcome, network: Outcome) -> Outcome {
    if !network.isSettled { return host }
    return host == .allowed || !host.isSettled ? network : min(host, network)
  }
}

import Evidence

/// Where the host's log and the wire do not agree on what happened.
extension Deducer {
  func contradictions() -> [Deduction] { disagreements() + unseen() }

  private func disagreements() -> [Deduction] {
    Contradiction.Kind.allCases.compactMap { kind -> Deduction? in
      let found = incident.findings.filter { kind.isTold(by: $0) }
      guard let first = found.first else { return nil }
      let calls = counted(found.count, "call", "calls")
      let (log, wire) = kind == .answerDenied ? ("refused", "an answer that gives something") : ("allowed", "a refusal")
      let indices = Set(found.flatMap(\.events))
      let isMet = incident.pairs.contains { first.events.contains($0.hostEvent) && isSure($0) }
      return Deduction(
        "Log and wire contradict each other: of \(calls) the log says \(log), and the wire shows \(wire), which is the "
          + "outcome told here. A log takes lines from anybody who reaches it, and can be changed; another service at the "
          + "address may have answered; or the records are of different calls",
        isMet ? .likely : .possible, cite(indices.sorted().map { events[$0] }))
    }
  }

  private func unseen() -> [Deduction] {
    let records = incident.findings.filter { Contradiction.isUnseen($0) }.flatMap(\.events).map { events[$0] }
    guard !records.isEmpty else { return [] }
    let lines = counted(records.count, "line of the log tells of a call", "lines of the log tell of calls")
    return [
      Deduction(
        "\(lines) that the wire does not have, among others that it has: forged, or of packets that the sensor dropped. "
          + "What they say is what the log says", .possible, cite(records))
    ]
  }

  /// Says that a conclusion is the wire's alone where the log denies all that it rests on.
  /// - Parameter contested: ``contested``, which is found once.
  func byWire(_ text: String, _ events: [Event], _ contested: Set<Citation>) -> String {
    !contested.isEmpty && events.allSatisfy { contested.contains($0.citation) }
      ? "By the wire, which the log denies: " + text : text
  }

  /// Records that the other view denies.
  var contested: Set<Citation> { Set(incident.contested.map { events[$0].citation }) }
}

public import Evidence

/// What the evidence covers, for saying why one of the two views is missing.
public struct Coverage: Sendable {
  /// From the first to the last packet of each capture or trace with dates.
  public var wire: [ClosedRange<Timestamp>]
  /// From the first to the last record of each host that logged something of concern.
  public var logs: [Host: ClosedRange<Timestamp>]
  /// Hosts to or from which a packet of concern went; none where no host logged anything.
  public var seenOnWire: Set<Host>
  /// Packets that sensors say they dropped.
  public var drops: Int

  public init(wire: [ClosedRange<Timestamp>], events: [Event], drops: Int) {
    self.wire = wire.sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
    self.drops = drops
    logs = [:]
    seenOnWire = []
    let span = events.span
    // Who was on the wire is asked for what a host logged, and for nothing else.
    let hasRecords = span.indices.contains { span[$0].view == .host }
    for index in span.indices { note(span[index], hasRecords: hasRecords) }
  }

  private mutating func note(_ event: borrowing Event, hasRecords: Bool) {
    if event.view == .network {
      guard hasRecords else { return }
      seenOnWire.insert(event.source.host)
      seenOnWire.insert(event.target.host)
    } else if event.time.isDated {
      let moment = event.time.timestamp
      let known = logs[event.target.host] ?? moment...moment
      let end = max(moment, event.end.timestamp)
      logs[event.target.host] = min(known.lowerBound, moment)...max(known.upperBound, end)
    }
  }
}

/// What the view that is missing should have shown of an incident, and why it may not have.
public struct OtherView: Sendable, Hashable {
  public var expected: String
  public var reasons: [String]
}

extension Incident {
  /// Nil where both views saw it.
  public func otherView(_ coverage: Coverage) -> OtherView? {
    guard views.count == 1 else { return nil }
    return views.contains(.host) ? missingNetwork(coverage) : missingHost(coverage)
  }

  private var hosts: Set<Host> { Set(targets.flatMap { $0.spellings + [$0.host] + ($0.alias.map { [$0] } ?? []) }) }

  private func missingNetwork(_ coverage: Coverage) -> OtherView {
    let names = listed(targets.map(\.host.notation), limit: 3)
    guard !source.isLocal else {
      return OtherView(
        expected: "Nothing: a call of the host itself crosses no network",
        reasons: ["the record names a local transport"])
    }
    let expected =
      source == .unknown && crowd == nil
      ? "The network should have carried what caused it, if it came over the network"
      : "The network should have carried the request to \(names.isEmpty ? "the target" : names), and its answer"
    guard !coverage.wire.isEmpty else {
      let why =
        coverage.seenOnWire.isEmpty ? "no capture is in the evidence" : "the traces in the evidence have no dates"
      return OtherView(expected: expected, reasons: [why])
    }
    guard isDated,
      coverage.wire.contains(where: { $0.overlaps(first.timestamp...max(first.timestamp, last.timestamp)) })
    else {
      let spans = coverage.wire.map { EventTime($0.lowerBound, fractionDigits: 0).description }
      return OtherView(
        expected: expected,
        reasons: [
          "no capture covers the time; those in the evidence begin \(listed(spans, limit: 3))",
          "or one of the clocks is wrong by more than the report could tell",
        ])
    }
    var reasons: [String] = []
    if coverage.seenOnWire.isDisjoint(with: hosts) {
      reasons.append("the capture shows no traffic of concern with \(names): its sensor may stand elsewhere")
      if hosts.contains(where: { $0.name != nil }), !hosts.contains(where: { $0.address != nil }) {
        reasons.append("or it has the host by an address that nothing in the evidence ties to the name")
      }
    } else if source == .unknown, crowd == nil {
      reasons.append(
        "the capture shows traffic with \(names), and nothing in the record tells which of it belongs to it")
    } else {
      reasons.append("the capture shows other traffic with \(names): the sensor dropped these packets, or cut them")
      reasons.append("or the record is forged: a log takes lines from anybody who can reach it")
    }
    if coverage.drops > 0 {
      reasons.append("the sensor says that it dropped \(counted(coverage.drops, "packet", "packets"))")
    }
    return OtherView(expected: expected, reasons: reasons)
  }

  private func missingHost(_ coverage: Coverage) -> OtherView {
    let names = listed(targets.map(\.host.notation), limit: 3)
    let expected =
      "\(names.isEmpty ? "The target" : names) should have logged the request, if its service logs such calls"
    let isOpen = events.contains { ($0.conversation?.handshake ?? .unseen) >= .synAck }
    if [.unanswered, .reset].contains(outcome), !isOpen {
      return OtherView(
        expected: expected,
        reasons: ["nothing answered: where no service listens, or a filter stands before it, there is nothing to log"])
    }
    let logs = hosts.compactMap { coverage.logs[$0] }
    guard !logs.isEmpty else {
      return OtherView(
        expected: expected,
        reasons: [
          coverage.logs.isEmpty
            ? "no host's log with a record of concern is in the evidence"
            : "no record of concern of this host is in the evidence: its log may not have been given, or is under another name"
        ])
    }
    let span = first.timestamp...max(first.timestamp, last.timestamp)
    let covering = isDated ? logs.filter { $0.overlaps(span) } : []
    guard !covering.isEmpty else {
      return OtherView(expected: expected, reasons: ["the records of this host in the evidence are of another time"])
    }
    let isWhole = covering.contains { $0.contains(span.lowerBound) && $0.contains(span.upperBound) }
    return OtherView(
      expected: expected,
      reasons: [
        "the host's log covers \(isWhole ? "the time" : "a part of the time"): the service does not log what it allows",
        "or the record was lost, or taken out of the log",
      ])
  }
}

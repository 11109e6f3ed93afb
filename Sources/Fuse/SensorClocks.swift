public import Evidence

/// Estimates the clock offset of each host that logs against the network's sensors, and sets records that it keeps apart
/// onto one clock.
///
/// Calls of one source, program and procedure that a log and the wire both have vote for their difference of time. The
/// true differences lie on one line, offset and drift; those of calls that do not belong together lie anywhere. The line
/// with most votes is taken when it has at least five, of more than one source or procedure, and no other line has more
/// than half as many: so a few wrong pairs do not matter, and a series that repeats by the clock decides nothing.
public struct SensorClocks: Sendable {
  private let settings: FusionSettings
  public init(settings: FusionSettings) { self.settings = settings }

  /// Fewer calls that agree may agree by chance.
  static let least = 5
  /// Addresses of the wire that are tried for one host.
  private static let targetCap = 8
  /// Differences that are looked at for all hosts together; rare kinds of calls come first, since they tell most.
  private static let budget = 400_000

  private struct Kind: Hashable {
    var source: Host
    var program: UInt32
    var procedure: Bytes
    var port: UInt16?
  }

  /// Calls by what they are.
  private typealias Calls = [Kind: [(time: Timestamp, event: Int)]]

  /// Sets the records of hosts whose clock is decided and further off than pairs are looked for onto the network's clock.
  /// - Parameter events: In order; they are not when something was set.
  public func align(_ events: inout [Event]) -> [ClockOffset] {
    // One view alone has nothing to be held against, and many events.
    guard View.allCases.allSatisfy({ view in events.contains { $0.view == view } }) else { return [] }
    var clocks = estimate(events)
    let identities = Identities(directory: settings.directory)
    var far: [Host: Int] = [:]
    for index in clocks.indices where clocks[index].isDecided {
      guard abs(clocks[index].offset) > settings.pairTolerance / 2 else { continue }
      clocks[index].isApplied = true
      far[identities.resolve(clocks[index].host)] = index
    }
    guard !far.isEmpty else { return clocks }
    for index in events.indices where events[index].view == .host && events[index].time.isDated {
      guard let clock = far[identities.resolve(events[index].target.host)] else { continue }
      events[index].time.timestamp = SensorClocks.moved(events[index].time, clocks[clock])
    }
    return clocks
  }

  /// By whole steps of the stamp, so that it stays what it was: a second, or a part of one.
  private static func moved(_ time: EventTime, _ clock: ClockOffset) -> Timestamp {
    let steps = (clock.offset(at: time.timestamp) / time.resolution).rounded()
    let shift = steps * time.resolution * 1e9
    guard abs(shift) < 9e18 else { return time.timestamp }
    let (moment, overflow) = time.timestamp.nanoseconds.subtractingReportingOverflow(Int64(shift))
    return overflow ? time.timestamp : Timestamp(nanoseconds: moment)
  }

  /// One estimate for each host of whose calls the wire shows the like, in the order of their names.
  public func estimate(_ events: [Event]) -> [ClockOffset] {
    let identities = Identities(directory: settings.directory)
    var logs: [Host: Calls] = [:]
    var wire: [Host: Calls] = [:]
    let span = events.span
    for index in span.indices where span[index].time.isDated {
      guard let kind = kind(span[index], identities) else { continue }
      let target = identities.resolve(span[index].target.host)
      if span[index].view == .host {
        logs[target, default: [:]][kind, default: []].append((middle(span[index].time), index))
      } else {
        wire[target, default: [:]][kind, default: []].append((span[index].requestTime.timestamp, index))
      }
    }
    guard !wire.isEmpty else { return [] }
    var rest = SensorClocks.budget
    return logs.sorted { $0.key < $1.key }.compactMap { host, calls in
      clock(of: host, calls, wire, &rest)
    }
  }

  /// What is stamped with a second happened somewhere in it.
  private func middle(_ time: EventTime) -> Timestamp {
    Timestamp(nanoseconds: time.timestamp.nanoseconds &+ Int64(time.resolution * 5e8))
  }

  private func kind(_ event: borrowing Event, _ identities: Identities) -> Kind? {
    guard event.source.host.address != nil || event.source.host.name != nil, event.target.host != .unknown else {
      return nil
    }
    let source = identities.resolve(event.source.host)
    if event.action == .rpcCall, let rpc = event.rpc, let program = rpc.program, !rpc.procedureName.isEmpty {
      return Kind(source: source, program: program, procedure: rpc.procedureName, port: nil)
    }
    guard event.action == .probe, let port = event.target.port else { return nil }
    return Kind(source: source, program: 0, procedure: "", port: port)
  }

  private func clock(of host: Host, _ calls: Calls, _ wire: [Host: Calls], _ rest: inout Int) -> ClockOffset? {
    var lines: [OffsetLine] = []
    for target in candidates(host, calls, wire) {
      guard let other = wire[target] else { continue }
      lines += OffsetLine.best(votes(calls, other, &rest))
    }
    guard let best = lines.max(by: { $0.support < $1.support }) else { return nil }
    let second = lines.filter { !$0.isSame(as: best) }.map(\.support).max() ?? 0
    var clock = ClockOffset(
      host: host, verdict: .decided, pairs: best.support, offset: best.offset, drift: best.drift,
      reference: best.reference, span: best.span)
    if best.support < SensorClocks.least {
      clock.verdict = .undecided(
        "\(counted(best.support, "call agrees", "calls agree")) on an offset, fewer than \(SensorClocks.least)")
    } else if best.kinds < 2 {
      clock.verdict = .undecided("all calls that agree are of one source and procedure")
    } else if second * 2 > best.support {
      clock.verdict = .undecided("other offsets fit nearly as many calls (\(second) of \(best.support))")
    }
    return clock
  }

  /// The addresses of the wire that can be the host: it itself, or those whose calls are like those of its log.
  private func candidates(_ host: Host, _ calls: Calls, _ wire: [Host: Calls]) -> [Host] {
    if wire[host] != nil { return [host] }
    var alike: [(target: Host, count: Int)] = []
    for (target, other) in wire {
      let count = calls.reduce(0) { $0 + min($1.value.count, other[$1.key]?.count ?? 0) }
      if count > 0 { alike.append((target, count)) }
    }
    alike.sort { ($1.count, $0.target) < ($0.count, $1.target) }
    return alike.prefix(SensorClocks.targetCap).map(\.target)
  }

  /// The differences of all calls that can be the same one.
  private func votes(_ calls: Calls, _ other: Calls, _ rest: inout Int) -> [OffsetLine.Vote] {
    var shared: [(kind: Int, records: [(time: Timestamp, event: Int)], packets: [(time: Timestamp, event: Int)])] = []
    for (kind, records) in calls {
      guard let packets = other[kind] else { continue }
      // Numbered by its first record, so that no hash seed shows.
      shared.append((records[0].event, records, packets))
    }
    shared.sort { left, right in
      let (one, another) = (left.records.count * left.packets.count, right.records.count * right.packets.count)
      return one != another ? one < another : left.kind < right.kind
    }
    var votes: [OffsetLine.Vote] = []
    for (kind, records, packets) in shared where records.count * packets.count <= rest {
      rest -= records.count * packets.count
      for record in records {
        for packet in packets {
          votes.append(
            OffsetLine.Vote(
              time: record.time, difference: record.time.seconds(since: packet.time), record: record.event,
              packet: packet.event, kind: kind))
        }
      }
    }
    return votes
  }
}

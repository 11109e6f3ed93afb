public import Evidence

/// Network sensors beside a capture, and beside each other: who sees one exchange twice has seen one exchange.
///
/// Two records are of one exchange when both ends, both ports and the transport agree and their times do. Of those one
/// Event stays, a capture's before a sensor's, and cites the others as its witnesses. A sensor's alert is kept, since
/// rules speak of it, and marked as an echo: it is no further event of the incident.
public enum Witnesses {
  private struct Exchange: Hashable {
    var source: Endpoint
    var target: Endpoint
    var transport: Transport
  }

  /// Clocks of sensors, and the start of a flow and its first call, are not further apart, in seconds.
  private static let tolerance = 120.0
  /// An Event names so many witnesses.
  private static let witnessCap = 4

  /// - Parameter events: In the order of ``Event/precedes(_:_:)``, and left so.
  public static func merge(_ events: inout [Event]) {
    guard events.indices.contains(where: { events[$0].isOfSensor }) else { return }
    var known: [Exchange: [Int]] = [:]
    var scans: [Host: [Int]] = [:]
    for index in events.indices where events[index].view == .network && !events[index].isOfSensor {
      if events[index].action == .scan { scans[events[index].source.host, default: []].append(index) }
      if let exchange = exchange(events[index]) { known[exchange, default: []].append(index) }
    }
    var gone: Set<Int> = []
    for index in order(events) {
      if let scan = scans[events[index].source.host]?.first(where: { covers(events[$0], events[index]) }) {
        attest(&events[scan], events[index].citation)
        gone.insert(index)
        continue
      }
      guard let exchange = exchange(events[index]) else { continue }
      guard let first = known[exchange]?.first(where: { isSame(events[$0], events[index]) }) else {
        known[exchange, default: []].append(index)
        continue
      }
      attest(&events[first], events[index].citation)
      if events[index].action == .alert { events[index].isEcho = true } else { gone.insert(index) }
    }
    guard !gone.isEmpty else { return }
    events = events.indices.filter { !gone.contains($0) }.map { events[$0] }
  }

  /// What sensors saw before what they make of it, and of one kind in the order of the Events.
  private static func order(_ events: [Event]) -> [Int] {
    let sensed = events.indices.filter { events[$0].isOfSensor && events[$0].count == 1 }
    return sensed.filter { events[$0].action != .alert } + sensed.filter { events[$0].action == .alert }
  }

  private static func exchange(_ event: Event) -> Exchange? {
    guard let transport = event.transport, event.source.port != nil, event.target.port != nil else { return nil }
    return Exchange(source: event.source, target: event.target, transport: transport)
  }

  private static func isSame(_ event: Event, _ other: Event) -> Bool {
    guard event.time.isDated == other.time.isDated else { return false }
    let first = event.conversation?.initiator.first ?? event.time
    let last = max(event.conversation?.initiator.last ?? event.time, event.end)
    return other.time.timestamp.seconds(since: first.timestamp) >= -tolerance
      && other.time.timestamp.seconds(since: last.timestamp) <= tolerance
  }

  /// Whether a probe is one of those that a scan sums up.
  private static func covers(_ scan: Event, _ probe: Event) -> Bool {
    probe.action == .probe && scan.source.host != .unknown && isSame(scan, probe)
  }

  private static func attest(_ event: inout Event, _ citation: Citation) {
    if event.witnesses.count < witnessCap { event.witnesses.append(citation) }
  }
}

extension Event {
  /// A record of Suricata or Zeek, and not of a capture that was read here.
  public var isOfSensor: Bool { view == .network && (observer == Event.suricata || observer == Event.zeek) }
  private static let suricata: Bytes = "suricata"
  private static let zeek: Bytes = "zeek"
}

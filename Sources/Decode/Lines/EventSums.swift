package import Evidence

/// Events of which only how many there were matters, told by one Event for each kind and period: failed logins, lines
/// that no format knows, NFS calls that another sensor saw.
///
/// A sum does not depend on the order of what it sums, nor on how the evidence is split; its first record stands for it.
package struct EventSums: Sendable {
  /// How long what is summed may be apart.
  package enum Period: Sendable {
    /// Not at all: only what is the same at the same moment.
    case moment
    case hour, day

    fileprivate var nanoseconds: Int64 {
      switch self {
      case .moment: 1
      case .hour: 3_600_000_000_000
      case .day: 86_400_000_000_000
      }
    }
  }

  private struct Key: Hashable {
    var action: Event.Action
    var view: View
    var outcome: Outcome
    var observer: Bytes
    var source: Host
    var target: Endpoint
    var procedure: Bytes
    var detail: Bytes
    var period: Int64
    var isDated: Bool
  }
  private var events: [Key: Event] = [:]
  /// Kinds that are kept at most. An attacker's text can make any number of them.
  private let cap: Int
  /// The first record of those that went.
  package private(set) var evicted: (count: Int, first: Citation)?

  package static let defaultCap = 4096
  package init(cap: Int = defaultCap) { self.cap = max(cap, 1) }

  package var isEmpty: Bool { events.isEmpty }

  package mutating func add(_ event: Event, by period: Period) {
    add(event, EventSums.key(event, event.time.timestamp.nanoseconds / period.nanoseconds))
  }

  private static func key(_ event: Event, _ period: Int64) -> Key {
    Key(
      action: event.action, view: event.view, outcome: event.outcome, observer: event.observer,
      source: event.source.host, target: event.target, procedure: event.rpc?.procedureName ?? "", detail: event.detail,
      period: period, isDated: event.time.isDated)
  }

  private mutating func add(_ event: Event, _ key: Key) {
    guard var known = events[key] else {
      // As many again as the cap, so that making room costs little for each.
      if events.count / 2 >= cap { makeRoom() }
      events[key] = event
      return
    }
    let (count, overflow) = known.count.addingReportingOverflow(event.count)
    let isFirst = Event.precedes(event, known)
    if isFirst { known = event }
    known.count = overflow ? .max : count
    events[key] = known
  }

  /// The oldest go.
  private mutating func makeRoom() {
    // What is sorted is small: an Event is not.
    let ages = events.map { (key: $0.key, time: $0.value.time, text: $0.value.citation.text) }
    let ordered = ages.sorted { $0.time != $1.time ? $0.time < $1.time : $0.text < $1.text }
    let going = ordered.prefix(max(0, ordered.count - cap))
    guard let oldest = going.first, let first = events[oldest.key]?.citation else { return }
    for entry in going { events[entry.key] = nil }
    evicted = ((evicted?.count ?? 0) + going.count, evicted?.first ?? first)
  }

  package mutating func merge(_ other: EventSums) {
    for (key, event) in other.events { add(event, key) }
    if let gone = other.evicted { evicted = ((evicted?.count ?? 0) + gone.count, evicted?.first ?? gone.first) }
  }

  /// One Event for each kind, in order; templates that differ in one word only are one.
  package func summed() -> [Event] {
    let lines = events.values.filter { $0.action == .log }
    let others = events.values.filter { $0.action != .log }
    return (LineTemplates.generalised(lines) + others).sorted(by: Event.precedes)
  }
}

public import Evidence

/// Events of which only how many there were matters, told by one Event for each kind and period: failed logins, lines
/// that no format knows, NFS calls that another sensor saw.
///
/// A sum does not depend on the order of what it sums, nor on how the evidence is split; its first record stands for it.
public struct EventSums: Sendable {
  /// How long what is summed may be apart.
  public enum Period: Sendable {
    /// Not at all: only what is the same at the same moment.
    case moment
    case hour, day

    /// The number of the one that a moment lies in.
    fileprivate func number(of moment: Timestamp) -> Int64 {
      switch self {
      case .moment: moment.nanoseconds
      case .hour: moment.hour
      case .day: Int64(moment.day.number)
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
    var transport: Transport?
    var procedure: Bytes
    var detail: Bytes
    var period: Int64
    var isDated: Bool
  }
  private var events: [Key: Event] = [:]
  /// Records of an hour whose kinds were met before, one of each kind and source; of each its key, and where it stands.
  private var shelf = RecordShelf()
  private var keys: ContiguousArray<UInt128> = []
  private var index = SlotIndex()
  private let seed = FlowSeed()
  /// Kinds that are kept at most. An attacker's text can make any number of them.
  private let cap: Int
  /// The first record of those that went.
  public private(set) var evicted: (count: Int, first: Citation)?

  public static let defaultCap = 4096
  public init(cap: Int = defaultCap) { self.cap = max(cap, 1) }

  public var isEmpty: Bool { events.isEmpty && keys.isEmpty }

  /// - Parameter line: The key of the line that it is, for others of its kind.
  mutating func add(_ event: Event, by period: Period, line key: UInt64) {
    shelf.learn(key, RecordShelf.holds(event) ? shelf.kind(of: event, cap: EventSums.defaultCap) : nil)
    add(event, by: period)
  }

  /// Counts a line whose kind was learned; false when it was not. Its hour is that of its time.
  /// - Parameter outline: The line's, where it has one.
  mutating func add(_ line: RawSpan, _ known: KnownLine, _ outline: LineOutline?, at place: Provenance) -> Bool {
    guard let kind = shelf.kinds.number(ofLine: known.key), kind >= 0, line.byteCount <= Citation.textCap,
      known.time.isDated
    else { return false }
    let time = known.time.timestamp
    // As in `add(_:by:)`, and an IPv4 address in as many bits as it needs; what is longer is mixed.
    let address = UInt64(truncatingIfNeeded: known.source) ^ UInt64(truncatingIfNeeded: known.source >> 64)
    let hour = UInt64(bitPattern: time.hour)
    let key = UInt128(known.host.combined(with: known.key ^ hour)) << 64 | UInt128(address)
    let hash = seed.hash(key)
    let found = index.slot(hash: hash) { keys[$0] == key && shelf.source(of: $0) == known.source }
    if let number = found {
      guard shelf.isFirst(number, before: line, known, at: place) else { return false }
      return shelf.addOne(to: number)
    }
    if shelf.notes.count / 2 >= cap { makeRoomOnShelf() }
    guard shelf.append(line, known, outline, kind: kind, at: place) else { return false }
    index.insert(hash: hash, slot: keys.count)
    keys.append(key)
    return true
  }

  public mutating func add(_ event: Event, by period: Period) {
    add(event, EventSums.key(event, period.number(of: event.time.timestamp)))
  }

  private static func key(_ event: Event, _ period: Int64) -> Key {
    Key(
      action: event.action, view: event.view, outcome: event.outcome, observer: event.observer,
      source: event.source.host, target: event.target, transport: event.transport,
      procedure: event.rpc?.procedureName ?? "", detail: event.detail, period: period, isDated: event.time.isDated)
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

  /// The older half goes.
  private mutating func makeRoomOnShelf() {
    // Times are sorted, which are small.
    let times = shelf.notes.indices.map { (time: shelf.notes[$0].time, number: $0) }
    let order = times.sorted {
      $0.time != $1.time ? $0.time < $1.time : shelf.isOlder($0.number, than: $1.number)
    }.map(\.number)
    let going = order.prefix(max(0, order.count - cap))
    guard let oldest = going.first else { return }
    evicted = ((evicted?.count ?? 0) + going.count, evicted?.first ?? shelf.event(oldest).citation)
    var kept = RecordShelf(kindsOf: shelf)
    var isGoing = [Bool](repeating: false, count: order.count)
    for number in going { isGoing[number] = true }
    var (keptKeys, keptIndex) = (ContiguousArray<UInt128>(), SlotIndex())
    for number in shelf.notes.indices where !isGoing[number] {
      keptIndex.insert(hash: seed.hash(keys[number]), slot: keptKeys.count)
      keptKeys.append(keys[number])
      kept.append(number, of: shelf)
    }
    (shelf, keys, index) = (kept, keptKeys, keptIndex)
  }

  /// Puts what stands on the shelf to the others.
  private mutating func clearShelf() {
    let full = shelf
    shelf = RecordShelf(kindsOf: full)
    (keys, index) = ([], SlotIndex())
    events.reserveCapacity(events.count + full.notes.count)
    for number in full.notes.indices { add(full.event(number), by: .hour) }
  }

  /// The oldest go; of those of the last moment that goes it is said by what they say, and exactly as many go as must:
  /// an attacker can make any number of kinds of one moment, and of one wording where lines are cut.
  private mutating func makeRoom() {
    // Times are sorted, which are small.
    let times = events.values.map(\.time).sorted()
    guard times.count > cap else { return }
    let limit = times[times.count - cap]
    let older = events.values.lazy.filter { $0.time < limit }.min(by: Event.precedes)
    let atLimit = events.filter { !($0.value.time < limit) && !(limit < $0.value.time) }
      .sorted { Event.precedes($0.value, $1.value) }
    let going = atLimit.prefix(max(0, atLimit.count + times.count { limit < $0 } - cap))
    guard let first = (older ?? going.first?.value)?.citation else { return }
    events = events.filter { !($0.value.time < limit) }
    for (key, _) in going { events[key] = nil }
    evicted = ((evicted?.count ?? 0) + times.count - events.count, evicted?.first ?? first)
  }

  public mutating func merge(_ other: EventSums) {
    guard !isEmpty || cap != other.cap else {
      let gone = evicted
      self = other
      if let gone { evicted = ((evicted?.count ?? 0) + gone.count, gone.first) }
      return
    }
    clearShelf()
    var other = other
    other.clearShelf()
    // In order: room may have to be made meanwhile.
    for (key, event) in other.events.sorted(by: { Event.precedes($0.value, $1.value) }) { add(event, key) }
    if let gone = other.evicted { evicted = ((evicted?.count ?? 0) + gone.count, evicted?.first ?? gone.first) }
  }

  /// Those of the days up to one; no sum is of more than a day.
  func known(at day: Day) -> EventSums {
    var known = self
    known.clearShelf()
    known.events = known.events.filter { !$0.value.time.isLater(than: day) }
    return known
  }

  /// One Event for each kind, in order; templates that differ in one word only are one.
  public func summed() -> [Event] {
    var sums = self
    sums.clearShelf()
    return sums.inOrder()
  }

  private func inOrder() -> [Event] {
    let lines = events.values.filter { $0.action == .log }
    let others = events.values.filter { $0.action != .log }
    var sums = LineTemplates.generalised(lines) + others
    sums.sort(on: { $0.time }, then: Event.precedes)
    return sums
  }
}

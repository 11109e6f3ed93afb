public import Evidence

/// Holds events against rules. Events come in the order of `Event.precedes`; what follows from them does not depend on
/// how they are handed over.
///
/// Findings of single events are given at once, those of correlations when their run is over; ``finish(into:)`` puts all
/// of them in order.
public struct Detector: Sendable {
  /// What the caps of the correlations cost.
  public private(set) var oddities = OddityTally()

  private let rules: RuleSet
  private var correlators: [Correlator]
  /// What the present event means to each correlation; emptied after each.
  private var hits: [Correlator.Hit]
  /// Whether the last event had a date. A time of day alone is on no day, so it is never correlated with dated events.
  private var isDated: Bool?
  /// The time of the last record, or until which a live run has come.
  private var latest = Int64.min
  /// The rules that the present event matches.
  private var matching: [Int32] = []
  /// Until this time nothing ends by itself; perhaps earlier than need be, never later.
  private var deadline = Int64.max

  public init(rules: RuleSet, caps: Caps = .standard) {
    self.rules = rules
    correlators = rules.correlations.map { Correlator($0, caps: caps) }
    hits = rules.correlations.map { _ in Correlator.Hit() }
  }

  /// Takes the next event; `index` is its place among the ordered events, by which findings refer to it.
  public mutating func push(_ event: borrowing Event, index: Int, into findings: inout [Finding]) {
    rules.matches(of: event, into: &matching)
    judge(event, index, matching[...], &findings)
  }

  /// Takes a record that somebody wrote down, as cases and tests have it.
  public mutating func push(_ record: FieldRecord, index: Int, into findings: inout [Finding]) {
    rules.matches(of: record, into: &matching)
    judge(record, index, matching[...], &findings)
  }

  /// Takes the next event, of which is known which rules match it.
  public mutating func push(
    _ event: borrowing SitedEvent, index: Int, matching: ArraySlice<Int32>, into findings: inout [Finding]
  ) {
    judge(event, index, matching, &findings)
  }

  private mutating func judge<Record: JudgedRecord>(
    _ record: borrowing Record, _ index: Int, _ matching: ArraySlice<Int32>, _ findings: inout [Finding]
  ) {
    advance(to: record.time, into: &findings)
    var isCorrelated = false
    for number in matching {
      let place = Int(number)
      report(place, record, index, &findings)
      for feed in rules.rules[place].feeds {
        isCorrelated = true
        add(Correlator.Hit(positions: 1, weight: max(record.count, 1), indices: [index]), to: feed)
      }
    }
    if isCorrelated { correlate(record, &findings) }
  }

  /// Ends what no event at `time` or later can prolong, for a live run in which no event comes for a while.
  public mutating func advance(to time: EventTime, into findings: inout [Finding]) {
    if isDated != time.isDated {
      for index in correlators.indices { correlators[index].finish(at: latest, into: &findings) }
      deadline = .max
      latest = .min
      isDated = time.isDated
    }
    let now = time.timestamp.nanoseconds
    latest = max(latest, now)
    guard deadline < now else { return }
    for index in correlators.indices { correlators[index].expire(at: now, into: &findings) }
    deadline = correlators.compactMap(\.deadline).min() ?? .max
  }

  /// Ends everything, and sorts `findings` by their first event and the rule's id.
  public mutating func finish(into findings: inout [Finding]) {
    for index in correlators.indices { correlators[index].finish(at: latest, into: &findings) }
    deadline = .max
    latest = .min
    isDated = nil
    findings.sort(on: { $0.events.first ?? 0 }, then: Finding.precedes)
  }

  // MARK: One event

  private func report<Record: JudgedRecord>(
    _ rule: Int, _ event: borrowing Record, _ index: Int, _ findings: inout [Finding]
  ) {
    // What is asked of it is asked in its place: a header of its own would be a copy.
    guard rules.rules[rule].header.alerts else { return }
    let pattern = rules.rules[rule].header.pattern.rendered(event)
    findings.append(Finding(signature: rules.rules[rule].header.signature, pattern: pattern, events: [index]))
  }

  /// An event that several rules of a correlation match is one event.
  private mutating func add(_ hit: Correlator.Hit, to feed: Feed) {
    hits[feed.correlation].positions |= 1 << UInt64(clamping: feed.position)
    hits[feed.correlation].weight = max(hits[feed.correlation].weight, hit.weight)
    for index in hit.indices where hits[feed.correlation].indices.last != index {
      hits[feed.correlation].indices.append(index)
    }
  }

  /// Correlations stand after those they build on, so one pass reaches all.
  private mutating func correlate<Record: JudgedRecord>(
    _ event: borrowing Record, _ findings: inout [Finding]
  ) {
    for number in correlators.indices where hits[number].positions != 0 {
      let hit = hits[number]
      hits[number] = Correlator.Hit()
      let pulse = correlators[number].push(hit, of: event, oddities: &oddities, findings: &findings)
      deadline = min(deadline, correlators[number].deadline ?? .max)
      guard let pulse else { continue }
      let outer = Correlator.Hit(positions: 1, weight: pulse.isNew ? 1 : 0, indices: pulse.joined)
      for feed in correlators[number].correlation.feeds { add(outer, to: feed) }
    }
  }
}

extension Finding {
  /// By first event, then rule; what else differs decides the rest, so the order is one and the same in every run.
  fileprivate static func precedes(_ left: borrowing Finding, _ right: borrowing Finding) -> Bool {
    let (first, second) = (left.events.first ?? 0, right.events.first ?? 0)
    if first != second { return first < second }
    if left.signature.id != right.signature.id { return left.signature.id < right.signature.id }
    if left.pattern != right.pattern { return left.pattern < right.pattern }
    return left.events.lexicographicallyPrecedes(right.events)
  }
}

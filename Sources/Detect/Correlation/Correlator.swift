import Evidence

/// Runs one correlation over the matches of the rules it lists. Matches come in the order of their time.
struct Correlator: Sendable {
  /// What one event means to a correlation.
  struct Hit: Sendable {
    /// The places of the correlation's list that the event takes, as bits.
    var positions: UInt64 = 0
    /// How many events it stands for; 0 when it only prolongs a match of an inner correlation.
    var weight = 0
    /// The event and, when an inner correlation has just begun to match, the events that made it.
    var indices: [Int] = []
  }
  /// What a match means to the correlations that build on this one.
  struct Pulse: Sendable {
    var isNew: Bool
    var joined: [Int]
  }

  let correlation: Correlation
  private let caps: Caps
  private var groups = GroupTable()
  private var footprint = 0

  init(_ correlation: Correlation, caps: Caps) {
    self.correlation = correlation
    self.caps = caps
  }

  /// Until when nothing ends by itself.
  var deadline: Int64? { groups.oldestTime.map { $0.addingClamped(correlation.timespan) } }

  mutating func push(
    _ hit: Hit, of event: Event, oddities: inout OddityTally, findings: inout [Finding]
  ) -> Pulse? {
    guard let key = key(of: event) else { return nil }
    var counted: FieldValue?
    if case .valueCount(let field, _) = correlation.kind {
      counted = event.value(of: field)
      if counted == nil { return nil }
    }
    let time = event.time.timestamp.nanoseconds
    let slot = groups.touch(key, at: time)
    let before = groups[slot].footprint
    endRunIfOver(slot, at: time, &findings)
    var dropped = 0
    let pulse = advance(slot, hit, counted, event, at: time, dropped: &dropped)
    footprint += groups[slot].footprint - before
    while groups.count > caps.groups || footprint > caps.total && groups.count > 1 {
      dropped += 1
      evictOldest(into: &findings)
    }
    if dropped > 0 { oddities.note(.tableFull, event.citation, count: dropped) }
    return pulse
  }

  /// Ends what no event at `time` or later can prolong.
  mutating func expire(at time: Int64, into findings: inout [Finding]) {
    while let deadline, deadline < time { evictOldest(into: &findings) }
  }

  mutating func finish(into findings: inout [Finding]) {
    while groups.count > 0 { evictOldest(into: &findings) }
  }

  // MARK: One group

  private func key(of event: Event) -> [FieldValue]? {
    var key: [FieldValue] = []
    for field in correlation.groupBy {
      guard let value = event.value(of: field) else { return nil }
      key.append(value)
    }
    return key
  }

  private func horizon(at time: Int64) -> Int64 {
    let (horizon, overflow) = time.subtractingReportingOverflow(correlation.timespan)
    return overflow ? Int64.min : horizon
  }

  private mutating func advance(
    _ slot: Int, _ hit: Hit, _ counted: FieldValue?, _ event: Event, at time: Int64, dropped: inout Int
  ) -> Pulse? {
    let horizon = horizon(at: time)
    var joined: [Int] = []
    let holds: Bool
    if case .temporalOrdered = correlation.kind {
      holds = groups[slot].chain.push(
        positions: hit.positions, ruleCount: correlation.ruleCount, indices: hit.indices, at: time, horizon: horizon,
        cap: caps.entries, joined: &joined, dropped: &dropped)
    } else {
      keepPending(slot, hit, at: time, horizon: horizon, dropped: &dropped)
      holds = conditionHolds(slot, hit, counted, at: time, horizon: horizon)
      if holds {
        joined = groups[slot].pending.elements.map(\.index)
        groups[slot].pending.removeAll()
      }
    }
    guard holds else { return nil }
    let isNew = groups[slot].run == nil
    dropped += join(slot, joined, event, at: time)
    return correlation.feeds.isEmpty ? nil : Pulse(isNew: isNew, joined: joined)
  }

  private mutating func keepPending(_ slot: Int, _ hit: Hit, at time: Int64, horizon: Int64, dropped: inout Int) {
    while let first = groups[slot].pending.first, first.time < horizon { _ = groups[slot].pending.popFirst() }
    for index in hit.indices {
      groups[slot].pending.append(Group.Pending(time: time, index: index))
      if groups[slot].pending.count > caps.entries {
        _ = groups[slot].pending.popFirst()
        dropped += 1
      }
    }
  }

  private mutating func conditionHolds(
    _ slot: Int, _ hit: Hit, _ counted: FieldValue?, at time: Int64, horizon: Int64
  ) -> Bool {
    switch correlation.kind {
    case .eventCount(let threshold):
      groups[slot].weights.prune(before: horizon)
      groups[slot].weights.push(weight: hit.weight, at: time, cap: caps.entries)
      return groups[slot].weights.total >= threshold
    case .valueCount(_, let threshold):
      groups[slot].values.prune(before: horizon)
      if let counted { groups[slot].values.push(counted, at: time, cap: caps.values) }
      return groups[slot].values.count >= threshold
    case .temporal(let threshold):
      groups[slot].proximity.push(positions: hit.positions, ruleCount: correlation.ruleCount, at: time)
      return groups[slot].proximity.count(since: horizon) >= threshold
    case .temporalOrdered: return false
    }
  }

  /// Adds events to the group's run. At the cap the first are kept, because they tell how it began.
  /// - Returns: how many were not kept.
  private mutating func join(_ slot: Int, _ joined: [Int], _ event: Event, at time: Int64) -> Int {
    let fields = correlation.header.pattern.fields
    var run = groups[slot].run ?? Group.Run(lastTime: time)
    groups[slot].run = nil
    let room = max(0, caps.entries - run.events.count)
    run.events += joined.prefix(room)
    run.lastTime = time
    if run.values.isEmpty {
      run.values = fields.map { event.value(of: $0) }
    } else {
      for index in fields.indices { run.values[index] = event.value(of: fields[index]) }
    }
    groups[slot].run = run
    return joined.count - min(joined.count, room)
  }

  // MARK: Ends

  /// Events between may have kept the group alive although the condition no longer held.
  private mutating func endRunIfOver(_ slot: Int, at time: Int64, _ findings: inout [Finding]) {
    guard let run = groups[slot].run, run.lastTime < horizon(at: time) else { return }
    groups[slot].run = nil
    emit(run, into: &findings)
  }

  private mutating func evictOldest(into findings: inout [Finding]) {
    guard let group = groups.removeOldest() else { return }
    footprint -= group.footprint
    if let run = group.run { emit(run, into: &findings) }
  }

  private func emit(_ run: Group.Run, into findings: inout [Finding]) {
    guard correlation.header.alerts else { return }
    findings.append(
      Finding(
        signature: correlation.header.signature, pattern: correlation.header.pattern.rendered(run.values),
        events: run.events.sorted().deduplicated()))
  }
}

extension Array where Element: Equatable {
  /// Of neighbours that are equal, the first.
  fileprivate func deduplicated() -> [Element] {
    reduce(into: []) { kept, element in if kept.last != element { kept.append(element) } }
  }
}

extension Int64 {
  /// The sum, or the greatest number where there is none.
  func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other > 0 ? .max : .min) : sum
  }
}

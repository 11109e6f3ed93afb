import Evidence

/// Runs one correlation over the matches of the rules it lists. Matches come in the order of their time.
///
/// Most correlations are told as soon as they hold: the window ends at the present match. One with an upper bound can
/// be told only when its window is over; its windows begin with the first match after the last one. Absence waits for
/// the timespan behind each match. What the evidence ends before is not told.
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
  /// A hit in one group, and what of its event is looked at.
  private struct Match {
    var hit: Hit
    var key: [FieldValue]
    var counted: [FieldValue]
    var time: Int64
    /// The fields of the finding's pattern.
    var values: [FieldValue?]
  }

  let correlation: Correlation
  private let caps: Caps
  private let hasAliases: Bool
  private var groups = GroupTable()
  private var footprint = 0

  init(_ correlation: Correlation, caps: Caps) {
    self.correlation = correlation
    self.caps = caps
    hasAliases = (correlation.groupBy + correlation.counted).contains(where: \.isAlias)
  }

  /// Until when nothing ends by itself.
  var deadline: Int64? { groups.oldestTime.map { $0.addingClamped(correlation.timespan) } }

  mutating func push<Record: JudgedRecord>(
    _ hit: Hit, of event: Record, oddities: inout OddityTally, findings: inout [Finding]
  ) -> Pulse? {
    var pulse: Pulse?
    var dropped = 0
    for match in matches(hit, of: event) {
      guard let found = push(match, &dropped, &findings) else { continue }
      pulse = Pulse(isNew: pulse?.isNew ?? false || found.isNew, joined: (pulse?.joined ?? []) + found.joined)
    }
    if dropped > 0 { oddities.note(.tableFull, event.citation, count: dropped) }
    return pulse
  }

  private mutating func push(_ match: Match, _ dropped: inout Int, _ findings: inout [Finding]) -> Pulse? {
    let slot = groups.touch(match.key, at: match.time)
    let before = groups[slot].footprint
    let pulse: Pulse?
    if case .absence = correlation.kind {
      wait(slot, match, &dropped, &findings)
      pulse = nil
    } else if correlation.isDecidedAtEnd {
      collect(slot, match, &dropped, &findings)
      pulse = nil
    } else {
      endRunIfOver(slot, at: match.time, &findings)
      pulse = advance(slot, match, &dropped)
    }
    footprint += groups[slot].footprint - before
    while groups.count > caps.groups || footprint > caps.total && groups.count > 1 {
      dropped += 1
      evictOldest(at: match.time, into: &findings)
    }
    return pulse
  }

  /// Ends what no event at `time` or later can prolong.
  mutating func expire(at time: Int64, into findings: inout [Finding]) {
    while let deadline, deadline < time { evictOldest(at: time, into: &findings) }
  }

  /// - Parameter time: that of the last record. What would be decided after it stays open.
  mutating func finish(at time: Int64, into findings: inout [Finding]) {
    while groups.count > 0 { evictOldest(at: time.addingClamped(1), into: &findings) }
  }

  // MARK: What concerns the correlation

  /// The groups that a hit belongs to. With aliases that can be another one for each rule that matched.
  private func matches<Record: JudgedRecord>(_ hit: Hit, of event: Record) -> [Match] {
    let values = correlation.header.pattern.fields.map { event.value(of: $0) }
    let time = event.time.timestamp.nanoseconds
    func match(_ positions: UInt64, at position: Int) -> Match? {
      guard let key = self.values(of: correlation.groupBy, event, position),
        let counted = self.values(of: correlation.counted, event, position)
      else { return nil }
      var hit = hit
      hit.positions = positions
      return Match(hit: hit, key: key, counted: counted, time: time, values: values)
    }
    guard hasAliases else { return match(hit.positions, at: 0).map { [$0] } ?? [] }
    var matches: [Match] = []
    for position in 0..<correlation.ruleCount where hit.positions.hasBit(position) {
      guard let found = match(1 << UInt64(clamping: position), at: position) else { continue }
      if let index = matches.firstIndex(where: { $0.key == found.key && $0.counted == found.counted }) {
        matches[index].hit.positions |= found.hit.positions
      } else {
        matches.append(found)
      }
    }
    return matches
  }

  /// Sigma compares without regard to case, here too. Nil when one of the fields is missing.
  private func values<Record: JudgedRecord>(
    of fields: [GroupField], _ event: Record, _ position: Int
  ) -> [FieldValue]? {
    var values: [FieldValue] = []
    for field in fields {
      guard let value = event.value(of: field.field(at: position)) else { return nil }
      if case .text(let text) = value { values.append(.text(text.lowercased)) } else { values.append(value) }
    }
    return values
  }

  private func horizon(at time: Int64) -> Int64 {
    let (horizon, overflow) = time.subtractingReportingOverflow(correlation.timespan)
    return overflow ? Int64.min : horizon
  }

  // MARK: Told at once

  private mutating func advance(_ slot: Int, _ match: Match, _ dropped: inout Int) -> Pulse? {
    let horizon = horizon(at: match.time)
    var joined: [Int] = []
    let holds: Bool
    if case .temporalOrdered = correlation.kind {
      holds = groups[slot].chain.push(
        positions: match.hit.positions, ruleCount: correlation.ruleCount, indices: match.hit.indices, at: match.time,
        horizon: horizon, cap: caps.entries, joined: &joined, dropped: &dropped)
    } else {
      keepPending(slot, match, horizon: horizon, dropped: &dropped)
      measure(slot, match, horizon: horizon)
      holds = conditionHolds(slot, horizon: horizon)
      if holds {
        joined = groups[slot].pending.elements.map(\.index)
        groups[slot].pending.removeAll()
      }
    }
    guard holds else { return nil }
    let isNew = groups[slot].run == nil
    dropped += join(slot, joined, match.values, at: match.time)
    return correlation.feeds.isEmpty ? nil : Pulse(isNew: isNew, joined: joined)
  }

  private mutating func keepPending(_ slot: Int, _ match: Match, horizon: Int64, dropped: inout Int) {
    while let first = groups[slot].pending.first, first.time < horizon { _ = groups[slot].pending.popFirst() }
    for index in match.hit.indices {
      groups[slot].pending.append(Group.Pending(time: match.time, index: index))
      if groups[slot].pending.count > caps.entries {
        _ = groups[slot].pending.popFirst()
        dropped += 1
      }
    }
  }

  /// Puts a match into the window of the correlation's type.
  private mutating func measure(_ slot: Int, _ match: Match, horizon: Int64) {
    switch correlation.kind {
    case .eventCount:
      groups[slot].weights.prune(before: horizon)
      groups[slot].weights.push(weight: match.hit.weight, at: match.time, cap: caps.entries)
    case .valueCount:
      groups[slot].values.prune(before: horizon)
      groups[slot].values.push(match.counted, at: match.time, cap: caps.values)
    case .sum, .average, .percentile:
      groups[slot].numbers.prune(before: horizon)
      guard case .number(let number)? = match.counted.first else { return }
      let isSorted = if case .percentile = correlation.kind { true } else { false }
      groups[slot].numbers.push(number, at: match.time, isSorted: isSorted, cap: caps.entries)
    case .temporal, .presence:
      groups[slot].proximity.push(
        positions: match.hit.positions, ruleCount: correlation.ruleCount, at: match.time)
    case .temporalOrdered, .absence: break
    }
  }

  private func conditionHolds(_ slot: Int, horizon: Int64) -> Bool {
    switch correlation.kind {
    case .eventCount: correlation.bounds.holds(Double(groups[slot].weights.total))
    case .valueCount: correlation.bounds.holds(Double(groups[slot].values.count))
    case .sum: correlation.bounds.holds(groups[slot].numbers.total)
    case .average: groups[slot].numbers.average.map { correlation.bounds.holds($0) } ?? false
    case .percentile(_, let hundredths):
      groups[slot].numbers.percentile(hundredths).map { correlation.bounds.holds($0) } ?? false
    case .temporal:
      correlation.bounds.holds(Double(groups[slot].proximity.positions(since: horizon).nonzeroBitCount))
    case .presence(let presence): presence.holds(groups[slot].proximity.positions(since: horizon))
    case .temporalOrdered, .absence: false
    }
  }

  /// Adds events to the group's run. At the cap the first are kept, because they tell how it began.
  /// - Returns: how many were not kept.
  private mutating func join(_ slot: Int, _ joined: [Int], _ values: [FieldValue?], at time: Int64) -> Int {
    var run = groups[slot].run ?? Group.Run(lastTime: time)
    groups[slot].run = nil
    let room = max(0, caps.entries - run.events.count)
    run.events += joined.prefix(room)
    run.lastTime = time
    run.values = values
    groups[slot].run = run
    return joined.count - min(joined.count, room)
  }

  // MARK: Told when the window is over

  private mutating func collect(
    _ slot: Int, _ match: Match, _ dropped: inout Int, _ findings: inout [Finding]
  ) {
    close(slot, at: match.time, &findings)
    if groups[slot].opened == nil { groups[slot].opened = match.time }
    keepPending(slot, match, horizon: .min, dropped: &dropped)
    measure(slot, match, horizon: .min)
    groups[slot].lastValues = match.values
  }

  /// Ends the window if it was over before `time`.
  private mutating func close(_ slot: Int, at time: Int64, _ findings: inout [Finding]) {
    guard let opened = groups[slot].opened, opened < horizon(at: time) else { return }
    if conditionHolds(slot, horizon: .min) {
      let events = groups[slot].pending.elements.map(\.index)
      emit(Group.Run(events: events, values: groups[slot].lastValues, lastTime: time), into: &findings)
    }
    groups[slot].clear()
  }

  // MARK: Absence

  /// The first rule's match waits; a match of any other ends the wait of all.
  private mutating func wait(
    _ slot: Int, _ match: Match, _ dropped: inout Int, _ findings: inout [Finding]
  ) {
    settle(slot, at: match.time, &findings, &dropped)
    let entry = AbsenceWindow.Entry(time: match.time, indices: match.hit.indices, values: match.values)
    dropped += groups[slot].absence.push(
      isFollower: match.hit.positions >> 1 != 0, match: match.hit.positions.hasBit(0) ? entry : nil, at: match.time,
      cap: caps.entries)
  }

  /// Matches whose time was up before `time`: those no further apart than the timespan are one finding.
  private mutating func settle(
    _ slot: Int, at time: Int64, _ findings: inout [Finding], _ dropped: inout Int
  ) {
    while let entry = groups[slot].absence.next(before: horizon(at: time)) {
      endRunIfOver(slot, at: entry.time, &findings)
      dropped += join(slot, entry.indices, entry.values, at: entry.time)
    }
  }

  // MARK: Ends

  /// Events between may have kept the group alive although the condition no longer held.
  private mutating func endRunIfOver(_ slot: Int, at time: Int64, _ findings: inout [Finding]) {
    guard let run = groups[slot].run, run.lastTime < horizon(at: time) else { return }
    groups[slot].run = nil
    emit(run, into: &findings)
  }

  /// What the oldest group has to tell by `time` is told; what it could tell only later is lost.
  private mutating func evictOldest(at time: Int64, into findings: inout [Finding]) {
    guard let slot = groups.oldest else { return }
    footprint -= groups[slot].footprint
    var dropped = 0
    close(slot, at: time, &findings)
    settle(slot, at: time, &findings, &dropped)
    if let run = groups[slot].run { emit(run, into: &findings) }
    groups.removeOldest()
  }

  private func emit(_ run: Group.Run, into findings: inout [Finding]) {
    guard correlation.header.alerts else { return }
    findings.append(
      Finding(
        signature: correlation.header.signature, pattern: correlation.header.pattern.rendered(run.values),
        events: run.events.sorted().deduplicated()))
  }
}

extension Correlation {
  /// The fields whose values are counted or reckoned with.
  fileprivate var counted: [GroupField] {
    switch kind {
    case .valueCount(let fields): fields
    case .sum(let field), .average(let field), .percentile(let field, _): [field]
    case .eventCount, .temporal, .presence, .temporalOrdered, .absence: []
    }
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

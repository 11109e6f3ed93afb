public import Evidence

/// What a ledger's records come to, decided when all evidence is known: who is told by itself, and the sums of the others.
extension CrowdLedger {
  /// Writes what the records come to.
  public func finish(_ settings: CrowdSettings, into events: inout [Event]) {
    let records = CrowdRecords(of: self)
    var isApart = standingAlone(records, settings)
    for slot in sources.indices where sources[slot].records > limits.busy && !isApart[slot] {
      isApart[slot] = isBusy(slot, records, settings)
    }
    for slot in beforeFailures(records, settings, but: isApart) { isApart[slot] = true }
    let crowd = sources.indices.filter { !isApart[$0] && sources[$0].records > 0 }
    let isKnown = marks(of: settings.known)
    let known = crowd.filter { isKnown[$0] }
    if crowd.count <= limits.singly, forgotten.isEmpty {
      for slot in crowd { isApart[slot] = true }
    } else if known.count <= limits.singly {
      for slot in known { isApart[slot] = true }
    }
    for number in links.indices {
      let source = Int(links[number].source)
      if isApart[source], !sources[source].isTold { events.append(shelf.event(number)) }
    }
    append(crowd.filter { !isApart[$0] }, consume records, settings, into: &events)
  }

  /// Who is told by himself whatever he did, or for a record that has to be.
  private func standingAlone(_ records: CrowdRecords, _ settings: CrowdSettings) -> [Bool] {
    let isAlone = shelf.kinds.templates.map { settings.mustStandAlone($0) }
    var isApart = marks(of: settings.apart)
    for slot in sources.indices where !isApart[slot] {
      let address = IPAddress(bits: sources[slot].address)
      isApart[slot] = sources[slot].isTold || settings.own.contains { $0.contains(address) }
    }
    guard isAlone.contains(true) else { return isApart }
    for slot in sources.indices where !isApart[slot] {
      isApart[slot] = records.range(of: slot).contains { isAlone[Int(records[$0].kind)] }
    }
    return isApart
  }

  /// Which sources are among some addresses.
  private func marks(of addresses: some Sequence<IPAddress>) -> [Bool] {
    var marks = [Bool](repeating: false, count: sources.count)
    for address in addresses {
      if let slot = known(address.bits) { marks[slot] = true }
    }
    return marks
  }

  /// A source that was at a host right before a service failed there.
  private struct Suspect {
    var host: Int
    /// Which of the host's failures.
    var failure: Int
    var gap: Int64
    var slot: Int
  }

  /// Who was there right before a service failed: of each failure and of all together the nearest, so that who makes a
  /// service fail again and again makes no crowd into incidents.
  private func beforeFailures(
    _ records: CrowdRecords, _ settings: CrowdSettings, but isApart: [Bool]
  ) -> ArraySlice<Int> {
    guard !settings.failures.isEmpty else { return [] }
    let suspects = suspects(records, settings, but: isApart).sorted {
      ($0.host, $0.failure, $0.gap, sources[$0.slot].address) < ($1.host, $1.failure, $1.gap, sources[$1.slot].address)
    }
    var gaps: [Int: Int64] = [:]
    var last: (host: Int, failure: Int) = (-1, -1)
    var nearest: Set<Int> = []
    for suspect in suspects {
      if last != (suspect.host, suspect.failure) { nearest = [] }
      last = (suspect.host, suspect.failure)
      guard nearest.count < limits.beforeFailure, nearest.insert(suspect.slot).inserted else { continue }
      gaps[suspect.slot] = min(gaps[suspect.slot] ?? .max, suspect.gap)
    }
    let ordered = gaps.sorted { ($0.value, sources[$0.key].address) < ($1.value, sources[$1.key].address) }
    return ordered.map(\.key).prefix(limits.singly)
  }

  private func suspects(_ records: CrowdRecords, _ settings: CrowdSettings, but isApart: [Bool]) -> [Suspect] {
    let hosts = settings.failures.keys.sorted()
    let numbers = Dictionary(zip(hosts, hosts.indices), uniquingKeysWith: { first, _ in first })
    let failed = shelf.kinds.templates.map { numbers[settings.resolve($0.target.host)] }
    let failures = hosts.map { settings.failures[$0] ?? [] }
    var suspects: [Suspect] = []
    for slot in sources.indices where !isApart[slot] {
      for place in records.range(of: slot) {
        guard let host = failed[Int(records[place].kind)],
          let next = settings.failure(of: failures[host], after: records[place].time)
        else { continue }
        suspects.append(Suspect(host: host, failure: next.number, gap: next.gap, slot: slot))
      }
    }
    return suspects
  }

  /// Whether a visit of a source has more records than one of a crowd's.
  private func isBusy(_ slot: Int, _ records: CrowdRecords, _ settings: CrowdSettings) -> Bool {
    let range = records.range(of: slot)
    var sum = 0
    for place in range {
      if place > range.lowerBound, settings.isPause(from: records[place - 1].time, to: records[place].time) { sum = 0 }
      sum = sum.addingClamped(records.count(records[place], in: self))
      if sum > limits.busy { return true }
    }
    return false
  }

  private struct Sum {
    var visits: [UInt32] = []
    var count = 0
    var first = -1
    var firstTime: Int64 = 0
    var last = EventTime(Timestamp(nanoseconds: 0), fractionDigits: 0)
  }

  private func append(
    _ crowd: [Int], _ records: consuming CrowdRecords, _ settings: CrowdSettings, into events: inout [Event]
  ) {
    let isDaily = !settings.needsHours && hasManyCells(crowd, records)
    var cells = CrowdCells(isDaily: isDaily)
    records.number(crowd, by: &cells)
    let ordered = inOrder(crowd)
    var sums = [Sum](repeating: Sum(), count: cells.names.count)
    var visits: [UInt32] = []
    for (rank, slot) in ordered.enumerated() {
      // Their records stand in another order.
      if rank + 8 < ordered.count { records.prefetch(records.range(of: Int(ordered[rank + 8])).lowerBound) }
      let blocks = settings.blocked.isEmpty ? [] : settings.blocked[address(of: slot)] ?? []
      var rest = records.range(of: Int(slot))
      while !rest.isEmpty {
        let visit = rest.lowerBound..<endOfVisit(records, rest, settings)
        visits.append(UInt32(rank))
        for place in visit {
          var cell = Int(records[place].cell)
          if isBlocked(place, in: visit, by: blocks, records, settings) {
            var blocked = cells.names[cell]
            blocked.isBlocked = true
            cell = Int(cells.number(of: blocked))
            if cell == sums.count { sums.append(Sum()) }
          }
          add(records[place], records.count(records[place], in: self), UInt32(visits.count - 1), to: &sums[cell])
        }
        rest = visit.upperBound..<rest.upperBound
      }
    }
    let (isKnown, isBlocked) = (marks(of: settings.known), marks(of: settings.blocked.keys))
    let roll = CrowdRoll(
      sources: ordered.map { address(of: $0) }, visits: visits,
      most: crowd.map { sources[$0].records }.max() ?? 0,
      known: crowd.count { isKnown[$0] }, blocked: crowd.count { isBlocked[$0] })
    let told = zip(cells.names, sums).filter { $1.first >= 0 }
    write(Dictionary(uniqueKeysWithValues: told), forgotten(within: isDaily ? .day : .hour), roll, into: &events)
  }

  private func address(of slot: Int32) -> IPAddress { IPAddress(bits: sources[Int(slot)].address) }

  /// Sources by their address.
  private func inOrder(_ slots: [Int]) -> [Int32] {
    // An IPv4 address and a slot are one word, and nearly all are such.
    var words: [UInt64] = []
    words.reserveCapacity(slots.count)
    var others: [(address: IPAddress, slot: Int32)] = []
    for slot in slots {
      let address = IPAddress(bits: sources[slot].address)
      if address.isV4 {
        words.append(UInt64(address.v4) << 32 | UInt64(slot))
      } else {
        others.append((address, Int32(truncatingIfNeeded: slot)))
      }
    }
    words.sort(onBits: { UInt128($0 >> 32) })
    others.sort { $0.address < $1.address }
    let before = others.prefix { $0.address < IPAddress(v4: 0) }
    return before.map(\.slot) + words.map { Int32(truncatingIfNeeded: $0) } + others[before.count...].map(\.slot)
  }

  /// Where the visit ends that the first of some records of a source begins.
  private func endOfVisit(_ records: CrowdRecords, _ rest: Range<Int>, _ settings: CrowdSettings) -> Int {
    var end = rest.lowerBound + 1
    while end < rest.upperBound, !settings.isPause(from: records[end - 1].time, to: records[end].time) { end += 1 }
    return end
  }

  /// Whether the host of a probe blocked its source after the visit's first probe of it, and before another visit.
  /// - Parameter blocks: When hosts blocked the source.
  private func isBlocked(
    _ place: Int, in visit: Range<Int>, by blocks: [(host: Host, time: Int64)], _ records: CrowdRecords,
    _ settings: CrowdSettings
  ) -> Bool {
    guard !blocks.isEmpty, let host = openProbeHost(records[place].kind, settings), let last = visit.last,
      let first = visit.first(where: { openProbeHost(records[$0].kind, settings) == host })
    else { return false }
    let (begin, end) = (records[first].time, records[last].time)
    return blocks.contains { $0.host == host && $0.time >= begin && !settings.isPause(from: end, to: $0.time) }
  }

  /// The host of probes of a kind of which the record does not say what became of them.
  private func openProbeHost(_ kind: Int32, _ settings: CrowdSettings) -> Host? {
    let kind = shelf.kinds.templates[Int(kind)]
    return kind.action == .probe && kind.outcome == .unknown ? settings.resolve(kind.target.host) : nil
  }

  private func hasManyCells(_ crowd: [Int], _ records: CrowdRecords) -> Bool {
    var cells = CrowdCells(isDaily: false)
    for cell in forgotten.keys { _ = cells.number(of: cell) }
    for slot in crowd {
      for place in records.range(of: slot) { _ = cells.number(kind: records[place].kind, time: records[place].time) }
      if cells.names.count > limits.hourly { return true }
    }
    return cells.names.count > limits.hourly
  }

  private func add(_ record: CrowdRecords.Record, _ count: Int, _ visit: UInt32, to sum: inout Sum) {
    if sum.visits.last != visit { sum.visits.append(visit) }
    sum.count = sum.count.addingClamped(count)
    if sum.first < 0 {
      (sum.first, sum.firstTime, sum.last) = (Int(record.note), record.time, record.when)
    } else {
      if precedes(record, sum) { (sum.first, sum.firstTime) = (Int(record.note), record.time) }
      sum.last = max(sum.last, record.when)
    }
  }

  /// Whether a record of a kind comes before the first of its sum: by what they say, never by where they stand.
  private func precedes(_ record: CrowdRecords.Record, _ sum: Sum) -> Bool {
    guard record.time == sum.firstTime else { return record.time < sum.firstTime }
    return Event.precedes(shelf.event(Int(record.note)), shelf.event(sum.first))
  }

  /// An Event for each sum; what was forgotten joins that of its kind and time.
  private func write(
    _ sums: [Cell: Sum], _ forgotten: [Cell: Forgotten], _ roll: CrowdRoll, into events: inout [Event]
  ) {
    for cell in Set(sums.keys).union(forgotten.keys).sorted() {
      var event = event(sums[cell], forgotten[cell], roll)
      if cell.isBlocked { event.outcome = .blocked }
      events.append(event)
    }
  }

  private func event(_ sum: Sum?, _ lost: Forgotten?, _ roll: CrowdRoll) -> Event {
    var event: Event
    switch (sum.map { shelf.event($0.first) }, lost?.first) {
    case (let kept?, let gone?): event = Event.precedes(gone, kept) ? gone : kept
    case (let one?, nil), (nil, let one?): event = one
    case (nil, nil): event = shelf.kinds.templates[0]
    }
    var last = lost?.last ?? event.time
    if let sum { last = max(last, sum.last) }
    event.change {
      $0.source = .unknown
      $0.observerPID = nil
      $0.process?.pid = nil
      $0.count = (sum?.count ?? 0).addingClamped(lost?.count ?? 0)
      $0.crowd = Crowd(roll: roll, visits: sum?.visits ?? [], last: last, forgotten: lost?.count ?? 0)
    }
    return event
  }
}

package import Evidence

/// What a ledger's records come to, decided when all evidence is known: who is told by itself, and the sums of the others.
extension CrowdLedger {
  /// Writes what the records come to.
  package func finish(_ settings: CrowdSettings, into events: inout [Event]) {
    var isApart = standingAlone(settings)
    for slot in sources.indices where sources[slot].records > limits.busy && !isApart[slot] {
      isApart[slot] = isBusy(slot, settings)
    }
    for slot in beforeFailures(settings, but: isApart) { isApart[slot] = true }
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
    append(crowd.filter { !isApart[$0] }, settings, into: &events)
  }

  /// Who is told by himself whatever he did, or for a record that has to be.
  private func standingAlone(_ settings: CrowdSettings) -> [Bool] {
    let isAlone = shelf.kinds.templates.map { settings.mustStandAlone($0) }
    var isApart = marks(of: settings.apart)
    for slot in sources.indices where !isApart[slot] {
      let address = IPAddress(bits: sources[slot].address)
      isApart[slot] = sources[slot].isTold || settings.own.contains { $0.contains(address) }
    }
    guard isAlone.contains(true) else { return isApart }
    for number in links.indices where isAlone[Int(shelf.notes[number].kind)] {
      isApart[Int(links[number].source)] = true
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
  private func beforeFailures(_ settings: CrowdSettings, but isApart: [Bool]) -> ArraySlice<Int> {
    guard !settings.failures.isEmpty else { return [] }
    let suspects = suspects(settings, but: isApart).sorted {
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

  private func suspects(_ settings: CrowdSettings, but isApart: [Bool]) -> [Suspect] {
    let hosts = settings.failures.keys.sorted()
    let numbers = Dictionary(zip(hosts, hosts.indices), uniquingKeysWith: { first, _ in first })
    let failed = shelf.kinds.templates.map { numbers[settings.resolve($0.target.host)] }
    let failures = hosts.map { settings.failures[$0] ?? [] }
    var suspects: [Suspect] = []
    for number in links.indices where !isApart[Int(links[number].source)] {
      let note = shelf.notes[number]
      guard let host = failed[Int(note.kind)],
        let next = settings.failure(of: failures[host], after: note.time)
      else { continue }
      suspects.append(
        Suspect(host: host, failure: next.number, gap: next.gap, slot: Int(links[number].source)))
    }
    return suspects
  }

  /// Whether a visit of a source has more records than one of a crowd's.
  private func isBusy(_ slot: Int, _ settings: CrowdSettings) -> Bool {
    var records: [(time: Int64, count: Int)] = []
    forEachNote(of: slot) { records.append((shelf.notes[$0].time, shelf.notes[$0].count)) }
    records.sort { $0.time < $1.time }
    var sum = 0
    for (index, record) in records.enumerated() {
      if index > 0, settings.isPause(from: records[index - 1].time, to: record.time) { sum = 0 }
      sum = sum.addingClamped(record.count)
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

  private func append(_ crowd: [Int], _ settings: CrowdSettings, into events: inout [Event]) {
    let ordered = crowd.map { (address: sources[$0].address, slot: $0) }.sorted { $0.address < $1.address }
    let slots = ordered.map(\.slot)
    let addresses = ordered.map { IPAddress(bits: $0.address) }
    let span = !settings.needsHours && hasManyCells(crowd) ? Span.day : .hour
    var cells = CrowdCells(span: span)
    let records = CrowdRecords(of: slots, in: self, cells: &cells)
    var sums = [Sum](repeating: Sum(), count: cells.names.count)
    var visits: [UInt32] = []
    for number in slots.indices {
      var start = records.range(of: number).lowerBound
      while start < records.range(of: number).upperBound {
        let visit = start..<endOfVisit(records, number, from: start, settings)
        visits.append(UInt32(number))
        for place in visit {
          var cell = Int(records[place].cell)
          if isBlocked(place, in: visit, records, settings) {
            var blocked = cells.names[cell]
            blocked.isBlocked = true
            cell = Int(cells.number(of: blocked))
            if cell == sums.count { sums.append(Sum()) }
          }
          add(records[place], records.count(records[place], in: self), UInt32(visits.count - 1), to: &sums[cell])
        }
        start = visit.upperBound
      }
    }
    let (isKnown, isBlocked) = (marks(of: settings.known), marks(of: settings.blocked.keys))
    let roll = CrowdRoll(
      sources: addresses, visits: visits, most: crowd.map { sources[$0].records }.max() ?? 0,
      known: crowd.count { isKnown[$0] }, blocked: crowd.count { isBlocked[$0] })
    let told = zip(cells.names, sums).filter { $1.first >= 0 }
    write(Dictionary(uniqueKeysWithValues: told), forgotten(within: span), roll, into: &events)
  }

  /// Where the visit ends that begins at `start`.
  private func endOfVisit(
    _ records: CrowdRecords, _ number: Int, from start: Int, _ settings: CrowdSettings
  ) -> Int {
    var end = start + 1
    while end < records.range(of: number).upperBound,
      !settings.isPause(from: records[end - 1].time, to: records[end].time)
    {
      end += 1
    }
    return end
  }

  /// Whether the host of a probe blocked its source after the visit's first probe of it, and before another visit.
  private func isBlocked(
    _ place: Int, in visit: Range<Int>, _ records: CrowdRecords, _ settings: CrowdSettings
  ) -> Bool {
    guard !settings.blocked.isEmpty, let host = openProbeHost(Int(records[place].note), settings),
      let last = visit.last,
      let blocks = settings.blocked[IPAddress(bits: shelf.notes[Int(records[place].note)].source)],
      let first = visit.first(where: { openProbeHost(Int(records[$0].note), settings) == host })
    else { return false }
    let (begin, end) = (records[first].time, records[last].time)
    return blocks.contains { $0.host == host && $0.time >= begin && !settings.isPause(from: end, to: $0.time) }
  }

  /// The host of a probe of which the record does not say what became of it.
  private func openProbeHost(_ place: Int, _ settings: CrowdSettings) -> Host? {
    let kind = shelf.kinds.templates[Int(shelf.notes[place].kind)]
    return kind.action == .probe && kind.outcome == .unknown ? settings.resolve(kind.target.host) : nil
  }

  private func hasManyCells(_ crowd: [Int]) -> Bool {
    var isInCrowd = [Bool](repeating: false, count: sources.count)
    for slot in crowd { isInCrowd[slot] = true }
    var cells = CrowdCells(span: .hour)
    for cell in forgotten.keys { _ = cells.number(of: cell) }
    for number in links.indices where isInCrowd[Int(links[number].source)] {
      let note = shelf.notes[number]
      _ = cells.number(kind: note.kind, hour: note.when.timestamp.hour)
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

import Evidence

/// Who tried which ports: so many probes one by one, the rest as sums.
///
/// A capture of a scan holds millions of probes, and a report of millions of lines tells nothing. So of each source the
/// first probes become Events of their own, and a source that goes on becomes one Event of the kind `scan` for each day,
/// with what its probes come to on all of them. Where more than a few hundred sources did no more than that each, they are
/// a crowd, told by one Event as well. What met an open port is told before what met nothing. Who is a crowd is decided by the final counts; only where a
/// cap is reached does it matter which flow ended first.
struct ProbeLedger: Sendable {
  /// A source, in few bytes: a million of them fit.
  private struct Prober {
    let address: UInt128
    /// Of the latest probe.
    var last = Int64.min
    var probes: Int32 = 0
    /// Whether it tried a port of RPC.
    var isOfConcern = false
    /// Whether it sent since the clock's hand passed.
    var isFresh = true
    /// It was silent for long; what it did later stands in another entry.
    var isClosed = false
    /// The number of its census, or -1.
    var profile: Int32 = -1
    /// The chain of its Events.
    var firstTold: Int32 = -1
    var lastTold: Int32 = -1
    let hash: UInt32

    mutating func note(_ probe: Probe) {
      probes &+= 1
      isFresh = true
      last = max(last, probe.time.timestamp.nanoseconds)
    }

    /// What it did stands elsewhere from now on.
    mutating func leave() { self = Prober(address: address, isClosed: true, hash: hash) }
  }
  private struct Told {
    let event: Event
    let probe: Probe
    var next: Int32 = -1
  }

  private let limits: ProbeLimits
  private let seed = FlowSeed()
  private var index = SlotIndex()
  private var probers: ContiguousArray<Prober> = []
  private var hand = 0
  /// Hashes of sources of which probes may come soon.
  private var expected: ContiguousArray<UInt32> = []
  private var profiles: ContiguousArray<ProbeCensus> = []
  private var told: ContiguousArray<Told> = []
  private var toldNotable = 0
  private var toldBusy = 0
  /// Sources without a census of their own.
  private var small = Classes(concern: 0, other: 0)
  /// What these sources' probes come to.
  private var crowds = Classes(concern: ProbeCensus(), other: ProbeCensus())
  /// Sources that were forgotten when the table was full, and their probes.
  private var forgotten = Classes(concern: Forgotten(), other: Forgotten())
  private(set) var oddities = OddityTally()

  /// A batch of frames has fewer; what is not prepared for is only slower.
  private static let expectedCap = 64
  /// So many sources ahead memory is asked for them.
  private static let lookahead = 16

  private struct Forgotten: Sendable {
    var sources = 0
    var probes = 0
    /// Which they were: a source that is forgotten and comes back is one source.
    var addresses = DistinctCount(registerBits: 12)

    mutating func add(_ other: Forgotten) {
      sources += other.sources
      probes += other.probes
      addresses.merge(other.addresses)
    }
  }
  /// Something of the sources that tried ports of RPC, and of the others.
  private struct Classes<Value: Sendable>: Sendable {
    var concern: Value
    var other: Value
    subscript(isOfConcern: Bool) -> Value {
      get { isOfConcern ? concern : other }
      _modify {
        if isOfConcern { yield &concern } else { yield &other }
      }
    }
  }

  init(limits: ProbeLimits = ProbeLimits()) { self.limits = limits }

  // MARK: Probes in

  /// Prepares for a probe of that source, which may come soon.
  mutating func expect(_ address: UInt128) {
    let hash = seed.hash(address)
    index.prefetch(hash: hash)
    if expected.count < ProbeLedger.expectedCap { expected.append(hash) }
  }

  /// Brings what is known of the sources that are expected into the cache.
  mutating func fetch() {
    for hash in expected {
      if let slot = index.likelySlot(hash: hash) { probers.prefetch(slot) }
    }
    expected.removeAll(keepingCapacity: true)
  }

  /// Counts a probe.
  /// - Returns: Its source's number, if the probe is to be told by an Event of its own.
  mutating func push(_ probe: Probe) -> Int? {
    let slot = slot(of: probe.source, probe)
    probers[slot].note(probe)
    let profile = Int(probers[slot].profile)
    if profile >= 0 {
      profiles[profile].note(probe)
      return nil
    }
    let isOfConcern = isOfConcernInCrowd(probe)
    if isOfConcern, !probers[slot].isOfConcern { becomeOfConcern(slot) }
    if Int(probers[slot].probes) > limits.perSource, promote(slot) {
      profiles[Int(probers[slot].profile)].note(probe)
      return nil
    }
    if isTold(probe, slot) { return slot }
    crowds[probers[slot].isOfConcern].note(probe, isOfConcern: isOfConcern)
    return nil
  }

  /// Whether a crowd's probe is of concern: one of an own host is not.
  private func isOfConcernInCrowd(_ probe: Probe) -> Bool {
    guard probe.isOfConcern, !limits.own.isEmpty else { return probe.isOfConcern }
    let source = IPAddress(bits: probe.source)
    return !limits.own.contains { $0.contains(source) }
  }

  /// Keeps the Event of a probe for which ``push(_:)`` asked.
  mutating func tell(_ event: Event, _ probe: Probe, of slot: Int) {
    let place = Int32(told.count)
    told.append(Told(event: event, probe: probe))
    if probers[slot].firstTold < 0 {
      probers[slot].firstTold = place
    } else {
      told[Int(probers[slot].lastTold)].next = place
    }
    probers[slot].lastTold = place
  }

  private mutating func isTold(_ probe: Probe, _ slot: Int) -> Bool {
    guard Int(probers[slot].probes) <= limits.perSource else { return false }
    if small[probers[slot].isOfConcern] <= limits.singly { return true }
    if Int(probers[slot].probes) > limits.busy, toldBusy < limits.busyEvents {
      toldBusy += 1
      return true
    }
    guard probe.isNotable, toldNotable < limits.notable else { return false }
    toldNotable += 1
    return true
  }

  // MARK: Sources

  private mutating func slot(of address: UInt128, _ probe: Probe) -> Int {
    let hash = seed.hash(address)
    if let known = index.slot(hash: hash, where: { probers[$0].address == address }) {
      let pause = probe.time.timestamp.nanoseconds.subtractingReportingOverflow(probers[known].last)
      if pause.overflow || pause.partialValue <= limits.pause { return known }
      index.remove(hash: hash, slot: known)
      probers[known].isClosed = true
    }
    return insert(Prober(address: address, hash: hash), probe)
  }

  private mutating func insert(_ prober: Prober, _ probe: Probe?) -> Int {
    let slot: Int
    if probers.count < limits.sources {
      slot = probers.count
      probers.makeRoom(most: limits.sources)
      probers.append(prober)
    } else {
      slot = forgetOne(probe)
      probers[slot] = prober
    }
    index.insert(hash: prober.hash, slot: slot)
    small[prober.isOfConcern] += prober.profile < 0 ? 1 : 0
    return slot
  }

  private mutating func becomeOfConcern(_ slot: Int) {
    probers[slot].isOfConcern = true
    small.other -= 1
    small.concern += 1
  }

  /// Gives a source that goes on a census of its own, as long as there are any.
  private mutating func promote(_ slot: Int) -> Bool {
    guard profiles.count < limits.profiles else {
      if Int(probers[slot].probes) == limits.perSource + 1 {
        noteFull("more than \(limits.profiles) sources with many probes", told.last?.probe)
      }
      return false
    }
    probers[slot].profile = Int32(profiles.count)
    small[probers[slot].isOfConcern] -= 1
    profiles.append(census(ofTold: slot))
    return true
  }

  private func census(ofTold slot: Int) -> ProbeCensus {
    var census = ProbeCensus()
    forEachTold(of: slot) { census.note(told[$0].probe) }
    return census
  }

  private func forEachTold(of slot: Int, _ body: (Int) -> Void) {
    var place = probers[slot].firstTold
    while place >= 0 {
      body(Int(place))
      place = told[Int(place)].next
    }
  }

  /// Frees the slot of a source that did little and was silent for a round of the clock's hand.
  private mutating func forgetOne(_ probe: Probe?) -> Int {
    if forgotten.concern.sources + forgotten.other.sources == 0 {
      noteFull("more than \(limits.sources) sources of probes", probe)
    }
    var steps = 0
    while steps < 2 * probers.count {
      hand = hand + 1 < probers.count ? hand + 1 : 0
      steps += 1
      let prober = probers[hand]
      if prober.profile >= 0 { continue }
      if prober.isFresh, steps <= probers.count {
        probers[hand].isFresh = false
        continue
      }
      break
    }
    let ahead = hand + ProbeLedger.lookahead
    if ahead < probers.count { index.prefetch(hash: probers[ahead].hash) }
    let prober = probers[hand]
    if !prober.isClosed { index.remove(hash: prober.hash, slot: hand) }
    if prober.profile < 0 {
      small[prober.isOfConcern] -= 1
      forgotten[prober.isOfConcern].sources += 1
      forgotten[prober.isOfConcern].probes += Int(prober.probes)
      forgotten[prober.isOfConcern].addresses.insert(prober.address)
      // Its Events go with it.
      for one in toldInOrder(hand) {
        crowds[prober.isOfConcern].note(one.probe, isOfConcern: isOfConcernInCrowd(one.probe))
      }
    }
    return hand
  }

  // Inlined, it makes the optimiser of Swift 6.3.1 fail.
  @inline(never)
  private mutating func noteFull(_ what: String, _ probe: Probe?) {
    guard let probe else { return }
    let citation = Citation(probe.provenance, text: Bytes(what))
    oddities.note(.tableFull, citation)
  }

  // MARK: Several ledgers

  /// Writes what the probes of several ledgers come to, each of other flows of the same evidence.
  static func finish(_ ledgers: inout [ProbeLedger], into events: inout [Event]) {
    bringHome(&ledgers)
    var (forgotten, sums) = (Classes(concern: Forgotten(), other: Forgotten()), ledgers[0].crowds)
    for ledger in ledgers {
      for isOfConcern in [true, false] { forgotten[isOfConcern].add(ledger.forgotten[isOfConcern]) }
    }
    for ledger in ledgers.dropFirst() {
      sums.concern.merge(ledger.crowds.concern)
      sums.other.merge(ledger.crowds.other)
    }
    var crowd = forgotten
    for ledger in ledgers { ledger.count(into: &crowd, areSomeForgotten: forgotten) }
    var isCrowded = Classes(concern: false, other: false)
    for isOfConcern in [true, false] {
      isCrowded[isOfConcern] = crowd[isOfConcern].sources > ledgers[0].limits.singly
    }
    for ledger in ledgers { ledger.tell(isCrowded, &crowd, &sums, into: &events) }
    for isOfConcern in [true, false] where crowd[isOfConcern].probes > 0 {
      append(sums[isOfConcern], crowd[isOfConcern], isExact: forgotten[isOfConcern].sources == 0, into: &events)
    }
  }

  /// Makes sure that a source stands in one ledger alone, its shard's, where nearly all do: to put all of them into one
  /// table would take longer than anything else here.
  private static func bringHome(_ ledgers: inout [ProbeLedger]) {
    for away in ledgers.indices {
      for slot in ledgers[away].probers.indices {
        let home = FlowShard.of(client: ledgers[away].probers[slot].address) % ledgers.count
        guard home != away else { continue }
        ledgers[home].merge(ledgers[away], slot)
        ledgers[away].probers[slot].leave()
      }
    }
    for home in ledgers.indices { ledgers[home].rejoin() }
  }

  /// Takes over a source of another ledger.
  private mutating func merge(_ other: ProbeLedger, _ theirs: Int) {
    let prober = other.probers[theirs]
    let hash = seed.hash(prober.address)
    let slot: Int
    // What was closed in one of them stays apart, unless the other shows that the source went on.
    let known = index.slot(hash: hash) { probers[$0].address == prober.address }
    if let known, !prober.isClosed || goesOn(known, at: prober.last) {
      slot = known
    } else {
      // All ledgers kept within their limits, so the sum is bounded.
      slot = probers.count
      probers.append(Prober(address: prober.address, isClosed: prober.isClosed, hash: hash))
      if !prober.isClosed { index.insert(hash: hash, slot: slot) }
    }
    join(slot, prober, needsCensus(slot, with: prober) ? other.census(of: theirs) : nil, other.told(of: theirs))
  }

  /// What was closed since the source paused, as far as this ledger's flows showed, when others show that it did not.
  private mutating func rejoin() {
    let closed = probers.indices.filter { probers[$0].isClosed && probers[$0].probes > 0 }
    for slot in closed.sorted(by: { probers[$1].last < probers[$0].last }) {
      let prober = probers[slot]
      guard let known = index.slot(hash: prober.hash, where: { probers[$0].address == prober.address }),
        goesOn(known, at: prober.last)
      else { continue }
      join(known, prober, needsCensus(known, with: prober) ? census(of: slot) : nil, told(of: slot))
      probers[slot].leave()
    }
  }

  /// Whether a source was at work when another ledger counted a probe of it.
  private func goesOn(_ slot: Int, at moment: Int64) -> Bool {
    let prober = probers[slot]
    let first =
      prober.profile >= 0
      ? profiles[Int(prober.profile)].first?.time : prober.firstTold < 0 ? nil : told[Int(prober.firstTold)].probe.time
    guard let first else { return false }
    let (early, underflow) = first.timestamp.nanoseconds.subtractingReportingOverflow(moment)
    let (late, overflow) = moment.subtractingReportingOverflow(prober.last)
    return !underflow && !overflow && early <= limits.pause && late <= limits.pause
  }

  private func needsCensus(_ slot: Int, with other: Prober) -> Bool {
    other.profile >= 0 || probers[slot].profile >= 0
      || Int(probers[slot].probes) + Int(other.probes) > limits.perSource
  }

  private func census(of slot: Int) -> ProbeCensus {
    let profile = Int(probers[slot].profile)
    return profile >= 0 ? profiles[profile] : census(ofTold: slot)
  }

  private func told(of slot: Int) -> [Told] {
    var own: [Told] = []
    forEachTold(of: slot) { own.append(told[$0]) }
    return own
  }

  /// Adds what is known of a source to what a slot has of it.
  private mutating func join(_ slot: Int, _ prober: Prober, _ census: ProbeCensus?, _ events: [Told]) {
    probers[slot].last = max(probers[slot].last, prober.last)
    probers[slot].probes &+= prober.probes
    probers[slot].isOfConcern = probers[slot].isOfConcern || prober.isOfConcern
    if let census { add(census, to: slot) }
    for one in events { tell(one.event, one.probe, of: slot) }
  }

  private mutating func add(_ census: ProbeCensus, to slot: Int) {
    if probers[slot].profile < 0 {
      let own = self.census(ofTold: slot)
      // Of two halves that were each in a crowd nothing is known but how many probes there were.
      guard own.probes + census.probes > 0 else { return }
      probers[slot].profile = Int32(profiles.count)
      profiles.append(own)
    }
    profiles[Int(probers[slot].profile)].merge(census)
  }

  // MARK: Events out

  /// Counts the sources without a census of their own.
  private func count(into crowd: inout Classes<Forgotten>, areSomeForgotten forgotten: Classes<Forgotten>) {
    for prober in probers where prober.profile < 0 && prober.probes > 0 {
      crowd[prober.isOfConcern].sources += 1
      crowd[prober.isOfConcern].probes += Int(prober.probes)
      if forgotten[prober.isOfConcern].sources > 0 { crowd[prober.isOfConcern].addresses.insert(prober.address) }
    }
  }

  /// Writes what is told of single sources, and takes it from the crowd's numbers.
  private func tell(
    _ isCrowded: Classes<Bool>, _ crowd: inout Classes<Forgotten>, _ sums: inout Classes<ProbeCensus>,
    into events: inout [Event]
  ) {
    for slot in probers.indices {
      let prober = probers[slot]
      // Most sources of a crowd are no more than their number.
      guard prober.profile >= 0 || prober.firstTold >= 0 else { continue }
      var own = toldInOrder(slot)
      if prober.profile >= 0 {
        own.removeSubrange(min(own.count, limits.perSource)...)
        append(prober, told: own, into: &events)
      } else if isCrowded[prober.isOfConcern] || own.count < prober.probes {
        if Int(prober.probes) <= limits.busy {
          for one in own where !one.probe.isNotable {
            sums[prober.isOfConcern].note(one.probe, isOfConcern: isOfConcernInCrowd(one.probe))
          }
          own.removeAll { !$0.probe.isNotable }
        }
        crowd[prober.isOfConcern].probes -= own.count
      } else {
        crowd[prober.isOfConcern].sources -= 1
        crowd[prober.isOfConcern].probes -= own.count
      }
      for one in own { events.append(one.event) }
    }
  }

  private func toldInOrder(_ slot: Int) -> [Told] {
    told(of: slot).sorted {
      $0.probe.time != $1.probe.time ? $0.probe.time < $1.probe.time : Event.precedes($0.event, $1.event)
    }
  }

  /// The sum of one source's probes, but for those that are told by themselves.
  private func append(_ prober: Prober, told: [Told], into events: inout [Event]) {
    let census = profiles[Int(prober.profile)]
    // Of a source that was in the crowd at first, its first probes were counted and nothing else.
    let total = Int(prober.probes)
    guard let sum = census.sum(of: total, sources: .init(1)) else { return }
    var days = census.days
    for one in told { days.take(one.probe.time) }
    let source = Host.address(IPAddress(bits: prober.address))
    ProbeLedger.append(census, sum, source: source, count: max(1, total - told.count), days, into: &events)
  }

  /// The sum of a crowd.
  private static func append(
    _ census: ProbeCensus, _ crowd: Forgotten, isExact: Bool, into events: inout [Event]
  ) {
    // One that was forgotten and came back is two of `crowd.sources`, which is at least an upper bound.
    let estimate = min(crowd.addresses.value.count, crowd.sources, crowd.probes)
    let sources = ProbeSum.Distinct(isExact ? crowd.sources : estimate, isEstimate: !isExact)
    guard let sum = census.sum(of: crowd.probes, sources: sources) else { return }
    append(census, sum, source: .unknown, count: max(1, crowd.probes), census.days, into: &events)
  }

  /// One Event for each day, all with the whole sum: the probes count on the day on which they were sent. What is not
  /// known to be of another day counts on the first.
  private static func append(
    _ census: ProbeCensus, _ sum: ProbeSum, source: Host, count: Int, _ tally: DayTally, into events: inout [Event]
  ) {
    guard let first = census.first else { return }
    let days = tally.days
    let later = days.dropFirst().reduce(0) { $0 + $1.probes }
    var event = event(census, sum, source: source, first)
    // The first day's is where the scan begins, though its first probes be told by themselves.
    event.change { $0.count = max(1, count - later) }
    if days.first.map({ $0.first.timestamp.day > first.time.timestamp.day }) ?? false {
      event.change { $0.time = days[0].first }
    }
    events.append(event)
    for day in days.dropFirst() {
      event.change { ($0.time, $0.count) = (day.first, day.probes) }
      events.append(event)
    }
  }

  private static func event(_ census: ProbeCensus, _ sum: ProbeSum, source: Host, _ first: Probe) -> Event {
    let transports = Set(sum.techniques.keys.map(\.transport))
    let text =
      IPAddress(bits: first.source).description + " > " + IPAddress(bits: first.target).description
      + ": the first of \(sum.probes) probes"
    return Event(
      time: first.time, view: .network, action: .scan, outcome: sum.outcomes.keys.min() ?? .unknown,
      source: Endpoint(host: source),
      target: Endpoint(host: census.onlyHost.map { .address(IPAddress(bits: $0)) } ?? .unknown),
      transport: transports.count == 1 ? transports.first : nil, observer: Event.wire, probes: sum,
      citation: Citation(first.provenance, text: Bytes(text)))
  }
}

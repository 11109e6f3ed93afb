public import Evidence

/// Records of hosts that came to nothing, by source: refused calls and connections, probes that a defence reported.
///
/// A flood of them is one thing to know. Each is kept in few bytes and the wording, and only when everything was read
/// is it decided whether it becomes an Event of its own or is told with others: where more than a thousand sources did
/// no more than a few such things each, their records of one kind and hour become one Event; those of one kind and day
/// where there would be too many. A source that did more becomes Events at once. What is decided depends on the final
/// counts alone, and on no order, as long as nothing was forgotten and no kind was folded, which oddities say.
public struct CrowdLedger: Sendable {
  /// Where a record went, for a line that says that it is repeated.
  enum Place: Sendable {
    /// The index of its Event.
    case event(Int)
    /// Its place here, as long as nothing was forgotten since.
    case note(Int, era: Int)
  }

  struct Source: Sendable {
    let address: UInt128
    /// How many records: what a line says was repeated counts as often.
    var records = 0
    /// The chain of its records.
    var lastNote: Int32 = -1
    var latest = Int64.min
    /// It did more than a crowd does: its records are Events.
    var isTold = false

    init(address: UInt128) { self.address = address }

    /// Adds a record to the chain.
    /// - Returns: the one before it, and how many records there are now.
    fileprivate mutating func add(_ number: Int, count: Int, time: Int64) -> (previous: Int32, records: Int) {
      let previous = lastNote
      lastNote = Int32(number)
      records = records.addingClamped(count)
      latest = max(latest, time)
      return (previous, records)
    }
  }

  public let limits: CrowdLimits
  private let seed = FlowSeed()
  private var index = SlotIndex()
  private(set) var sources = ChunkedArray<Source>()
  /// Those of them that are no Events yet, and the bytes of their records.
  private var untold = 0
  private var untoldText = 0
  private(set) var shelf = RecordShelf()
  /// Of each record on the shelf its source and the record of it before. The last records may have none yet: where
  /// their sources stand is looked up for many at once, since each has to be fetched from far away.
  private(set) var links = ChunkedArray<(source: Int32, previous: Int32)>()
  /// What is left of sources that were forgotten.
  private(set) var forgotten: [Cell: Forgotten] = [:]
  private var forgottenSpan = Span.hour
  /// How often the shelf was cleared: places on it are of no use then.
  private var era = 0
  public private(set) var oddities = OddityTally()

  /// One kind of records in one hour, which is as fine as windows are.
  struct Cell: Hashable, Comparable {
    var kind: Int32
    var hour: Int64
    /// Probes whose sources the host then blocked.
    var isBlocked = false

    static func < (left: Cell, right: Cell) -> Bool {
      (left.hour, left.kind, left.isBlocked ? 1 : 0) < (right.hour, right.kind, right.isBlocked ? 1 : 0)
    }
    /// The one that it is a part of, or itself where it is wider.
    func within(_ span: Span) -> Cell {
      guard span != .hour, hour != Cell.ever else { return self }
      let first = span == .ever ? Cell.ever : hour >= 0 ? hour / 24 * 24 : (hour - 23) / 24 * 24
      return Cell(kind: kind, hour: first, isBlocked: isBlocked)
    }
    /// In place of an hour.
    private static let ever = Int64.min
  }
  /// What a sum is of.
  enum Span: Int { case hour, day, ever }
  struct Forgotten {
    var count = 0
    var first: Event
    var last: EventTime
  }

  public init(limits: CrowdLimits = CrowdLimits()) { self.limits = limits }

  public var isEmpty: Bool { shelf.notes.count == 0 && forgotten.isEmpty }

  /// So many records wait for their sources at most.
  private static let batch = 64

  // MARK: Records in

  /// Whether such a record can be one of a crowd's: a host's, of an address that got nowhere.
  private static func takes(_ event: Event) -> Bool {
    guard event.view == .host, RecordShelf.holds(event) else { return false }
    let isTurnedDown = [.refused, .rejected, .blocked].contains(event.outcome)
    switch event.action {
    case .rpcCall:
      // What a portmapper cannot read is looked at one by one, and other services' calls are counted by source.
      return isTurnedDown && event.rpc?.program == ProgramTable.portmapper && event.rpc?.argumentForm != .garbled
    case .probe: return isTurnedDown || event.outcome == .unknown
    case .connection: return isTurnedDown
    default: return false
    }
  }

  /// Takes a record in, or makes it an Event, and that of a source of no crowd at once.
  /// - Parameter line: The key of the line that it is, for others of its kind.
  mutating func push(_ event: Event, line key: UInt64? = nil, into events: inout [Event]) -> Place {
    compact()
    guard CrowdLedger.takes(event), let address = event.source.host.address else {
      if let key { shelf.learn(key, nil) }
      return append(event, to: &events)
    }
    settle(into: &events)
    let slot = slot(of: address.bits)
    let known = shelf.kind(of: event, cap: limits.kinds)
    if let key, let known { shelf.learn(key, known) }
    guard !sources[slot].isTold else { return append(event, to: &events) }
    shelf.append(event, kind: known ?? foldedKind(of: event))
    let place = Place.note(links.count, era: era)
    link(slot, into: &events)
    return place
  }

  /// The kind of a record whose own is one too many.
  private mutating func foldedKind(of event: Event) -> Int32 {
    noteKinds(event)
    return folded(event).kind
  }

  private mutating func noteKinds(_ event: Event) {
    oddities.note(
      .tableFull, Citation(event.citation.provenance, text: Bytes("more kinds of records than \(limits.kinds)")),
      count: event.count)
  }

  /// A record without what made its kind one too many, and the kind that it has then.
  private mutating func folded(_ event: Event) -> (event: Event, kind: Int32) {
    for fold in KindFold.allCases {
      let folded = fold.folded(event)
      if let kind = shelf.kind(of: folded, cap: fold.cap(of: limits.kinds)) { return (folded, kind) }
    }
    // The last fold has no cap.
    return (event, 0)
  }

  /// Takes a line in whose kind was learned; nil when it was not.
  mutating func push(
    _ line: RawSpan, _ known: KnownLine, _ outline: LineOutline?, at place: Provenance, into events: inout [Event]
  ) -> Place? {
    compact()
    guard let kind = shelf.kinds.number(ofLine: known.key), kind >= 0, line.byteCount <= Citation.textCap,
      shelf.append(line, known, outline, kind: kind, at: place)
    else { return nil }
    let record = Place.note(shelf.notes.count - 1, era: era)
    if shelf.notes.count - links.count >= CrowdLedger.batch { settle(into: &events) }
    return record
  }

  /// Gives the records that wait to their sources; to be called when all were read.
  public mutating func settle(into events: inout [Event]) {
    let waiting = links.count..<shelf.notes.count
    for number in waiting { index.prefetch(hash: seed.hash(shelf.source(of: number))) }
    for number in waiting {
      if let slot = index.likelySlot(hash: seed.hash(shelf.source(of: number))) { sources.prefetch(slot) }
    }
    // The shelf may be rebuilt meanwhile, and what waits has other numbers then.
    while links.count < shelf.notes.count {
      let slot = slot(of: shelf.source(of: links.count))
      if sources[slot].isTold {
        links.append((Int32(slot), -1))
        events.append(shelf.event(links.count - 1))
      } else {
        link(slot, into: &events)
      }
    }
  }

  private func append(_ event: Event, to events: inout [Event]) -> Place {
    events.append(event)
    return .event(events.count - 1)
  }

  /// The record at a place; nil when it was forgotten meanwhile.
  func event(at place: Int, era: Int) -> Event? {
    guard era == self.era, shelf.notes.indices.contains(place) else { return nil }
    return shelf.event(place)
  }

  /// Gives the first record that waits to its source, which is no Event yet.
  private mutating func link(_ slot: Int, into events: inout [Event]) {
    let number = links.count
    let note = shelf.notes[number]
    let (previous, records) = sources[slot].add(number, count: note.count, time: note.time)
    links.append((Int32(slot), previous))
    untoldText += note.textLength
    if records > limits.many { tell(slot, into: &events) }
    if untold > limits.sources { forgetHalf(because: "more than \(limits.sources) sources of turned-down requests") }
    if untoldText > limits.text { forgetHalf(because: "more than \(limits.text) bytes of turned-down requests") }
  }

  private mutating func slot(of address: UInt128) -> Int {
    let hash = seed.hash(address)
    if let known = index.slot(hash: hash, where: { sources[$0].address == address }) { return known }
    index.insert(hash: hash, slot: sources.count)
    sources.append(Source(address: address))
    untold += 1
    return sources.count - 1
  }

  /// The slot of an address, if it is a source's.
  func known(_ address: UInt128) -> Int? {
    index.slot(hash: seed.hash(address), where: { sources[$0].address == address })
  }

  /// Makes all records of a source Events.
  private mutating func tell(_ slot: Int, into events: inout [Event]) {
    guard !sources[slot].isTold else { return }
    sources[slot].isTold = true
    untold -= 1
    var text = 0
    forEachNote(of: slot) {
      events.append(shelf.event($0))
      text += shelf.textLength($0)
    }
    untoldText -= text
  }

  func forEachNote(of slot: Int, _ body: (Int) -> Void) {
    var place = sources[slot].lastNote
    while place >= 0 {
      body(Int(place))
      place = links[Int(place)].previous
    }
  }

  // MARK: At the cap

  /// Clears the shelf of what became Events, once that is half of what else may stand there.
  private mutating func compact() {
    guard shelf.textCount - untoldText > limits.text / 2 else { return }
    rebuild(without: [Bool](repeating: false, count: sources.count), "")
  }

  /// The older half of the sources goes; what they did is counted.
  private mutating func forgetHalf(because reason: String) {
    let candidates = sources.indices.filter { !sources[$0].isTold }
    let ordered = candidates.sorted {
      (sources[$0].latest, sources[$0].address) < (sources[$1].latest, sources[$1].address)
    }
    var isGoing = [Bool](repeating: false, count: sources.count)
    for slot in ordered.prefix(ordered.count / 2 + 1) { isGoing[slot] = true }
    rebuild(without: isGoing, reason)
  }

  private mutating func rebuild(without isGoing: [Bool], _ reason: String) {
    var kept = CrowdLedger(limits: limits)
    kept.shelf = RecordShelf(kindsOf: shelf)
    (kept.forgotten, kept.forgottenSpan, kept.oddities, kept.era) = (forgotten, forgottenSpan, oddities, era + 1)
    var none: [Event] = []
    for slot in sources.indices where sources[slot].isTold {
      kept.tell(kept.slot(of: sources[slot].address), into: &none)
    }
    for number in links.indices where !sources[Int(links[number].source)].isTold {
      guard !isGoing[Int(links[number].source)] else {
        kept.forget(shelf.event(number), kind: shelf.notes[number].kind, reason)
        continue
      }
      kept.shelf.append(number, of: shelf)
      kept.link(kept.slot(of: shelf.source(of: number)), into: &none)
    }
    for number in links.count..<shelf.notes.count { kept.shelf.append(number, of: shelf) }
    self = kept
  }

  private mutating func forget(_ event: Event, kind: Int32, _ reason: String) {
    oddities.note(.tableFull, Citation(event.citation.provenance, text: Bytes(reason)), count: event.count)
    let cell = Cell(kind: kind, hour: event.time.timestamp.hour)
    note(Forgotten(count: event.count, first: event, last: event.time), of: cell)
  }

  /// Stamps may be of any time, so that sums of what is forgotten could be as many as records.
  private mutating func note(_ other: Forgotten, of cell: Cell) {
    forgotten[cell.within(forgottenSpan)].add(other)
    while forgotten.count > limits.hourly, let wider = Span(rawValue: forgottenSpan.rawValue + 1) {
      forgottenSpan = wider
      forgotten = forgotten(within: wider)
    }
  }

  func forgotten(within span: Span) -> [Cell: Forgotten] {
    var wider: [Cell: Forgotten] = [:]
    for (cell, value) in forgotten { wider[cell.within(span)].add(value) }
    return wider
  }

  // MARK: Several ledgers

  /// Takes over what another ledger holds, of other inputs of the same evidence.
  public mutating func merge(_ other: CrowdLedger, into events: inout [Event]) {
    settle(into: &events)
    guard !sources.isEmpty || !isEmpty else {
      self = other
      settle(into: &events)
      return
    }
    for theirs in other.sources.indices where other.sources[theirs].isTold {
      tell(slot(of: other.sources[theirs].address), into: &events)
    }
    let kinds = other.shelf.kinds.templates.enumerated().map { number, kind in
      // That the other ledger folded a kind it has said.
      shelf.kind(of: kind, cap: limits.kinds).map { (number: $0, isNewlyFolded: false) }
        ?? (number: folded(kind).kind, isNewlyFolded: number < other.limits.kinds)
    }
    for number in other.shelf.notes.indices where !other.isTold(number) {
      let kind = kinds[Int(other.shelf.notes[number].kind)]
      if kind.isNewlyFolded { noteKinds(other.shelf.event(number)) }
      take(number, of: other, kind: kind.number, into: &events)
    }
    for (cell, value) in other.forgotten.sorted(by: { $0.key < $1.key }) {
      var value = value
      var kind = shelf.kind(of: value.first, cap: limits.kinds)
      if kind == nil { (value.first, kind) = folded(value.first) }
      note(value, of: Cell(kind: kind ?? 0, hour: cell.hour))
    }
    oddities.merge(other.oddities)
  }

  // MARK: An earlier day

  /// The ledger as it was at the end of a day.
  /// - Parameter events: Those that its input gave up to then. Of a source that did more later they are its again.
  func known(at day: Day, _ events: inout [Event]) -> CrowdLedger {
    var all = self
    var late: [Event] = []
    all.settle(into: &late)
    events += late.filter { !$0.time.isLater(than: day) }
    var known = CrowdLedger(limits: limits)
    known.shelf = RecordShelf(kindsOf: all.shelf)
    (known.oddities, known.forgottenSpan) = (oddities, forgottenSpan)
    known.forgotten = forgotten.filter { !$0.value.first.time.isLater(than: day) }
    var told: [Event] = []
    for event in events { _ = known.push(event, into: &told) }
    for number in all.links.indices where !all.isTold(number) && !all.shelf.notes[number].when.isLater(than: day) {
      known.shelf.append(number, of: all.shelf)
      known.link(known.slot(of: all.shelf.source(of: number)), into: &told)
    }
    events = told
    return known
  }

  private func isTold(_ number: Int) -> Bool {
    links.indices.contains(number) && sources[Int(links[number].source)].isTold
  }

  private mutating func take(_ number: Int, of other: CrowdLedger, kind: Int32, into events: inout [Event]) {
    compact()
    let slot = slot(of: other.shelf.source(of: number))
    guard !sources[slot].isTold else {
      events.append(other.shelf.event(number))
      return
    }
    shelf.append(number, of: other.shelf, kind: kind)
    link(slot, into: &events)
  }
}

extension CrowdLedger.Forgotten? {
  mutating func add(_ other: CrowdLedger.Forgotten) {
    guard var known = self else {
      self = other
      return
    }
    known.count = known.count.addingClamped(other.count)
    if Event.precedes(other.first, known.first) { known.first = other.first }
    known.last = max(known.last, other.last)
    self = known
  }
}

import Evidence

/// The records of a ledger, source by source and each's in order of time, with what deciding about them asks for: the
/// shelf is looked through once, since it has to be fetched from far away, and no chain is followed over it.
struct CrowdRecords {
  struct Record {
    let time: Int64
    /// Its place on the shelf.
    let note: Int32
    let kind: Int32
    /// The number of its kind and period, once it was given one.
    fileprivate(set) var cell: Int32 = -1
    /// How often it was told; of more than so many bits hold, which only repetitions come to, the shelf knows.
    fileprivate let fewTimes: UInt16
    let fractionDigits: UInt8

    var when: EventTime { EventTime(Timestamp(nanoseconds: time), fractionDigits: fractionDigits) }
  }

  private var records: ContiguousArray<Record>
  /// Where each source's begin; one more than there are sources.
  private var starts: [Int]

  init(of ledger: CrowdLedger) {
    starts = [Int](repeating: 0, count: ledger.sources.count + 1)
    for number in ledger.links.indices { starts[Int(ledger.links[number].source) + 1] += 1 }
    for slot in ledger.sources.indices { starts[slot + 1] += starts[slot] }
    let none = Record(time: 0, note: 0, kind: 0, fewTimes: 0, fractionDigits: 0)
    records = ContiguousArray(onLargePages: none, count: ledger.links.count)
    var next = starts
    for number in ledger.links.indices {
      let slot = Int(ledger.links[number].source)
      let note = ledger.shelf.notes[number]
      records[next[slot]] = Record(
        time: note.time, note: Int32(truncatingIfNeeded: number), kind: note.kind,
        fewTimes: UInt16(clamping: note.count), fractionDigits: note.fractionDigits)
      next[slot] += 1
    }
    for slot in ledger.sources.indices { putInOrder(range(of: slot)) }
  }

  /// A log's lines mostly stand in order.
  private mutating func putInOrder(_ range: Range<Int>) {
    for place in range.dropFirst() where records[place].time < records[place - 1].time {
      records[range].sort { ($0.time, $0.note) < ($1.time, $1.note) }
      return
    }
  }

  /// Those of a source.
  func range(of slot: Int) -> Range<Int> { starts[slot]..<starts[slot + 1] }

  subscript(place: Int) -> Record { records[place] }

  /// Brings a record into the cache, for whoever will ask for it soon.
  func prefetch(_ place: Int) { records.prefetch(place) }

  /// How often a record was told.
  func count(_ record: Record, in ledger: CrowdLedger) -> Int {
    record.fewTimes < UInt16.max ? Int(record.fewTimes) : ledger.shelf.notes[Int(record.note)].count
  }

  /// Gives the records of some sources the numbers of their cells. Sources in the order of their slots, which is that in
  /// which they came, have neighbours of the same hour.
  mutating func number(_ slots: [Int], by cells: inout CrowdCells) {
    for slot in slots {
      for place in range(of: slot) {
        records[place].cell = cells.number(kind: records[place].kind, time: records[place].time)
      }
    }
  }
}

/// Numbers for kinds and periods, so that a sum is found without a search.
struct CrowdCells {
  private let span: CrowdLedger.Span
  /// Nanoseconds of a period.
  private let width: UInt64
  private(set) var names: [CrowdLedger.Cell] = []
  private var index = SlotIndex()
  private let seed = FlowSeed()
  /// For each kind where the period begins that was asked for last, and the cell's number: neighbours share it.
  private var latest: [(start: Int64, number: Int32)] = []

  /// - Parameter isDaily: By the day, and not by the hour.
  init(isDaily: Bool) {
    span = isDaily ? .day : .hour
    width = (isDaily ? 24 : 1) * UInt64(CrowdCells.hour)
  }

  /// Nanoseconds.
  private static let hour: Int64 = 3_600_000_000_000

  /// The number of the cell that a record of a kind and time lies in.
  mutating func number(kind: Int32, time: Int64) -> Int32 {
    while latest.count <= Int(kind) { latest.append((0, -1)) }
    let last = latest[Int(kind)]
    // The first period may begin before what a time can be.
    if last.number >= 0, UInt64(bitPattern: time &- last.start) < width { return last.number }
    let cell = CrowdLedger.Cell(kind: kind, hour: Timestamp(nanoseconds: time).hour).within(span)
    let number = number(of: cell)
    latest[Int(kind)] = (cell.hour &* CrowdCells.hour, number)
    return number
  }

  mutating func number(of cell: CrowdLedger.Cell) -> Int32 {
    let kind = UInt64(UInt32(bitPattern: cell.kind)) << 1 | (cell.isBlocked ? 1 : 0)
    let hash = seed.hash(UInt128(UInt64(bitPattern: cell.hour)) << 64 | UInt128(kind))
    if let known = index.slot(hash: hash, where: { names[$0] == cell }) { return Int32(known) }
    index.insert(hash: hash, slot: names.count)
    names.append(cell)
    return Int32(truncatingIfNeeded: names.count - 1)
  }
}

import Evidence

/// The records of the sources of a crowd, source by source and each's in order of time: looked through once, and not
/// along each source's chain, whose records stand all over the shelf.
struct CrowdRecords {
  struct Record {
    let time: Int64
    /// Its place on the shelf.
    let note: Int32
    /// The number of its kind and period.
    let cell: Int32
    /// How often it was told; of more than so many bits hold, which only repetitions come to, the shelf knows.
    fileprivate let fewTimes: UInt16
    let fractionDigits: UInt8

    var when: EventTime { EventTime(Timestamp(nanoseconds: time), fractionDigits: fractionDigits) }
  }

  private var records: ContiguousArray<Record>
  /// Where each source's begin; one more than there are sources.
  private var starts: [Int]

  /// - Parameter slots: The sources, in the order in which they are wanted.
  init(of slots: [Int], in ledger: CrowdLedger, cells: inout CrowdCells) {
    var ranks = [Int32](repeating: -1, count: ledger.sources.count)
    for (rank, slot) in slots.enumerated() { ranks[slot] = Int32(truncatingIfNeeded: rank) }
    starts = [Int](repeating: 0, count: slots.count + 1)
    for number in ledger.links.indices {
      let rank = Int(ranks[Int(ledger.links[number].source)])
      if rank >= 0 { starts[rank + 1] += 1 }
    }
    for rank in slots.indices { starts[rank + 1] += starts[rank] }
    let none = Record(time: 0, note: 0, cell: 0, fewTimes: 0, fractionDigits: 0)
    records = ContiguousArray(onLargePages: none, count: starts[slots.count])
    var next = starts
    for number in ledger.links.indices {
      let rank = Int(ranks[Int(ledger.links[number].source)])
      guard rank >= 0 else { continue }
      let note = ledger.shelf.notes[number]
      let cell = cells.number(kind: note.kind, hour: note.when.timestamp.hour)
      records[next[rank]] = Record(
        time: note.time, note: Int32(truncatingIfNeeded: number), cell: cell, fewTimes: UInt16(clamping: note.count),
        fractionDigits: note.fractionDigits)
      next[rank] += 1
    }
    for rank in slots.indices { putInOrder(range(of: rank)) }
  }

  /// A log's lines mostly stand in order.
  private mutating func putInOrder(_ range: Range<Int>) {
    for place in range.dropFirst() where records[place].time < records[place - 1].time {
      records[range].sort { ($0.time, $0.note) < ($1.time, $1.note) }
      return
    }
  }

  /// Those of a source.
  func range(of source: Int) -> Range<Int> { starts[source]..<starts[source + 1] }

  subscript(place: Int) -> Record { records[place] }

  /// How often a record was told.
  func count(_ record: Record, in ledger: CrowdLedger) -> Int {
    record.fewTimes < UInt16.max ? Int(record.fewTimes) : ledger.shelf.notes[Int(record.note)].count
  }
}

/// Numbers for kinds and periods, so that a sum is found without a search.
struct CrowdCells {
  let span: CrowdLedger.Span
  private(set) var names: [CrowdLedger.Cell] = []
  private var numbers: [CrowdLedger.Cell: Int32] = [:]
  /// For each kind the cell that was asked for last, and its number: neighbours share it.
  private var latest: [(cell: CrowdLedger.Cell, number: Int32)] = []

  init(span: CrowdLedger.Span) { self.span = span }

  /// The number of the cell that a record of a kind and hour lies in.
  mutating func number(kind: Int32, hour: Int64) -> Int32 {
    let cell = CrowdLedger.Cell(kind: kind, hour: hour).within(span)
    while latest.count <= Int(kind) { latest.append((cell, -1)) }
    let last = latest[Int(kind)]
    if last.cell.hour == cell.hour, last.number >= 0 { return last.number }
    let number = number(of: cell)
    latest[Int(kind)] = (cell, number)
    return number
  }

  mutating func number(of cell: CrowdLedger.Cell) -> Int32 {
    if let known = numbers[cell] { return known }
    let number = Int32(truncatingIfNeeded: names.count)
    numbers[cell] = number
    names.append(cell)
    return number
  }
}

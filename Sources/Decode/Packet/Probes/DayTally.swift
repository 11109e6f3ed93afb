import Evidence

/// How many probes there were on each day, so that what is told as a sum is counted when it was sent.
struct DayTally {
  struct Entry {
    /// When the first was sent.
    private(set) var first: EventTime
    fileprivate(set) var probes: Int

    fileprivate init(_ time: EventTime, _ probes: Int) { (first, self.probes) = (time, probes) }
    fileprivate mutating func note(_ time: EventTime, _ count: Int) {
      probes += count
      if time < first { first = time }
    }
  }

  /// Of more days the probes count on the last that was met.
  static let cap = 366
  private var entries: ContiguousArray<Entry> = []
  /// The entry of the probe before, and its day in nanoseconds: most are of the same.
  private var latest = 0
  private var day: Range<Int64> = 0..<0

  mutating func note(_ time: EventTime, count: Int = 1) {
    if !day.contains(time.timestamp.nanoseconds) { seek(time) }
    entries[latest].note(time, count)
  }

  /// Makes the entry of the day the latest.
  private mutating func seek(_ time: EventTime) {
    let start = Int64(time.timestamp.day.number).multipliedReportingOverflow(by: DayTally.nanoseconds)
    let end = start.partialValue.addingReportingOverflow(DayTally.nanoseconds)
    // Of the first and the last day that a time can have, each probe is looked for.
    day = start.overflow || end.overflow ? 0..<0 : start.partialValue..<end.partialValue
    if let known = entries.lastIndex(where: { $0.first.timestamp.day == time.timestamp.day }) {
      latest = known
    } else if entries.count < DayTally.cap {
      latest = entries.count
      entries.append(Entry(time, 0))
    } else {
      latest = entries.count - 1
    }
  }
  private static let nanoseconds: Int64 = 86_400_000_000_000

  mutating func merge(_ other: DayTally) {
    for entry in other.entries { note(entry.first, count: entry.probes) }
  }

  /// Takes out a probe that is told by itself.
  mutating func take(_ time: EventTime) { note(time, count: -1) }

  /// The days on which there were probes, in order.
  var days: [Entry] { entries.filter { $0.probes > 0 }.sorted { $0.first < $1.first } }
}

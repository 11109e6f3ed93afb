import Evidence

// The windows of the correlation types. Times are nanoseconds; `horizon` is the oldest time that is still inside.

/// Events of a window by how many they stand for (`event_count`).
struct WeightWindow: Sendable {
  private struct Entry {
    var time: Int64
    var weight: Int
  }
  /// What one moment can weigh; the sum over all entries stays far from overflow.
  private static let weightCap = 1 << 40

  private var entries = SlidingQueue<Entry>()
  private(set) var total = 0
  var footprint: Int { entries.count }

  /// At the cap the oldest entry goes. The window then still holds as many as any threshold asks for.
  mutating func push(weight: Int, at time: Int64, cap: Int) {
    let weight = min(max(weight, 0), WeightWindow.weightCap)
    if let last = entries.last, last.time == time {
      let sum = min(last.weight + weight, WeightWindow.weightCap)
      total += sum - last.weight
      entries.replaceLast(with: Entry(time: time, weight: sum))
    } else {
      entries.append(Entry(time: time, weight: weight))
      total += weight
    }
    if entries.count > cap { dropFirst() }
  }

  mutating func prune(before horizon: Int64) {
    while let first = entries.first, first.time < horizon { dropFirst() }
  }

  private mutating func dropFirst() { total -= entries.popFirst()?.weight ?? 0 }
}

/// Different values of a window (`value_count`), each with the time it was last seen.
struct DistinctWindow: Sendable {
  private struct Entry {
    var time: Int64
    var value: [FieldValue]
    var sequence: Int
  }
  private var entries = SlidingQueue<Entry>()
  /// The sequence number of a value's newest entry; its older entries are stale.
  private var newest: [[FieldValue]: Int] = [:]
  private var sequence = 0

  var count: Int { newest.count }
  var footprint: Int { entries.count }

  /// At the cap the value that was not seen for longest goes.
  mutating func push(_ value: [FieldValue], at time: Int64, cap: Int) {
    sequence += 1
    newest[value] = sequence
    entries.append(Entry(time: time, value: value, sequence: sequence))
    while newest.count > cap { dropFirst() }
    if entries.count > 2 * newest.count + 64 { compact() }
  }

  mutating func prune(before horizon: Int64) {
    while let first = entries.first, first.time < horizon { dropFirst() }
  }

  private mutating func dropFirst() {
    guard let entry = entries.popFirst(), newest[entry.value] == entry.sequence else { return }
    newest[entry.value] = nil
  }

  /// A flood of one value must not fill memory with its stale entries.
  private mutating func compact() {
    var kept = SlidingQueue<Entry>()
    for entry in entries.elements where newest[entry.value] == entry.sequence { kept.append(entry) }
    entries = kept
  }
}

/// Numbers of a window (`value_sum`, `value_avg`, `value_median`, `value_percentile`).
struct NumberWindow: Sendable {
  private struct Entry {
    var time: Int64
    var number: Int64
  }
  private var entries = SlidingQueue<Entry>()
  /// Kept only where a percentile is asked for.
  private var sorted: [Int64] = []
  /// Wide enough for any sum of as many 64-bit numbers as the cap allows.
  private var sum: Int128 = 0

  var footprint: Int { entries.count + sorted.count }

  /// At the cap the oldest number goes.
  mutating func push(_ number: Int64, at time: Int64, isSorted: Bool, cap: Int) {
    entries.append(Entry(time: time, number: number))
    sum += Int128(number)
    if isSorted { sorted.insert(number, at: place(of: number)) }
    if entries.count > cap { dropFirst() }
  }

  mutating func prune(before horizon: Int64) {
    while let first = entries.first, first.time < horizon { dropFirst() }
  }

  var total: Double { Double(sum) }
  /// Nil of no numbers.
  var average: Double? { entries.isEmpty ? nil : Double(sum) / Double(entries.count) }

  /// Between the two neighbours in proportion to their distance; nil of no numbers.
  func percentile(_ hundredths: Double) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let position = Double(sorted.count - 1) * hundredths / 100
    let below = min(max(Int(position), 0), sorted.count - 1)
    let above = min(below + 1, sorted.count - 1)
    let fraction = position - Double(below)
    return Double(sorted[below]) * (1 - fraction) + Double(sorted[above]) * fraction
  }

  private mutating func dropFirst() {
    guard let entry = entries.popFirst() else { return }
    sum -= Int128(entry.number)
    let place = place(of: entry.number)
    if place < sorted.count, sorted[place] == entry.number { sorted.remove(at: place) }
  }

  /// The first place whose number is not smaller.
  private func place(of number: Int64) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Matches that wait to see whether something follows them (absence).
struct AbsenceWindow: Sendable {
  struct Entry: Sendable {
    var time: Int64
    var indices: [Int]
    /// Of the event, for the finding's pattern.
    var values: [FieldValue?]
  }
  private var waiting = SlidingQueue<Entry>()
  /// When one of the rules that must not match last did.
  private var lastFollower: Int64?

  var footprint: Int { waiting.count }

  /// - Returns: how many were dropped at the cap.
  mutating func push(
    isFollower: Bool, match: Entry?, at time: Int64, cap: Int
  ) -> Int {
    if isFollower {
      lastFollower = time
      // All that still wait are within the timespan; those before were taken.
      waiting.removeAll()
    }
    guard let match, lastFollower != time else { return 0 }
    waiting.append(match)
    guard waiting.count > cap else { return 0 }
    _ = waiting.popFirst()
    return 1
  }

  /// The next match after which nothing followed, if its time was up before `horizon`.
  mutating func next(before horizon: Int64) -> Entry? {
    guard let first = waiting.first, first.time < horizon else { return nil }
    return waiting.popFirst()
  }
}

/// When each rule of a correlation last matched (`temporal`).
struct ProximityWindow: Sendable {
  private var latest: [Int64?] = []

  mutating func push(positions: UInt64, ruleCount: Int, at time: Int64) {
    if latest.isEmpty { latest = [Int64?](repeating: nil, count: ruleCount) }
    for position in latest.indices where positions.hasBit(position) { latest[position] = time }
  }

  /// The places of the rules that matched since `horizon`, as bits.
  func positions(since horizon: Int64) -> UInt64 {
    var positions: UInt64 = 0
    for position in latest.indices where latest[position].map({ $0 >= horizon }) ?? false {
      positions |= 1 << UInt64(clamping: position)
    }
    return positions
  }
}

/// How far the rules of a correlation matched in their order (`temporal_ordered`).
struct ChainWindow: Sendable {
  private struct Entry {
    var time: Int64
    /// The latest start of a chain that ends here.
    var start: Int64
    var sequence: Int
    var index: Int
  }
  /// Of the chains that have come to a position, the latest start.
  private var starts: [Int64?] = []
  /// Events at a position that continue a chain and are not yet part of a complete one.
  private var pending: [SlidingQueue<Entry>] = []
  /// The newest event at a position that is part of a complete chain.
  private var complete: [Int] = []
  private var sequence = 0

  var footprint: Int { pending.reduce(0) { $0 + $1.count } }

  /// Whether this match completes a chain; `joined` then gains the events of all chains that it completes.
  mutating func push(
    positions: UInt64, ruleCount: Int, indices: [Int], at time: Int64, horizon: Int64, cap: Int, joined: inout [Int],
    dropped: inout Int
  ) -> Bool {
    guard ruleCount > 0 else { return false }
    if starts.isEmpty {
      starts = [Int64?](repeating: nil, count: ruleCount)
      pending = [SlidingQueue<Entry>](repeating: SlidingQueue(), count: ruleCount)
      complete = [Int](repeating: 0, count: ruleCount)
    }
    prune(before: horizon)
    sequence += 1
    var isComplete = false
    // From the last position down, so that an event never follows itself.
    for position in (0..<ruleCount).reversed() where positions.hasBit(position) {
      guard let start = position == 0 ? time : starts[position - 1], start >= horizon else { continue }
      starts[position] = max(starts[position] ?? start, start)
      for index in indices {
        pending[position].append(Entry(time: time, start: start, sequence: sequence, index: index))
        if pending[position].count > cap {
          _ = pending[position].popFirst()
          dropped += 1
        }
      }
      isComplete = isComplete || position == ruleCount - 1
    }
    if isComplete { collect(since: horizon, into: &joined) }
    return isComplete
  }

  /// The events before the newest that is complete at the next position. Each is taken once; those whose chain began
  /// before the window are left.
  private mutating func collect(since horizon: Int64, into joined: inout [Int]) {
    var limit = Int.max
    for position in pending.indices.reversed() {
      while let entry = pending[position].first, entry.sequence < limit {
        _ = pending[position].popFirst()
        guard entry.start >= horizon else { continue }
        joined.append(entry.index)
        complete[position] = entry.sequence
      }
      limit = complete[position]
    }
  }

  private mutating func prune(before horizon: Int64) {
    for position in pending.indices {
      while let first = pending[position].first, first.time < horizon { _ = pending[position].popFirst() }
    }
  }
}

extension UInt64 {
  func hasBit(_ position: Int) -> Bool { self >> UInt64(clamping: position) & 1 == 1 }
}

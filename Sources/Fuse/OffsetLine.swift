import Evidence

/// A line through differences of time: an offset that grows with a drift, and how many calls lie on it.
struct OffsetLine {
  /// One call of a log that may be one call of the wire.
  struct Vote {
    /// On the host's clock.
    var time: Timestamp
    /// Host clock minus network clock, in seconds.
    var difference: Double
    var record: Int
    var packet: Int
    /// Number of the source and procedure.
    var kind: Int
  }

  var offset: Double
  var drift: Double
  var reference: Timestamp
  var span: Double
  /// Calls that lie on it, each record and each packet once.
  var support: Int
  /// Different sources and procedures among them.
  var kinds: Int

  /// A crystal is off by less than this, in seconds for each second.
  private static let driftCap = 60e-6
  /// A stamp of whole seconds and the time that a record takes to be written, in seconds.
  private static let width = 1.6
  /// Lines closer together than this in their middle are one, in seconds.
  private static let apart = 3.0
  /// So many stretches of differences are searched for a line.
  private static let stretchCap = 48
  private static let stepCap = 2000
  /// Votes times drifts of a stretch.
  private static let workCap = 4_000_000

  func isSame(as other: OffsetLine) -> Bool {
    abs(offset + drift * other.reference.seconds(since: reference) - other.offset) <= OffsetLine.apart
  }

  /// The best line, and the best ones that are another.
  static func best(_ votes: [Vote]) -> [OffsetLine] {
    guard let first = votes.map(\.time).min(), let last = votes.map(\.time).max() else { return [] }
    let reference = Timestamp(nanoseconds: first.nanoseconds / 2 + last.nanoseconds / 2)
    let length = last.seconds(since: first)
    let ordered = votes.sorted { ($0.difference, $0.record, $0.packet) < ($1.difference, $1.record, $1.packet) }
    let reach = driftCap * length + width
    let steps = min(stepCap, Int((driftCap * length / 0.5).rounded(.up)))
    let drifts = steps == 0 ? [0] : (-steps...steps).map { driftCap * Double($0) / Double(steps) }
    var found: [OffsetLine] = []
    var bound = 0
    for stretch in stretches(ordered, reach) {
      // What cannot reach half of the best neither wins nor makes it doubtful.
      guard stretch.count * 2 > bound else { break }
      // A flood is searched with a coarser comb: it has more votes than it needs.
      let coarse = max(1, stretch.count * drifts.count / workCap)
      let comb = stride(from: 0, to: drifts.count, by: coarse).map { drifts[$0] }
      let lines = search(ordered[stretch], comb, reference)
      found += lines
      bound = max(bound, lines.map(\.support).max() ?? 0)
    }
    return distinct(found)
  }

  /// Runs of differences as long as drift can stretch them, the fullest first.
  private static func stretches(_ votes: [Vote], _ reach: Double) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var high = 0
    for low in votes.indices {
      while high < votes.count, votes[high].difference - votes[low].difference <= 2 * reach { high += 1 }
      // One that lies within the one before finds nothing of its own.
      if runs.last?.upperBound != high { runs.append(low..<high) }
    }
    return Array(runs.sorted { ($1.count, $0.lowerBound) < ($0.count, $1.lowerBound) }.prefix(stretchCap))
  }

  /// The best lines of a stretch: for each drift the fullest place, and the fullest that is another.
  private static func search(_ votes: ArraySlice<Vote>, _ drifts: [Double], _ reference: Timestamp) -> [OffsetLine] {
    let times = votes.map { $0.time.seconds(since: reference) }
    let differences = votes.map(\.difference)
    var tops: [(count: Int, drift: Double, offset: Double)] = []
    for drift in drifts {
      var rests = times.indices.map { differences[$0] - drift * times[$0] }
      rests.sort()
      var low = 0
      for high in rests.indices {
        while rests[high] - rests[low] > width { low += 1 }
        let count = high - low + 1
        let middle = (rests[high] + rests[low]) / 2
        if let place = tops.firstIndex(where: { abs($0.offset - middle) <= apart }) {
          if count > tops[place].count { tops[place] = (count, drift, middle) }
        } else if tops.count < 16 || count > tops[tops.count - 1].count {
          if tops.count == 16 { tops.removeLast() }
          tops.append((count, drift, middle))
        }
      }
      tops.sort { ($1.count, abs($0.drift), $0.offset) < ($0.count, abs($1.drift), $1.offset) }
    }
    return distinct(tops.prefix(4).map { fitted(votes, $0.offset, $0.drift, reference) })
  }

  /// The line through the votes near one, by least squares; each record and packet has one vote.
  private static func fitted(_ votes: ArraySlice<Vote>, _ offset: Double, _ drift: Double, _ reference: Timestamp)
    -> OffsetLine
  {
    var line = OffsetLine(offset: offset, drift: drift, reference: reference, span: 0, support: 0, kinds: 0)
    for _ in 0..<2 {
      let members = members(votes, of: line)
      line.support = members.count
      line.kinds = Set(members.map(\.kind)).count
      let times = members.map { $0.time.seconds(since: reference) }
      line.span = (times.max() ?? 0) - (times.min() ?? 0)
      line.refit(times, members.map(\.difference))
    }
    return line
  }

  private static func members(_ votes: ArraySlice<Vote>, of line: OffsetLine) -> [Vote] {
    func rest(_ vote: Vote) -> Double { abs(vote.difference - line.offset(at: vote.time)) }
    let near = votes.filter { rest($0) <= width / 2 + 0.2 }
    var records: Set<Int> = []
    var packets: Set<Int> = []
    return near.sorted { (rest($0), $0.record, $0.packet) < (rest($1), $1.record, $1.packet) }.filter { vote in
      guard !records.contains(vote.record), !packets.contains(vote.packet) else { return false }
      records.insert(vote.record)
      packets.insert(vote.packet)
      return true
    }
  }

  func offset(at moment: Timestamp) -> Double { offset + drift * moment.seconds(since: reference) }

  private mutating func refit(_ times: [Double], _ differences: [Double]) {
    let count = Double(times.count)
    guard count >= 2 else { return }
    let (middle, mean) = (times.reduce(0, +) / count, differences.reduce(0, +) / count)
    let spread = times.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
    let slope = zip(times, differences).reduce(0) { $0 + ($1.0 - middle) * ($1.1 - mean) }
    // Within hours whole seconds tell nothing of a drift.
    drift = span < 3600 || spread <= 0 ? 0 : min(OffsetLine.driftCap, max(-OffsetLine.driftCap, slope / spread))
    offset = mean - drift * middle
  }

  /// The best of lines that are one, the best first.
  private static func distinct(_ lines: [OffsetLine]) -> [OffsetLine] {
    var kept: [OffsetLine] = []
    for line in lines.sorted(by: { ($1.support, abs($0.drift), $0.offset) < ($0.support, abs($1.drift), $1.offset) })
    where !kept.contains(where: { $0.isSame(as: line) }) {
      kept.append(line)
    }
    return Array(kept.prefix(8))
  }
}

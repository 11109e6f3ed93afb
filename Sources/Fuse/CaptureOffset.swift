public import Evidence

/// How far the clocks of two captures are apart, by conversations that both saw.
///
/// Captures are read as of one clock, since a capture that was split must give what it gives whole, and nothing in a file
/// says whose clock wrote it. So this moves nothing: it is said, and a person decides.
public struct CaptureOffset: Sendable, Hashable {
  /// The capture whose stamps are the earlier ones.
  public var early: InputID
  public var late: InputID
  public var seconds: Double
  /// Conversations that agree on it.
  public var exchanges: Int

  /// Fewer may agree by chance: clients that ask again do so by the same timer.
  private static let least = 5
  /// What agrees lies this close together, and clocks closer than this are no matter, in seconds.
  private static let agreement = 0.1
  private static let smallest = 1.0

  /// - Parameter events: In order.
  public static func estimate(_ events: [Event]) -> [CaptureOffset] {
    var votes = CaptureVotes()
    for index in events.indices where events[index].view == .network && events[index].time.isDated {
      votes.add(events[index])
    }
    return votes.counted().compactMap(offset)
  }

  /// The difference that most conversations agree on; nil when they are few, a minority, or say that the clocks agree.
  private static func offset(_ pair: CaptureVotes.Pair, _ differences: [Double]) -> CaptureOffset? {
    let ordered = differences.sorted()
    var best = 0..<0
    var low = 0
    for high in ordered.indices {
      while ordered[high] - ordered[low] > agreement { low += 1 }
      if high + 1 - low > best.count { best = low..<(high + 1) }
    }
    guard best.count >= least, best.count * 2 > ordered.count else { return nil }
    let middle = ordered[best.lowerBound + best.count / 2]
    guard abs(middle) >= smallest else { return nil }
    return CaptureOffset(
      early: middle > 0 ? pair.one : pair.other, late: middle > 0 ? pair.other : pair.one, seconds: abs(middle),
      exchanges: best.count)
  }
}

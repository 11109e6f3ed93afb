/// Frames that an interface lost, as two kinds of blocks tell it: a frame's those since the frame before (`epb_dropcount`),
/// and statistics all since the capture began (`isb_ifdrop`, `isb_osdrop`). What both tell counts once.
struct PcapngDrops {
  /// By the frames.
  private var before = 0
  /// By statistics alone, as yet.
  private var beyond = 0

  /// Takes what a frame tells.
  /// - Returns: how many of them were not known.
  mutating func note(before count: Int) -> Int {
    let known = min(count, beyond)
    beyond -= known
    before = before.addingClamped(count)
    return count - known
  }

  /// Takes what statistics tell.
  /// - Returns: how many of them were not known.
  mutating func note(total: Int) -> Int {
    let news = max(0, total - before.addingClamped(beyond))
    beyond += news
    return news
  }
}

extension Int {
  /// The sum of two counts, which are no less than 0.
  func addingClamped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

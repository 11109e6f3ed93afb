import Evidence

/// The line feeds of a block, one after another. They are looked for many at a time: that costs less than a search for
/// each, and brings the lines into the cache.
struct LineFeeds: ~Copyable {
  /// So many bytes at most are looked through at once, which the nearest cache holds.
  private static let reach = 1 << 15

  /// Those that were found last, as distances from `base`.
  private var places = InlineArray<256, Int32>(repeating: 0)
  private var count = 0
  private var base = 0
  /// The next one among them.
  private var index = 0
  /// Up to where the block was looked through.
  private var end: Int

  init(from start: Int) { end = start }

  /// The place of the next one; nil when there is none.
  @inline(__always) mutating func next(in block: RawSpan) -> Int? {
    if index == count, !look(through: block) { return nil }
    let place = base &+ Int(places[index])
    index &+= 1
    return place
  }

  /// Looks on for line feeds; false when there are no more.
  @inline(never) private mutating func look(through block: RawSpan) -> Bool {
    (index, count) = (0, 0)
    while count == 0, end < block.byteCount {
      base = end
      var room = places.mutableSpan
      (count, end) = block.places(of: 0x0a, from: end, to: min(block.byteCount, end + LineFeeds.reach), into: &room)
    }
    return count > 0
  }
}

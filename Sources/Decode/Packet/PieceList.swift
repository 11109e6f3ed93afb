import Evidence

/// Pieces of a sequence of bytes, in order, none overlapping another: what came of a stream or a datagram before it can be
/// read.
///
/// What overlaps is compared. The caller bounds how many pieces and bytes are held.
struct PieceList<Origin: Sendable>: Sendable {
  struct Piece: Sendable {
    /// From the start of the sequence.
    var offset: Int
    var length: Int
    /// What was captured of it, from its start.
    var bytes: [UInt8]
    var origin: Origin
    var end: Int { offset + length }
  }
  /// What a new piece added.
  struct Insertion {
    /// Bytes of it that no other brought before.
    var fresh = 0
    /// The first place where it says something else than what is held.
    var conflict: Int?
  }

  private(set) var pieces: [Piece] = []
  /// Captured bytes that are held.
  private(set) var byteCount = 0

  var isEmpty: Bool { pieces.isEmpty }
  var count: Int { pieces.count }
  var first: Piece? { pieces.first }

  /// Adds what stands in `range` and is not held; `captured` holds its start, from `range`'s lower bound on.
  mutating func insert(
    _ range: Range<Int>, captured: RawSpan, origin: Origin, policy: OverlapPolicy
  ) -> Insertion {
    var insertion = Insertion()
    var position = range.lowerBound
    var index = firstIndex(endingAfter: position)
    while position < range.upperBound {
      if index < pieces.count, pieces[index].offset <= position {
        let end = min(pieces[index].end, range.upperBound)
        let conflict = compare(index, position..<end, captured, from: range.lowerBound, policy)
        insertion.conflict = insertion.conflict ?? conflict
        position = end
      } else {
        let end = index < pieces.count ? min(range.upperBound, pieces[index].offset) : range.upperBound
        let bytes = Bytes(captured.part(position..<end, from: range.lowerBound)).array
        pieces.insert(Piece(offset: position, length: end - position, bytes: bytes, origin: origin), at: index)
        byteCount += bytes.count
        insertion.fresh += end - position
        position = end
      }
      index += 1
    }
    return insertion
  }

  /// Nearly always a new piece comes behind all others.
  private func firstIndex(endingAfter position: Int) -> Int {
    guard let last = pieces.last, last.end > position else { return pieces.count }
    return pieces.firstIndex { $0.end > position } ?? pieces.count
  }

  /// Holds a new piece's bytes against a held one's, of the same place.
  /// - Returns: where they begin to differ.
  private mutating func compare(
    _ index: Int, _ range: Range<Int>, _ captured: RawSpan, from start: Int, _ policy: OverlapPolicy
  ) -> Int? {
    let held = pieces[index].offset
    let new = captured.part(range, from: start)
    let bytes = pieces[index].bytes
    let difference = bytes.rawSpan.part(range, from: held).firstDifference(from: new)
    guard let difference else { return nil }
    if policy == .last {
      // Only bytes that were captured of both can be exchanged one for the other.
      let count = min(new.byteCount, pieces[index].bytes.count - (range.lowerBound - held))
      for place in difference..<count { pieces[index].bytes[range.lowerBound - held + place] = new.byte(place) }
    }
    return range.lowerBound + difference
  }

  mutating func removeFirst() {
    guard let first = pieces.first else { return }
    byteCount -= first.bytes.count
    pieces.removeFirst()
  }

  /// Drops the bytes of what is held, but not the knowledge of what was there.
  mutating func dropBytes() {
    for index in pieces.indices { pieces[index].bytes = [] }
    byteCount = 0
  }
}

extension RawSpan {
  /// What is there of `range`, whose numbers count from a place that is `start` for this span.
  @_lifetime(copy self) func part(_ range: Range<Int>, from start: Int) -> RawSpan {
    let lower = min(max(range.lowerBound - start, 0), byteCount)
    return slice(lower..<max(lower, min(range.upperBound - start, byteCount)))
  }

  /// The first place where both have bytes, and these differ.
  func firstDifference(from other: RawSpan) -> Int? {
    let count = Swift.min(byteCount, other.byteCount)
    var index = 0
    while index + 8 <= count, uint64(index) == other.uint64(index) { index += 8 }
    while index < count, byte(index) == other.byte(index) { index += 1 }
    return index < count ? index : nil
  }
}

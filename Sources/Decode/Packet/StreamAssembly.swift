import Evidence

/// One direction of a TCP connection: segments in any order in, bytes in the order of the stream out.
///
/// The store of segments that came too early is small, and a gap that outlives it is stepped over. Where segments overlap,
/// they are compared, also with what was handed out last.
struct StreamAssembly {
  typealias Segment = PieceList<PacketSighting>.Piece

  static let segmentCap = 64
  static let byteCap = 1 << 20

  /// Offset of the next byte to be handed out.
  private(set) var next = 0
  /// Segments beyond ``next``.
  private var held = PieceList<PacketSighting>()
  private var delivered = DeliveredBytes()

  var buffered: Int { held.byteCount }

  /// Adds a segment, whose part before ``next`` was handed out already.
  ///
  /// The caller takes what is in order at once with ``takeReady()``.
  mutating func insert(
    offset: Int, length: Int, captured: RawSpan, origin: PacketSighting, policy: OverlapPolicy
  ) -> PieceList<PacketSighting>.Insertion {
    let start = max(offset, next)
    guard start < offset + length else { return PieceList.Insertion() }
    return held.insert(
      start..<offset + length, captured: captured.part(start..<offset + length, from: offset), origin: origin,
      policy: policy)
  }

  /// Passes over a segment that is next in the stream, when none is held: the caller has its bytes.
  /// - Returns: the part of the stream that no segment brought before; nil when the segment has to wait.
  mutating func passInOrder(offset: Int, length: Int) -> Range<Int>? {
    guard held.isEmpty, offset <= next else { return nil }
    let start = next
    next = max(next, offset + length)
    return start..<next
  }

  /// The segment that is next in the stream, if it is there.
  mutating func takeReady() -> Segment? {
    guard let first = held.first, first.offset == next else { return nil }
    held.removeFirst()
    next = first.end
    return first
  }

  /// Whether more is held than may be.
  var isOverfull: Bool { held.count > StreamAssembly.segmentCap || held.byteCount > StreamAssembly.byteCap }

  /// Gives up waiting for what is missing before the first held segment.
  /// - Returns: how many bytes are missing; nil when nothing is held.
  mutating func stepOverGap() -> Int? {
    guard let first = held.first else { return nil }
    defer { next = first.offset }
    return first.offset - next
  }

  /// Drops the bytes of what is held, but not the knowledge of what was there.
  mutating func dropBytes() { held.dropBytes() }

  // MARK: What was handed out

  /// Remembers bytes that end `missing` before ``next``, to compare with what comes again.
  mutating func remember(_ bytes: RawSpan, missing: Int, in history: inout StreamHistory) {
    delivered.note(bytes, at: next - missing - bytes.byteCount, in: &history)
  }

  /// The first place where a segment says something else than what was handed out of the same place.
  func conflict(offset: Int, captured: RawSpan, in history: StreamHistory) -> Int? {
    // RFC 9293, section 3.8.4: a keep-alive may carry one byte of garbage, of the place before the next.
    guard offset < next, !(captured.byteCount == 1 && offset + 1 == next) else { return nil }
    return delivered.conflict(at: offset, captured, in: history)
  }
}

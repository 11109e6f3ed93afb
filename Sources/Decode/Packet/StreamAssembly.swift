import Evidence

/// One direction of a TCP connection: segments in any order in, bytes in the order of the stream out.
///
/// The store of segments that came too early is small, and a gap that outlives it is stepped over. Where segments overlap,
/// the bytes that came first are kept; that they may differ, and what the target makes of it, is a later issue.
struct StreamAssembly {
  /// A piece of the stream.
  struct Segment {
    /// From the start of the stream.
    var offset: Int
    var length: Int
    /// What was captured of it, from its start.
    var bytes: [UInt8]
    var origin: PacketSighting
    var end: Int { offset + length }
  }

  static let segmentCap = 64
  static let byteCap = 1 << 20

  /// Offset of the next byte to be handed out.
  private(set) var next = 0
  /// Segments beyond ``next``, in order, none overlapping another.
  private var held: [Segment] = []
  private(set) var buffered = 0

  /// Bytes of the segment that no other brought before.
  ///
  /// The caller takes what is in order at once with ``takeReady()``.
  mutating func insert(offset: Int, length: Int, captured: RawSpan, origin: PacketSighting) -> Int {
    var fresh = 0
    var position = max(offset, next)
    let end = offset + length
    var index = held.firstIndex { $0.end > position } ?? held.count
    while position < end {
      if index < held.count, held[index].offset <= position {
        position = max(position, held[index].end)
        index += 1
        continue
      }
      let pieceEnd = index < held.count ? min(end, held[index].offset) : end
      let piece = StreamAssembly.piece(position..<pieceEnd, of: captured, at: offset, origin)
      held.insert(piece, at: index)
      buffered += piece.bytes.count
      fresh += piece.length
      position = pieceEnd
      index += 1
    }
    return fresh
  }

  /// Passes over a segment that is next in the stream, when none is held: the caller has its bytes.
  /// - Returns: the part of the stream that no segment brought before; nil when the segment has to wait.
  mutating func passInOrder(offset: Int, length: Int) -> Range<Int>? {
    guard held.isEmpty, offset <= next else { return nil }
    let start = next
    next = max(next, offset + length)
    return start..<next
  }

  private static func piece(
    _ range: Range<Int>, of captured: RawSpan, at offset: Int, _ origin: PacketSighting
  ) -> Segment {
    let start = min(range.lowerBound - offset, captured.byteCount)
    let end = min(range.upperBound - offset, captured.byteCount)
    return Segment(
      offset: range.lowerBound, length: range.count, bytes: Bytes(captured.slice(start..<end)).array, origin: origin)
  }

  /// The segment that is next in the stream, if it is there.
  mutating func takeReady() -> Segment? {
    guard let first = held.first, first.offset == next else { return nil }
    held.removeFirst()
    buffered -= first.bytes.count
    next = first.end
    return first
  }

  /// Whether more is held than may be.
  var isOverfull: Bool { held.count > StreamAssembly.segmentCap || buffered > StreamAssembly.byteCap }

  /// Gives up waiting for what is missing before the first held segment.
  /// - Returns: how many bytes are missing; nil when nothing is held.
  mutating func stepOverGap() -> Int? {
    guard let first = held.first else { return nil }
    defer { next = first.offset }
    return first.offset - next
  }

  /// Drops the bytes of what is held, but not the knowledge of what was there.
  mutating func dropBytes() {
    for index in held.indices { held[index].bytes = [] }
    buffered = 0
  }
}

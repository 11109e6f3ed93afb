import Evidence

/// Blocks in, lines out: however the blocks cut the input, the lines are the same.
///
/// A text that begins with a ``CountedFrame`` is a stream of them, saved as it came: its records are told by their
/// lengths, so that none ends at a line feed within it, and no text within one is taken for the next.
public struct LineSplitter: ~Copyable {
  /// Where a line stands.
  public struct Place: Hashable, Sendable {
    /// Counted from 1.
    public var number: Int
    /// Of the line's first byte, in the unpacked input.
    public var offset: Int
    /// Bytes at the line's end that were not kept, because it is longer than the cap.
    public var omitted: Int
    /// False for a last line without its line feed.
    public var isTerminated: Bool
    /// Nil, or what a record of a stream is whose length does not fit.
    public var misfit: Misfit?
  }

  /// A record of a stream that does not end where its length says.
  public enum Misfit: Hashable, Sendable {
    /// It goes up to the next one.
    case record
    /// It may be several, of which none can be told.
    case several
    /// The input ends before it does.
    case cut
  }

  public static let defaultCap = 16 * 1024 * 1024

  /// Bytes of a line that are kept.
  private let cap: Int
  private var number = 1
  /// Of the current line's first byte.
  private var lineOffset = 0
  /// Bytes that came before the current block.
  private var position = 0
  /// The start of a line whose end is in a later block, at most ``cap`` bytes, and how much more of it there was.
  private var carry: [UInt8] = []
  private var omitted = 0
  private enum Framing { case unknown, lines, counted }
  private var framing = Framing.unknown
  /// Of a stream, and of a text whose first bytes do not tell yet: what was not handed out, at most a record and a block.
  private var waiting: [UInt8] = []

  public init(cap: Int = defaultCap) { self.cap = max(cap, 1) }

  /// Hands every line that ends in `block` to `body`, without its LF or CRLF.
  public mutating func push(_ block: RawSpan, _ body: (RawSpan, Place) -> Void) {
    if framing == .lines { pushLines(block, body) } else { pushStream(block, isLast: false, body) }
  }

  private mutating func pushLines(_ block: RawSpan, _ body: (RawSpan, Place) -> Void) {
    var start = 0
    while let end = block.firstIndex(of: 0x0a, from: start) {
      if carry.isEmpty, end - start <= cap {
        body(LineSplitter.withoutReturn(block.slice(start..<end)), place(isTerminated: true))
      } else {
        keep(block.slice(start..<end))
        deliverCarry(isTerminated: true, body)
        dropCarry()
      }
      start = end + 1
      lineOffset = position + start
      number += 1
    }
    keep(block.slice(start..<block.byteCount))
    position += block.byteCount
  }

  /// Goes by whole lines that somebody else read. The block before must have ended with a line.
  /// - Parameter length: Their bytes, with the line feeds.
  public mutating func skip(lines: Int, length: Int) {
    if framing == .unknown { framing = .lines }
    position += length
    lineOffset = position
    number += lines
  }

  /// Hands out the last line, if the input does not end in a line feed.
  public mutating func finish(_ body: (RawSpan, Place) -> Void) {
    if framing != .lines { pushStream(RawSpan(), isLast: true, body) }
    guard !carry.isEmpty else { return }
    deliverCarry(isTerminated: false, body)
    dropCarry()
    lineOffset = position
    number += 1
  }

  private func place(isTerminated: Bool) -> Place {
    Place(number: number, offset: lineOffset, omitted: omitted, isTerminated: isTerminated)
  }

  // MARK: Streams

  /// Whether lines may be passed by with ``skip(lines:length:)``: in a stream, what looks like one may be a record's text.
  public var tellsLines: Bool { framing != .counted }

  private mutating func pushStream(_ block: RawSpan, isLast: Bool, _ body: (RawSpan, Place) -> Void) {
    var bytes = waiting
    waiting = []
    bytes.append(block)
    if framing == .unknown {
      switch CountedFrame.read(bytes.rawSpan, at: 0) {
      case .frame: framing = .counted
      case .cut where !isLast:
        waiting = bytes
        return
      case .none, .cut:
        framing = .lines
        pushLines(bytes.rawSpan, body)
        return
      }
    }
    let read = readStream(bytes.rawSpan, isLast: isLast, body)
    position += read
    waiting = Array(bytes[read...])
  }

  /// Hands out what is whole.
  /// - Returns: how many bytes that were.
  private mutating func readStream(_ bytes: RawSpan, isLast: Bool, _ body: (RawSpan, Place) -> Void) -> Int {
    var start = 0
    while start < bytes.byteCount {
      let (next, misfit): (Int, Misfit?)
      switch CountedFrame.read(bytes, at: start) {
      case .cut where !isLast: return start
      case .frame(let frame):
        guard case .found(let end, let trouble) = frame.end(in: bytes, isLast: isLast) else { return start }
        (next, misfit) = (end, trouble)
      case .none, .cut:
        // Text between records is read as lines.
        guard let end = LineSplitter.lineEnd(bytes, from: start, isLast: isLast) else { return start }
        (next, misfit) = (end, nil)
      }
      let record = bytes.slice(start..<next)
      let place = Place(number: number, offset: position + start, omitted: 0, isTerminated: true, misfit: misfit)
      body(LineSplitter.withoutEnd(record), place)
      number += LineSplitter.feeds(in: record)
      start = next
    }
    return start
  }

  private static func feeds(in bytes: RawSpan) -> Int {
    var (count, start) = (0, 0)
    while let feed = bytes.firstIndex(of: 0x0a, from: start) { (count, start) = (count + 1, feed + 1) }
    return count
  }

  /// Behind the line feed; of a longer line than a record of a stream can be, a piece.
  private static func lineEnd(_ bytes: RawSpan, from start: Int, isLast: Bool) -> Int? {
    let limit = start + 2 * CountedFrame.lengthCap
    if let feed = bytes.firstIndex(of: 0x0a, from: start) { return min(feed + 1, limit) }
    return limit <= bytes.byteCount ? limit : isLast ? bytes.byteCount : nil
  }

  private mutating func keep(_ bytes: RawSpan) {
    // Most of what is read here are whole lines.
    guard bytes.byteCount > 0 else { return }
    let count = min(bytes.byteCount, cap - carry.count)
    carry.append(bytes.slice(0..<count))
    omitted += bytes.byteCount - count
  }

  private func deliverCarry(isTerminated: Bool, _ body: (RawSpan, Place) -> Void) {
    let line = carry.rawSpan
    // The return of a line that was cut at its cap is among what was omitted.
    body(isTerminated && omitted == 0 ? LineSplitter.withoutReturn(line) : line, place(isTerminated: isTerminated))
  }

  private mutating func dropCarry() {
    carry.removeAll(keepingCapacity: carry.count < ByteSource.blockSize)
    omitted = 0
  }

  @_lifetime(copy line) private static func withoutEnd(_ line: RawSpan) -> RawSpan {
    let last = line.byteCount - 1
    return withoutReturn(last >= 0 && line.byte(last) == 0x0a ? line.slice(0..<last) : line)
  }

  @_lifetime(copy line) private static func withoutReturn(_ line: RawSpan) -> RawSpan {
    let last = line.byteCount - 1
    return last >= 0 && line.byte(last) == 0x0d ? line.slice(0..<last) : line
  }
}

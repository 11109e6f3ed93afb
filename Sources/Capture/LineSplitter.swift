import Evidence

/// Blocks in, lines out: however the blocks cut the input, the lines are the same.
package struct LineSplitter: ~Copyable {
  /// Where a line stands.
  package struct Place: Hashable, Sendable {
    /// Counted from 1.
    package var number: Int
    /// Of the line's first byte, in the unpacked input.
    package var offset: Int
    /// Bytes at the line's end that were not kept, because it is longer than the cap.
    package var omitted: Int
    /// False for a last line without its line feed.
    package var isTerminated: Bool
  }

  package static let defaultCap = 16 * 1024 * 1024

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

  package init(cap: Int = defaultCap) { self.cap = max(cap, 1) }

  /// Hands every line that ends in `block` to `body`, without its LF or CRLF.
  package mutating func push(_ block: RawSpan, _ body: (RawSpan, Place) -> Void) {
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
  package mutating func skip(lines: Int, length: Int) {
    position += length
    lineOffset = position
    number += lines
  }

  /// Hands out the last line, if the input does not end in a line feed.
  package mutating func finish(_ body: (RawSpan, Place) -> Void) {
    guard !carry.isEmpty else { return }
    deliverCarry(isTerminated: false, body)
    dropCarry()
    lineOffset = position
    number += 1
  }

  private func place(isTerminated: Bool) -> Place {
    Place(number: number, offset: lineOffset, omitted: omitted, isTerminated: isTerminated)
  }

  private mutating func keep(_ bytes: RawSpan) {
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

  @_lifetime(copy line) private static func withoutReturn(_ line: RawSpan) -> RawSpan {
    let last = line.byteCount - 1
    return last >= 0 && line.byte(last) == 0x0d ? line.slice(0..<last) : line
  }
}

import Evidence

/// An array that grows by parts, so that no growing copies what stands in it.
struct ChunkedArray<Element: Sendable>: Sendable {
  private var chunks: ContiguousArray<ContiguousArray<Element>> = []
  private(set) var count = 0

  /// Parts of some hundred KiB: of the last one little stays empty.
  private static var shift: Int { 13 }
  private static var mask: Int { 1 << shift - 1 }

  var indices: Range<Int> { 0..<count }

  var isEmpty: Bool { count == 0 }

  mutating func append(_ element: Element) {
    if count & ChunkedArray.mask == 0 {
      chunks.append([])
      // The first grows as it needs: many have little.
      if count > 0 { chunks[chunks.count - 1].reserveCapacity(1 << ChunkedArray.shift) }
    }
    chunks[chunks.count - 1].append(element)
    count += 1
  }

  subscript(index: Int) -> Element {
    get { chunks[index >> ChunkedArray.shift][index & ChunkedArray.mask] }
    _modify { yield &chunks[index >> ChunkedArray.shift][index & ChunkedArray.mask] }
  }

  /// Brings an element into the cache, for whoever will ask for it soon.
  func prefetch(_ index: Int) { chunks[index >> ChunkedArray.shift].prefetch(index & ChunkedArray.mask) }
}

/// Texts one behind the other, likewise. Each stands in one part, and none is longer than a part.
struct ChunkedText: Sendable {
  private var chunks: ContiguousArray<[UInt8]> = []
  /// Bytes of all texts.
  private(set) var count = 0

  private static let shift = 18
  private static let chunk = 1 << shift

  /// - Returns: Where it stands.
  mutating func append(_ text: RawSpan) -> Range<Int> {
    if chunks.last.map({ $0.count + text.byteCount >= ChunkedText.chunk }) ?? true {
      chunks.append([])
      if count > 0 { chunks[chunks.count - 1].reserveCapacity(ChunkedText.chunk) }
    }
    let last = chunks.count - 1
    let place = last << ChunkedText.shift | chunks[last].count
    chunks[last].append(text)
    count += text.byteCount
    return place..<place + text.byteCount
  }

  /// Calls `body` with the text at a place.
  func withText<Result>(at place: Range<Int>, _ body: (RawSpan) -> Result) -> Result {
    let chunk = chunks[place.lowerBound >> ChunkedText.shift]
    let start = place.lowerBound & (ChunkedText.chunk - 1)
    return body(chunk.rawSpan.slice(start..<start + place.count))
  }
}

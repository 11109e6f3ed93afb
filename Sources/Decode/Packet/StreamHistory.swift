import Evidence

/// The last bytes that streams of RPC brought, of all conversations together: what comes again is compared with them.
///
/// Who is older than that is not compared. So the memory is bounded, whatever the number of conversations, and nothing has
/// to be evicted: the older of two halves goes when the newer is full.
struct StreamHistory: Sendable {
  /// Bytes of each half; far more than senders have on their way at a time.
  static let half = 2 << 20

  private var older: [UInt8] = []
  private var newer: [UInt8] = []
  /// How many bytes went before those of ``newer``.
  private var passed = 0

  /// The place that the next byte gets.
  var end: Int { passed + newer.count }
  /// Whether a stretch of bytes cannot reach from before `place` to behind it.
  func isDivided(at place: Int) -> Bool { place == passed }

  mutating func append(_ bytes: RawSpan) {
    if newer.count + bytes.byteCount > StreamHistory.half, !newer.isEmpty {
      passed += newer.count
      swap(&older, &newer)
      newer.removeAll(keepingCapacity: true)
    }
    // To grow step by step to the whole of it would touch as much memory again.
    if newer.count + bytes.byteCount > newer.capacity, newer.count > StreamHistory.half / 16 {
      newer.reserveCapacity(StreamHistory.half)
    }
    newer.append(bytes)
  }

  /// Where `bytes` begin to differ from those at `place`; nil also when these are gone.
  func firstDifference(of bytes: RawSpan, at place: Int) -> Int? {
    if place >= passed { return newer.rawSpan.part(place..<end, from: passed).firstDifference(from: bytes) }
    let start = passed - older.count
    guard place >= start else { return nil }
    return older.rawSpan.part(place..<passed, from: start).firstDifference(from: bytes)
  }
}

/// Where in the history the last bytes of one stream stand.
struct DeliveredBytes: Sendable {
  private struct Stretch {
    /// In the stream.
    var offset: Int
    var length: Int
    /// In the history.
    var place: Int
    var end: Int { offset + length }
  }
  /// Retransmissions reach back over what was on its way, which is a few segments.
  static let stretchCap = 32

  private var stretches: [Stretch] = []

  mutating func note(_ bytes: RawSpan, at offset: Int, in history: inout StreamHistory) {
    guard !bytes.isEmpty else { return }
    history.append(bytes)
    let place = history.end - bytes.byteCount
    if let last = stretches.last, last.end == offset, last.place + last.length == place,
      !history.isDivided(at: place)
    {
      stretches[stretches.count - 1].length += bytes.byteCount
      return
    }
    if stretches.count == DeliveredBytes.stretchCap { stretches.removeFirst() }
    stretches.append(Stretch(offset: offset, length: bytes.byteCount, place: place))
  }

  /// The first place in the stream where `bytes` differ from what stood there.
  func conflict(at offset: Int, _ bytes: RawSpan, in history: StreamHistory) -> Int? {
    for stretch in stretches where stretch.offset < offset + bytes.byteCount && offset < stretch.end {
      let start = max(stretch.offset, offset)
      let new = bytes.part(start..<stretch.end, from: offset)
      if let difference = history.firstDifference(of: new, at: stretch.place + start - stretch.offset) {
        return start + difference
      }
    }
    return nil
  }
}

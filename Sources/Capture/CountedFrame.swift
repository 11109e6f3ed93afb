import Evidence

/// A record of syslog as a stream carries it (RFC 6587, section 3.4.1): `MSG-LEN SP SYSLOG-MSG`, the length in bytes, with
/// no line feed between one record and the next.
struct CountedFrame {
  /// Where the message begins, and where it ends by the length.
  var message: Int
  var end: Int

  enum Reading {
    case frame(CountedFrame)
    /// What stands there may be the start of one.
    case cut
    case none
  }

  /// Receivers should take 8 KiB (section 3.4.1 and RFC 5425, section 4.3.1). What says more is no length.
  static let lengthCap = 64 * 1024
  /// Digits of a length that is looked at.
  private static let digits = 7

  /// What stands at `start`: digits, a blank, and the `<PRI>` with which each message begins (RFC 5424, section 6.2.1).
  static func read(_ bytes: RawSpan, at start: Int) -> Reading {
    var index = start
    var length = 0
    while index < bytes.byteCount, index - start < digits, bytes.byte(index).isDigit {
      length = length * 10 + Int(bytes.byte(index) - 0x30)
      index += 1
    }
    guard index < bytes.byteCount else { return .cut }
    guard index > start, bytes.byte(start) != 0x30, bytes.byte(index) == 0x20 else { return .none }
    let message = index + 1
    guard message < bytes.byteCount else { return .cut }
    guard bytes.byte(message) == 0x3c else { return .none }
    index = message + 1
    while index < bytes.byteCount, index - message < 4, bytes.byte(index).isDigit { index += 1 }
    guard index < bytes.byteCount else { return .cut }
    guard index > message + 1, bytes.byte(index) == 0x3e else { return .none }
    return .frame(CountedFrame(message: message, end: message + length))
  }

  // MARK: Its end

  enum End {
    /// Where the next record begins, and what this one is if it does not begin where the length says.
    case found(next: Int, LineSplitter.Misfit?)
    /// What comes then has to tell.
    case later
  }

  /// Where the record ends: by its length, if a record or a line ends there; otherwise at the nearest record, or the
  /// first line feed, whichever is first.
  func end(in bytes: RawSpan, isLast: Bool) -> End {
    switch surelyCloses(in: bytes, isLast: isLast) {
    case .at(let next): return .found(next: next, nil)
    case .later: return .later
    case .wrong: break
    }
    let feed = bytes.firstIndex(of: 0x0a, from: message)
    let limit = min(feed ?? bytes.byteCount, message + CountedFrame.search)
    if feed == nil, !isLast, limit == bytes.byteCount { return .later }
    var heads = CountedFrame.heads(in: bytes, from: message, to: min(limit, end + CountedFrame.near), isLast: isLast)
    if heads.isEmpty { heads = CountedFrame.heads(in: bytes, from: message, to: limit, isLast: isLast) }
    if let next = heads.min(by: { abs($0 - end) < abs($1 - end) }) {
      return .found(next: next, heads[0] < next ? .several : .record)
    }
    if feed == nil, end > bytes.byteCount { return .found(next: limit, .cut) }
    return .found(next: feed == limit ? limit + 1 : limit, .record)
  }

  /// Behind the start of a message no next one is looked for further on.
  private static let search = 2 * lengthCap
  /// Where most are that a wrong length misses, beyond its end.
  private static let near = 1024

  private enum Close { case at(Int), later, wrong }

  /// Whether the length fits what stands behind it.
  private func close(in bytes: RawSpan, isLast: Bool) -> Close {
    let count = bytes.byteCount
    guard end - message <= CountedFrame.lengthCap else { return .wrong }
    guard end <= count else { return isLast ? .wrong : .later }
    // Some count the line feed that they send.
    if end > message, bytes.byte(end - 1) == 0x0a { return .at(end) }
    guard end < count else { return isLast ? .at(end) : .later }
    if bytes.byte(end) == 0x0a { return .at(end + 1) }
    if bytes.byte(end) == 0x0d {
      guard end + 1 < count else { return isLast ? .at(end + 1) : .later }
      return bytes.byte(end + 1) == 0x0a ? .at(end + 2) : .wrong
    }
    switch CountedFrame.read(bytes, at: end) {
    case .frame: return .at(end)
    case .cut: return isLast ? .wrong : .later
    case .none: return .wrong
    }
  }

  /// The same, where text that ends in a digit and the next length could be told in several ways: by the one that fits.
  private func surelyCloses(in bytes: RawSpan, isLast: Bool) -> Close {
    let close = close(in: bytes, isLast: isLast)
    guard case .at(let next) = close, next == end, case .frame(let follower) = CountedFrame.read(bytes, at: end) else {
      return close
    }
    switch follower.close(in: bytes, isLast: isLast) {
    case .at: return close
    case .later: return .later
    case .wrong: break
    }
    for place in max(message, end - CountedFrame.digits)..<follower.message - 1 where place != end {
      guard (min(place, end)..<max(place, end)).allSatisfy({ bytes.byte($0).isDigit }),
        case .frame(let other) = CountedFrame.read(bytes, at: place)
      else { continue }
      switch other.close(in: bytes, isLast: isLast) {
      case .at: return .wrong
      case .later: return .later
      case .wrong: continue
      }
    }
    return close
  }

  /// Where records may begin. A record that ends in a digit makes several of one length; then it is the one that fits.
  private static func heads(in bytes: RawSpan, from start: Int, to end: Int, isLast: Bool) -> [Int] {
    var heads: [Int] = []
    var fits = false
    for place in start..<max(start, end) where bytes.byte(place).isDigit {
      guard case .frame(let frame) = read(bytes, at: place) else { continue }
      let isSame = heads.last.map { place - $0 <= digits } ?? false
      let isFit = if case .wrong = frame.close(in: bytes, isLast: isLast) { false } else { true }
      if !isSame {
        heads.append(place)
      } else if isFit, !fits {
        heads[heads.count - 1] = place
      } else {
        continue
      }
      fits = isFit
    }
    return heads
  }
}

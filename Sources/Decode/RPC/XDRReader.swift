import Evidence

/// RFC 4506: big-endian words and padded strings. Nil where the bytes end, and from then on.
struct XDRReader: ~Escapable {
  /// Why a reader has no more to give.
  enum End: Equatable {
    /// The capture keeps less than the wire had.
    case captured
    /// The message itself is too short for what it begins.
    case message
    /// A string declares this many bytes more than the message has.
    case declared(beyond: Int)
  }

  let bytes: RawSpan
  private let wireLength: Int
  private(set) var position = 0
  private(set) var end: End?

  /// - Parameter wireLength: bytes on the wire, of which the capture may lack the end.
  @_lifetime(copy bytes) init(_ bytes: RawSpan, wireLength: Int? = nil) {
    self.bytes = bytes
    self.wireLength = max(wireLength ?? 0, bytes.byteCount)
  }

  /// Bytes of the wire that were not read.
  var remaining: Int { wireLength - position }

  @_lifetime(self: copy self) mutating func word() -> UInt32? {
    guard has(4) else { return nil }
    defer { position += 4 }
    return bytes.uint32(position)
  }

  @_lifetime(self: copy self) mutating func skip(words: Int) -> Bool {
    guard has(4 * words) else { return false }
    position += 4 * words
    return true
  }

  /// Where a string's bytes stand; its padding is stepped over.
  @_lifetime(self: copy self) mutating func string() -> Range<Int>? {
    let text = text()
    return end == nil ? text?.range : nil
  }

  /// A string as far as it is there. What follows can be read only if it was whole.
  @_lifetime(self: copy self) mutating func text() -> (declared: Int, range: Range<Int>)? {
    guard let declared = word().map({ Int($0) }) else { return nil }
    let start = position
    let padded = (declared + 3) & ~3
    if declared > remaining {
      end = .declared(beyond: declared - remaining)
    } else if padded > remaining {
      // Some senders leave the padding of a last string out; nothing is lost by it.
      position = wireLength
    } else if declared > bytes.byteCount - start {
      end = .captured
    } else {
      position += padded
    }
    return (declared, start..<min(start + declared, bytes.byteCount))
  }

  /// Stops the reading: what follows has no known layout.
  @_lifetime(self: copy self) mutating func skipToEnd() { position = wireLength }

  func copy(_ range: Range<Int>) -> Bytes { Bytes(bytes.slice(range)) }

  private mutating func has(_ count: Int) -> Bool {
    guard end == nil else { return false }
    if count > remaining {
      end = .message
    } else if count > bytes.byteCount - position {
      end = .captured
    }
    return end == nil
  }
}

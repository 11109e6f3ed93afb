import Evidence

/// RFC 5531, section 11: cuts a stream into messages. Before each fragment stands a word with its length and, in the top
/// bit, whether it is the last of its message.
///
/// The messages are the same however the stream is cut into segments; a message may come in many fragments, a segment may
/// hold many messages, and a fragment may be empty.
struct RecordMarking {
  /// A message as far as it was captured and kept.
  struct Message {
    /// At most ``headCap`` bytes.
    var bytes: [UInt8]
    var length: Int
    /// The packet that brought its first byte.
    var origin: PacketSighting
  }

  /// A message is no longer than this: NFS moves up to 1 MiB of data, with its headers on top.
  static let messageCap = 1 << 20 + 1 << 16
  /// What is kept of a message; only the start of a long one tells anything.
  static let headCap = 1 << 16

  private var mark: UInt32 = 0
  private var markBytes = 0
  /// Bytes of the current fragment that did not come yet; nil between fragments.
  private var fragmentRest: Int?
  private var isLastFragment = false
  /// Bytes of the message in the fragments so far, and in the one that began.
  private var length = 0
  private var head: [UInt8] = []
  private var hasHole = false
  private var origin: PacketSighting?

  /// Bytes that are held until their message is whole.
  var buffered: Int { head.count }
  /// What is there of the message that has begun.
  var start: [UInt8] { head }

  /// Takes the next bytes of the stream.
  /// - Throws: when a message claims to be longer than ``messageCap``; the stream is then lost.
  mutating func push(
    _ bytes: RawSpan, from packet: PacketSighting, into messages: inout [Message]
  ) throws(DecodeError) {
    var index = 0
    while index < bytes.byteCount {
      if origin == nil { origin = packet }
      if let rest = fragmentRest {
        let count = min(rest, bytes.byteCount - index)
        if !hasHole { head.append(bytes.slice(index..<index + min(count, RecordMarking.headCap - head.count))) }
        index += count
        advance(count, of: rest, into: &messages)
      } else {
        try takeMarkByte(bytes.byte(index), into: &messages)
        index += 1
      }
    }
  }

  /// Steps over bytes of the stream that were not captured.
  /// - Throws: when a record mark is among them, so that nobody knows where the next one stands.
  mutating func skip(_ count: Int, into messages: inout [Message]) throws(DecodeError) {
    guard count > 0 else { return }
    guard let rest = fragmentRest, count <= rest else {
      throw DecodeError(.recordMark, offset: length, needed: count, available: fragmentRest ?? 0, isTruncation: true)
    }
    hasHole = true
    advance(count, of: rest, into: &messages)
  }

  /// Whether no message can begin with these bytes of a stream: its mark, or what follows it, is none of RPC.
  static func cannotStart(_ bytes: RawSpan) -> Bool {
    guard bytes.byteCount >= 4 else { return false }
    let fragment = Int(bytes.uint32(0) & 0x7fff_ffff)
    if fragment > messageCap { return true }
    guard fragment >= 12, bytes.byteCount >= 16 else { return false }
    return RPCMessage.isPlausibleStart(bytes.slice(4..<16)) == false
  }

  private mutating func takeMarkByte(_ byte: UInt8, into messages: inout [Message]) throws(DecodeError) {
    mark = mark << 8 | UInt32(byte)
    markBytes += 1
    guard markBytes == 4 else { return }
    let fragment = Int(mark & 0x7fff_ffff)
    guard fragment <= RecordMarking.messageCap - length else {
      throw DecodeError(.recordMark, offset: length, needed: fragment, available: RecordMarking.messageCap - length)
    }
    isLastFragment = mark >> 31 == 1
    length += fragment
    (mark, markBytes) = (0, 0)
    advance(0, of: fragment, into: &messages)
  }

  /// Notes that `count` bytes came of the `rest` that the fragment still needed.
  private mutating func advance(_ count: Int, of rest: Int, into messages: inout [Message]) {
    fragmentRest = rest - count
    guard rest == count else { return }
    fragmentRest = nil
    guard isLastFragment, let origin else { return }
    if length > 0 { messages.append(Message(bytes: head, length: length, origin: origin)) }
    self = RecordMarking()
  }
}

import Evidence

/// RFC 5531, section 11: cuts a stream into messages. Before each fragment stands a word with its length and, in the top
/// bit, whether it is the last of its message.
///
/// The messages are the same however the stream is cut into segments; a message may come in many fragments, a segment may
/// hold many messages, and a fragment may be empty. Who lost the place of the marks can search for the next record.
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
  /// No sender has a use for so many empty fragments before one message.
  static let emptyFragmentCap = 64

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
  private var emptyFragments = 0
  /// While it searches: the end of what came, too short to tell whether a record begins in it; and who brought it.
  private var window: [UInt8]?
  private var windowOrigin: PacketSighting?
  /// Whether anything of the stream was passed over.
  private var hasSkipped = false

  /// Where in the bytes of the last ``push(_:from:into:)`` a search goes on: behind the start of the message that has
  /// begun, or behind that of the mark which cannot be.
  private(set) var resumption = 0
  /// Whether the last push found a record behind what could not be read.
  private(set) var hasFound = false
  /// Whether the last push met the empty fragment that is one too many for its message.
  private(set) var hasManyEmptyFragments = false

  /// Bytes that are held until their message is whole.
  var buffered: Int { head.count }
  /// Whether what is there of the message that has begun cannot be the start of one.
  var startsOther: Bool { RPCMessage.isPlausibleStart(head.rawSpan) == false }

  /// Where in the next bytes of the stream a message stands, if they are one record in one fragment: the rule, for which
  /// nothing has to be kept. Nil while anything else goes on; these bytes are then pushed.
  func wholeRecord(_ bytes: RawSpan) -> Range<Int>? {
    guard origin == nil, window == nil, bytes.byteCount > 4, bytes.byteCount - 4 <= RecordMarking.headCap,
      bytes.uint32(0) == 0x8000_0000 | UInt32(bytes.byteCount - 4)
    else { return nil }
    return 4..<bytes.byteCount
  }

  /// Takes the next bytes of the stream.
  /// - Throws: when a message claims to be longer than ``messageCap``; the place of the marks is then lost.
  mutating func push(
    _ bytes: RawSpan, from packet: PacketSighting, into messages: inout [Message]
  ) throws(DecodeError) {
    (resumption, hasFound, hasManyEmptyFragments) = (0, false, false)
    if window == nil {
      try split(bytes, from: packet, into: &messages)
    } else {
      try find(bytes, from: packet, into: &messages)
    }
  }

  private mutating func split(
    _ bytes: RawSpan, from packet: PacketSighting, into messages: inout [Message]
  ) throws(DecodeError) {
    var index = 0
    while index < bytes.byteCount {
      if origin == nil {
        origin = packet
        resumption = index + 1
      }
      if let rest = fragmentRest {
        let count = min(rest, bytes.byteCount - index)
        if !hasHole { head.append(bytes.slice(index..<index + min(count, RecordMarking.headCap - head.count))) }
        index += count
        advance(count, of: rest, into: &messages)
      } else {
        try takeMarkByte(bytes.byte(index), at: index, into: &messages)
        index += 1
      }
    }
  }

  /// Steps over bytes of the stream that were not captured.
  /// - Throws: when a record mark is among them, so that nobody knows where the next one stands.
  mutating func skip(_ count: Int, into messages: inout [Message]) throws(DecodeError) {
    guard count > 0 else { return }
    if let window {
      guard isStart(window), let windowOrigin else {
        self.window = []
        hasSkipped = true
        return
      }
      // A short snapshot: less of the record was captured than is asked for to believe it elsewhere.
      restart()
      try split(window.rawSpan, from: windowOrigin, into: &messages)
    }
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

  private mutating func takeMarkByte(
    _ byte: UInt8, at index: Int, into messages: inout [Message]
  ) throws(DecodeError) {
    mark = mark << 8 | UInt32(byte)
    markBytes += 1
    guard markBytes == 4 else { return }
    let fragment = Int(mark & 0x7fff_ffff)
    guard fragment <= RecordMarking.messageCap - length else {
      resumption = max(0, index - 2)
      throw DecodeError(.recordMark, offset: length, needed: fragment, available: RecordMarking.messageCap - length)
    }
    if fragment == 0 { emptyFragments += 1 }
    if emptyFragments == RecordMarking.emptyFragmentCap, fragment == 0 { hasManyEmptyFragments = true }
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
    restart()
  }

  /// Forgets the message that has begun.
  private mutating func restart() {
    let told = (resumption, hasFound, hasManyEmptyFragments)
    self = RecordMarking()
    (resumption, hasFound, hasManyEmptyFragments) = told
  }

  // MARK: The search for the next record

  /// Gives up the message that has begun; what comes next is searched for a record that can be believed.
  /// - Parameter isLoss: false at the start of a stream, of which nobody knows yet whether it begins with a record.
  mutating func search(isLoss: Bool = true) {
    restart()
    window = []
    hasSkipped = isLoss
  }

  /// Whether the stream begins with these bytes, and they with what can be a record.
  private func isStart(_ window: [UInt8]) -> Bool {
    guard !hasSkipped, window.count >= 16, !RecordMarking.cannotStart(window.rawSpan) else { return false }
    return RPCMessage.isPlausibleStart(window.rawSpan.slice(4..<16)) == true
  }

  private mutating func find(
    _ bytes: RawSpan, from packet: PacketSighting, into messages: inout [Message]
  ) throws(DecodeError) {
    let carried = window?.count ?? 0
    var searched = window ?? []
    searched.append(bytes)
    let (isFound, place) = RecordMarking.credibleRecord(in: searched.rawSpan)
    let origin = place < carried ? windowOrigin ?? packet : packet
    if place > 0 { hasSkipped = true }
    guard isFound else {
      window = Array(searched[place...])
      windowOrigin = origin
      return
    }
    let isBehindLoss = hasSkipped
    restart()
    hasFound = isBehindLoss
    defer { resumption = max(0, resumption + place - carried) }
    try split(searched.rawSpan.slice(place..<searched.count), from: origin, into: &messages)
  }

  /// The first place where a record begins that can be believed, or where one can begin of which too little is there.
  private static func credibleRecord(in bytes: RawSpan) -> (isFound: Bool, place: Int) {
    var place = 0
    while place < bytes.byteCount {
      switch isCredible(bytes, at: place) {
      case true?: return (true, place)
      case nil: return (false, place)
      case false?: place += 1
      }
    }
    return (false, place)
  }

  /// Whether a record begins at `place`: a mark, and behind it the header of a call or of a reply, in one fragment. Nil
  /// while too few bytes are there to tell.
  ///
  /// Asks for more than ``RPCMessage/isPlausibleStart(_:)``: data of NFS is full of small numbers.
  private static func isCredible(_ bytes: RawSpan, at place: Int) -> Bool? {
    let available = bytes.byteCount - place
    guard available >= 12 else { return nil }
    let mark = bytes.uint32(place)
    let fragment = Int(mark & 0x7fff_ffff)
    guard bytes.uint32(place + 8) <= 1, fragment >= 20, fragment <= messageCap else { return false }
    if bytes.uint32(place + 8) == 0 { return isCredibleCall(bytes, at: place + 4, fragment) }
    return mark >> 31 == 1 ? isCredibleReply(bytes, at: place + 4, fragment) : false
  }

  private static func isCredibleCall(_ bytes: RawSpan, at place: Int, _ fragment: Int) -> Bool? {
    guard fragment >= 40 else { return false }
    guard bytes.byteCount - place >= 32 else { return nil }
    let credential = RPCAuthentication(flavor: bytes.uint32(place + 24), length: Int(bytes.uint32(place + 28)))
    return bytes.uint32(place + 8) == 2 && (100_000..<0x6000_0000).contains(bytes.uint32(place + 12))
      && credential.isPlausible && credential.length <= fragment - 40
  }

  private static func isCredibleReply(_ bytes: RawSpan, at place: Int, _ fragment: Int) -> Bool? {
    guard bytes.byteCount - place >= 20 else { return nil }
    let (first, second) = (bytes.uint32(place + 12), bytes.uint32(place + 16))
    switch (bytes.uint32(place + 8), first) {
    case (0, _):
      let verifier = RPCAuthentication(flavor: first, length: Int(second))
      guard verifier.isPlausible, verifier.length <= fragment - 24 else { return false }
      guard verifier.length == 0 else { return true }
      return bytes.byteCount - place >= 24 ? bytes.uint32(place + 20) <= 5 : nil
    case (1, 0): return fragment == 24
    case (1, 1): return fragment == 20 && second <= 14
    default: return false
    }
  }
}

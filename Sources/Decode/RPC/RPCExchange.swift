import Evidence

/// The calls of a flow, each with its reply: they pair by xid, also when the reply was captured first.
struct RPCExchange {
  struct Call {
    var procedure: RPCProcedure
    var facts: RPCFacts
    var outcome = Outcome.unanswered
    /// How often it was sent.
    var count = 1
    /// The path that a mount asks for.
    var detail: Bytes
    var origin: PacketSighting
  }
  private struct Key: Hashable {
    var xid: UInt32
    /// Of the call.
    var direction: FlowDirection
  }
  private struct Orphan {
    var key: Key
    var reply: RPCReply
    var bytes: [UInt8]
    var length: Int
  }

  /// Replies that wait for their call: few, because captures swap only neighbours.
  static let orphanCap = 16
  /// What is kept of such a reply; the length tells the rest.
  static let orphanBytes = 4096

  private(set) var calls: [Call] = []
  private var latest: [Key: Int] = [:]
  private var orphans: [Orphan] = []

  var buffered: Int { orphans.reduce(0) { $0 + $1.bytes.count } }

  mutating func push(
    _ message: RPCMessage, _ call: RPCCall, bytes: RawSpan, from origin: PacketSighting, _ journal: inout FlowJournal
  ) {
    journal.note(call.procedure, calls: 1, at: origin)
    let key = Key(xid: message.xid, direction: origin.direction)
    // RFC 5531, section 9: the same xid again is a retransmission.
    if let known = latest[key], calls[known].procedure == call.procedure {
      calls[known].count += 1
      return
    }
    latest[key] = calls.count
    calls.append(
      Call(
        procedure: call.procedure, facts: RPCFacts(message, call, bytes: bytes),
        detail: RPCExchange.detail(call, bytes), origin: origin))
    guard let index = orphans.firstIndex(where: { $0.key == key }) else { return }
    let orphan = orphans.remove(at: index)
    answer(calls.count - 1, orphan.reply, bytes: orphan.bytes.rawSpan, length: orphan.length)
    journal.note(call.procedure, replies: 1, at: origin)
  }

  mutating func push(
    _ message: RPCMessage, _ reply: RPCReply, bytes: RawSpan, length: Int, from origin: PacketSighting,
    _ journal: inout FlowJournal
  ) {
    let key = Key(xid: message.xid, direction: origin.direction.opposite)
    guard let call = latest[key] else {
      if orphans.count == RPCExchange.orphanCap { orphans.removeFirst() }
      let kept = Bytes(bytes.slice(0..<min(bytes.byteCount, RPCExchange.orphanBytes))).array
      let reply = reply.limited(to: kept.count)
      orphans.append(Orphan(key: key, reply: reply, bytes: kept, length: length))
      return
    }
    journal.note(calls[call].procedure, replies: 1, at: origin)
    // The first reply counts; a later one answers a retransmission.
    if calls[call].outcome == .unanswered { answer(call, reply, bytes: bytes, length: length) }
  }

  private mutating func answer(_ call: Int, _ reply: RPCReply, bytes: RawSpan, length: Int) {
    calls[call].outcome = calls[call].facts.add(reply, to: calls[call].procedure, bytes: bytes, length: length)
  }

  /// Gives the calls away, and forgets them.
  mutating func takeCalls() -> [Call] {
    defer {
      calls = []
      latest = [:]
    }
    return calls
  }

  mutating func dropBuffers() { orphans = [] }

  private static func detail(_ call: RPCCall, _ bytes: RawSpan) -> Bytes {
    guard call.procedure.asksToMount else { return Bytes() }
    let arguments = bytes.slice(call.arguments)
    var reader = XDRReader(arguments)
    return reader.string().map { Bytes(arguments.slice($0)) } ?? Bytes()
  }
}

extension RPCReply {
  /// The same reply when only `count` bytes of its message are kept.
  fileprivate func limited(to count: Int) -> RPCReply {
    guard case .success(let results) = self else { return self }
    return .success(results: results.clamped(to: min(results.lowerBound, count)..<count))
  }
}

import Evidence

/// The calls of a flow, each with its reply: they pair by xid, also when the reply was captured first.
///
/// A busy client repeats itself: of calls that tell the same, the first few are kept one by one and the rest as one.
struct RPCExchange {
  struct Call {
    var facts: RPCFacts
    var outcome = Outcome.unanswered
    /// How often it was sent.
    var count = 1
    var origin: PacketSighting
    let procedure: RPCProcedure
    /// It was held against the calls that are like it.
    fileprivate var isSettled = false
    /// The path that a mount asks for.
    var detail: Bytes { procedure.isMount ? facts.details.path : Bytes() }
  }
  private struct Key: Hashable {
    var xid: UInt32
    /// Of the call.
    var direction: FlowDirection
  }
  /// The last call of an xid.
  private struct Latest {
    /// Its number among the calls, or that of the one that it became a part of.
    var number: Int
    var procedure: RPCProcedure
    /// Tells a retransmission from another call that uses the xid again.
    var digest: UInt64
    var isAnswered = false
  }
  private struct Orphan {
    var key: Key
    var reply: RPCReply
    var bytes: [UInt8]
    var length: Int
  }
  /// What calls that are alike agree in.
  private struct Kind: Hashable {
    var facts: RPCFacts
    var outcome: Outcome
    var direction: FlowDirection
  }

  /// Replies that wait for their call: few, because captures swap only neighbours.
  static let orphanCap = 16
  /// What is kept of such a reply; the length tells the rest.
  static let orphanBytes = 4096
  /// Calls of a kind that are kept one by one.
  static let alikeCap = 16
  /// Calls whose replies and retransmissions are waited for. More than clients have under way.
  static let latestCap = 1024

  private var calls: [Int: Call] = [:]
  private var next = 0
  private var latest: [Key: Latest] = [:]
  /// The keys of ``latest`` in the order in which they came, from `oldest` on.
  private var order: [(key: Key, number: Int)] = []
  private var oldest = 0
  private var orphans: [Orphan] = []
  /// Of each kind how many calls were kept, and the number of the one that the others are added to.
  private var kinds: [Kind: (kept: Int, number: Int)] = [:]
  private var caller: AuthSys?

  /// Who sent the first call.
  private(set) var asker: FlowDirection?
  /// The client asked for TLS, or has it: what is no RPC from here on is no fault.
  private(set) var asksForTLS = false

  var callCount: Int { calls.count }
  var isEmpty: Bool { calls.isEmpty }
  var buffered: Int { orphans.reduce(0) { $0 + $1.bytes.count } }

  // MARK: Calls

  mutating func push(
    _ message: RPCMessage, _ call: RPCCall, bytes: RawSpan, length: Int, from origin: PacketSighting, _ ends: FlowEnds,
    _ journal: inout FlowJournal
  ) {
    journal.note(call.procedure, calls: 1, at: origin)
    let key = Key(xid: message.xid, direction: origin.direction)
    let digest = RPCExchange.digest(bytes, length: length)
    // RFC 5531, section 9: the same message again is a retransmission.
    if let known = latest[key], known.procedure == call.procedure, known.digest == digest {
      calls[known.number]?.count += 1
      return
    }
    let number = add(message, call, bytes: bytes, length: length, from: origin, &journal)
    remember(key, Latest(number: number, procedure: call.procedure, digest: digest))
    guard let index = orphans.firstIndex(where: { $0.key == key }) else { return }
    let orphan = orphans.remove(at: index)
    journal.note(call.procedure, replies: 1, at: origin)
    answer(key, orphan.reply, bytes: orphan.bytes.rawSpan, length: orphan.length, from: origin, ends, &journal)
  }

  private mutating func add(
    _ message: RPCMessage, _ call: RPCCall, bytes: RawSpan, length: Int, from origin: PacketSighting,
    _ journal: inout FlowJournal
  ) -> Int {
    let facts = RPCFacts(message, call, bytes: bytes, length: length, known: caller)
    caller = facts.caller ?? caller
    if facts.hasDetails, !facts.details.traits.isDisjoint(with: [.malformedArgument, .absurdLength]) {
      journal.note(.rpcMalformed, "arguments that their message does not hold", at: origin)
    }
    if call.credential?.flavor == CredentialReading.tls { asksForTLS = true }
    asker = asker ?? origin.direction
    calls[next] = Call(facts: facts, origin: origin, procedure: call.procedure)
    next += 1
    return next - 1
  }

  private mutating func remember(_ key: Key, _ call: Latest) {
    latest[key] = call
    order.append((key, call.number))
    guard order.count - oldest > RPCExchange.latestCap else { return }
    let (old, number) = order[oldest]
    if latest[old]?.number == number { latest[old] = nil }
    if calls[number]?.outcome == .unanswered { _ = merge(number) }
    oldest += 1
    if oldest == RPCExchange.latestCap {
      order.removeFirst(oldest)
      oldest = 0
    }
  }

  /// FNV-1a of the message's start; it decides only what counts as the same message again.
  private static func digest(_ bytes: RawSpan, length: Int) -> UInt64 {
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(truncatingIfNeeded: length)
    for index in 0..<min(bytes.byteCount, digestBytes) {
      digest = (digest ^ UInt64(bytes.byte(index))) &* 0x100_0000_01b3
    }
    return digest
  }
  /// Header, credential and the start of the arguments.
  private static let digestBytes = 192

  // MARK: Replies

  mutating func push(
    _ message: RPCMessage, _ reply: RPCReply, bytes: RawSpan, length: Int, from origin: PacketSighting,
    _ ends: FlowEnds,
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
    journal.note(call.procedure, replies: 1, at: origin)
    // The first reply counts; a later one answers a retransmission.
    if !call.isAnswered { answer(key, reply, bytes: bytes, length: length, from: origin, ends, &journal) }
  }

  private mutating func answer(
    _ key: Key, _ reply: RPCReply, bytes: RawSpan, length: Int, from origin: PacketSighting, _ ends: FlowEnds,
    _ journal: inout FlowJournal
  ) {
    guard let number = latest[key]?.number, var call = calls[number] else { return }
    latest[key]?.isAnswered = true
    call.outcome = call.facts.add(reply, to: call.procedure, bytes: bytes, length: length)
    calls[number] = call
    if case .success(let results) = reply, call.procedure.portmap != nil {
      learn(call, results: bytes.slice(results), from: origin, ends, &journal)
    }
    if let merged = merge(number) { latest[key]?.number = merged }
  }

  /// Remembers what a portmapper said of its ports.
  private func learn(
    _ call: Call, results: RawSpan, from origin: PacketSighting, _ ends: FlowEnds, _ journal: inout FlowJournal
  ) {
    let direction = call.origin.direction
    guard let client = ends.sender(direction).host.address, let server = ends.receiver(direction).host.address else {
      return
    }
    let services = RPCTelling.services(
      call.procedure, call.facts, results: results, isUDP: ends.transport == .udp)
    // Who talks to the portmapper knows where it is.
    for service in services where service.program != ProgramTable.portmapper {
      let told = ToldService(program: service.program, version: service.version, citation: origin.citation)
      if !journal.learned.learn(
        told, client: client, server: server, port: service.port, isUDP: service.isUDP)
      {
        journal.note(.tableFull, "more than \(LearnedPorts.cap) ports told by portmappers", at: origin)
      }
    }
  }

  // MARK: Calls that are alike

  /// Adds a call to one that tells the same, if enough of its kind were kept. Calls with signs of an attack, or that an
  /// answer has not come for yet, stay alone.
  /// - Returns: the number of the call that it became a part of.
  private mutating func merge(_ number: Int) -> Int? {
    guard let call = calls[number], !call.isSettled else { return nil }
    calls[number]?.isSettled = true
    guard !call.facts.hasDetails || call.facts.details.traits.isEmpty else { return nil }
    var facts = call.facts
    facts.xid = nil
    let kind = Kind(facts: facts, outcome: call.outcome, direction: call.origin.direction)
    guard let known = kinds[kind] else {
      kinds[kind] = (1, number)
      return nil
    }
    guard known.kept > RPCExchange.alikeCap else {
      // The one after the last that is kept takes in all others.
      kinds[kind] = (known.kept + 1, number)
      return nil
    }
    calls[known.number]?.count += call.count
    calls[number] = nil
    return known.number
  }

  /// Gives the calls away in their order, and forgets them.
  mutating func takeCalls() -> [Call] {
    for number in calls.keys.sorted() { _ = merge(number) }
    defer {
      calls = [:]
      latest = [:]
      kinds = [:]
      order = []
      oldest = 0
    }
    return calls.sorted { $0.key < $1.key }.map(\.value)
  }

  mutating func dropBuffers() { orphans = [] }
}

extension RPCReply {
  /// The same reply when only `count` bytes of its message are kept.
  fileprivate func limited(to count: Int) -> RPCReply {
    guard case .success(let results) = self else { return self }
    return .success(results: results.clamped(to: min(results.lowerBound, count)..<count))
  }
}

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
    /// When it was sent for the last time.
    fileprivate(set) var last: EventTime
    let procedure: RPCProcedure
    /// It was held against the calls that are like it.
    fileprivate var isSettled = false
    /// Nanoseconds from its first to its last sending.
    var lasting: Int64 {
      let (lasting, overflow) = last.timestamp.nanoseconds.subtractingReportingOverflow(
        origin.time.timestamp.nanoseconds)
      return overflow ? 0 : max(0, lasting)
    }
    /// The path that a mount asks for.
    var detail: Bytes { procedure.isMount ? facts.path : .none }
  }
  private struct Key: Equatable {
    var xid: UInt32
    /// Of the call.
    var direction: FlowDirection
  }
  /// A call whose reply and retransmissions are waited for.
  private struct Latest {
    var key: Key
    /// Its number among the calls.
    var number: Int
    var procedure: RPCProcedure
    /// Tells a retransmission from another call that uses the xid again.
    var digest: UInt64
    /// ``FileHandle``, for the case that the reply says that there is none such.
    var handle: UInt64?
    var isAnswered = false
  }
  private struct Orphan {
    var key: Key
    var reply: RPCReply
    var bytes: [UInt8]
    var length: Int
    /// What it answers, where that is known though not which call it is.
    var procedure: RPCProcedure?
  }
  /// What calls that are alike agree in.
  private struct Kind: Hashable {
    var facts: RPCFacts
    var outcome: Outcome
    var direction: FlowDirection
  }

  private static let overrun: RPCTraits = [.malformedArgument, .absurdLength]
  /// Replies that wait for their call: few, because captures swap only neighbours.
  static let orphanCap = 16
  /// What is kept of such a reply; the length tells the rest.
  static let orphanBytes = 4096
  /// Calls of a kind that are kept one by one.
  static let alikeCap = 16
  /// Calls whose replies and retransmissions are waited for. More than clients have under way.
  static let latestCap = 1024

  /// A call, and where it went when it was added to one that tells the same.
  struct Entry {
    fileprivate let number: Int
    fileprivate(set) var call: Call
    fileprivate var home: Int?
    /// Whether it is told with another one.
    var isMerged: Bool { home != nil }
  }

  /// In the order of their numbers. What is asked for is nearly always among the last: no hash finds it sooner.
  private var entries: [Entry] = []
  /// How many of them were added to others.
  private var merged = 0
  private var next = 0
  /// In the order in which they came, from `oldest` on; of several with one key the last one counts.
  private var latest: [Latest] = []
  private var oldest = 0
  /// The least and the greatest xid of a call: clients count, up or down, so that what lies outside is new.
  private var xids: ClosedRange<UInt32>?
  private var orphans: [Orphan] = []
  /// Replies that waited in vain for their call.
  private var unpaired = 0
  /// Replies that were counted with what they answer, though not with their call.
  private var counted = 0
  /// Who replied to what is not there, and the list that was in a reply, if there was one.
  private(set) var replier: FlowDirection?
  private(set) var list: RPCDetails.RepliesAlone.List?
  /// Of each kind how many calls were kept, and the number of the one that the others are added to.
  private var kinds: [Kind: (kept: Int, number: Int)] = [:]
  /// Calls to be held against those that are like them, which makes sense only once there are many.
  private var unsettled: [Int] = []
  private var caller: AuthSys?

  /// Who sent the first call.
  private(set) var asker: FlowDirection?
  /// The client asked for TLS, or has it: what is no RPC from here on is no fault.
  private(set) var asksForTLS = false

  var callCount: Int { entries.count - merged }
  var isEmpty: Bool { entries.isEmpty }
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
    if let known = latest(key).map({ latest[$0] }), known.procedure == call.procedure,
      known.digest == digest, repeats(known.number, at: origin.time)
    {
      return
    }
    let number = add(message, call, bytes: bytes, length: length, from: origin, &journal)
    let handle = FileHandle.digest(of: call.procedure, arguments: bytes.slice(call.arguments))
    remember(Latest(key: key, number: number, procedure: call.procedure, digest: digest, handle: handle))
    guard !orphans.isEmpty, let index = orphans.firstIndex(where: { $0.key == key }) else { return }
    let orphan = orphans.remove(at: index)
    journal.note(call.procedure, replies: 1, at: origin)
    answer(key, orphan.reply, bytes: orphan.bytes.rawSpan, length: orphan.length, from: origin, ends, &journal)
  }

  /// Counts a retransmission with its call. Of another hour it is told as a call of its own, so that what is counted by the
  /// hour, the day or the week is counted when it was sent.
  private mutating func repeats(_ number: Int, at time: EventTime) -> Bool {
    guard let place = place(of: number) else { return true }
    guard entries[place].call.origin.time.timestamp.hour == time.timestamp.hour else { return false }
    entries[place].call.count += 1
    entries[place].call.last = max(entries[place].call.last, time)
    return true
  }

  private mutating func add(
    _ message: RPCMessage, _ call: RPCCall, bytes: RawSpan, length: Int, from origin: PacketSighting,
    _ journal: inout FlowJournal
  ) -> Int {
    let facts = RPCFacts(message, call, bytes: bytes, length: length, known: caller)
    caller = facts.caller ?? caller
    if !facts.traits.isDisjoint(with: RPCExchange.overrun) {
      journal.note(.rpcMalformed, "arguments that their message does not hold", at: origin)
    }
    if call.credential?.flavor == CredentialReading.tls { asksForTLS = true }
    asker = asker ?? origin.direction
    let sent = Call(facts: facts, origin: origin, last: origin.time, procedure: call.procedure)
    entries.append(Entry(number: next, call: sent))
    next += 1
    return next - 1
  }

  /// Where a call stands, or the one that it became a part of; nil for one that was given away.
  private func place(of number: Int) -> Int? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].number < number { low = middle + 1 } else { high = middle }
    }
    guard low < entries.count, entries[low].number == number else { return nil }
    // What takes in others stays by itself.
    return entries[low].home.flatMap { place(of: $0) } ?? low
  }

  /// Where in ``latest`` the last call with a key stands.
  private func latest(_ key: Key) -> Int? {
    guard xids?.contains(key.xid) == true else { return nil }
    var place = latest.count
    while place > oldest {
      place -= 1
      if latest[place].key == key { return place }
    }
    return nil
  }

  private mutating func remember(_ call: Latest) {
    latest.append(call)
    let xid = call.key.xid
    xids = min(xids?.lowerBound ?? xid, xid)...max(xids?.upperBound ?? xid, xid)
    guard latest.count - oldest > RPCExchange.latestCap else { return }
    let old = latest[oldest].number
    oldest += 1
    if let place = place(of: old), entries[place].call.outcome == .unanswered { settle(old) }
    if oldest == RPCExchange.latestCap {
      latest.removeFirst(oldest)
      oldest = 0
    }
  }

  /// Of the message's start and its length; it decides only what counts as the same message again.
  private static func digest(_ bytes: RawSpan, length: Int) -> UInt64 {
    bytes.slice(0..<min(bytes.byteCount, digestBytes)).digest ^ UInt64(truncatingIfNeeded: length)
  }
  /// Header, credential and the start of the arguments.
  private static let digestBytes = 192

  // MARK: Replies

  /// - Parameter other: the end that sent the reply, where it is not the one that was asked.
  mutating func push(
    _ message: RPCMessage, _ reply: RPCReply, bytes: RawSpan, length: Int, from origin: PacketSighting,
    _ ends: FlowEnds, answeredBy other: Endpoint? = nil, _ journal: inout FlowJournal
  ) {
    let key = Key(xid: message.xid, direction: origin.direction.opposite)
    guard let place = latest(key) else {
      keep(reply, key, bytes: bytes, length: length, &journal)
      return
    }
    journal.note(latest[place].procedure, replies: 1, at: origin)
    if let other, let place = self.place(of: latest[place].number) {
      entries[place].call.facts.details.note(answerer: other)
    }
    // The first reply counts; a later one answers a retransmission.
    if !latest[place].isAnswered { answer(key, reply, bytes: bytes, length: length, from: origin, ends, &journal) }
  }

  /// Keeps a reply until its call comes.
  private mutating func keep(
    _ reply: RPCReply, _ key: Key, bytes: RawSpan, length: Int, _ journal: inout FlowJournal
  ) {
    if orphans.count == RPCExchange.orphanCap { giveUp(orphans.removeFirst(), &journal) }
    let kept = Bytes(bytes.slice(0..<min(bytes.byteCount, RPCExchange.orphanBytes))).array
    if case .success(let results) = reply, list == nil, entries.isEmpty {
      list = ReplyForm.read(bytes.slice(results), wireLength: length - results.lowerBound).map {
        RPCDetails.RepliesAlone.List(form: $0.form, entries: $0.entries)
      }
    }
    replier = replier ?? key.direction.opposite
    orphans.append(Orphan(key: key, reply: reply.limited(to: kept.count), bytes: kept, length: length))
  }

  private mutating func giveUp(_ orphan: Orphan, _ journal: inout FlowJournal) {
    if let procedure = orphan.procedure {
      _ = journal.tally.note(procedure, replies: 1)
      counted += 1
    } else if RPCReply.isCredible(orphan.bytes.rawSpan) {
      unpaired += 1
    }
  }

  /// Counts the replies whose call did not come.
  /// - Returns: how many there were in the conversation.
  mutating func endReplies(_ journal: inout FlowJournal) -> Int {
    for orphan in orphans { giveUp(orphan, &journal) }
    orphans = []
    journal.tally.note(repliesAlone: unpaired)
    defer { (unpaired, counted) = (0, 0) }
    return unpaired + counted
  }

  /// Says what the reply answers that came last without its call, of which it is not known which one it is.
  mutating func note(orphan procedure: RPCProcedure?, _ xid: UInt32, from direction: FlowDirection) {
    guard let last = orphans.last, last.key == Key(xid: xid, direction: direction.opposite) else { return }
    orphans[orphans.count - 1].procedure = procedure
  }

  /// Whether a call waits for the reply, or has it already.
  func hasCall(_ xid: UInt32, from direction: FlowDirection) -> Bool {
    latest(Key(xid: xid, direction: direction)) != nil
  }

  /// Gives up the reply that came last without its call: it answers a call of another flow.
  mutating func dropOrphan(_ xid: UInt32, from direction: FlowDirection) {
    guard let last = orphans.last, last.key == Key(xid: xid, direction: direction.opposite) else { return }
    orphans.removeLast()
    if orphans.isEmpty, unpaired + counted == 0 { (replier, list) = (nil, nil) }
  }

  private mutating func answer(
    _ key: Key, _ reply: RPCReply, bytes: RawSpan, length: Int, from origin: PacketSighting, _ ends: FlowEnds,
    _ journal: inout FlowJournal
  ) {
    guard let known = latest(key) else { return }
    latest[known].isAnswered = true
    let number = latest[known].number
    guard let place = place(of: number) else { return }
    let procedure = entries[place].call.procedure
    let outcome = entries[place].call.facts.add(reply, to: procedure, bytes: bytes, length: length)
    entries[place].call.outcome = outcome
    if outcome == .empty, let handle = latest[known].handle { entries[place].call.facts.note(unknownHandle: handle) }
    if case .success(let results) = reply, procedure.portmap != nil {
      learn(entries[place].call, results: bytes.slice(results), from: origin, ends, &journal)
    }
    settle(number)
  }

  /// Remembers what a portmapper said of its ports.
  private func learn(
    _ call: Call, results: RawSpan, from origin: PacketSighting, _ ends: FlowEnds, _ journal: inout FlowJournal
  ) {
    let direction = call.origin.direction
    let servers = [ends.receiver(direction)] + call.facts.answerers
    guard let client = ends.sender(direction).host.address else { return }
    let services = RPCTelling.services(
      call.procedure, call.facts, results: results, isUDP: ends.transport == .udp)
    // Who talks to the portmapper knows where it is.
    for service in services where service.program != ProgramTable.portmapper {
      let told = ToldService(program: service.program, version: service.version, citation: origin.quoted(ends))
      for server in servers.compactMap(\.host.address)
      where !journal.learned.learn(
        told, client: client, server: server, port: service.port, isUDP: service.isUDP)
      {
        journal.note(.tableFull, "more than \(LearnedPorts.cap) ports told by portmappers", at: origin)
      }
    }
  }

  // MARK: Calls that are alike

  /// Holds a call against those that are like it, now or when there are enough of them.
  private mutating func settle(_ number: Int) {
    unsettled.append(number)
    guard callCount > RPCExchange.alikeCap else { return }
    for number in unsettled { merge(number) }
    unsettled.removeAll(keepingCapacity: true)
  }

  /// Adds a call to one that tells the same, if enough of its kind were kept. Calls with signs of an attack, or that an
  /// answer has not come for yet, stay alone.
  private mutating func merge(_ number: Int) {
    guard let place = place(of: number), !entries[place].call.isSettled else { return }
    entries[place].call.isSettled = true
    let call = entries[place].call
    guard call.facts.traits.isEmpty else { return }
    var facts = call.facts
    facts.xid = nil
    let kind = Kind(facts: facts, outcome: call.outcome, direction: call.origin.direction)
    guard let known = kinds[kind] else {
      kinds[kind] = (1, number)
      return
    }
    guard known.kept > RPCExchange.alikeCap else {
      // The one after the last that is kept takes in all others.
      kinds[kind] = (known.kept + 1, number)
      return
    }
    guard let home = self.place(of: known.number) else { return }
    guard entries[home].call.origin.time.timestamp.hour == call.origin.time.timestamp.hour else {
      // Nor does it take in those of another hour.
      kinds[kind] = (known.kept, number)
      return
    }
    entries[home].call.count += call.count
    entries[home].call.last = max(entries[home].call.last, call.last)
    entries[place].home = known.number
    entries[place].call.facts = RPCFacts()
    merged += 1
    // From the middle of a long list each would cost a move of all behind it.
    if merged > callCount + RPCExchange.latestCap { dropMerged() }
  }

  /// Forgets where calls went of which no retransmission is waited for.
  private mutating func dropMerged() {
    let awaited = oldest < latest.count ? latest[oldest].number : next
    entries.removeAll { $0.home != nil && $0.number < awaited }
    merged = entries.count { $0.home != nil }
  }

  /// Gives the calls away in their order, with those that were added to others, and forgets them.
  mutating func takeEntries() -> [Entry] {
    if callCount > RPCExchange.alikeCap {
      for number in unsettled + entries.map(\.number) { merge(number) }
    }
    defer {
      entries = []
      merged = 0
      latest = []
      xids = nil
      kinds = [:]
      unsettled = []
      oldest = 0
    }
    return entries
  }

  mutating func dropBuffers() {
    unpaired += orphans.count
    orphans = []
  }
}

extension RPCFacts {
  /// Keeps the handle of a call of which the reply says that it is none; of arguments that are signed or encrypted it is
  /// not known where it stands.
  fileprivate mutating func note(unknownHandle handle: UInt64) {
    guard protection == nil, NFSStatus.isOfHandle(resultStatus) else { return }
    details.unknownHandle = handle
  }
}

extension RPCReply {
  /// The same reply when only `count` bytes of its message are kept.
  fileprivate func limited(to count: Int) -> RPCReply {
    guard case .success(let results) = self else { return self }
    return .success(results: results.clamped(to: min(results.lowerBound, count)..<count))
  }
}

public import Evidence

/// Packets in, events out: the one table of flows, for captures and for the text of tcpdump alike.
///
/// Packets come in the order of their time. A conversation becomes events when it ends: by its silence, by a new one between
/// the same ends, or with the evidence.
public struct ConversationTable: Sendable {
  /// What an attacker's packets can fill.
  public struct Limits: Sendable {
    public var conversations = 200_000 / FlowShard.count
    /// Bytes that wait to become whole, over all conversations.
    public var bufferedBytes = 64 << 20 / FlowShard.count
    /// Calls that wait for the end of their conversation.
    public var callsPerConversation = 4096
    public var probes = ProbeLimits()
    public init() {}
  }
  /// Packets of an input, by what became of them.
  public struct PacketCounts: Hashable, Sendable {
    public var understood = 0
    public var unconcerned = 0
    /// With a wrong checksum.
    public var odd = 0
    public init(understood: Int = 0, unconcerned: Int = 0, odd: Int = 0) {
      self.odd = odd
      self.understood = understood
      self.unconcerned = unconcerned
    }
    fileprivate mutating func add(_ other: PacketCounts) {
      understood += other.understood
      unconcerned += other.unconcerned
      odd += other.odd
    }
  }

  public var oddities: OddityTally {
    var oddities = journal.oddities
    oddities.merge(ledger.oddities)
    if let evictions { oddities.noteAgain(.tableFull, count: evictions) }
    return oddities
  }
  /// What RPC the packets carried.
  public var rpcTally: RPCTally { journal.tally }
  /// Packets by input. Complete after ``finish(into:)``.
  public var packetCounts: [InputID: PacketCounts] {
    var counts = settledCounts
    if latest != PacketCounts() { counts[latestInput, default: PacketCounts()].add(latest) }
    return counts
  }
  /// Without those of the flows that ended last, which all were of one input.
  private var settledCounts: [InputID: PacketCounts] = [:]
  private var latest = PacketCounts()
  private var latestInput = InputID(0)

  private let limits: Limits
  private let seed = FlowSeed()
  private var journal = FlowJournal()
  /// What carried no request.
  private var ledger: ProbeLedger
  /// Of the tables that were merged.
  private var otherLedgers: [ProbeLedger] = []
  private var flows = FlowSlots()
  private var notes = FlowNotes()
  /// The flows that have more to remember than an entry holds.
  private var whole: ContiguousArray<Flow> = []
  private var freeWhole: ContiguousArray<Int32> = []
  /// TCP and UDP end after different times, so each has an order of its own.
  private var recentTCP = RecencyList()
  private var recentUDP = RecencyList()
  /// The flows that hold bytes.
  private var buffering = RecencyList()
  private var buffered = 0
  /// Flows that had to give way to others, after the first, which is in the journal: with a scan there are millions.
  private var evictions: Int?
  /// The flow up to which ``fetchNextVictim()`` looked ahead.
  private var scout = -1
  /// Flows that it looked at for the batch.
  private var scouted = 0

  public init(limits: Limits = Limits(), overlap: OverlapPolicies = OverlapPolicies()) {
    self.limits = limits
    journal.overlap = overlap
    ledger = ProbeLedger(limits: limits.probes)
  }

  /// Takes a packet, and what was captured of its payload: nothing, for a packet of tcpdump's text.
  /// - Parameter segment: the transport's header and payload, if its checksum is to be verified.
  public mutating func push(
    _ packet: PacketRecord, payload: RawSpan, segment: RawSpan = RawSpan(), into events: inout [Event]
  ) {
    guard packet.isTCP || packet.isUDP else {
      endIdle(at: packet.time, into: &events)
      if packet.transport == .ip {
        push(bare: packet)
      } else if segment.isEmpty || isSound(packet, packet.checksumEnds, segment) {
        push(error: packet)
      }
      return
    }
    let (key, direction) = FlowKey.of(packet)
    let hash = seed.hash(key)
    // Of flows that are only counted it makes no difference.
    endIdle(at: packet.time, into: &events)
    let known = flows.slot(of: key, hash: hash)
    if !segment.isEmpty, !isOrdinary(known), !isSound(packet, packet.checksumEnds, segment) { return }
    if key.isPlain, let facts = NotedPacket(packet, from: direction) {
      push(facts, of: packet.provenance.input, key, hash, known, payload: payload, into: &events)
      return
    }
    let slot = slot(
      known, of: key, hash, packet.flags, packet.sequence, from: packet.provenance.input, at: packet.time,
      into: &events)
    touch(slot, at: packet.time)
    if flows[slot].stage == .ordinary {
      flows[slot].follow(packet.flags, packet.sequence, hasPayload: packet.payloadLength > 0, from: direction)
      countOrdinary(slot, of: packet.provenance.input)
    } else {
      push(packet, payload: payload, from: direction, toWhole: slot, into: &events)
    }
  }

  /// Prepares for a packet that will be pushed soon: brings into the cache where its flow is found. Memory is far away, and
  /// what many packets wait for can come at the same time.
  ///
  /// It is mutating, as is ``fetch(_:_:hash:)``, so that a table in an array is asked in its place, and not copied; and it
  /// takes the place of the packet among others that are lent, so that the packet is not copied.
  /// - Returns: the hash of the packet's flow, which the steps after it ask for.
  public mutating func expect(_ packets: Span<PlainPacket>, _ index: Int) -> UInt32 {
    let hash = seed.hash(packets[index].key)
    flows.prefetch(hash: hash)
    return hash
  }

  /// The second step, when the index has come: the flow itself.
  public mutating func fetch(_ packets: Span<PlainPacket>, _ index: Int, hash: UInt32) {
    if let slot = flows.prefetchEntry(hash: hash) {
      if packets[index].key.isUDP { recentUDP.prefetch(slot) } else { recentTCP.prefetch(slot) }
    } else if flows.count >= limits.conversations {
      fetchNextVictim()
    }
  }

  /// Brings what will be needed when another one of the oldest flows has to give way.
  private mutating func fetchNextVictim() {
    let next = recentTCP.next(after: scout) ?? recentTCP.oldest
    guard let next else { return }
    scout = next
    scouted += 1
    let end = flows.prefetchEnd(next)
    notes.prefetch(end.firstNote)
    ledger.expect(end.client)
  }

  /// The last step, when all packets of a batch were asked for: the sources of probes.
  public mutating func fetchSources() {
    ledger.fetch()
    // The flows that the next batch will look at.
    while scouted > 0, let next = recentTCP.next(after: scout) {
      flows.prefetch(slot: next)
      scout = next
      scouted -= 1
    }
    // It looks again from the oldest on, or it would look further and further ahead.
    (scout, scouted) = (-1, 0)
  }

  /// Takes a packet of the capture `input`, which stands in `frame` and for which ``expect(_:_:)`` gave the hash.
  public mutating func push(
    _ packets: Span<PlainPacket>, _ index: Int, hash: UInt32, of input: InputID, frame: RawSpan,
    into events: inout [Event]
  ) {
    let (key, segment) = (packets[index].key, packets[index].segment)
    // Before the flow is looked for, which may end here.
    endIdle(at: packets[index].facts.time, into: &events)
    let known = flows.slot(of: key, hash: hash)
    if !segment.isEmpty, !isOrdinary(known),
      !isSound(packets[index].record(of: input), key.checksumEnds, frame.slice(segment))
    {
      return
    }
    push(
      packets[index].facts, of: input, key, hash, known, payload: frame.slice(packets[index].payload), into: &events)
  }

  private mutating func push(
    _ facts: NotedPacket, of input: InputID, _ key: FlowKey, _ hash: UInt32, _ known: Int?, payload: RawSpan,
    into events: inout [Event]
  ) {
    let time = facts.time
    let slot = slot(known, of: key, hash, facts.flags, facts.sequence, from: input, at: time, into: &events)
    touch(slot, at: time)
    switch flows[slot].stage {
    case .ordinary:
      flows[slot].follow(facts)
      countOrdinary(slot, of: input)
      return
    case .young:
      let isLed = flows[slot].noted == 0 && journal.learned.service(of: key) != nil
      if !isLed, flows[slot].take(facts, of: input, payload: payload) {
        flows[slot].note(notes.append(facts, after: flows[slot].lastNote))
        settle(slot)
        return
      }
    case .whole: break
    }
    push(facts.packet(key, input), payload: payload, from: facts.direction, toWhole: slot, into: &events)
  }

  private mutating func touch(_ slot: Int, at time: EventTime) {
    flows[slot].last = time
    if flows[slot].key.isUDP { recentUDP.touch(slot) } else { recentTCP.touch(slot) }
  }

  /// Ends what was silent for long enough.
  public mutating func advance(to time: Timestamp, into events: inout [Event]) {
    endIdle(at: EventTime(time, fractionDigits: 9), into: &events)
  }

  /// Ends every conversation: the evidence has no more packets.
  public mutating func finish(into events: inout [Event]) {
    endAll(into: &events)
    var ledgers = [ProbeLedger(limits: limits.probes)]
    swap(&ledgers[0], &ledger)
    ledgers += otherLedgers
    otherLedgers = []
    ProbeLedger.finish(&ledgers, into: &events)
    for ledger in ledgers { journal.oddities.merge(ledger.oddities) }
  }

  /// Ends every conversation, and keeps what its probes come to, for ``merge(_:)`` and ``finish(into:)``.
  public mutating func endAll(into events: inout [Event]) {
    while let slot = oldest { end(slot, into: &events) }
  }

  /// Takes over what another table counted, of other flows, whose conversations have ended.
  public mutating func merge(_ other: consuming ConversationTable) {
    journal.oddities.merge(other.journal.oddities)
    if let theirs = other.evictions { evictions = (evictions ?? 0) + theirs }
    journal.tally.merge(other.journal.tally)
    otherLedgers += [other.ledger] + other.otherLedgers
    for (input, counts) in other.packetCounts { settledCounts[input, default: PacketCounts()].add(counts) }
  }

  private mutating func isOrdinary(_ slot: Int?) -> Bool { slot.map { flows[$0].stage == .ordinary } ?? false }

  /// Whether the target takes the packet: one with a wrong checksum is counted, and left out.
  private mutating func isSound(
    _ packet: @autoclosure () -> PacketRecord, _ ends: TransportChecksum.Ends, _ segment: RawSpan
  ) -> Bool {
    let verdict = TransportChecksum.verdict(ends, segment)
    guard verdict != .sound else { return true }
    let packet = packet()
    if verdict == .offloaded {
      journal.oddities.note(
        .checksumOffloaded, Citation(packet.provenance, text: "no checksum yet: captured where it was sent"))
      return true
    }
    settledCounts[packet.provenance.input, default: PacketCounts()].odd += 1
    journal.oddities.note(
      .checksumWrong, Citation(packet.provenance, text: Bytes("wrong checksum: \(packet.summary.notation)")))
    return false
  }

  // MARK: Flows

  /// The slot of a packet's flow, which it may open.
  /// - Parameter known: the slot of the flow that its ends had before.
  private mutating func slot(
    _ known: Int?, of key: FlowKey, _ hash: UInt32, _ flags: TCPFlags, _ sequence: UInt32, from input: InputID,
    at time: EventTime, into events: inout [Event]
  ) -> Int {
    if let known {
      if isContinued(known, by: flags, sequence, at: time) { return known }
      end(known, into: &events)
    }
    // Slots and notes are numbered in 32 bits.
    let most = min(max(limits.conversations, 1), 1 << 24)
    while flows.count >= most, let slot = oldest { evict(slot, into: &events) }
    return flows.insert(FlowEntry(key, hash: hash, from: input, at: time), most: most)
  }

  private mutating func evict(_ slot: Int, into events: inout [Event]) {
    if let known = evictions {
      evictions = known + 1
    } else {
      noteFull("more than \(limits.conversations) conversations", slot)
      evictions = 0
    }
    end(slot, into: &events)
  }

  private mutating func isContinued(
    _ slot: Int, by flags: TCPFlags, _ sequence: UInt32, at time: EventTime
  ) -> Bool {
    guard flows[slot].isRecent(at: time) else { return false }
    guard flags.isSYN, !flags.isACK else { return true }
    let place = Int(flows[slot].whole)
    return place >= 0 ? whole[place].isContinued(bySYN: sequence) : flows[slot].isContinued(bySYN: sequence)
  }

  private mutating func end(_ slot: Int, into events: inout [Event]) {
    let entry = flows[slot]
    if entry.key.isUDP { recentUDP.remove(slot) } else { recentTCP.remove(slot) }
    switch entry.stage {
    case .young:
      var isEvent = false
      if entry.canBeProbe { isEvent = end(young: entry, into: &events) }
      count(entry.packets, of: entry.input, isEvent: isEvent)
    case .ordinary: count(entry.packets, of: entry.input, isEvent: false)
    case .whole: end(whole: slot, into: &events)
    }
    notes.free(entry.firstNote, last: entry.lastNote)
    flows.remove(slot)
  }

  /// A young flow is a probe or nothing.
  private mutating func end(young entry: FlowEntry, into events: inout [Event]) -> Bool {
    // Most flows of a scan are one packet, and perhaps its answer, of which numbers are enough.
    if let probe = probe(of: entry) {
      if let source = ledger.push(probe), var flow = flow(of: entry) {
        ConversationTable.tell(probe, of: source, &flow, &journal, &ledger)
      }
      return true
    }
    guard var flow = flow(of: entry) else { return false }
    return ConversationTable.end(&flow, &journal, &ledger, into: &events)
  }

  private func probe(of entry: FlowEntry) -> Probe? {
    guard entry.noted == 1 || entry.noted == 2, entry.firstNote != FlowNotes.end,
      let probe = Probe(alone: notes[entry.firstNote], entry.key, entry.input)
    else { return nil }
    return entry.noted == 1 ? probe : probe.answered(by: notes[entry.lastNote], to: notes[entry.firstNote])
  }

  private static func end(
    _ flow: inout Flow, _ journal: inout FlowJournal, _ ledger: inout ProbeLedger, into events: inout [Event]
  ) -> Bool {
    flow.flush(&journal)
    guard let probe = flow.probe else { return flow.end(&journal, into: &events) }
    if let source = ledger.push(probe) { tell(probe, of: source, &flow, &journal, &ledger) }
    return true
  }

  private static func tell(
    _ probe: Probe, of source: Int, _ flow: inout Flow, _ journal: inout FlowJournal, _ ledger: inout ProbeLedger
  ) {
    var events: [Event] = []
    _ = flow.end(&journal, into: &events)
    for event in events { ledger.tell(event, probe, of: source) }
  }

  private mutating func count(_ packets: Int, of input: InputID, isEvent: Bool) {
    if input.index != latestInput.index {
      settledCounts = packetCounts
      (latest, latestInput) = (PacketCounts(), input)
    }
    if isEvent { latest.understood += packets } else { latest.unconcerned += packets }
  }

  // MARK: Entries

  /// Keeps nothing but counters of a flow that will be no event.
  private mutating func settle(_ slot: Int) {
    guard flows[slot].isSettled else { return }
    notes.free(after: flows[slot].firstNote, last: flows[slot].lastNote)
    flows[slot].settle()
  }

  private mutating func countOrdinary(_ slot: Int, of input: InputID) {
    if input.index == flows[slot].input.index { flows[slot].count() } else { count(1, of: input, isEvent: false) }
  }

  /// The whole flow that the noted packets make; nil when none is noted.
  private mutating func flow(of entry: FlowEntry) -> Flow? {
    entry.firstNote == FlowNotes.end ? nil : flow(from: entry.firstNote, entry.key, entry.input)
  }

  /// The whole flow that the packets of a chain of notes make.
  private mutating func flow(from start: Int32, _ key: FlowKey, _ input: InputID) -> Flow {
    let first = notes[start]
    let opening = first.packet(key, input)
    var flow = Flow(FlowEnds(opening, from: first.direction), opening: opening, from: first.direction)
    let none: [UInt8] = []
    var place = start
    while place != FlowNotes.end {
      let facts = notes[place]
      // Without its bytes a stream is one that carries something else, which is what the noted ones do.
      flow.push(facts.packet(key, input), payload: none.rawSpan, from: facts.direction, &journal)
      place = facts.next
    }
    return flow
  }

  // MARK: Whole flows

  private mutating func push(
    _ packet: PacketRecord, payload: RawSpan, from direction: FlowDirection, toWhole slot: Int,
    into events: inout [Event]
  ) {
    let place = flows[slot].stage == .whole ? Int(flows[slot].whole) : makeWhole(slot, packet, direction)
    let before = whole[place].buffered
    whole[place].push(packet, payload: payload, from: direction, &journal)
    if let datagram = journal.datagram {
      journal.datagram = nil
      settle(datagram, packet, payload, flows[slot].key, from: direction, of: place)
    }
    account(slot, place, before: before)
    capCalls(slot, place, into: &events)
  }

  /// Remembers a call over UDP, or brings a reply to the flow whose call it answers.
  private mutating func settle(
    _ datagram: FlowJournal.Datagram, _ packet: PacketRecord, _ payload: RawSpan, _ key: FlowKey,
    from direction: FlowDirection, of place: Int
  ) {
    switch datagram {
    case .call(let procedure, let xid):
      journal.asked.note(procedure, xid: xid, key, from: direction, at: packet.time)
    case .stray(let xid):
      guard let call = journal.asked.call(answeredBy: xid, key, from: direction, at: packet.time) else { return }
      guard !call.isShared else {
        whole[place].note(reply: xid, of: call.procedure, from: direction)
        return
      }
      guard let slot = flows.slot(of: call.key, hash: seed.hash(call.key)), flows[slot].stage == .whole
      else { return }
      var sighting = PacketSighting(
        time: packet.time, direction: direction, flags: [], payloadLength: packet.payloadLength,
        citation: packet.citation)
      sighting.citation = sighting.quoted(whole[place].ends)
      sighting.direction = call.direction.opposite
      if whole[Int(flows[slot].whole)].take(answer: payload, of: packet.source, sighting, &journal) {
        whole[place].give(reply: xid, from: direction)
      }
    }
  }

  private mutating func makeWhole(_ slot: Int, _ packet: PacketRecord, _ direction: FlowDirection) -> Int {
    let entry = flows[slot]
    let place = freeWhole.popLast().map { Int($0) } ?? whole.count
    if entry.firstNote == FlowNotes.end {
      put(Flow(FlowEnds(packet, from: direction), opening: packet, from: direction), at: place)
    } else {
      put(flow(from: entry.firstNote, entry.key, entry.input), at: place)
    }
    whole[place].told = journal.learned.service(of: entry.key)
    notes.free(entry.firstNote, last: entry.lastNote)
    flows[slot].become(whole: Int32(truncatingIfNeeded: place))
    return place
  }

  private mutating func put(_ flow: consuming Flow, at place: Int) {
    if place == whole.count { whole.append(flow) } else { whole[place] = flow }
  }

  private mutating func end(whole slot: Int, into events: inout [Event]) {
    let place = Int(flows[slot].whole)
    buffering.remove(slot)
    buffered -= whole[place].buffered
    let isEvent = ConversationTable.end(&whole[place], &journal, &ledger, into: &events)
    count(whole[place].input.packets, of: whole[place].input.id, isEvent: isEvent)
    for (input, packets) in whole[place].otherInputs { count(packets, of: input, isEvent: isEvent) }
    whole[place].empty()
    freeWhole.append(Int32(place))
  }

  /// A bare header of an IP protocol is a probe by itself; whether an ICMP error answered is not looked at.
  private mutating func push(bare packet: PacketRecord) {
    guard packet.time.isDated, let protocolNumber = packet.targetPort,
      case .frame(let frame) = packet.provenance.place
    else { return count(1, of: packet.provenance.input, isEvent: false) }
    let place = packet.provenance
    let probe = Probe(
      source: packet.sourceAddress.bits, target: packet.targetAddress.bits, port: protocolNumber,
      technique: .ipProtocol, outcome: .unknown, time: packet.time, timeToLive: packet.timeToLive, input: place.input,
      frame: frame, offset: place.offset, length: place.length, isOfConcern: false)
    if let source = ledger.push(probe) {
      ledger.tell(
        Event(
          time: packet.time, view: .network, action: .probe, outcome: .unknown,
          source: Endpoint(host: packet.source.host), target: packet.target, transport: .ip, observer: Event.wire,
          citation: Citation(place, text: packet.summary)), probe, of: source)
    }
    count(1, of: place.input, isEvent: true)
  }

  /// An ICMP error belongs to the conversation that it quotes; other ICMP is of no concern.
  private mutating func push(error packet: PacketRecord) {
    guard let quoted = packet.quoted else {
      count(1, of: packet.provenance.input, isEvent: false)
      return
    }
    let (key, answered) = FlowKey.of(quoted.source, quoted.target, quoted.transport)
    guard let slot = flows.slot(of: key, hash: seed.hash(key)) else {
      count(1, of: packet.provenance.input, isEvent: false)
      return
    }
    guard flows[slot].stage != .ordinary else {
      countOrdinary(slot, of: packet.provenance.input)
      return
    }
    let place = flows[slot].stage == .whole ? Int(flows[slot].whole) : makeWhole(slot, packet, answered)
    whole[place].push(error: packet, quoting: quoted, answered: answered)
  }

  // MARK: Age

  private mutating func endIdle(at time: EventTime, into events: inout [Event]) {
    while let slot = recentTCP.oldest, flows[slot].isIdle(at: time) { end(slot, into: &events) }
    while let slot = recentUDP.oldest, flows[slot].isIdle(at: time) { end(slot, into: &events) }
  }

  /// The flow that was silent for the longest time.
  private var oldest: Int? {
    guard let tcp = recentTCP.oldest else { return recentUDP.oldest }
    guard let udp = recentUDP.oldest else { return tcp }
    return flows[udp].last < flows[tcp].last ? udp : tcp
  }

  // MARK: Caps

  private mutating func account(_ slot: Int, _ place: Int, before: Int) {
    let now = whole[place].buffered
    buffered += now - before
    if now > 0 { buffering.touch(slot) } else if before > 0 { buffering.remove(slot) }
    while buffered > limits.bufferedBytes, let oldest = buffering.oldest {
      noteFull("more than \(limits.bufferedBytes) bytes wait to become whole", oldest)
      let place = Int(flows[oldest].whole)
      buffered -= whole[place].buffered
      whole[place].dropBuffers()
      buffering.remove(oldest)
    }
  }

  private mutating func capCalls(_ slot: Int, _ place: Int, into events: inout [Event]) {
    guard whole[place].callCount > limits.callsPerConversation else { return }
    noteFull("more than \(limits.callsPerConversation) calls in one conversation", slot)
    whole[place].giveCalls(into: &events)
  }

  /// Notes which conversation had to give way, by its first packet.
  private mutating func noteFull(_ what: String, _ slot: Int) {
    guard let first = firstPacket(slot) else { return }
    journal.oddities.note(.tableFull, Citation(first, text: Bytes(what)))
  }

  private func firstPacket(_ slot: Int) -> Provenance? {
    let entry = flows[slot]
    if entry.stage == .whole { return whole[Int(entry.whole)].sightings.first?.citation.provenance }
    return entry.firstNote == FlowNotes.end ? nil : notes[entry.firstNote].provenance(entry.input)
  }
}

package import Evidence

/// Packets in, events out: the one table of flows, for captures and for the text of tcpdump alike.
///
/// Packets come in the order of their time. A conversation becomes events when it ends: by its silence, by a new one between
/// the same ends, or with the evidence.
package struct ConversationTable: Sendable {
  /// What an attacker's packets can fill.
  package struct Limits: Sendable {
    package var conversations = 200_000 / FlowShard.count
    /// Bytes that wait to become whole, over all conversations.
    package var bufferedBytes = 64 << 20 / FlowShard.count
    /// Calls that wait for the end of their conversation.
    package var callsPerConversation = 4096
    package var probes = ProbeLimits()
    package init() {}
  }
  /// Packets of an input, by what became of them.
  package struct PacketCounts: Hashable, Sendable {
    package var understood = 0
    package var unconcerned = 0
    /// With a wrong checksum.
    package var odd = 0
    package init(understood: Int = 0, unconcerned: Int = 0, odd: Int = 0) {
      self.odd = odd
      self.understood = understood
      self.unconcerned = unconcerned
    }
  }

  package var oddities: OddityTally {
    var oddities = journal.oddities
    oddities.merge(ledger.oddities)
    return oddities
  }
  /// What RPC the packets carried.
  package var rpcTally: RPCTally { journal.tally }
  /// Packets by input. Complete after ``finish(into:)``.
  package private(set) var packetCounts: [InputID: PacketCounts] = [:]

  private let limits: Limits
  private let seed = FlowSeed()
  private var journal = FlowJournal()
  /// What carried no request.
  private var ledger: ProbeLedger
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

  package init(limits: Limits = Limits(), overlap: OverlapPolicies = OverlapPolicies()) {
    self.limits = limits
    journal.overlap = overlap
    ledger = ProbeLedger(limits: limits.probes)
  }

  /// Takes a packet, and what was captured of its payload: nothing, for a packet of tcpdump's text.
  /// - Parameter segment: the transport's header and payload, if its checksum is to be verified.
  package mutating func push(
    _ packet: PacketRecord, payload: RawSpan, segment: RawSpan = RawSpan(), into events: inout [Event]
  ) {
    endIdle(at: packet.time, into: &events)
    guard packet.isTCP || packet.isUDP else {
      if packet.transport == .ip {
        push(bare: packet)
      } else if segment.isEmpty || isSound(packet, segment) {
        push(error: packet)
      }
      return
    }
    let (key, direction) = FlowKey.of(packet)
    let hash = seed.hash(key)
    var known = flows.slot(of: key, hash: hash)
    // Of flows that are only counted it makes no difference.
    if !segment.isEmpty, known.map({ flows[$0].stage != .ordinary }) ?? true, !isSound(packet, segment) { return }
    if let slot = known, !isContinued(slot, by: packet) {
      end(slot, into: &events)
      known = nil
    }
    let slot = known ?? open(FlowEntry(key, hash: hash, opening: packet), into: &events)
    if packet.isTCP { recentTCP.touch(slot) } else { recentUDP.touch(slot) }
    flows[slot].last = packet.time
    if isBrief(slot, packet, payload: payload, from: direction) { return }
    push(packet, payload: payload, from: direction, toWhole: slot, into: &events)
  }

  /// Ends what was silent for long enough.
  package mutating func advance(to time: Timestamp, into events: inout [Event]) {
    endIdle(at: EventTime(time, fractionDigits: 9), into: &events)
  }

  /// Ends every conversation: the evidence has no more packets.
  package mutating func finish(into events: inout [Event]) {
    endAll(into: &events)
    ledger.finish(into: &events)
    ledger = ProbeLedger(limits: limits.probes)
  }

  /// Ends every conversation, and keeps what its probes come to, for ``merge(_:)`` and ``finish(into:)``.
  package mutating func endAll(into events: inout [Event]) {
    while let slot = oldest { end(slot, into: &events) }
  }

  /// Takes over what another table counted, of other flows, whose conversations have ended.
  package mutating func merge(_ other: ConversationTable) {
    journal.oddities.merge(other.journal.oddities)
    journal.tally.merge(other.journal.tally)
    ledger.merge(other.ledger)
    packetCounts.merge(other.packetCounts) { one, two in
      PacketCounts(
        understood: one.understood + two.understood, unconcerned: one.unconcerned + two.unconcerned,
        odd: one.odd + two.odd)
    }
  }

  /// Whether the target takes the packet: one with a wrong checksum is counted, and left out.
  private mutating func isSound(_ packet: PacketRecord, _ segment: RawSpan) -> Bool {
    switch TransportChecksum.verdict(packet, segment) {
    case .sound: return true
    case .offloaded:
      journal.oddities.note(
        .checksumOffloaded, Citation(packet.provenance, text: "no checksum yet: captured where it was sent"))
      return true
    case .wrong:
      packetCounts[packet.provenance.input, default: PacketCounts()].odd += 1
      journal.oddities.note(
        .checksumWrong, Citation(packet.provenance, text: Bytes("wrong checksum: \(packet.summary.notation)")))
      return false
    }
  }

  // MARK: Flows

  private mutating func open(_ entry: FlowEntry, into events: inout [Event]) -> Int {
    // Slots and notes are numbered in 32 bits.
    while flows.count >= min(max(limits.conversations, 1), 1 << 24), let slot = oldest {
      noteFull("more than \(limits.conversations) conversations", slot)
      end(slot, into: &events)
    }
    return flows.insert(entry)
  }

  private mutating func isContinued(_ slot: Int, by packet: PacketRecord) -> Bool {
    guard flows[slot].isRecent(at: packet.time) else { return false }
    guard packet.flags.isSYN, !packet.flags.isACK else { return true }
    let place = Int(flows[slot].whole)
    return place >= 0
      ? whole[place].isContinued(bySYN: packet.sequence) : flows[slot].isContinued(bySYN: packet.sequence)
  }

  private mutating func end(_ slot: Int, into events: inout [Event]) {
    let entry = flows[slot]
    recentTCP.remove(slot)
    recentUDP.remove(slot)
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
    // Most flows of a scan are one packet, of which numbers are enough.
    if entry.noted == 1, entry.firstNote != FlowNotes.end,
      let probe = Probe(alone: notes[entry.firstNote], entry.key, entry.input)
    {
      if let source = ledger.push(probe), var flow = flow(of: entry) {
        ConversationTable.tell(probe, of: source, &flow, &journal, &ledger)
      }
      return true
    }
    guard var flow = flow(of: entry) else { return false }
    return ConversationTable.end(&flow, &journal, &ledger, into: &events)
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
    if isEvent {
      packetCounts[input, default: PacketCounts()].understood += packets
    } else {
      packetCounts[input, default: PacketCounts()].unconcerned += packets
    }
  }

  // MARK: Entries

  /// Takes the packet if its flow's entry has room for all that it tells.
  private mutating func isBrief(
    _ slot: Int, _ packet: PacketRecord, payload: RawSpan, from direction: FlowDirection
  ) -> Bool {
    switch flows[slot].stage {
    case .ordinary:
      flows[slot].follow(packet, from: direction)
      countOrdinary(packet, slot)
      return true
    case .young:
      guard flows[slot].noted > 0 || flows[slot].key.isPlain && journal.learned.service(of: flows[slot].key) == nil,
        let facts = NotedPacket(packet, from: direction),
        flows[slot].take(packet, payload: payload, from: direction)
      else { return false }
      flows[slot].note(notes.append(facts, after: flows[slot].lastNote))
      flows[slot].count()
      settle(slot)
      return true
    case .whole: return false
    }
  }

  /// Keeps nothing but counters of a flow that will be no event.
  private mutating func settle(_ slot: Int) {
    guard flows[slot].isSettled else { return }
    notes.free(after: flows[slot].firstNote, last: flows[slot].lastNote)
    flows[slot].settle()
  }

  private mutating func countOrdinary(_ packet: PacketRecord, _ slot: Int) {
    let input = packet.provenance.input
    if input == flows[slot].input { flows[slot].count() } else { count(1, of: input, isEvent: false) }
  }

  /// The whole flow that the noted packets make; nil when none is noted.
  private mutating func flow(of entry: FlowEntry) -> Flow? {
    var place = entry.firstNote
    guard place != FlowNotes.end else { return nil }
    let first = notes[place]
    let opening = first.packet(entry.key, entry.input)
    var flow = Flow(FlowEnds(opening, from: first.direction), opening: opening, from: first.direction)
    let none: [UInt8] = []
    while place != FlowNotes.end {
      let facts = notes[place]
      // Without its bytes a stream is one that carries something else, which is what the noted ones do.
      flow.push(facts.packet(entry.key, entry.input), payload: none.rawSpan, from: facts.direction, &journal)
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
    account(slot, place, before: before)
    capCalls(slot, place, into: &events)
  }

  private mutating func makeWhole(_ slot: Int, _ packet: PacketRecord, _ direction: FlowDirection) -> Int {
    let entry = flows[slot]
    var flow = flow(of: entry) ?? Flow(FlowEnds(packet, from: direction), opening: packet, from: direction)
    flow.told = journal.learned.service(of: entry.key)
    notes.free(entry.firstNote, last: entry.lastNote)
    let place = freeWhole.popLast() ?? Int32(whole.count)
    if Int(place) == whole.count { whole.append(flow) } else { whole[Int(place)] = flow }
    flows[slot].become(whole: place)
    return Int(place)
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
          source: Endpoint(host: packet.source.host), target: packet.target, transport: .ip, observer: "packet",
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
      countOrdinary(packet, slot)
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
    let entry = flows[slot]
    let first: Provenance?
    if entry.stage == .whole {
      first = whole[Int(entry.whole)].sightings.first?.citation.provenance
    } else {
      first = entry.firstNote == FlowNotes.end ? nil : notes[entry.firstNote].provenance(entry.input)
    }
    guard let first else { return }
    journal.oddities.note(.tableFull, Citation(first, text: Bytes(what)))
  }
}

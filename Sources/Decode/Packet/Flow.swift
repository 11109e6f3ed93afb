import Evidence

/// A conversation that goes on: what its packets told so far.
struct Flow {
  let ends: FlowEnds
  private(set) var low = FlowSide()
  private(set) var high = FlowSide()

  private(set) var handshake = Conversation.Handshake.unseen
  private(set) var syn: SYNFacts?
  /// Who opened: the sender of the SYN, or whom a SYN/ACK answers.
  private(set) var opener: FlowDirection?
  /// The SYN began nothing, so that it tells neither who opened nor what his system is.
  private(set) var hasForgedSYN = false
  private(set) var firstFIN: FlowDirection?
  private(set) var reset: FlowDirection?
  /// The flags of the first packet, and who sent it.
  let firstFlags: TCPFlags
  let firstSender: FlowDirection

  private(set) var sightings: [PacketSighting] = []
  private(set) var packetCount = 0
  private(set) var hexChecks: [HexCheck] = []
  private(set) var turns: [(direction: FlowDirection, bytes: Int)] = []
  var exchange = RPCExchange()
  /// What a portmapper had told the client of one of the ends, and which of them serves.
  var told: (service: ToldService, server: FlowDirection)?
  /// Replies that answer calls of other flows.
  private(set) var given = 0
  /// Calls were given away before the conversation ended.
  var gaveCalls = false
  /// The ICMP error that answered, and whose packet it answers.
  private(set) var icmpError: (error: QuotedDatagram, answered: FlowDirection, sender: Host)?

  /// Packets by their input: nearly always one.
  private(set) var input: (id: InputID, packets: Int)
  private(set) var otherInputs: [InputID: Int] = [:]

  init(_ ends: FlowEnds, opening packet: PacketRecord, from direction: FlowDirection) {
    self.ends = ends
    firstFlags = packet.flags
    firstSender = direction
    input = (packet.provenance.input, 0)
  }

  subscript(direction: FlowDirection) -> FlowSide {
    // A `_read` that yields in place is faster, and Swift 6.3.1 frees what it yields too early in builds for the fuzzer.
    get { direction == .fromLow ? low : high }
    _modify {
      if direction == .fromLow { yield &low } else { yield &high }
    }
  }

  /// Asks one side in its place, which the subscript's getter would copy.
  @inline(__always)
  func ask<Answer>(_ direction: FlowDirection, _ question: (borrowing FlowSide) -> Answer) -> Answer {
    direction == .fromLow ? question(low) : question(high)
  }

  func content(_ direction: FlowDirection) -> FlowSide.Content { ask(direction) { $0.content } }
  func summary(_ direction: FlowDirection) -> Conversation.Side { ask(direction) { $0.summary } }

  // The table asks these of every packet. They are mutating so that it asks in place: of a flow in an array, a plain
  // getter makes a copy.

  /// Bytes that wait to become whole.
  var buffered: Int {
    mutating get { low.buffered + high.buffered + exchange.buffered }
  }
  /// Calls that wait for the end of the conversation.
  var callCount: Int {
    mutating get { exchange.callCount }
  }

  // MARK: Does it go on?

  /// Nanoseconds without a packet that end a flow.
  static func timeout(isUDP: Bool) -> Int64 { isUDP ? 30_000_000_000 : 300_000_000_000 }

  /// Whether a SYN belongs to this flow, or opens a new one.
  mutating func isContinued(bySYN sequence: UInt32) -> Bool {
    !isClosed && (handshake < .complete || syn?.sequence == sequence)
  }

  private var isClosed: Bool { reset != nil || low.hasFIN && high.hasFIN }

  // MARK: Packets

  mutating func push(
    _ packet: PacketRecord, payload: RawSpan, from direction: FlowDirection, _ journal: inout FlowJournal
  ) {
    let sighting = PacketSighting(
      time: packet.time, direction: direction, flags: packet.flags, payloadLength: packet.payloadLength,
      citation: packet.citation)
    note(sighting)
    self[direction].note(packet)
    if let check = packet.hexCheck, hexChecks.count < Conversation.packetCap { hexChecks.append(check) }
    if ends.transport == .tcp {
      pushSegment(packet, payload: payload, sighting, &journal)
    } else {
      pushDatagram(payload: payload, sighting, &journal)
    }
  }

  /// Takes an ICMP error about a packet that `answered` sent.
  mutating func push(error packet: PacketRecord, quoting quoted: QuotedDatagram, answered: FlowDirection) {
    let citation = Citation(
      packet.provenance, text: packet.citation.isUnwritten ? packet.summary : packet.citation.text)
    note(
      PacketSighting(
        time: packet.time, direction: answered.opposite, flags: [], payloadLength: packet.payloadLength,
        citation: citation))
    if icmpError == nil { icmpError = (quoted, answered, packet.source.host) }
  }

  private mutating func note(_ sighting: PacketSighting) {
    if packetCount == 0 { sightings.reserveCapacity(4) }
    packetCount += 1
    if sightings.count < Conversation.packetCap { sightings.append(sighting) }
    let origin = sighting.citation.provenance.input
    if origin == input.id { input.packets += 1 } else { otherInputs[origin, default: 0] += 1 }
  }

  /// Notes payload that was not there before.
  private mutating func note(payload count: Int, from direction: FlowDirection) {
    guard count > 0 else { return }
    self[direction].summary.payloadBytes += count
    if turns.last?.direction == direction {
      turns[turns.count - 1].bytes += count
    } else if turns.count < Conversation.packetCap {
      turns.append((direction, count))
    }
  }

  // MARK: UDP

  private mutating func pushDatagram(payload: RawSpan, _ sighting: PacketSighting, _ journal: inout FlowJournal) {
    note(payload: sighting.payloadLength, from: sighting.direction)
    guard !payload.isEmpty else { return }
    let isExpected = servesRPC || !exchange.isEmpty
    guard RPCMessage.isPlausibleStart(payload) == true else {
      if isExpected { journal.note(.rpcMalformed, "no RPC message in \(payload.byteCount) bytes", at: sighting) }
      return
    }
    do {
      _ = try take(payload, length: sighting.payloadLength, sighting, isExpected: isExpected, &journal)
    } catch {
      if isExpected { journal.note(error.oddity, error.description, at: sighting) }
    }
  }

  /// Takes a reply to one of its calls that came from another end than was asked; nothing where there is no such call.
  /// - Parameter sighting: the packet as the flow that brought it quotes it; its direction is of this flow.
  /// - Returns: whether it is such a reply.
  mutating func take(
    answer payload: RawSpan, of other: Endpoint, _ sighting: PacketSighting, _ journal: inout FlowJournal
  ) -> Bool {
    guard let message = try? RPCMessage.decode(payload, length: sighting.payloadLength),
      case .reply(let reply) = message.body, exchange.hasCall(message.xid, from: sighting.direction.opposite)
    else { return false }
    // The flow that brought it counts the packet.
    packetCount += 1
    if sightings.count < Conversation.packetCap { sightings.append(sighting) }
    self[sighting.direction].summary.packets += 1
    note(payload: sighting.payloadLength, from: sighting.direction)
    exchange.push(
      message, reply, bytes: payload, length: sighting.payloadLength, from: sighting, ends, answeredBy: other, &journal)
    return true
  }

  /// Its last packet is a reply to one of several calls of the same end, of other flows.
  mutating func note(reply xid: UInt32, of procedure: RPCProcedure?, from direction: FlowDirection) {
    exchange.note(orphan: procedure, xid, from: direction)
  }

  /// Its last packet is a reply to a call of another flow, which takes it.
  mutating func give(reply xid: UInt32, from direction: FlowDirection) {
    exchange.dropOrphan(xid, from: direction)
    given += 1
  }

  // MARK: TCP

  private mutating func pushSegment(
    _ packet: PacketRecord, payload: RawSpan, _ sighting: PacketSighting, _ journal: inout FlowJournal
  ) {
    advanceHandshake(packet, from: sighting.direction)
    if packet.flags.contains(.rst) {
      reset = reset ?? sighting.direction
      return
    }
    if packet.flags.contains(.fin) {
      self[sighting.direction].hasFIN = true
      firstFIN = firstFIN ?? sighting.direction
    }
    guard packet.payloadLength > 0 else { return }
    doubtSYN(packet, from: sighting.direction)
    let offset = self[sighting.direction].offset(of: packet)
    let kept = content(sighting.direction) == .other ? payload.slice(0..<0) : payload
    let conflict = ask(sighting.direction) {
      $0.assembly.conflict(offset: offset, captured: kept, in: journal.history)
    }
    if let place = conflict { note(conflict: place, sighting, &journal) }
    if let fresh = self[sighting.direction].assembly.passInOrder(offset: offset, length: packet.payloadLength) {
      note(payload: fresh.count, from: sighting.direction)
      // Most segments are next in order, and need no copy.
      let bytes = kept.part(fresh, from: offset)
      if !fresh.isEmpty { deliver(bytes, missing: fresh.count - bytes.byteCount, sighting, &journal) }
      return
    }
    let insertion = self[sighting.direction].assembly.insert(
      offset: offset, length: packet.payloadLength, captured: kept, origin: sighting,
      policy: journal.overlap[ends.receiver(sighting.direction).host])
    if let place = insertion.conflict { note(conflict: place, sighting, &journal) }
    note(payload: insertion.fresh, from: sighting.direction)
    drain(sighting.direction, at: sighting, &journal)
  }

  /// Notes that bytes of the stream came twice, and differ.
  private mutating func note(conflict place: Int, _ sighting: PacketSighting, _ journal: inout FlowJournal) {
    journal.note(.tcpOverlapConflict, "byte \(place) of the stream came twice, and differs", at: sighting)
    self[sighting.direction].note(conflict: place, sighting)
  }

  /// RFC 9293, section 3.5.
  private mutating func advanceHandshake(_ packet: PacketRecord, from direction: FlowDirection) {
    if packet.flags.contains(.syn) {
      self[direction].begin(sequence: packet.sequence)
      if packet.flags.contains(.ack) {
        opener = opener ?? direction.opposite
        handshake = max(handshake, .synAck)
      } else {
        opener = opener ?? direction
        syn = syn ?? SYNFacts(packet)
        handshake = max(handshake, .syn)
      }
    } else if handshake != .unseen, direction == opener, !packet.flags.contains(.rst),
      packet.flags.contains(.ack) || packet.payloadLength > 0
    {
      // The opener goes on only when its SYN was answered, even if the answer was not captured.
      handshake = .complete
    }
  }

  /// Forgets a SYN that nobody answered, when the first data tells that the stream went on as it did before: somebody forged
  /// it in the middle of a connection.
  private mutating func doubtSYN(_ packet: PacketRecord, from direction: FlowDirection) {
    // The text of tcpdump has numbers of its own.
    guard let asker = opener, syn != nil, !hasForgedSYN, packet.citation.isUnwritten, !packet.flags.contains(.syn),
      !ask(asker.opposite, { $0.hasSYN }), ask(asker, { $0.isUnheard }),
      direction != asker || ask(asker, { !$0.canFollowSYN(packet) })
    else { return }
    self[asker].forgetSYN()
    hasForgedSYN = true
  }

  /// Hands what is in order to the record marking.
  private mutating func drain(_ direction: FlowDirection, at sighting: PacketSighting, _ journal: inout FlowJournal) {
    while true {
      if let segment = self[direction].assembly.takeReady() {
        deliver(segment.bytes.rawSpan, missing: segment.length - segment.bytes.count, segment.origin, &journal)
      } else if ask(direction, { $0.assembly.isOverfull }) {
        if content(direction) != .other { journal.note(.tableFull, "segments out of order", at: sighting) }
        stepOverGap(direction, at: sighting, &journal)
      } else {
        return
      }
    }
  }

  private mutating func stepOverGap(
    _ direction: FlowDirection, at sighting: PacketSighting, _ journal: inout FlowJournal
  ) {
    guard let missing = self[direction].assembly.stepOverGap() else { return }
    var sighting = sighting
    sighting.direction = direction
    deliver([UInt8]().rawSpan, missing: missing, sighting, &journal)
  }

  /// Takes the next bytes of a stream, and how many follow them that were not captured.
  private mutating func deliver(
    _ bytes: RawSpan, missing: Int, _ origin: PacketSighting, _ journal: inout FlowJournal
  ) {
    let direction = origin.direction
    guard content(direction) != .other else { return }
    self[direction].assembly.remember(bytes, missing: missing, in: &journal.history)
    if ask(direction, { $0.isAtStart && !$0.hasSYN }), servesRPC {
      // Who comes in the middle of a stream, comes in the middle of a record.
      self[direction].marking.search(isLoss: false)
    }
    self[direction].isAtStart = false
    if missing == 0, let record = ask(direction, { $0.marking.wholeRecord(bytes) }) {
      take(bytes.slice(record), length: record.count, origin, &journal)
      return
    }
    var messages: [RecordMarking.Message] = []
    var start = 0
    while let loss = mark(bytes.slice(start..<bytes.byteCount), missing: missing, origin, into: &messages, &journal) {
      for message in messages { take(message, &journal) }
      messages = []
      guard lose(direction, loss, at: origin, &journal) else { return }
      let resumption = ask(direction) { $0.marking.resumption }
      guard resumption > 0 || start == 0 else { return }
      start += resumption
      guard start < bytes.byteCount else { return }
    }
    for message in messages { take(message, &journal) }
  }

  /// Hands bytes to the record marking.
  /// - Returns: why the place of the marks is lost, if it is.
  private mutating func mark(
    _ bytes: RawSpan, missing: Int, _ origin: PacketSighting, into messages: inout [RecordMarking.Message],
    _ journal: inout FlowJournal
  ) -> DecodeError? {
    let direction = origin.direction
    defer { noteMarks(direction, at: origin, &journal) }
    do {
      try self[direction].marking.push(bytes, from: origin, into: &messages)
      if messages.isEmpty, ask(direction, { $0.content == .undecided && $0.marking.startsOther }) {
        return DecodeError(.rpc, offset: 4, needed: 1, available: 0)
      }
      try self[direction].marking.skip(missing, into: &messages)
      return nil
    } catch {
      return error
    }
  }

  private mutating func noteMarks(
    _ direction: FlowDirection, at origin: PacketSighting, _ journal: inout FlowJournal
  ) {
    if ask(direction, { $0.marking.hasFound }) {
      journal.note(
        .rpcResynchronised, "records before this one could not be read; calls and replies are lower bounds", at: origin)
    }
    if ask(direction, { $0.marking.hasManyEmptyFragments }) {
      journal.note(.rpcMalformed, "\(RecordMarking.emptyFragmentCap) empty fragments of one record", at: origin)
    }
  }

  /// The place of the record marks is lost.
  /// - Returns: whether the stream goes on all the same, by a search for the next record.
  private mutating func lose(
    _ direction: FlowDirection, _ why: DecodeError, at origin: PacketSighting, _ journal: inout FlowJournal
  ) -> Bool {
    // RFC 9289: what follows is TLS.
    if exchange.asksForTLS {
      self[direction].giveUp()
      return false
    }
    let isRPC = content(direction) == .rpc
    // A capture of headers alone loses every stream, and one that begins in the middle of it can be no other: that is no
    // fault of the stream.
    if !why.isTruncation, isRPC || servesRPC && ask(direction, { $0.hasSYN }) {
      journal.note(why.oddity, why.description, at: origin)
    }
    guard isRPC || servesRPC else {
      self[direction].giveUp()
      return false
    }
    self[direction].marking.search()
    return true
  }

  private mutating func take(_ message: RecordMarking.Message, _ journal: inout FlowJournal) {
    take(message.bytes.rawSpan, length: message.length, message.origin, &journal)
  }

  /// Takes the message of a record.
  private mutating func take(
    _ bytes: RawSpan, length: Int, _ origin: PacketSighting, _ journal: inout FlowJournal
  ) {
    let direction = origin.direction
    let content = content(direction)
    guard content != .other else { return }
    let isExpected = content == .rpc || servesRPC
    do {
      let isRPC = try take(bytes, length: length, origin, isExpected: isExpected, &journal)
      if isRPC { self[direction].content = .rpc } else { self[direction].giveUp() }
    } catch {
      if isExpected { journal.note(error.oddity, error.description, at: origin) }
      // Where RPC is expected the next record may be one again.
      if !isExpected { self[direction].giveUp() }
    }
  }

  // MARK: RPC

  /// Takes an RPC message, and says whether it is one. Where RPC is expected no further sign of it is asked for.
  private mutating func take(
    _ bytes: RawSpan, length: Int, _ origin: PacketSighting, isExpected: Bool, _ journal: inout FlowJournal
  ) throws(DecodeError) -> Bool {
    let message = try RPCMessage.decode(bytes, length: length)
    switch message.body {
    case .call(let call):
      guard isExpected || call.isPlausible else { return false }
      exchange.push(message, call, bytes: bytes, length: length, from: origin, ends, &journal)
      if ends.transport == .udp { journal.datagram = .call(call.procedure, xid: message.xid) }
    case .reply(let reply):
      if ends.transport == .udp, !exchange.hasCall(message.xid, from: origin.direction.opposite) {
        journal.datagram = .stray(xid: message.xid)
      }
      exchange.push(message, reply, bytes: bytes, length: length, from: origin, ends, &journal)
    }
    return true
  }

  /// Whether the side that answers has a port of RPC.
  var servesRPC: Bool {
    if told != nil { return true }
    return switch initiator {
    case .fromLow: RPCPorts.rank(ends.high.port, peer: ends.low.port) > 0
    case .fromHigh: RPCPorts.rank(ends.low.port, peer: ends.high.port) > 0
    }
  }

  /// Who asks: the opener of the connection, else the sender of calls, else whose peer has the port of a service, else the
  /// first who spoke.
  var initiator: FlowDirection {
    if let opener, !hasForgedSYN { return opener }
    if let asker = exchange.asker ?? exchange.replier?.opposite { return asker }
    if let told { return told.server.opposite }
    if isOddOpening { return firstSender }
    let isOneSided = summary(firstSender.opposite).packets == 0
    // A client that closed its socket answers a late reply with an error, so the error alone does not tell.
    if isOneSided, let icmpError { return icmpError.answered }
    return FlowDirection.asker(
      lowPort: ends.low.port, highPort: ends.high.port, first: firstSender, isOneSided: isOneSided)
  }

  /// FIN, NULL and Xmas scans: their first segment belongs to no connection.
  var isOddOpening: Bool {
    ends.transport == .tcp && handshake == .unseen && ProbeTechnique(oddFlags: firstFlags) != nil
  }

  // MARK: The end

  /// Reads what still waits for bytes that did not come.
  mutating func flush(_ journal: inout FlowJournal) {
    guard low.buffered + high.buffered > 0, let sighting = sightings.last else { return }
    for direction in [FlowDirection.fromLow, .fromHigh] {
      while ask(direction, { $0.content != .other && $0.assembly.buffered > 0 }) {
        stepOverGap(direction, at: sighting, &journal)
        drain(direction, at: sighting, &journal)
      }
    }
  }

  /// Frees what the flow holds; its slot waits for another.
  mutating func empty() {
    dropBuffers()
    sightings = []
    hexChecks = []
    turns = []
    otherInputs = [:]
    exchange = RPCExchange()
  }

  /// Frees what waits to become whole.
  mutating func dropBuffers() {
    low.giveUp()
    high.giveUp()
    exchange.dropBuffers()
  }
}

extension SYNFacts {
  init(_ packet: PacketRecord) {
    self.init(
      window: packet.window, mss: packet.options.maximumSegmentSize, windowScale: packet.options.windowScale,
      sackPermitted: packet.options.sackPermitted, timestampValue: packet.options.timestampValue,
      dontFragment: packet.dontFragment, ttl: packet.timeToLive, ipID: packet.ipID, sequence: packet.sequence)
  }
}

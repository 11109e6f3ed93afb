import Evidence

extension Flow {
  /// Writes what the conversation was.
  /// - Returns: false for an ordinary conversation, which is no event.
  mutating func end(_ journal: inout FlowJournal, into events: inout [Event]) -> Bool {
    flush(&journal)
    giveConflicts(into: &events)
    // Once calls were given away, nobody knows what later replies answer.
    let replies = gaveCalls ? 0 : exchange.endReplies(&journal)
    if gaveCalls || !exchange.isEmpty {
      if let asker = exchange.asker, lacks(answersTo: asker) {
        noteHalf("the side that asked is captured, and not the other", &journal)
      }
      giveCalls(into: &events)
      return true
    }
    if replies > 0, summary(initiator).packets == 0 {
      noteHalf("replies are captured, and nothing of the side that asked", &journal)
    }
    // All that it brought is told with the calls of other flows.
    if given > 0, given == packetCount { return true }
    guard let (action, outcome) = verdict, let sighting = firstOfInitiator else { return false }
    var event = event(action, outcome, sighting, from: initiator, conversation)
    if told != nil || replies > 0 {
      var rpc = RPCFacts()
      rpc.details.told = told?.service
      if replies > 0 { rpc.details.alone = RPCDetails.RepliesAlone(count: replies, list: exchange.list) }
      event.rpc = rpc
    }
    events.append(event)
    return true
  }

  /// Whether a stream's other side was not captured, though it sent something: whether it answered is not known.
  private func lacks(answersTo asker: FlowDirection) -> Bool {
    ends.transport == .tcp && summary(asker.opposite).packets == 0 && ask(asker) { $0.acknowledges }
  }

  private func noteHalf(_ what: String, _ journal: inout FlowJournal) {
    guard let first = sightings.first else { return }
    journal.note(.halfConversation, what, at: first)
  }

  /// Writes where bytes of RPC came twice and differ, once for each direction.
  private func giveConflicts(into events: inout [Event]) {
    for direction in [FlowDirection.fromLow, .fromHigh] {
      guard let conflict = ask(direction, { $0.conflict }),
        servesRPC || low.content == .rpc || high.content == .rpc || !exchange.isEmpty
      else { continue }
      var event = event(.evasion, .unknown, conflict.sighting, from: direction, conversation)
      event.change {
        $0.detail = Bytes("TCP segments differ at byte \(conflict.place) of the stream")
        $0.count = conflict.count
      }
      events.append(event)
    }
  }

  /// Writes the calls so far, and forgets them.
  mutating func giveCalls(into events: inout [Event]) {
    let conversation = conversation
    let isFirst = !gaveCalls
    gaveCalls = true
    let entries = exchange.takeEntries()
    // The span lends what is asked of a call; a function that is given one, or the array, would copy it.
    let span = entries.span
    var service = isFirst ? told?.service : nil
    for place in span.indices {
      if span[place].isMerged { continue }
      let direction = span[place].call.origin.direction
      let outcome = span[place].call.outcome
      var facts = span[place].call.facts
      if let service { facts.details.told = service }
      service = nil
      var event = event(
        .rpcCall, outcome == .unanswered ? silence(after: direction) : outcome, span[place].call.origin,
        from: direction, conversation, rpc: consume facts, detail: span[place].call.detail,
        count: span[place].call.count)
      if span[place].call.count > 1 {
        let lasting = span[place].call.lasting
        event.change { $0.lasting = lasting }
      }
      events.append(event)
    }
  }

  /// What became of a call to which no reply was seen.
  private func silence(after asker: FlowDirection) -> Outcome {
    icmpOutcome(asker) ?? (lacks(answersTo: asker) ? .unknown : .unanswered)
  }

  private func event(
    _ action: Event.Action, _ outcome: Outcome, _ sighting: PacketSighting, from direction: FlowDirection,
    _ conversation: Conversation, rpc: consuming RPCFacts? = nil, detail: Bytes = .none, count: Int = 1
  ) -> Event {
    Event(
      time: sighting.time, view: .network, action: action, outcome: outcome, source: ends.sender(direction),
      target: ends.receiver(direction), transport: ends.transport, rpc: rpc, observer: Event.wire, detail: detail,
      count: count, conversation: conversation, citation: citation(sighting))
  }

  private var firstOfInitiator: PacketSighting? {
    sightings.first { $0.direction == initiator } ?? sightings.first
  }

  /// The packet as a report quotes it.
  private func citation(_ sighting: PacketSighting) -> Citation { sighting.quoted(ends) }

  // MARK: Outcome

  /// What a conversation without a call that could be read was; nil for an ordinary one.
  private var verdict: (Event.Action, Outcome)? {
    let asked = summary(initiator).payloadBytes > 0
    let answered = summary(initiator.opposite).payloadBytes > 0
    if servesRPC || exchange.list != nil, asked || answered {
      return (.connection, connectionOutcome(answered: answered))
    }
    let outcome = ends.transport == .tcp ? segmentProbe(asked: asked, answered: answered) : datagramProbe
    return outcome.map { (.probe, $0) }
  }

  private func connectionOutcome(answered: Bool) -> Outcome {
    if answered { return .answered }
    if let outcome = icmpOutcome(initiator) { return outcome }
    if reset == initiator.opposite, handshake < .synAck { return .reset }
    let hasReply = summary(initiator.opposite).packets > 0
    return ends.transport == .tcp && (hasReply || handshake != .syn) ? .connected : .unanswered
  }

  /// A TCP connection that carried no request.
  private func segmentProbe(asked: Bool, answered: Bool) -> Outcome? {
    guard !asked, !answered, syn != nil || isOddScan else { return nil }
    if handshake >= .synAck { return .connected }
    if reset == initiator.opposite { return .reset }
    return icmpOutcome(initiator) ?? .unanswered
  }

  /// Flags that open nothing and belong to no connection, and at most an answer to each.
  private var isOddScan: Bool {
    isOddOpening && summary(initiator.opposite).packets <= summary(initiator).packets
  }

  /// A UDP exchange that is no conversation.
  private var datagramProbe: Outcome? {
    let answer = summary(initiator.opposite).packets
    if answer == 0, let outcome = icmpOutcome(initiator) { return outcome }
    // A lone answer to what was not captured, and what nobody answers by its nature.
    guard summary(initiator).packets > 0, !ends.receiver(initiator).host.isGroup else { return nil }
    if answer == 0 { return .unanswered }
    return summary(initiator).payloadBytes == 0 ? .answered : nil
  }

  /// What an ICMP error says about a request of `direction` (RFC 792, RFC 1122, RFC 4443).
  private func icmpOutcome(_ direction: FlowDirection) -> Outcome? {
    guard let icmpError, icmpError.answered == direction else { return nil }
    let isV6 = icmpError.error.target.host.address.map { !$0.isV4 } ?? false
    switch (isV6, icmpError.error.icmpType, icmpError.error.icmpCode) {
    case (false, 3, 2), (false, 3, 3), (true, 1, 4): return .reset
    case (false, 3, 9), (false, 3, 10), (false, 3, 13), (true, 1, 1), (true, 1, 5), (true, 1, 6):
      // RFC 1812, section 5.2.7.1: a router says it of what it did not let pass, and a filter on the target of its own.
      return icmpError.sender == ends.receiver(direction).host ? .rejected : .blocked
    default: return nil
    }
  }

  /// What counting needs of the conversation, if it is a probe; nil where it is none, or tcpdump's text tells of it.
  var probe: Probe? {
    guard !gaveCalls, exchange.isEmpty, case (.probe, let outcome)? = verdict, let sighting = firstOfInitiator,
      case .frame(let frame) = sighting.citation.provenance.place, sighting.citation.isUnwritten,
      sighting.time.isDated
    else { return nil }
    let (source, target) = (ends.sender(initiator), ends.receiver(initiator))
    guard let from = source.host.address, let to = target.host.address, let port = target.port else { return nil }
    let place = sighting.citation.provenance
    return Probe(
      source: from.bits, target: to.bits, port: port, technique: technique, outcome: outcome, time: sighting.time,
      timeToLive: summary(initiator).ttl, input: place.input, frame: frame, offset: place.offset,
      length: place.length, isOfConcern: servesRPC)
  }

  private var technique: ProbeTechnique {
    if ends.transport == .udp { return .udp }
    return ProbeTechnique(handshake, firstFlags: firstFlags, isReset: reset == initiator.opposite) ?? .syn
  }

  // MARK: Conversation

  private var conversation: Conversation {
    let initiator = initiator
    return Conversation(
      initiator: summary(initiator), responder: summary(initiator.opposite),
      handshake: hasForgedSYN ? .unseen : handshake, close: close(initiator), syn: hasForgedSYN ? nil : syn,
      packets: sightings.map {
        PacketNote(
          time: $0.time, fromInitiator: $0.direction == initiator, flags: $0.flags, payloadLength: $0.payloadLength,
          citation: citation($0))
      }, packetCount: packetCount, hexChecks: hexChecks,
      exchange: turns.map {
        Conversation.Turn(role: $0.direction == initiator ? .initiator : .responder, bytes: $0.bytes)
      })
  }

  private func close(_ initiator: FlowDirection) -> Conversation.Close {
    if let firstFIN, low.hasFIN, high.hasFIN {
      return .graceful(first: firstFIN == initiator ? .initiator : .responder)
    }
    return reset.map { .reset(by: $0 == initiator ? .initiator : .responder) } ?? .open
  }
}

extension Host {
  fileprivate var isGroup: Bool { address?.isGroup ?? false }
}

import Evidence

/// What an exchange on the wire shows, and how it fits what the host wrote.
extension Deducer {
  func pairing() -> [Deduction] {
    var deductions: [Deduction] = []
    for pair in incident.pairs.prefix(1) {
      let bounds = "\(signed(pair.bounds.lowerBound)) to \(signed(pair.bounds.upperBound)) s"
      let clock =
        pair.offset == 0
        ? "0 s off the sensor's"
        : "\(decimals(abs(pair.offset), 3)) s \(pair.offset < 0 ? "behind" : "ahead of") the sensor's"
      deductions.append(
        Deduction(
          "Host and network saw the same event: same source, host, service and time. The host's clock is \(clock), "
            + "uncertain from \(bounds) since the coarser of the two stamps decides",
          isSure(pair) ? .likely : .possible,
          [pair.host, pair.network]))
    }
    if incident.pairs.count > 1 {
      let offsets = incident.pairs.map(\.offset)
      let (least, most) = (offsets.min() ?? 0, offsets.max() ?? 0)
      let range =
        least == most
        ? "a clock offset of \(signed(least)) s" : "clock offsets from \(signed(least)) to \(signed(most)) s"
      deductions.append(
        Deduction(
          "\(incident.pairs.count) events were seen by both views, with \(range)", .likely,
          incident.pairs.prefix(6).flatMap { [$0.host, $0.network] }))
    }
    let dated = incident.pairs.filter { events[$0.networkEvent].wasDated }
    if let pair = dated.first {
      deductions.append(
        Deduction(
          "The packets carry no date; the day is that of the host record that they pair with", .likely,
          [pair.host, pair.network]))
    }
    return deductions
  }

  private func signed(_ seconds: Double) -> String { (seconds > 0 ? "+" : "") + decimals(seconds, 2) }

  /// One pair whose clocks are far apart may be two events.
  func isSure(_ pair: Pair) -> Bool { incident.pairs.count > 1 || abs(pair.offset) <= Deducer.plausibleOffset }

  /// Clocks that somebody keeps are no further apart, in seconds.
  private static let plausibleOffset = 5.0

  private var exchanges: [Event] {
    events.filter { $0.view == .network && ($0.conversation?.initiator.payloadBytes ?? 0) > 0 && $0.transport == .tcp }
  }

  func conversation() -> [Deduction] {
    exchanges.filter { $0.action == .connection }.prefix(4).flatMap { event -> [Deduction] in
      guard let conversation = event.conversation else { return [] }
      return course(conversation) + sizes(event, conversation)
    } + datagramSizes()
  }

  /// Handshake, volume and close.
  private func course(_ conversation: Conversation) -> [Deduction] {
    // The numbers that the opener acknowledges are not looked at; that data was exchanged shows that they were right.
    let isComplete = conversation.handshake == .complete && conversation.responder.payloadBytes > 0
    var parts = isComplete ? ["the handshake was completed"] : []
    parts.append(
      "\(conversation.initiator.payloadBytes) bytes asked, \(conversation.responder.payloadBytes) answered")
    switch conversation.close {
    case .graceful(let first): parts.append("closed in good order by the \(first == .initiator ? "prober" : "host")")
    case .reset(let role): parts.append("reset by the \(role == .initiator ? "prober" : "host")")
    case .open: parts.append("no close in the trace")
    }
    let packets = conversation.packets.prefix(12).map(\.citation)
    let handshake =
      isComplete
      ? [Deduction("The handshake and what followed show that answers reached the sender", .likely, packets)] : []
    return [Deduction("On the wire: " + parts.joined(separator: "; "), .certain, packets)] + handshake
  }

  /// What the sizes alone tell, made certain by a host record of the same call.
  private func sizes(_ event: Event, _ conversation: Conversation) -> [Deduction] {
    guard event.target.port == 111, let transport = event.transport,
      let reading = SizeReading.read(conversation, transport: transport)
    else { return [] }
    let mark = transport == .tcp ? 4 : 0
    let asked = conversation.exchange.first?.bytes ?? 0
    let answered = conversation.exchange.dropFirst().first?.bytes ?? 0
    let request =
      "\(asked) bytes are " + (mark > 0 ? "a record mark of 4 and " : "") + "an RPC call of 40 without arguments"
    let partner = incident.pairs.first { events[$0.networkEvent].citation == event.citation }.map {
      events[$0.hostEvent]
    }
    let packets = conversation.packets.filter { $0.payloadLength > 0 }.map(\.citation)
    func deduce(_ text: String, isConfirmed: Bool, otherwise confidence: Confidence = .likely) -> Deduction {
      Deduction(
        request + "; " + text, isConfirmed ? .certain : confidence, packets + (partner.map { [$0.citation] } ?? []))
    }
    let isDump = partner?.rpc?.procedureName == "dump"
    switch reading {
    case .dump(let entries) where entries == 0:
      let refusal = partner?.outcome == .refused
      return [
        deduce(
          "\(answered) bytes are " + (mark > 0 ? "4 and " : "")
            + "an accepted answer of one word: a DUMP answered with an EMPTY list, "
            + "which is how a secured portmapper refuses it. Nothing was disclosed", isConfirmed: isDump && refusal)
      ]
    case .dump(let entries):
      return [
        deduce(
          "\(answered) bytes are the size of a DUMP answered with \(counted(entries, "entry", "entries"))"
            + (isDump ? "" : "; the longer entries of rpcbind's versions 3 and 4 can add up to the same"),
          isConfirmed: isDump, otherwise: .possible)
      ]
    case .denied: return [deduce("\(answered) bytes are a denial for lack of authentication", isConfirmed: false)]
    case .null:
      return [deduce("\(answered) bytes are an accepted answer without a result: a NULL call", isConfirmed: false)]
    case .versionMismatch:
      return [
        deduce(
          "\(answered) bytes are an answer that the program has other versions (PROG_MISMATCH)", isConfirmed: false)
      ]
    case .callWithoutArguments where conversation.exchange.count < 2:
      return [deduce("no answer is in the trace", isConfirmed: false)]
    case .callWithoutArguments:
      return [deduce("\(answered) bytes are no answer to a NULL or DUMP call that is known", isConfirmed: false)]
    }
  }

  private func datagramSizes() -> [Deduction] {
    events.filter { $0.action == .connection && $0.transport == .udp }.prefix(4).flatMap { event in
      event.conversation.map { sizes(event, $0) } ?? []
    }
  }
}

extension Event {
  /// The packets of its trace carry a time of day only, and the event got its day from a pair.
  var wasDated: Bool {
    view == .network && time.isDated && conversation?.packets.first.map { !$0.time.isDated } ?? false
  }
}

import Evidence

/// A try at a port that carried no request, in few bytes: what counting needs of it.
struct Probe {
  let source: UInt128
  let target: UInt128
  /// Of an IP protocol scan the number of the protocol.
  let port: UInt16
  private(set) var technique: ProbeTechnique
  private(set) var outcome: Outcome
  /// Of the first packet.
  let time: EventTime
  let timeToLive: UInt8?
  let input: InputID
  let frame: Int
  let offset: Int
  let length: Int

  var transport: Transport { technique.transport }
  /// Whether RPC may be at home where it was tried.
  let isOfConcern: Bool
  /// Whether it met something that answered: worth telling before those that met nothing.
  var isNotable: Bool {
    switch outcome {
    case .connected, .answered: true
    default: false
    }
  }

  var provenance: Provenance { Provenance(input: input, place: .frame(frame), offset: offset, length: length) }
}

extension Probe {
  /// The probe of a flow that is one packet; nil for what needs a closer look. The same as ``Flow/probe`` makes of it.
  init?(alone note: NotedPacket, _ key: FlowKey, _ input: InputID) {
    if key.isUDP {
      let asker = FlowDirection.asker(
        lowPort: key.lowPort, highPort: key.highPort, first: note.direction, isOneSided: true)
      guard asker == note.direction else { return nil }
    } else if !note.flags.isSYN || note.flags.isACK || note.flags.isRST || note.flags.isFIN {
      return nil
    }
    let isFromLow = note.direction == .fromLow
    let (from, to) = isFromLow ? (key.low, key.high) : (key.high, key.low)
    let (sourcePort, port) = isFromLow ? (key.lowPort, key.highPort) : (key.highPort, key.lowPort)
    // Nobody has to answer what is sent to a group.
    if key.isUDP, IPAddress(bits: to).isGroup { return nil }
    let place = note.provenance(input)
    self.init(
      source: from, target: to, port: port, technique: key.isUDP ? .udp : .syn, outcome: .unanswered, time: note.time,
      timeToLive: note.timeToLive, input: input, frame: place.ordinal, offset: place.offset, length: place.length,
      isOfConcern: RPCPorts.rank(port, peer: sourcePort) > 0)
  }

  /// The probe of a flow that is a SYN and one packet more; nil for what needs a closer look.
  func answered(by answer: NotedPacket, to request: NotedPacket) -> Probe? {
    guard technique == .syn, answer.direction != request.direction, request.payloadLength == 0,
      answer.payloadLength == 0, !answer.flags.isFIN
    else { return nil }
    var probe = self
    switch (answer.flags.isSYN, answer.flags.isACK, answer.flags.isRST) {
    case (false, _, true): probe.outcome = .reset
    case (true, true, false): (probe.outcome, probe.technique) = (.connected, .halfOpen)
    default: return nil
    }
    return probe
  }
}

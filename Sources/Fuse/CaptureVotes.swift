import Evidence

/// By how many seconds the stamps of two captures differ, of what both saw.
///
/// Each conversation votes once: a client repeats itself by a timer, and with all its calls by the same one. For that
/// reason too only what was answered in both captures votes: a retransmission that has an answer of its own is rare.
struct CaptureVotes {
  /// Two inputs, the first of them the one with the lower number.
  struct Pair: Hashable {
    var one: InputID
    var other: InputID
  }

  /// Both ends with their ports, and the transaction: no other exchange has them, but the same one sent again.
  private struct Exchange: Hashable {
    var source: Endpoint
    var target: Endpoint
    var xid: UInt32
  }
  private struct Sight {
    var input: InputID
    /// How many of the exchange the input had before.
    var place: Int
    var time: Timestamp
    var conversation: ObjectIdentifier?
  }
  /// The same conversation in both captures, as each has it.
  private struct Meeting: Hashable {
    var pair: Pair
    var source: Endpoint
    var target: Endpoint
    var conversations: [ObjectIdentifier?]
  }
  /// A conversation with packets of several inputs.
  fileprivate struct Shared {
    var conversation: Conversation
    var transport: Transport?
    /// Whether each of its calls was sent as often as two captures would show it together.
    var isEachTwice = true
  }

  private var differences: [Pair: [Double]] = [:]
  private var seen: [Exchange: [Sight]] = [:]
  private var met: Set<Meeting> = []
  private var shared: [Shared] = []
  private var places: [ObjectIdentifier: Int] = [:]

  /// Exchanges that are held against each other, and sights of one.
  private static let exchangeCap = 200_000
  private static let sightCap = 16

  /// - Parameter event: Of the wire, and dated; in order.
  mutating func add(_ event: Event) {
    if let conversation = event.conversation { share(conversation, event) }
    guard let xid = event.rpc?.xid, event.source.port != nil, event.target.port != nil, event.isReplied else { return }
    let exchange = Exchange(source: event.source, target: event.target, xid: xid)
    let earlier = seen[exchange] ?? []
    guard earlier.count < CaptureVotes.sightCap, !earlier.isEmpty || seen.count < CaptureVotes.exchangeCap else {
      return
    }
    let input = event.citation.provenance.input
    let sight = Sight(
      input: input, place: earlier.count { $0.input == input }, time: event.requestTime.timestamp,
      conversation: event.conversation.map { ObjectIdentifier($0) })
    for known in earlier where known.input != input && known.place == sight.place { meet(known, sight, event) }
    seen[exchange, default: []].append(sight)
  }

  /// The votes, with those of conversations that stand whole in both captures.
  consuming func counted() -> [(key: Pair, value: [Double])] {
    for item in shared {
      if let (one, other) = item.twins { vote(one, other) }
    }
    return differences.sorted { ($0.key.one, $0.key.other) < ($1.key.one, $1.key.other) }
  }

  private mutating func meet(_ one: Sight, _ other: Sight, _ event: Event) {
    let (first, second) = one.input < other.input ? (one, other) : (other, one)
    let meeting = Meeting(
      pair: Pair(one: first.input, other: second.input), source: event.source, target: event.target,
      conversations: [first.conversation, second.conversation])
    guard met.insert(meeting).inserted else { return }
    vote((first.input, first.time), (second.input, second.time))
  }

  /// - Parameters: The one with the lower input first.
  private mutating func vote(_ one: (input: InputID, time: Timestamp), _ other: (input: InputID, time: Timestamp)) {
    differences[Pair(one: one.input, other: other.input), default: []].append(other.time.seconds(since: one.time))
  }

  private mutating func share(_ conversation: Conversation, _ event: Event) {
    let packets = conversation.packets
    guard let first = packets.first?.citation.provenance.input,
      packets.contains(where: { $0.citation.provenance.input != first })
    else { return }
    let id = ObjectIdentifier(conversation)
    let place = places[id] ?? shared.count
    if place == shared.count {
      shared.append(Shared(conversation: conversation, transport: event.transport))
      places[id] = place
    }
    if event.rpc == nil || !event.count.isMultiple(of: 2) { shared[place].isEachTwice = false }
  }
}

extension CaptureVotes.Shared {
  /// The first packets of a conversation that two captures have: by clocks that are seconds apart the second looks like a
  /// repetition of the first.
  fileprivate var twins: ((InputID, Timestamp), (InputID, Timestamp))? {
    let byInput = Dictionary(grouping: conversation.packets) { $0.citation.provenance.input }.sorted { $0.key < $1.key }
    guard byInput.count == 2, let one = byInput[0].value.first?.time, let other = byInput[1].value.first?.time,
      one.isDated, other.isDated, isTwin(byInput[0].value, byInput[1].value)
    else { return nil }
    return ((byInput[0].key, one.timestamp), (byInput[1].key, other.timestamp))
  }

  private func isTwin(_ one: [PacketNote], _ other: [PacketNote]) -> Bool {
    guard [one, other].allSatisfy({ $0.contains { !$0.fromInitiator && $0.payloadLength > 0 } }) else { return false }
    // Of datagrams alone the transactions tell whether they are the same; sizes are often alike.
    if transport == .udp { return isEachTwice && one.count == other.count && Self.agree(one, other) }
    // A connection has one beginning. Of what follows the conversation keeps so much that each direction may be cut off.
    return [one, other].allSatisfy { $0.first { $0.fromInitiator }?.flags.isOpening ?? false }
      && [true, false].allSatisfy { side in
        Self.agree(one.filter { $0.fromInitiator == side }, other.filter { $0.fromInitiator == side })
      }
  }

  /// As far as both go.
  private static func agree(_ one: [PacketNote], _ other: [PacketNote]) -> Bool {
    zip(one, other).allSatisfy {
      $0.fromInitiator == $1.fromInitiator && $0.payloadLength == $1.payloadLength && $0.flags == $1.flags
    }
  }
}

extension TCPFlags {
  fileprivate var isOpening: Bool { contains(.syn) && !contains(.ack) }
}

extension Event {
  /// Whether a reply was seen: what the path or a timer did is none.
  fileprivate var isReplied: Bool { [.answered, .allowed, .empty, .rejected, .refused].contains(outcome) }
}

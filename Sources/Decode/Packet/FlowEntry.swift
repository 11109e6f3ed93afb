import Evidence

/// A flow in the table, in few bytes: all that most flows ever need.
///
/// A flow begins `young`, with a note of each packet. When both of its streams turn out to carry something other than RPC
/// it is `ordinary`, will be no event, and is only counted. When anything is special about it a whole ``Flow`` is made
/// from the notes. So what is told of a flow never depends on how it was kept.
struct FlowEntry {
  enum Stage { case young, ordinary, whole }

  let key: FlowKey
  let hash: UInt32
  private(set) var stage: Stage
  private var handshake: Conversation.Handshake = .unseen
  private var opener: FlowDirection?
  private var marks: Marks = []
  /// Packets that are noted.
  private(set) var noted: UInt8 = 0
  /// Packets of ``input``; another input's packets make a flow whole.
  private(set) var packets = 0
  let input: InputID
  var last: EventTime
  private(set) var firstNote = FlowNotes.end
  private(set) var lastNote = FlowNotes.end
  /// The place of the whole flow.
  private(set) var whole: Int32 = -1
  /// Of the first SYN.
  private var opening: UInt32 = 0
  /// The number of the first byte of each stream whose SYN was seen.
  private var lowBase: UInt32 = 0
  private var highBase: UInt32 = 0

  private struct Marks: OptionSet {
    let rawValue: UInt16
    static let reset = Marks(rawValue: 1)
    static let opening = Marks(rawValue: 2)
    static let lowFIN = Marks(rawValue: 4)
    static let highFIN = Marks(rawValue: 8)
    static let lowSYN = Marks(rawValue: 16)
    static let highSYN = Marks(rawValue: 32)
    /// The stream carries something other than RPC; of UDP, that there was a datagram with a payload.
    static let lowOther = Marks(rawValue: 64)
    static let highOther = Marks(rawValue: 128)
    /// RPC is at home at one of the ends, so every payload is looked at.
    static let serves = Marks(rawValue: 256)
    static let bothFIN: Marks = [.lowFIN, .highFIN]
    static let bothOther: Marks = [.lowOther, .highOther]

    static func syn(_ direction: FlowDirection) -> Marks { direction == .fromLow ? lowSYN : highSYN }
    static func fin(_ direction: FlowDirection) -> Marks { direction == .fromLow ? lowFIN : highFIN }
    static func other(_ direction: FlowDirection) -> Marks { direction == .fromLow ? lowOther : highOther }
  }

  init(_ key: FlowKey, hash: UInt32, from input: InputID, at time: EventTime) {
    self.key = key
    self.hash = hash
    stage = .young
    self.input = input
    last = time
    if !key.isApartFromRPC { marks.insert(.serves) }
  }

  /// Whether RPC is at home at one of the ends.
  var serves: Bool { marks.contains(.serves) }

  // MARK: Does it go on?

  /// Whether the flow ended before `time`, by its silence.
  func isIdle(at time: EventTime) -> Bool {
    time.isDated != last.isDated
      || time.timestamp.nanoseconds &- last.timestamp.nanoseconds > Flow.timeout(isUDP: key.isUDP)
  }

  /// Whether a packet of the same ends belongs to this flow, as far as its time tells.
  func isRecent(at time: EventTime) -> Bool {
    let silence = time.timestamp.nanoseconds &- last.timestamp.nanoseconds
    return time.isDated == last.isDated && silence.magnitude <= Flow.timeout(isUDP: key.isUDP)
  }

  /// Whether a SYN belongs to this flow, or opens a new one.
  func isContinued(bySYN sequence: UInt32) -> Bool {
    let isClosed = marks.contains(.reset) || marks.isSuperset(of: .bothFIN)
    return !isClosed && (handshake < .complete || marks.contains(.opening) && opening == sequence)
  }

  /// Who asks, as far as few bytes tell.
  var likelyClient: UInt128 {
    let asker =
      opener
      ?? FlowDirection.asker(
        lowPort: key.lowPort, highPort: key.highPort, first: .fromLow, isOneSided: true)
    return asker == .fromLow ? key.low : key.high
  }

  // MARK: Packets

  /// Takes a packet of a young flow, if nothing about it is special.
  mutating func take(_ packet: NotedPacket, of origin: InputID, payload: RawSpan) -> Bool {
    let direction = packet.direction
    guard noted < Conversation.packetCap, origin.index == input.index else { return false }
    guard !marks.contains(.serves) || packet.payloadLength == 0 else { return false }
    if key.isUDP {
      guard payload.isEmpty || RPCMessage.isPlausibleStart(payload) != true else { return false }
      if packet.payloadLength > 0 { marks.insert(.other(direction)) }
      return true
    }
    if packet.payloadLength > 0, !packet.flags.isRST, !marks.contains(.other(direction)) {
      guard !packet.flags.isSYN, startsOther(packet.sequence, payload, direction) else { return false }
      marks.insert(.other(direction))
    }
    follow(packet)
    return true
  }

  /// What opens and closes a connection; the same as ``Flow`` makes of it.
  mutating func follow(_ packet: NotedPacket) {
    follow(packet.flags, packet.sequence, hasPayload: packet.payloadLength > 0, from: packet.direction)
  }

  mutating func follow(_ flags: TCPFlags, _ sequence: UInt32, hasPayload: Bool, from direction: FlowDirection) {
    guard !key.isUDP else { return }
    if flags.isSYN {
      begin(flags, sequence, from: direction)
    } else if opener == direction, !flags.isRST, flags.isACK || hasPayload {
      handshake = .complete
    }
    if flags.isRST {
      marks.insert(.reset)
    } else if flags.isFIN {
      marks.insert(.fin(direction))
    }
  }

  private mutating func begin(_ flags: TCPFlags, _ sequence: UInt32, from direction: FlowDirection) {
    marks.insert(.syn(direction))
    if direction == .fromLow { lowBase = sequence &+ 1 } else { highBase = sequence &+ 1 }
    guard !flags.isACK else {
      if opener == nil { opener = direction.opposite }
      handshake = max(handshake, .synAck)
      return
    }
    if opener == nil { opener = direction }
    if !marks.contains(.opening) { opening = sequence }
    marks.insert(.opening)
    handshake = max(handshake, .syn)
  }

  /// Whether the first payload of a stream is its start, and nothing that can be a record of RPC; a capture of headers
  /// alone tells of nothing either.
  private func startsOther(_ sequence: UInt32, _ payload: RawSpan, _ direction: FlowDirection) -> Bool {
    let base = direction == .fromLow ? lowBase : highBase
    guard !marks.contains(.syn(direction)) || sequence == base else { return false }
    return payload.isEmpty || RecordMarking.cannotStart(payload)
  }

  // MARK: Stages

  mutating func count() { packets += 1 }

  mutating func note(_ place: Int32) {
    if noted == 0 { firstNote = place }
    lastNote = place
    noted += 1
    packets += 1
  }

  /// Whether both streams are known to carry something else, so that the conversation is no event, whatever follows.
  var isSettled: Bool { !key.isUDP && marks.isSuperset(of: .bothOther) }
  /// Whether a young flow can be an event when it ends: a probe, which nothing answered or which carried nothing.
  var canBeProbe: Bool {
    key.isUDP ? !marks.isSuperset(of: .bothOther) : marks.isDisjoint(with: .bothOther)
  }

  /// The notes but the first, which tells where the flow began, are free.
  mutating func settle() {
    stage = .ordinary
    lastNote = firstNote
  }

  mutating func become(whole place: Int32) {
    stage = .whole
    whole = place
    firstNote = FlowNotes.end
    lastNote = FlowNotes.end
  }
}

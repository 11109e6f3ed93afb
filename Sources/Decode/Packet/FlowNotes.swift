import Evidence

/// The headers of the packets that opened flows, of which nobody knows yet whether they are of concern: chains in one
/// array, so that noting a packet costs no allocation.
struct FlowNotes {
  static let end: Int32 = -1

  private var notes: ContiguousArray<NotedPacket> = []
  private var firstFree = end

  /// Adds to the chain that ends with `last`.
  mutating func append(_ facts: NotedPacket, after last: Int32) -> Int32 {
    let place = firstFree == FlowNotes.end ? Int32(notes.count) : firstFree
    if firstFree == FlowNotes.end {
      notes.makeRoom()
      notes.append(facts)
    } else {
      firstFree = notes[Int(place)].next
      notes[Int(place)] = facts
    }
    if last != FlowNotes.end { notes[Int(last)].next = place }
    return place
  }

  /// Brings a note into the cache.
  func prefetch(_ place: Int32) { notes.prefetch(Int(place)) }

  subscript(place: Int32) -> NotedPacket { notes[Int(place)] }

  /// Frees the chain behind `first`.
  mutating func free(after first: Int32, last: Int32) {
    guard first != last, first != FlowNotes.end else { return }
    notes[Int(last)].next = firstFree
    firstFree = notes[Int(first)].next
    notes[Int(first)].next = FlowNotes.end
  }

  /// Frees the whole chain.
  mutating func free(_ first: Int32, last: Int32) {
    guard first != FlowNotes.end else { return }
    notes[Int(last)].next = firstFree
    firstFree = first
  }
}

/// What a packet's headers told, in few bytes; the flow's ends stand in its key.
struct NotedPacket {
  /// Since 1970; the time is dated.
  let nanoseconds: Int64
  private let offset: Int
  private let number: Int
  private let recordLength: UInt32
  private let payload: UInt32
  let sequence: UInt32
  /// The next note of the flow.
  fileprivate(set) var next = FlowNotes.end
  private let options: TCPOptions
  private let window: UInt16
  private let ipID: UInt16?
  let timeToLive: UInt8?
  let flags: TCPFlags
  private let fractionDigits: UInt8
  private let dontFragment: Bool
  let direction: FlowDirection

  /// Nil for a packet that has more to tell, or larger numbers.
  init?(_ packet: PacketRecord, from direction: FlowDirection) {
    guard packet.isPlain, packet.time.isDated, case .frame(let number) = packet.provenance.place,
      let recordLength = UInt32(exactly: packet.provenance.length),
      let payloadLength = UInt32(exactly: packet.payloadLength)
    else { return nil }
    self.init(
      packet.time, number: number, offset: packet.provenance.offset, recordLength: recordLength,
      payloadLength: payloadLength, sequence: packet.sequence, options: packet.options, window: packet.window,
      ipID: packet.ipID, timeToLive: packet.timeToLive, flags: packet.flags, dontFragment: packet.dontFragment,
      direction: direction)
  }

  @inline(__always)
  init(
    _ time: EventTime, number: Int, offset: Int, recordLength: UInt32, payloadLength: UInt32, sequence: UInt32,
    options: TCPOptions, window: UInt16, ipID: UInt16?, timeToLive: UInt8?, flags: TCPFlags, dontFragment: Bool,
    direction: FlowDirection
  ) {
    nanoseconds = time.timestamp.nanoseconds
    self.offset = offset
    self.number = number
    self.recordLength = recordLength
    payload = payloadLength
    self.sequence = sequence
    self.options = options
    self.window = window
    self.ipID = ipID
    self.timeToLive = timeToLive
    self.flags = flags
    fractionDigits = time.fractionDigits
    self.dontFragment = dontFragment
    self.direction = direction
  }

  var time: EventTime { EventTime(Timestamp(nanoseconds: nanoseconds), fractionDigits: fractionDigits) }
  var payloadLength: Int { Int(payload) }

  func provenance(_ input: InputID) -> Provenance {
    Provenance(input: input, place: .frame(number), offset: offset, length: Int(recordLength))
  }

  /// The packet again.
  func packet(_ key: FlowKey, _ input: InputID) -> PacketRecord {
    let isFromLow = direction == .fromLow
    var packet = PacketRecord(
      time: time,
      source: IPAddress(bits: isFromLow ? key.low : key.high), target: IPAddress(bits: isFromLow ? key.high : key.low),
      transport: key.isUDP ? .udp : .tcp, payloadLength: payloadLength, provenance: provenance(input))
    packet.setPorts(
      source: isFromLow ? key.lowPort : key.highPort, target: isFromLow ? key.highPort : key.lowPort)
    packet.flags = flags
    packet.sequence = sequence
    packet.window = window
    packet.options = options
    packet.timeToLive = timeToLive
    packet.ipID = ipID
    packet.dontFragment = dontFragment
    return packet
  }
}

import Evidence

/// One direction of a flow.
struct FlowSide {
  /// What the stream carries, as far as it is known.
  enum Content { case undecided, rpc, other }

  var summary = Conversation.Side()
  var content = Content.undecided
  var assembly = StreamAssembly()
  var marking = RecordMarking()
  var hasFIN = false
  /// It sent a segment with ACK, as only who heard of the other side does; or who forges one.
  private(set) var acknowledges = false
  /// Nothing of the stream was read yet.
  var isAtStart = true
  /// The sequence number of the stream's first byte, and whether a SYN told it.
  private var base: UInt32?
  private(set) var hasSYN = false
  /// The first place in the stream whose bytes came twice and differ, how often that was, and who brought it.
  private(set) var conflict: (place: Int, count: Int, sighting: PacketSighting)?

  var buffered: Int { assembly.buffered + marking.buffered }

  mutating func note(_ packet: PacketRecord) {
    summary.packets += 1
    if packet.flags.isACK, !packet.flags.isRST { acknowledges = true }
    if let ipID = packet.ipID {
      summary.firstIPID = summary.firstIPID ?? ipID
      summary.lastIPID = ipID
    }
    summary.ttl = summary.ttl ?? packet.timeToLive
    summary.first = summary.first ?? packet.time
    summary.last = packet.time
  }

  /// A SYN numbers the stream; a later one, of another try, numbers it anew unless data came already.
  mutating func begin(sequence: UInt32) {
    guard !hasSYN || assembly.next == 0 else { return }
    base = sequence &+ 1
    hasSYN = true
  }

  /// Whether nothing of the stream came yet.
  var isUnheard: Bool { assembly.next == 0 && assembly.buffered == 0 }

  /// Whether a segment can be the first, or one of the first, behind the SYN.
  func canFollowSYN(_ packet: PacketRecord) -> Bool {
    guard let base, hasSYN else { return true }
    return (0..<FlowSide.firstWindow).contains(Int(Int32(bitPattern: packet.sequence &- base)))
  }

  /// Of a SYN no window is scaled (RFC 7323, section 2.2), so what comes first is no further away than a few of these.
  private static let firstWindow = 1 << 20

  /// Takes the stream for one whose start was not seen.
  mutating func forgetSYN() {
    base = nil
    hasSYN = false
  }

  /// Where in the stream a segment's payload stands. Unwraps 32 bits around what comes next.
  mutating func offset(of packet: PacketRecord) -> Int {
    let sequence = packet.flags.contains(.syn) ? packet.sequence &+ 1 : packet.sequence
    let base = base ?? sequence
    self.base = base
    let next = UInt32(truncatingIfNeeded: assembly.next)
    let distance = Int(Int32(bitPattern: sequence &- base &- next))
    // tcpdump's text counts from the SYN (as 1), or from the first segment that it saw, once it has printed that.
    let isText = !packet.citation.isUnwritten
    let printed = Int(Int32(bitPattern: sequence &- (hasSYN ? 1 : 0) &- next))
    // Which of the two it is shows in which is nearer: a first sequence number may be small.
    let isPrinted = isText && printed.magnitude < distance.magnitude && printed.magnitude <= FlowSide.window
    return assembly.next + (isPrinted ? printed : distance)
  }

  /// No sender is further ahead than this.
  private static let window = 1 << 24

  mutating func note(conflict place: Int, _ sighting: PacketSighting) {
    conflict = (conflict?.place ?? place, (conflict?.count ?? 0) + 1, conflict?.sighting ?? sighting)
  }

  /// The stream is not RPC: keeps nothing more of it.
  mutating func giveUp() {
    content = .other
    dropBuffers()
  }

  mutating func dropBuffers() {
    assembly.dropBytes()
    marking = RecordMarking()
  }
}

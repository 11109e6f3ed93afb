import Evidence

/// Fragments of IP datagrams in, whole datagrams out (RFC 791, section 3.2; RFC 8200, section 4.5).
///
/// One table serves one capture: it has the fragments of a datagram together. IPv4 and IPv6 never share a datagram.
struct FragmentTable: Sendable {
  /// A datagram whose last missing fragment came, or that is given up.
  struct Datagram: Sendable {
    /// That of its first fragment, as if it were the only one.
    var header: IPHeader
    /// What is behind the header, as far as it was captured without a hole.
    var bytes: [UInt8]
    /// On the wire; of one that was given up, as far as it came without a hole.
    var length: Int
    var time: EventTime
    /// Of the first fragment.
    var provenance: Provenance
    var isWhole: Bool
    /// Fragments that it was made of.
    var fragments: Int
    /// The first place where two fragments differ.
    var conflict: Int?
    /// One with the same marks was whole a while ago: fragments that the network brought twice.
    var isRepeated = false
  }

  /// RFC 5722: of fragments of IPv6 only the identification counts, whatever they say is behind.
  fileprivate struct Key: Hashable, Sendable {
    var source: UInt128
    var target: UInt128
    var id: UInt32
    /// The protocol of IPv4, 256 of IPv6.
    var family: UInt16

    init(_ header: IPHeader) {
      source = header.source.bits
      target = header.target.bits
      id = header.fragmentID
      family = header.isV6 ? 256 : UInt16(header.protocolNumber)
    }
  }

  fileprivate struct Entry: Sendable {
    let key: Key
    /// Of the fragment that came first.
    let since: EventTime
    let provenance: Provenance
    var pieces = PieceList<Void>()
    var fragments = 0
    /// Known when the last fragment came.
    var length: Int?
    /// Of the fragment at offset 0.
    var start: (header: IPHeader, time: EventTime, provenance: Provenance)?
    var conflict: Int?
    /// Bytes of the datagram that came, each counted once.
    var covered = 0
    var isWhole: Bool { length == covered }
  }

  /// An IP datagram has no more (RFC 791: 16 bits of total length; RFC 8200: of payload length).
  static let lengthCap = 65_535

  private let limits: PacketReassembly.Limits
  private let policies: OverlapPolicies
  private var entries: ContiguousArray<Entry?> = []
  private var freeSlots: [Int] = []
  private var slots: [Key: Int] = [:]
  /// In the order in which the datagrams began.
  private var order = RecencyList()
  private var held = 0
  /// The datagrams that became whole last, the oldest of which gives way to the next.
  private var whole: [Key] = []
  private var nextWhole = 0
  private static let wholeCap = 256

  init(limits: PacketReassembly.Limits, policies: OverlapPolicies) {
    self.limits = limits
    self.policies = policies
  }

  /// Datagrams that wait.
  var count: Int { slots.count }

  // MARK: Fragments

  /// Takes a fragment; `packet` stands at its bytes.
  /// - Returns: the datagram, if it is whole now.
  mutating func push(
    _ header: IPHeader, _ packet: borrowing PacketBytes, time: EventTime, provenance: Provenance
  ) throws(DecodeError) -> Datagram? {
    let range = try FragmentTable.range(header, packet)
    let key = Key(header)
    let slot = slots[key] ?? open(Entry(key: key, since: time, provenance: provenance))
    guard var entry = entries[slot] else { return nil }
    // Taken out, or its pieces would be copied.
    entries[slot] = nil
    held -= entry.pieces.byteCount
    entry.add(range, header, packet.bytes.slice(packet.captured), policies[.address(header.target)])
    if entry.start == nil, header.fragmentOffset == 0 { entry.start = (header, time, provenance) }
    held += entry.pieces.byteCount
    let isWhole = entry.isWhole
    entries[slot] = entry
    return isWhole ? close(slot) : nil
  }

  /// Where the fragment's bytes belong.
  private static func range(
    _ header: IPHeader, _ packet: borrowing PacketBytes
  ) throws(DecodeError) -> Range<Int> {
    let layer: DecodeError.Layer = header.isV6 ? .ipv6 : .ipv4
    // Only a last fragment may have any length (RFC 791: units of 8 bytes).
    let length = header.hasMoreFragments ? packet.remaining & ~7 : packet.remaining
    guard length > 0, header.hasLength, length == packet.remaining || !header.isV6 else {
      throw DecodeError(layer, offset: packet.position, needed: 8, available: packet.remaining)
    }
    guard header.fragmentOffset + length <= lengthCap else {
      throw DecodeError(
        layer, offset: packet.position, needed: header.fragmentOffset + length, available: lengthCap)
    }
    return header.fragmentOffset..<header.fragmentOffset + length
  }

  private mutating func open(_ entry: Entry) -> Int {
    let slot = freeSlots.popLast() ?? entries.count
    if slot == entries.count { entries.append(entry) } else { entries[slot] = entry }
    slots[entry.key] = slot
    order.touch(slot)
    return slot
  }

  private mutating func close(_ slot: Int) -> Datagram? {
    guard let entry = entries[slot] else { return nil }
    entries[slot] = nil
    freeSlots.append(slot)
    slots[entry.key] = nil
    order.remove(slot)
    held -= entry.pieces.byteCount
    var datagram = entry.datagram
    if datagram.isWhole { remember(entry.key) } else { datagram.isRepeated = whole.contains(entry.key) }
    return datagram
  }

  private mutating func remember(_ key: Key) {
    if whole.count < FragmentTable.wholeCap { whole.append(key) } else { whole[nextWhole] = key }
    nextWhole = (nextWhole + 1) % FragmentTable.wholeCap
  }

  // MARK: Age and caps

  /// A datagram that must not wait any longer, and whether that is because the table is full.
  mutating func takeOverdue(at time: EventTime, patience: Int64) -> (datagram: Datagram, isFull: Bool)? {
    guard let slot = order.oldest, let entry = entries[slot] else { return nil }
    let isFull = slots.count > limits.datagrams || held > limits.bytes
    let age = time.timestamp.nanoseconds &- entry.since.timestamp.nanoseconds
    guard isFull || time.isDated != entry.since.isDated || age > patience else { return nil }
    return close(slot).map { ($0, isFull) }
  }

  /// The oldest datagram, at the end of the evidence.
  mutating func takeOldest() -> Datagram? { order.oldest.flatMap { close($0) } }

  /// The datagram of a fragment, if it is in more pieces than may be.
  mutating func takeShattered(_ header: IPHeader) -> Datagram? {
    guard let slot = slots[Key(header)], entries[slot]?.pieces.count ?? 0 > limits.piecesPerDatagram else { return nil }
    return close(slot)
  }
}

extension FragmentTable.Entry {
  fileprivate mutating func add(_ range: Range<Int>, _ header: IPHeader, _ bytes: RawSpan, _ policy: OverlapPolicy) {
    fragments += 1
    // Two ends, or bytes behind the end, are a conflict as well.
    let end = pieces.pieces.last?.end ?? 0
    if let length, range.upperBound > length || !header.hasMoreFragments && range.upperBound != length {
      conflict = conflict ?? min(length, range.upperBound)
    } else if !header.hasMoreFragments {
      if end > range.upperBound { conflict = conflict ?? range.upperBound }
      length = max(end, range.upperBound)
    }
    let room = range.lowerBound..<max(range.lowerBound, min(range.upperBound, length ?? range.upperBound))
    let insertion = pieces.insert(room, captured: bytes, origin: (), policy: policy)
    conflict = conflict ?? insertion.conflict
    covered += insertion.fresh
  }

  /// As if the datagram had come whole.
  fileprivate var datagram: FragmentTable.Datagram {
    var (bytes, reach): ([UInt8], Int) = ([], 0)
    for piece in pieces.pieces where piece.offset == reach {
      if bytes.count == reach { bytes += piece.bytes }
      reach = piece.end
    }
    var header = start?.header ?? FragmentTable.Datagram.unknown
    if isWhole { header.hasMoreFragments = false }
    return FragmentTable.Datagram(
      header: header, bytes: bytes, length: reach, time: start?.time ?? since,
      provenance: start?.provenance ?? provenance, isWhole: isWhole, fragments: fragments, conflict: conflict)
  }
}

extension FragmentTable.Datagram {
  /// Stands where the first fragment did not come; nothing can be read of such a datagram.
  fileprivate static let unknown = IPHeader(
    source: IPAddress(bits: 0), target: IPAddress(bits: 0), protocolNumber: 255, timeToLive: 0, identification: nil,
    dontFragment: false, hasMoreFragments: true)
}

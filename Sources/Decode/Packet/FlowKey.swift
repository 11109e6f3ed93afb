import Evidence

/// What tells flows apart, as numbers alone: two ends, in an order that does not depend on who sends.
struct FlowKey: Equatable {
  let low: UInt128
  let high: UInt128
  let lowPort: UInt16
  let highPort: UInt16
  let traits: Traits

  struct Traits: OptionSet {
    let rawValue: UInt8
    static let udp = Traits(rawValue: 1)
    /// The end is no address but a name, of which the key holds a hash.
    static let lowIsNamed = Traits(rawValue: 2)
    static let highIsNamed = Traits(rawValue: 4)
    static let lowLacksPort = Traits(rawValue: 8)
    static let highLacksPort = Traits(rawValue: 16)
  }

  /// The key of a packet's flow, and which of its ends sent it.
  static func of(_ packet: PacketRecord) -> (FlowKey, FlowDirection) {
    guard packet.isPlain, let source = packet.sourcePort, let target = packet.targetPort else {
      return of(packet.source, packet.target, packet.transport)
    }
    let (from, to) = (packet.sourceAddress.bits, packet.targetAddress.bits)
    let traits: Traits = packet.isUDP ? .udp : []
    if to < from || to == from && target < source {
      return (FlowKey(low: to, high: from, lowPort: target, highPort: source, traits: traits), .fromHigh)
    }
    return (FlowKey(low: from, high: to, lowPort: source, highPort: target, traits: traits), .fromLow)
  }

  static func of(_ source: Endpoint, _ target: Endpoint, _ transport: Transport) -> (FlowKey, FlowDirection) {
    precedes(target, source)
      ? (FlowKey(low: target, high: source, transport), .fromHigh)
      : (FlowKey(low: source, high: target, transport), .fromLow)
  }

  private static func precedes(_ left: Endpoint, _ right: Endpoint) -> Bool {
    left.host == right.host ? left.port ?? 0 < right.port ?? 0 : left.host < right.host
  }

  /// Whether both ends are addresses with ports, as in every frame of a capture.
  var isPlain: Bool { traits.isSubset(of: .udp) }
  var isUDP: Bool { traits.contains(.udp) }
  /// Whether RPC is at home at neither end.
  var isApartFromRPC: Bool {
    RPCPorts.rank(lowPort, peer: highPort) == 0 && RPCPorts.rank(highPort, peer: lowPort) == 0
  }
}

extension FlowKey {
  private init(low: Endpoint, high: Endpoint, _ transport: Transport) {
    var traits: Traits = transport == .udp ? .udp : []
    if low.host.address == nil { traits.insert(.lowIsNamed) }
    if high.host.address == nil { traits.insert(.highIsNamed) }
    if low.port == nil { traits.insert(.lowLacksPort) }
    if high.port == nil { traits.insert(.highLacksPort) }
    self.init(
      low: FlowKey.bits(low.host), high: FlowKey.bits(high.host), lowPort: low.port ?? 0, highPort: high.port ?? 0,
      traits: traits)
  }

  /// The address, or 128 bits of a seeded hash of the name: nobody finds two names that share it.
  private static func bits(_ host: Host) -> UInt128 {
    if let address = host.address { return address.bits }
    return [0, 1].reduce(UInt128(0)) { bits, half in
      var hasher = Hasher()
      hasher.combine(half)
      hasher.combine(host)
      return bits << 64 | UInt128(UInt(bitPattern: hasher.finalize()))
    }
  }
}

/// The secret of a table's hash, without which no attacker can choose flows that collide.
struct FlowSeed {
  private let first: UInt64
  private let second: UInt64

  init() {
    var random = SystemRandomNumberGenerator()
    first = random.next()
    second = random.next()
  }

  func hash(_ key: FlowKey) -> UInt32 {
    let ports = UInt64(key.lowPort) << 24 | UInt64(key.highPort) << 8 | UInt64(key.traits.rawValue)
    let low = (FlowSeed.half(key.low) ^ first).folded(with: FlowSeed.half(key.low >> 64) ^ second)
    let high = (FlowSeed.half(key.high) ^ second).folded(with: FlowSeed.half(key.high >> 64) ^ first)
    return UInt32(truncatingIfNeeded: (low ^ ports ^ second).folded(with: high ^ first) >> 16)
  }

  func hash(_ address: UInt128) -> UInt32 {
    let (low, high) = (FlowSeed.half(address) ^ first, FlowSeed.half(address >> 64) ^ second)
    return UInt32(truncatingIfNeeded: (low.folded(with: high) ^ second).folded(with: first | 1) >> 16)
  }

  private static func half(_ bits: UInt128) -> UInt64 { UInt64(truncatingIfNeeded: bits) }
}

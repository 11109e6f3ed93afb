import Evidence

/// Where services listen, as portmappers told it: what a client was told leads its next conversations to RPC, on any port.
///
/// Each is known for the client that asked. A client's flows are all of one table, so what is learned does not depend on
/// how flows are shared out.
struct LearnedPorts {
  private struct Key: Hashable {
    var client: UInt128
    var server: UInt128
    var port: UInt16
    var isUDP: Bool
  }

  static let cap = 1 << 16
  private var services: [Key: ToldService] = [:]
  /// In the order in which they were learned, from `oldest` on.
  private var order: [Key] = []
  private var oldest = 0
  /// A bit for each port that ever was learned: most flows are to none of them.
  private var ports: [UInt64] = []

  var isEmpty: Bool { order.isEmpty }
  var count: Int { services.count }

  /// The service of a new flow's low or high end, and which of them serves.
  func service(of key: FlowKey) -> (ToldService, server: FlowDirection)? {
    guard !isEmpty, key.isPlain else { return nil }
    if hasPort(key.lowPort),
      let told = services[Key(client: key.high, server: key.low, port: key.lowPort, isUDP: key.isUDP)]
    {
      return (told, .fromLow)
    }
    if hasPort(key.highPort),
      let told = services[Key(client: key.low, server: key.high, port: key.highPort, isUDP: key.isUDP)]
    {
      return (told, .fromHigh)
    }
    return nil
  }

  private func hasPort(_ port: UInt16) -> Bool { ports[Int(port >> 6)] >> UInt64(port & 63) & 1 == 1 }

  /// - Returns: false when the oldest had to go for it.
  mutating func learn(
    _ service: ToldService, client: IPAddress, server: IPAddress, port: UInt16, isUDP: Bool
  ) -> Bool {
    let key = Key(client: client.bits, server: server.bits, port: port, isUDP: isUDP)
    guard services.updateValue(service, forKey: key) == nil else { return true }
    if ports.isEmpty { ports = Array(repeating: 0, count: 1024) }
    ports[Int(port >> 6)] |= 1 << UInt64(port & 63)
    order.append(key)
    guard services.count > LearnedPorts.cap else { return true }
    services[order[oldest]] = nil
    oldest += 1
    if oldest == LearnedPorts.cap {
      order.removeFirst(oldest)
      oldest = 0
    }
    return false
  }
}

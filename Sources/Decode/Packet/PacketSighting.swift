import Evidence

/// What a conversation keeps of a packet.
struct PacketSighting: Sendable {
  var time: EventTime
  var direction: FlowDirection
  var flags: TCPFlags
  var payloadLength: Int
  /// Without text for a frame of a capture: most are never quoted.
  var citation: Citation
}

/// Which end of a flow sent: the ends are ordered, and nobody knows at first who of them asks.
enum FlowDirection: UInt8, Sendable {
  case fromLow, fromHigh
  var opposite: FlowDirection { self == .fromLow ? .fromHigh : .fromLow }
}

extension FlowDirection {
  /// Who asks, as far as ports tell: whose peer has the port of a service, else the first who spoke.
  static func asker(lowPort low: UInt16?, highPort high: UInt16?, first: FlowDirection, isOneSided: Bool)
    -> FlowDirection
  {
    let ranks = (RPCPorts.rank(low, peer: high), RPCPorts.rank(high, peer: low))
    if ranks.0 != ranks.1 { return ranks.0 > ranks.1 ? .fromHigh : .fromLow }
    guard let low, let high, low != high else { return first }
    // Ports below 1024 are those of services; among others the lower one of two says little where only one side spoke.
    if isOneSided, min(low, high) >= 1024 { return first }
    return low < high ? .fromHigh : .fromLow
  }
}

extension PacketSighting {
  /// The packet as a report quotes it.
  func quoted(_ ends: FlowEnds) -> Citation {
    guard citation.isUnwritten else { return citation }
    return Citation(
      citation.provenance,
      packet: PacketQuotation(ends, isFromLow: direction == .fromLow, flags: flags, payloadLength: payloadLength))
  }
}

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

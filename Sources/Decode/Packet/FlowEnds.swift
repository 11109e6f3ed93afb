import Evidence

/// The two ends of a flow as the evidence names them, in an order that does not depend on who sends.
struct FlowEnds {
  let transport: Transport
  let low: Endpoint
  let high: Endpoint

  init(_ packet: PacketRecord, from direction: FlowDirection) {
    transport = packet.transport
    (low, high) = direction == .fromLow ? (packet.source, packet.target) : (packet.target, packet.source)
  }

  func sender(_ direction: FlowDirection) -> Endpoint { direction == .fromLow ? low : high }
  func receiver(_ direction: FlowDirection) -> Endpoint { direction == .fromLow ? high : low }
}

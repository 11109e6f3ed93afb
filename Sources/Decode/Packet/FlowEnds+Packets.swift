import Evidence

extension FlowEnds {
  convenience init(_ packet: PacketRecord, from direction: FlowDirection) {
    let isFromLow = direction == .fromLow
    self.init(
      packet.transport, low: isFromLow ? packet.source : packet.target, high: isFromLow ? packet.target : packet.source)
  }

  func sender(_ direction: FlowDirection) -> Endpoint { direction == .fromLow ? low : high }
  func receiver(_ direction: FlowDirection) -> Endpoint { direction == .fromLow ? high : low }
}

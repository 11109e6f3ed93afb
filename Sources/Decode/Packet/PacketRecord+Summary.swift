public import Evidence

extension PacketRecord {
  /// The packet in a line, in the manner of tcpdump: `10.0.0.2.856 > 10.0.0.1.111: tcp S, length 0`.
  public var summary: Bytes {
    guard let quoted else {
      let ends = FlowEnds(self, from: .fromLow)
      return PacketQuotation(ends, isFromLow: true, flags: flags, payloadLength: payloadLength).text
    }
    return Bytes(
      "\(dotted(source)) > \(dotted(target)): icmp type \(quoted.icmpType) code \(quoted.icmpCode) for "
        + "\(quoted.transport.rawValue) \(dotted(quoted.source)) > \(dotted(quoted.target)), length \(payloadLength)")
  }
}

/// An endpoint as tcpdump writes it.
private func dotted(_ endpoint: Endpoint) -> String {
  var text: [UInt8] = []
  text.append(dotted: endpoint)
  return String(decoding: text, as: UTF8.self)
}

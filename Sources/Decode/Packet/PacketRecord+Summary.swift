package import Evidence

extension PacketRecord {
  /// The packet in a line, in the manner of tcpdump: `10.0.0.2.856 > 10.0.0.1.111: tcp S, length 0`.
  package var summary: Bytes {
    guard let quoted else {
      return PacketRecord.summary(source, target, transport, flags, payloadLength: payloadLength)
    }
    return Bytes(
      "\(dotted(source)) > \(dotted(target)): icmp type \(quoted.icmpType) code \(quoted.icmpCode) for "
        + "\(quoted.transport.rawValue) \(dotted(quoted.source)) > \(dotted(quoted.target)), length \(payloadLength)")
  }

  /// The line of a packet of which only this is known.
  static func summary(
    _ source: Endpoint, _ target: Endpoint, _ transport: Transport, _ flags: TCPFlags, payloadLength: Int
  ) -> Bytes {
    let letters = transport == .tcp ? " " + flags.notation : ""
    return Bytes("\(dotted(source)) > \(dotted(target)): \(transport.rawValue)\(letters), length \(payloadLength)")
  }
}

/// An endpoint as tcpdump writes it.
private func dotted(_ endpoint: Endpoint) -> String {
  endpoint.host.notation + (endpoint.port.map { "." + String($0) } ?? "")
}

extension TCPFlags {
  /// tcpdump's letters; a lone ACK is a dot.
  package var notation: String {
    let letters: [(TCPFlags, String)] = [(.syn, "S"), (.fin, "F"), (.psh, "P"), (.rst, "R"), (.urg, "U"), (.ack, ".")]
    let text = letters.reduce("") { contains($1.0) ? $0 + $1.1 : $0 }
    return text.isEmpty ? "none" : text
  }
}

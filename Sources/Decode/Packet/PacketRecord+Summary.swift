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
    var text: [UInt8] = []
    text.reserveCapacity(80)
    text.append(dotted: source)
    text.append(contentsOf: " > ".utf8)
    text.append(dotted: target)
    text.append(contentsOf: ": ".utf8)
    text.append(contentsOf: transport.rawValue.utf8)
    if transport == .tcp { text.append(contentsOf: (" " + flags.notation).utf8) }
    text.append(contentsOf: ", length ".utf8)
    text.append(contentsOf: String(payloadLength).utf8)
    return Bytes(text)
  }
}

/// An endpoint as tcpdump writes it.
private func dotted(_ endpoint: Endpoint) -> String {
  var text: [UInt8] = []
  text.append(dotted: endpoint)
  return String(decoding: text, as: UTF8.self)
}

extension Array where Element == UInt8 {
  fileprivate mutating func append(dotted endpoint: Endpoint) {
    if let address = endpoint.host.address, address.isV4 {
      append(dotted: address)
    } else {
      append(contentsOf: endpoint.host.notation.utf8)
    }
    guard let port = endpoint.port else { return }
    append(0x2e)
    append(decimal: port)
  }
}

extension TCPFlags {
  /// tcpdump's letters; a lone ACK is a dot.
  package var notation: String {
    let letters: [(TCPFlags, String)] = [(.syn, "S"), (.fin, "F"), (.psh, "P"), (.rst, "R"), (.urg, "U"), (.ack, ".")]
    let text = letters.reduce("") { contains($1.0) ? $0 + $1.1 : $0 }
    return text.isEmpty ? "none" : text
  }
}

/// A packet of a capture as a report quotes it. Most are never quoted, so the line is written when somebody reads it.
public struct PacketQuotation: Sendable {
  private let ends: FlowEnds
  private let isFromLow: Bool
  private let flags: TCPFlags
  private let payloadLength: Int

  public init(_ ends: FlowEnds, isFromLow: Bool, flags: TCPFlags, payloadLength: Int) {
    self.ends = ends
    self.isFromLow = isFromLow
    self.flags = flags
    self.payloadLength = payloadLength
  }

  /// In the manner of tcpdump: `10.0.0.2.856 > 10.0.0.1.111: tcp S, length 0`.
  public var text: Bytes {
    let (source, target) = isFromLow ? (ends.low, ends.high) : (ends.high, ends.low)
    var text: [UInt8] = []
    text.reserveCapacity(80)
    text.append(dotted: source)
    text.append(contentsOf: " > ".utf8)
    text.append(dotted: target)
    text.append(contentsOf: ": ".utf8)
    text.append(contentsOf: ends.transport.rawValue.utf8)
    if ends.transport == .tcp { text.append(contentsOf: (" " + flags.notation).utf8) }
    text.append(contentsOf: ", length ".utf8)
    text.append(contentsOf: String(payloadLength).utf8)
    return Bytes(text)
  }
}

extension Array where Element == UInt8 {
  /// Adds an endpoint as tcpdump writes it: `10.0.0.2.856`.
  public mutating func append(dotted endpoint: Endpoint) {
    if let address = endpoint.host.address, address.isV4 {
      append(dotted: address)
    } else {
      append(contentsOf: endpoint.host.notation.utf8)
    }
    guard let port = endpoint.port else { return }
    append(0x2e)
    append(decimal: UInt32(port))
  }
}

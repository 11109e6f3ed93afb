package import Evidence

/// Why bytes cannot be read as the protocol they should be.
package struct DecodeError: Error, Hashable, Sendable {
  package enum Layer: String, Hashable, Sendable, CaseIterable {
    case link, ipv4, ipv6, tcp, udp, icmp, rpc
    case recordMark = "rpc record mark"
  }

  package var layer: Layer
  /// Of the header (or the field) that cannot be read, from the start of what was decoded.
  package var offset: Int
  package var needed: Int
  package var available: Int
  /// The capture kept too little of a packet that may well be sound.
  package var isTruncation: Bool

  package init(_ layer: Layer, offset: Int, needed: Int, available: Int, isTruncation: Bool = false) {
    self.layer = layer
    self.offset = offset
    self.needed = needed
    self.available = available
    self.isTruncation = isTruncation
  }

  package var oddity: Oddity.Kind {
    if isTruncation { return .packetTruncated }
    return layer == .rpc || layer == .recordMark ? .rpcMalformed : .packetMalformed
  }
  package var description: String {
    "\(layer.rawValue) at byte \(offset) needs \(needed) bytes, \(available) are there"
  }
}

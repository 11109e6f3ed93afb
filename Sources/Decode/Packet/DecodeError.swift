public import Evidence

/// Why bytes cannot be read as the protocol they should be.
public struct DecodeError: Error, Hashable, Sendable {
  public enum Layer: String, Hashable, Sendable, CaseIterable {
    case link, ipv4, ipv6, gre, vxlan, tunnel, tcp, udp, icmp, rpc
    case recordMark = "rpc record mark"
  }

  public var layer: Layer
  /// Of the header (or the field) that cannot be read, from the start of what was decoded.
  public var offset: Int
  public var needed: Int
  public var available: Int
  /// The capture kept too little of a packet that may well be sound.
  public var isTruncation: Bool
  /// The bytes are there, and their checksum is wrong: the target drops the packet.
  public private(set) var isChecksum = false

  public init(_ layer: Layer, offset: Int, needed: Int, available: Int, isTruncation: Bool = false) {
    self.layer = layer
    self.offset = offset
    self.needed = needed
    self.available = available
    self.isTruncation = isTruncation
  }

  init(wrongChecksum layer: Layer, offset: Int) {
    self.init(layer, offset: offset, needed: 2, available: 2)
    isChecksum = true
  }

  public var oddity: Oddity.Kind {
    if isChecksum { return .checksumWrong }
    if isTruncation { return .packetTruncated }
    return layer == .rpc || layer == .recordMark ? .rpcMalformed : .packetMalformed
  }
  public var description: String {
    if layer == .tunnel { return "more than \(available) tunnels one in another, at byte \(offset)" }
    if layer == .recordMark {
      return "\(layer.rawValue) at byte \(offset) claims \(needed) bytes; at most \(available) are read"
    }
    return isChecksum
      ? "\(layer.rawValue) has a wrong checksum at byte \(offset)"
      : "\(layer.rawValue) at byte \(offset) needs \(needed) bytes, \(available) are there"
  }
}

import Evidence

/// Ports where RPC is at home, for conversations whose payload does not tell.
enum RPCPorts {
  /// portmap, the old mountd, nfs, Solaris' nlockmgr, today's mountd. Registered, so no client picks them.
  private static func isRegistered(_ port: UInt16) -> Bool {
    switch port {
    case 111, 635, 2049, 4045, 20048: true
    default: false
    }
  }
  /// How likely a service of RPC listens at `port` when its peer has `peer`: 2 at home, 1 likely, 0 no sign of it.
  static func rank(_ port: UInt16?, peer: UInt16?) -> Int {
    guard let port else { return 0 }
    if isRegistered(port) { return 2 }
    // A peer below 512 is a service itself; privileged clients of RPC take 512 to 1023.
    // Where Solaris has its services, others give clients a port.
    return Service.solarisPorts.contains(port) && peer ?? 0 >= 512 ? 1 : 0
  }
}

public import Evidence

extension RPCProcedure {
  /// The procedure's name in lower case, as rpcbind logs it; empty when it has none that is known.
  public var name: Bytes {
    // RFC 5531, section 12.1: procedure 0 does nothing in every program.
    procedure == 0 ? "null" : RPCSignatures.signature(of: self)?.name ?? ""
  }

  /// What the arguments and the results of the portmapper's procedures are (RFC 1833, sections 3 and 2.1).
  enum Portmap {
    /// A mapping of version 2, and an `rpcb` of versions 3 and 4.
    case mapping2, mapping
    case dump2, dump
    case call2, call
    case time, toTransport, toUniversal, addressList
    case other
  }

  var portmap: Portmap? {
    guard program == ProgramTable.portmapper, (2...4).contains(version) else { return nil }
    switch (version, procedure) {
    case (2, 1...3): return .mapping2
    case (3...4, 1...3), (4, 9): return .mapping
    case (2, 4): return .dump2
    case (3...4, 4): return .dump
    case (2, 5): return .call2
    case (3...4, 5), (4, 10): return .call
    case (3...4, 6): return .time
    case (3...4, 7): return .toTransport
    case (3...4, 8): return .toUniversal
    case (4, 11): return .addressList
    default: return .other
    }
  }
  /// GETPORT, GETADDR or GETVERSADDR: the answer is where a program listens.
  var asksForPort: Bool { portmap != nil && (procedure == 3 || version == 4 && procedure == 9) }
  var isMount: Bool { program == ProgramTable.mountd && (1...3).contains(version) }
  var isNFS: Bool { program == ProgramTable.nfs && (2...4).contains(version) }
  /// A COMPOUND of NFSv4, or of the server that calls its client back.
  var isCompound: Bool {
    procedure == 1 && (program == ProgramTable.nfs && version == 4 || program == ProgramTable.nfsCallback)
  }

  /// Programs for which exploits are known, or whose numbers were given out by Sun when they were: of their calls even
  /// what has no known layout is looked at. Others move bulk data, in which anything may stand.
  var isWorthALook: Bool { (100_000..<400_000).contains(program) || program == 600_100_069 }
}

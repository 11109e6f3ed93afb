package import Evidence

extension RPCProcedure {
  private static let portmapper: UInt32 = 100_000
  private static let nfs: UInt32 = 100_003
  private static let mount: UInt32 = 100_005

  // RFC 1833, sections 3 and 2.1. rpcbind logs GETADDR as getport/addr, which is one procedure to who reads the log.
  private static let portmap2: [Bytes] = ["null", "set", "unset", "getport", "dump", "callit"]
  private static let rpcbind: [Bytes] = [
    "null", "set", "unset", "getport", "dump", "callit", "gettime", "uaddr2taddr", "taddr2uaddr", "getversaddr",
    "indirect", "getaddrlist", "getstat",
  ]
  // RFC 1094, appendix A; RFC 1813, appendix I.
  private static let mountNames: [Bytes] = [
    "null", "mnt", "dump", "umnt", "umntall", "export", "exportall", "pathconf",
  ]
  // RFC 1094, section 2.2.
  private static let nfs2: [Bytes] = [
    "null", "getattr", "setattr", "root", "lookup", "readlink", "read", "writecache", "write", "create", "remove",
    "rename", "link", "symlink", "mkdir", "rmdir", "readdir", "statfs",
  ]
  // RFC 1813, section 3.3.
  private static let nfs3: [Bytes] = [
    "null", "getattr", "setattr", "lookup", "access", "readlink", "read", "write", "create", "mkdir", "symlink",
    "mknod",
    "remove", "rmdir", "rename", "link", "readdir", "readdirplus", "fsstat", "fsinfo", "pathconf", "commit",
  ]
  // RFC 7530, section 16.
  private static let nfs4: [Bytes] = ["null", "compound"]

  /// The procedure's name in lower case, as rpcbind logs it; empty when it has none that is known.
  package var name: Bytes {
    // RFC 5531, section 12.1: procedure 0 does nothing in every program.
    if procedure == 0 { return "null" }
    let names: [Bytes] =
      switch (program, version) {
      case (RPCProcedure.portmapper, 2): RPCProcedure.portmap2
      case (RPCProcedure.portmapper, 3...4): RPCProcedure.rpcbind
      case (RPCProcedure.mount, 1...3): RPCProcedure.mountNames
      case (RPCProcedure.nfs, 2): RPCProcedure.nfs2
      case (RPCProcedure.nfs, 3): RPCProcedure.nfs3
      case (RPCProcedure.nfs, 4): RPCProcedure.nfs4
      default: []
      }
    return procedure < names.count ? names[Int(procedure)] : ""
  }

  /// What the arguments and the results of the portmapper's procedures are.
  enum Portmap { case mapping2, mapping, dump2, dump, call, other }

  var portmap: Portmap? {
    guard program == RPCProcedure.portmapper, (2...4).contains(version) else { return nil }
    switch (version, procedure) {
    case (2, 1...3): return .mapping2
    case (3...4, 1...3), (4, 9), (4, 11): return .mapping
    case (2, 4): return .dump2
    case (3...4, 4): return .dump
    case (_, 5), (4, 10): return .call
    default: return .other
    }
  }
  /// GETPORT, GETADDR or GETVERSADDR: the answer is where a program listens.
  var asksForPort: Bool { portmap != nil && (procedure == 3 || version == 4 && procedure == 9) }
  var asksToMount: Bool {
    program == RPCProcedure.mount && (1...3).contains(version) && (procedure == 1 || procedure == 3)
  }
}

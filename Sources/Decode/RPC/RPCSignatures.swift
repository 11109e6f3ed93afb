import Evidence

/// The procedures by program and version.
enum RPCSignatures {
  static func signature(of procedure: RPCProcedure) -> RPCSignature? {
    // Each list is asked in its place: it would be copied.
    for index in places[procedure.program] ?? 0..<0 where lists[index].versions.contains(procedure.version) {
      guard procedure.procedure >= lists[index].first else { continue }
      let place = Int(procedure.procedure - lists[index].first)
      guard place < lists[index].signatures.count else { continue }
      return lists[index].signatures[place].name.isEmpty ? nil : lists[index].signatures[place]
    }
    return nil
  }

  /// All lists, and of each program where its own stand.
  private static let (lists, places): ([List], [UInt32: Range<Int>]) = {
    var (lists, places): ([List], [UInt32: Range<Int>]) = ([], [:])
    for (program, own) in table {
      places[program] = lists.count..<lists.count + own.count
      lists += own
    }
    return (lists, places)
  }()

  /// Procedures with consecutive numbers.
  struct List: Sendable {
    var versions: ClosedRange<UInt32>
    var first: UInt32 = 1
    var signatures: [RPCSignature]
  }

  /// Procedure 0 is NULL in every program (RFC 5531, section 12.1), so the lists begin with 1.
  static let table: [UInt32: [List]] = [
    ProgramTable.portmapper: portmapper, 100_001: rstat, 100_002: rusers, ProgramTable.nfs: nfs, 100_004: ypserv,
    ProgramTable.mountd: mount,
    100_007: ypbind, 100_008: wall, 100_009: yppasswd, 100_011: rquota, 100_012: spray, 100_017: rex,
    100_021: lockManager, 100_024: status, 100_026: bootparam, 100_028: ypupdate, 100_068: calendar,
    100_083: toolTalk, 100_227: nfsACL, 150_001: pcnfs, ProgramTable.nfsCallback: nfsCallback,
  ]

  // MARK: Limits

  /// XNFS `SM_MAXSTRLEN` and `LM_MAXSTRLEN`, RFC 1813 `MNTPATHLEN`.
  private static let longName = 1024
  /// RFC 1094 and RFC 1813 `MNTNAMLEN` and `MAXNAMLEN`; NFSv3 sets none, and servers keep to it.
  private static let fileName = 255
  private static let domain = 64

  // MARK: Programs

  /// RFC 1833; the arguments are read by `RPCFacts+Portmapper.swift`. rpcbind logs GETADDR as getport/addr, which is one procedure
  /// to who reads the log.
  private static let portmapper: [List] = {
    let names: [Bytes] = [
      "set", "unset", "getport", "dump", "callit", "gettime", "uaddr2taddr", "taddr2uaddr", "getversaddr", "indirect",
      "getaddrlist", "getstat",
    ]
    let both = names.map { RPCSignature($0) }
    return [List(versions: 2...2, signatures: Array(both.prefix(5))), List(versions: 3...4, signatures: both)]
  }()

  /// rstat.x of SunRPC.
  private static let rstat = [List(versions: 1...4, signatures: [RPCSignature("stats"), RPCSignature("havedisk")])]
  /// rusers.x.
  private static let rusers = [
    List(versions: 1...3, signatures: [RPCSignature("num"), RPCSignature("names"), RPCSignature("allnames")])
  ]

  /// RFC 1094, section 2.2; RFC 1813, section 3.3; RFC 7530, section 15.
  private static let nfs = [List(versions: 2...2, signatures: nfs2), List(versions: 3...3, signatures: nfs3), nfs4]
  private static let nfs4 = List(versions: 4...4, signatures: [RPCSignature("compound")])
  private static let nfsCallback = [List(versions: 1...4, signatures: [RPCSignature("cb_compound")])]

  /// A file handle is 32 bytes.
  private static let nfs2: [RPCSignature] = [
    RPCSignature("getattr", .words(8)), RPCSignature("setattr", .words(8), .data), RPCSignature("root"),
    RPCSignature("lookup", .words(8), .fileName(fileName)), RPCSignature("readlink", .words(8)),
    RPCSignature("read", .words(8), .data), RPCSignature("writecache"), RPCSignature("write", .words(8), .data),
    RPCSignature("create", .words(8), .fileName(fileName), .data),
    RPCSignature("remove", .words(8), .fileName(fileName)),
    RPCSignature("rename", .words(8), .fileName(fileName), .words(8), .fileName(fileName)),
    RPCSignature("link", .words(16), .fileName(fileName)),
    RPCSignature("symlink", .words(8), .fileName(fileName), .fileName(longName), .data),
    RPCSignature("mkdir", .words(8), .fileName(fileName), .data),
    RPCSignature("rmdir", .words(8), .fileName(fileName)), RPCSignature("readdir", .words(8), .data),
    RPCSignature("statfs", .words(8)),
  ]
  private static let nfs3: [RPCSignature] = [
    RPCSignature("getattr", .opaque), RPCSignature("setattr", .opaque, .data),
    RPCSignature("lookup", .opaque, .fileName(fileName)), RPCSignature("access", .opaque, .words(1)),
    RPCSignature("readlink", .opaque), RPCSignature("read", .opaque, .data), RPCSignature("write", .opaque, .data),
    RPCSignature("create", .opaque, .fileName(fileName), .data),
    RPCSignature("mkdir", .opaque, .fileName(fileName), .data),
    RPCSignature("symlink", .opaque, .fileName(fileName), .data),
    RPCSignature("mknod", .opaque, .fileName(fileName), .data), RPCSignature("remove", .opaque, .fileName(fileName)),
    RPCSignature("rmdir", .opaque, .fileName(fileName)),
    RPCSignature("rename", .opaque, .fileName(fileName), .opaque, .fileName(fileName)),
    RPCSignature("link", .opaque, .opaque, .fileName(fileName)), RPCSignature("readdir", .opaque, .data),
    RPCSignature("readdirplus", .opaque, .data), RPCSignature("fsstat", .opaque), RPCSignature("fsinfo", .opaque),
    RPCSignature("pathconf", .opaque), RPCSignature("commit", .opaque, .words(3)),
  ]
  /// nfs_acl.x, as Solaris and Linux have it.
  private static let nfsACL = [
    List(
      versions: 2...2,
      signatures: [
        RPCSignature("getacl", .data), RPCSignature("setacl", .data), RPCSignature("getattr", .data),
        RPCSignature("access", .data),
      ]),
    List(versions: 3...3, signatures: [RPCSignature("getacl", .data), RPCSignature("setacl", .data)]),
  ]

  /// RFC 1094, appendix A; RFC 1813, appendix I.
  private static let mount = [
    List(
      versions: 1...3,
      signatures: [
        RPCSignature("mnt", .path(longName)), RPCSignature("dump"), RPCSignature("umnt", .path(longName)),
        RPCSignature("umntall"), RPCSignature("export"), RPCSignature("exportall"),
        RPCSignature("pathconf", .path(longName)),
      ])
  ]

  /// yp.x: a domain of at most 64 bytes, a map of at most 64, a key of at most 1024.
  private static let ypserv = [
    List(
      versions: 2...2,
      signatures: [
        RPCSignature("domain", .text(domain)), RPCSignature("domain_nonack", .text(domain)),
        RPCSignature("match", .text(domain), .text(domain), .text(longName)),
        RPCSignature("first", .text(domain), .text(domain)),
        RPCSignature("next", .text(domain), .text(domain), .text(longName)),
        RPCSignature("xfr", .text(domain), .text(domain), .words(1), .text(fileName), .words(3)),
        RPCSignature("clear"), RPCSignature("all", .text(domain), .text(domain)),
        RPCSignature("master", .text(domain), .text(domain)), RPCSignature("order", .text(domain), .text(domain)),
        RPCSignature("maplist", .text(domain)),
      ])
  ]
  private static let ypbind = [
    List(
      versions: 1...3,
      signatures: [RPCSignature("domain", .text(domain)), RPCSignature("setdom", .text(domain), .unknown)])
  ]
  /// yppasswd.x: the old password, then a line of the password file. crypt(3) and login names are far shorter.
  private static let yppasswd = [
    List(
      versions: 1...1,
      signatures: [
        RPCSignature(
          "update", .text(fileName), .text(fileName), .text(fileName), .words(2), .text(fileName), .text(longName),
          .shell(longName))
      ])
  ]
  /// ypupdate_prot.x.
  private static let ypupdate = [
    List(
      versions: 1...1,
      signatures: ["change", "insert", "delete", "store"].map {
        RPCSignature($0, .text(fileName), .text(1023), .unknown)
      }
    )
  ]

  /// rwall.x.
  private static let wall = [
    List(versions: 1...1, first: 2, signatures: [RPCSignature("wall", .text(longName))])
  ]
  /// rquota.x: `RQ_PATHLEN` is 1024.
  private static let rquota = [
    List(
      versions: 1...1,
      signatures: ["getquota", "getactivequota"].map { RPCSignature($0, .path(longName), .words(1)) }),
    List(
      versions: 2...2,
      signatures: ["getquota", "getactivequota"].map { RPCSignature($0, .path(longName), .words(2)) }),
  ]
  /// spray.x.
  private static let spray = [
    List(versions: 1...1, signatures: [RPCSignature("spray", .data), RPCSignature("get"), RPCSignature("clear")])
  ]
  /// rex.x.
  private static let rex = [
    List(
      versions: 1...1,
      signatures: [
        RPCSignature("start", .unknown), RPCSignature("wait"), RPCSignature("modes", .data),
        RPCSignature("winch", .data), RPCSignature("signal", .data),
      ])
  ]
  /// X/Open XNFS, network status monitor. A state and 16 bytes of the caller's own follow in some.
  private static let status = [
    List(
      versions: 1...1,
      signatures: [
        RPCSignature("stat", .text(longName)),
        RPCSignature("mon", .text(longName), .text(longName), .words(7)),
        RPCSignature("unmon", .text(longName), .text(longName), .words(3)),
        RPCSignature("unmon_all", .text(longName), .words(3)), RPCSignature("simu_crash"),
        RPCSignature("notify", .text(longName), .words(1)),
      ])
  ]
  /// bootparam_prot.x: a client's name of 255 bytes, the id of a file of 32.
  private static let bootparam = [
    List(
      versions: 1...1,
      signatures: [RPCSignature("whoami", .words(5)), RPCSignature("getfile", .text(fileName), .text(32))])
  ]

  /// X/Open XNFS, network lock manager. Each lock begins with the caller's name behind a cookie.
  private static let lockManager: [List] = {
    let names: [(Bytes, Int)] = [("test", 1), ("lock", 2), ("cancel", 2), ("unlock", 0), ("granted", 1)]
    func locks(_ suffix: String) -> [RPCSignature] {
      names.map {
        RPCSignature(Bytes($0.notation + suffix), .opaque, .words($1), .text(longName), .opaque, .opaque, .data)
      }
    }
    let results: [RPCSignature] = names.map { name, _ in RPCSignature(Bytes(name.notation + "_res"), .data) }
    let shares = ["share", "unshare"].map {
      RPCSignature($0, .opaque, .text(longName), .opaque, .opaque, .words(2), .words(1))
    }
    let more =
      shares + [
        RPCSignature("nm_lock", .opaque, .words(2), .text(longName), .opaque, .opaque, .data),
        RPCSignature("free_all", .text(longName), .words(1)),
      ]
    let all = locks("") + locks("_msg") + results + Array(repeating: .unused, count: 4) + more
    return [List(versions: 1...4, signatures: all)]
  }()

  /// Those that advisories name: CVE-1999-0696 is in `create`, CVE-2002-0391 in `insert`.
  private static let calendar = [
    List(versions: 2...5, first: 6, signatures: [RPCSignature("insert", .unknown)]),
    List(versions: 2...5, first: 21, signatures: [RPCSignature("create", .unknown)]),
  ]
  /// Advisories name `iserase`.
  private static let toolTalk = [
    List(versions: 1...1, first: 7, signatures: [RPCSignature("iserase", .path(longName), .unknown)])
  ]
  /// X/Open (PC)NFS.
  private static let pcnfs = [
    List(
      versions: 1...1,
      signatures: [
        RPCSignature("auth", .data), RPCSignature("pr_init", .text(domain), .text(domain)),
        RPCSignature("pr_start", .text(domain), .text(domain), .text(domain), .text(domain), .text(domain)),
      ]),
    List(
      versions: 2...2,
      signatures: [RPCSignature("info", .text(fileName), .text(fileName), .data)]
        + ["pr_init", "pr_start", "pr_list", "pr_queue", "pr_status", "pr_cancel", "pr_admin", "pr_requeue", "pr_hold"]
        .map { RPCSignature($0, .text(domain), .unknown) } + [
          RPCSignature("pr_release", .text(domain), .unknown), RPCSignature("mapid", .data),
          RPCSignature("auth", .data), RPCSignature("alert", .text(domain), .unknown),
        ]),
  ]
}

import Evidence

/// The names of NFS' and mountd's own errors (RFC 1094, section 2.3.1; RFC 1813, sections 2.6 and 5.1.2; RFC 7530,
/// section 13).
enum NFSStatus {
  /// mountd's first two versions use the numbers of NFSv2.
  enum Version: String {
    case nfs2 = "NFSERR_"
    case mount3 = "MNT3ERR_"
    case nfs3 = "NFS3ERR_"
    case nfs4 = "NFS4ERR_"
  }

  static func name(_ status: UInt32, version: Version) -> Bytes {
    let word = (version == .nfs4 ? names4[status] : nil) ?? names[status]
    return Bytes(version.rawValue + (word ?? String(status)))
  }

  /// What a status says became of the call: who may not is refused, what is not there is answered with nothing, and
  /// whatever else went wrong, the service did not do it.
  static func outcome(_ status: UInt32) -> Outcome {
    switch status {
    // SAME and NOT_SAME are what VERIFY and NVERIFY ask.
    case 0, 10_009, 10_027: .answered
    case 1, 13, 30, 10_016: .refused
    case 2, 6, 19, 70, 10_001, 10_014: .empty
    default: .rejected
    }
  }

  /// Whether a status says that the file handle is none.
  static func isOfHandle(_ name: Bytes) -> Bool {
    name.notation.hasSuffix("STALE") || name.notation.hasSuffix("BADHANDLE")
  }

  /// What became of a call by a status that another sensor names: `NFS3ERR_ACCES`, `NFS4ERR_ACCESS`, or Suricata's
  /// `ERR_ACCESS`. Nil for a name of none.
  static func outcome(named name: Bytes) -> Outcome? {
    let text = name.notation
    if text == "OK" || text == "NFS_OK" || text == "NFS4_OK" { return .answered }
    guard let word = text.split(separator: "_", maxSplits: 1).last.map({ String($0) }), text.contains("ERR_") else {
      return nil
    }
    let number = names.first { $0.value == word }?.key ?? names4.first { $0.value == word }?.key
    return number.map { outcome($0) }
  }

  private static let names: [UInt32: String] = [
    1: "PERM", 2: "NOENT", 5: "IO", 6: "NXIO", 13: "ACCES", 17: "EXIST", 18: "XDEV", 19: "NODEV", 20: "NOTDIR",
    21: "ISDIR", 22: "INVAL", 27: "FBIG", 28: "NOSPC", 30: "ROFS", 31: "MLINK", 63: "NAMETOOLONG", 66: "NOTEMPTY",
    69: "DQUOT", 70: "STALE", 71: "REMOTE", 10_001: "BADHANDLE", 10_002: "NOT_SYNC", 10_003: "BAD_COOKIE",
    10_004: "NOTSUPP", 10_005: "TOOSMALL", 10_006: "SERVERFAULT", 10_007: "BADTYPE", 10_008: "JUKEBOX",
  ]
  private static let names4: [UInt32: String] = [
    13: "ACCESS", 10_008: "DELAY", 10_009: "SAME", 10_010: "DENIED", 10_011: "EXPIRED", 10_012: "LOCKED",
    10_013: "GRACE",
    10_014: "FHEXPIRED", 10_015: "SHARE_DENIED", 10_016: "WRONGSEC", 10_017: "CLID_INUSE", 10_018: "RESOURCE",
    10_019: "MOVED", 10_020: "NOFILEHANDLE", 10_021: "MINOR_VERS_MISMATCH", 10_022: "STALE_CLIENTID",
    10_023: "STALE_STATEID", 10_024: "OLD_STATEID", 10_025: "BAD_STATEID", 10_026: "BAD_SEQID", 10_027: "NOT_SAME",
    10_028: "LOCK_RANGE", 10_029: "SYMLINK", 10_030: "RESTOREFH", 10_031: "LEASE_MOVED", 10_032: "ATTRNOTSUPP",
    10_033: "NO_GRACE", 10_034: "RECLAIM_BAD", 10_035: "RECLAIM_CONFLICT", 10_036: "BADXDR", 10_037: "LOCKS_HELD",
    10_038: "OPENMODE", 10_039: "BADOWNER", 10_040: "BADCHAR", 10_041: "BADNAME", 10_042: "BAD_RANGE",
    10_043: "LOCK_NOTSUPP", 10_044: "OP_ILLEGAL", 10_045: "DEADLOCK", 10_046: "FILE_OPEN", 10_047: "ADMIN_REVOKED",
    10_048: "CB_PATH_DOWN",
  ]
}

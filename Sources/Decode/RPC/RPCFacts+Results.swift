import Evidence

/// What the results of a call tell.
extension RPCFacts {
  @_lifetime(reader: copy reader)
  mutating func readResults(_ procedure: RPCProcedure, _ reader: inout XDRReader, length: Int) -> Outcome {
    if procedure.procedure == 0 { return .answered }
    if protection == .privacy { return .answered }
    if protection == .integrity, !reader.skip(words: 2) { return .answered }
    if let kind = procedure.portmap { return readPortmapResults(kind, procedure, &reader, length: length) }
    if procedure.isMount { return readMountResults(procedure, &reader) }
    let outcome =
      procedure.isNFS || procedure.isCompound
      ? readNFSResults(procedure, &reader) : readStatus(procedure, &reader)
    return isLoaded ? .answered : outcome
  }

  /// A service that fails on an argument that is made to change what it does has worked on it: that it gave nothing does
  /// not show that the argument had no effect.
  private var isLoaded: Bool { !traits.isDisjoint(with: RPCFacts.loaded) }
  private static let loaded: RPCTraits = [
    .oversizedString, .formatString, .nopRun, .shellText, .absurdLength, .binaryName,
  ]

  private mutating func note(text: Bytes) {
    guard !text.isEmpty else { return }
    details.resultText = text
  }

  // MARK: Portmapper

  @_lifetime(reader: copy reader)
  private mutating func readPortmapResults(
    _ kind: RPCProcedure.Portmap, _ procedure: RPCProcedure, _ reader: inout XDRReader, length: Int
  ) -> Outcome {
    switch kind {
    case .mapping2, .mapping:
      if procedure.asksForPort {
        resultPort = procedure.version == 2 ? reader.word() : readAddress(&reader)
        return resultPort == 0 ? .empty : .answered
      }
      // SET and UNSET: whether the table was changed.
      if reader.word() == 0 { return .rejected }
    case .dump2:
      resultEntries = RPCFacts.entries(&reader, words: 4) ?? RPCFacts.entries(length: length)
    case .dump: resultEntries = RPCFacts.entries(&reader, words: 2, strings: 3)
    case .addressList:
      resultEntries = RPCFacts.entries(&reader, strings: 2, wordsBehind: 1, stringsBehind: 2)
    case .call2:
      resultPort = reader.word()
      noteInnerResult(&reader)
    case .call:
      resultPort = readAddress(&reader)
      noteInnerResult(&reader)
    case .time: if let seconds = reader.word() { note(text: Bytes(String(seconds))) }
    case .toUniversal: if let range = reader.string() { note(text: reader.copy(range)) }
    case .toTransport, .other: break
    }
    return resultEntries == 0 ? .empty : .answered
  }

  /// The port of a universal address, `10.0.0.1.8.1` for port 2049 (RFC 5665, section 5.2.3); 0 when the address is empty.
  @_lifetime(reader: copy reader) private mutating func readAddress(_ reader: inout XDRReader) -> UInt32? {
    guard let range = reader.string() else { return nil }
    if range.isEmpty { return 0 }
    let text = reader.copy(range.lowerBound..<min(range.upperBound, range.lowerBound + 255))
    note(text: text)
    return RPCFacts.port(universal: text)
  }

  static func port(universal text: Bytes) -> UInt32? {
    let parts = text.array.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).suffix(2)
    let octets = parts.compactMap { UInt8(String(decoding: $0, as: UTF8.self)) }
    return octets.count == 2 ? UInt32(octets[0]) << 8 | UInt32(octets[1]) : nil
  }

  @_lifetime(reader: copy reader) private mutating func noteInnerResult(_ reader: inout XDRReader) {
    guard details.inner != nil, let (declared, _) = reader.text() else { return }
    details.inner?.resultLength = UInt32(clamping: declared)
  }

  /// The entries of a list: each a word that says that one follows, then words and strings (RFC 1833, sections 3.1 and
  /// 2.1). Nil when the list does not end.
  @_lifetime(reader: copy reader)
  private static func entries(
    _ reader: inout XDRReader, words: Int = 0, strings: Int = 0, wordsBehind: Int = 0, stringsBehind: Int = 0
  ) -> Int? {
    var count = 0
    while let more = reader.word() {
      if more == 0 { return count }
      guard reader.skip(words: words) else { return nil }
      for _ in 0..<strings where reader.string() == nil { return nil }
      guard reader.skip(words: wordsBehind) else { return nil }
      for _ in 0..<stringsBehind where reader.string() == nil { return nil }
      count += 1
    }
    return nil
  }

  /// The entries of a portmap v2 list by its size: 20 bytes each, and 4 for the end.
  private static func entries(length: Int) -> Int? {
    length >= 4 && (length - 4) % 20 == 0 ? (length - 4) / 20 : nil
  }

  // MARK: mountd

  /// RFC 1813, section 5.2: a status and a handle; lists of exports and of mounts.
  @_lifetime(reader: copy reader)
  private mutating func readMountResults(_ procedure: RPCProcedure, _ reader: inout XDRReader) -> Outcome {
    switch procedureName {
    case "mnt":
      guard let status = reader.word() else { return .answered }
      guard status == 0 else {
        details.resultStatus = NFSStatus.name(status, version: procedure.version == 3 ? .mount3 : .nfs2)
        // EPERM and EACCES: the export is there, and not for this client.
        let outcome = NFSStatus.outcome(status)
        return outcome != .refused && isLoaded ? .answered : outcome
      }
      details.givesHandle = reader.remaining >= 4
      return .answered
    case "export", "exportall": resultEntries = readExports(&reader)
    case "dump": resultEntries = RPCFacts.entries(&reader, strings: 2)
    default: return .answered
    }
    return resultEntries == 0 ? .empty : .answered
  }

  /// So many paths of an export list are quoted.
  private static let pathCap = 8

  /// A path, and the groups that may mount it, again and again. Of a list that does not end nothing is counted.
  @_lifetime(reader: copy reader) private mutating func readExports(_ reader: inout XDRReader) -> Int? {
    var paths: [Bytes] = []
    var count = 0
    while let more = reader.word() {
      if more == 0 {
        note(text: Bytes(paths.flatMap { $0.array + [0x20] }.dropLast().map { $0 }))
        return count
      }
      guard let path = reader.string() else { return nil }
      count += 1
      if paths.count < RPCFacts.pathCap {
        paths.append(reader.copy(path.lowerBound..<min(path.upperBound, path.lowerBound + 255)))
      }
      while let group = reader.word(), group != 0 { if reader.string() == nil { return nil } }
    }
    return nil
  }

  // MARK: NFS

  /// RFC 1094 and RFC 1813: most results begin with a status. RFC 7530, section 15.2: the status of the last operation.
  @_lifetime(reader: copy reader)
  private mutating func readNFSResults(_ procedure: RPCProcedure, _ reader: inout XDRReader) -> Outcome {
    // ROOT and WRITECACHE of version 2 return nothing.
    guard let status = reader.word() else { return .answered }
    guard status != 0 else {
      if procedureName == "lookup" || procedureName == "create" || procedureName == "mkdir" {
        details.givesHandle = true
      }
      return .answered
    }
    let version: NFSStatus.Version =
      procedure.isCompound ? .nfs4 : procedure.version == 3 ? .nfs3 : .nfs2
    details.resultStatus = NFSStatus.name(status, version: version)
    if procedure.isCompound, !failedAtOnce(&reader) { return .answered }
    return NFSStatus.outcome(status)
  }

  /// Operations of a COMPOUND that only lead to where another is to work.
  private static let leading: Set<Bytes> = [
    "putfh", "putrootfh", "putpubfh", "lookup", "lookupp", "savefh", "restorefh", "sequence", "verify", "nverify",
  ]

  /// RFC 7530, section 15.2: a COMPOUND ends at the first operation that fails, and what those before it gave stands. Says
  /// whether they gave nothing.
  @_lifetime(reader: copy reader) private func failedAtOnce(_ reader: inout XDRReader) -> Bool {
    guard reader.text() != nil, let count = reader.word() else { return true }
    let done = max(Int(count), 1) - 1
    let known = details.operations.array.split(separator: 0x20).prefix(done)
    return known.count == done && known.allSatisfy { RPCFacts.leading.contains(Bytes(Array($0))) }
  }

  // MARK: Others

  /// Results that begin with a status of their own, or are remarkable otherwise.
  @_lifetime(reader: copy reader)
  private mutating func readStatus(_ procedure: RPCProcedure, _ reader: inout XDRReader) -> Outcome {
    switch (procedure.program, procedureName) {
    case (100_021, "test"), (100_021, "lock"), (100_021, "cancel"), (100_021, "unlock"), (100_021, "granted"),
      (100_021, "nm_lock"):
      guard reader.text() != nil, let status = reader.word(), status != 0 else { return .answered }
      details.resultStatus = RPCFacts.lockStatus(status)
      return RPCFacts.lockOutcome(status, isTest: procedureName == "test")
    case (100_024, "stat"), (100_024, "mon"):
      guard let status = reader.word(), status != 0 else { return .answered }
      details.resultStatus = "STAT_FAIL"
      return .rejected
    case (100_004, _): return readMapResults(&reader)
    case (100_011, _): return readQuotaResults(&reader)
    case (100_227, _):
      guard let status = reader.word(), status != 0 else { return .answered }
      details.resultStatus = NFSStatus.name(status, version: procedure.version == 3 ? .nfs3 : .nfs2)
      return NFSStatus.outcome(status)
    case (100_026, "whoami"):
      // The client's name, then the NIS domain.
      if reader.string() != nil, let domain = reader.string() { note(text: reader.copy(domain)) }
    case (100_026, "getfile"):
      // The server's name, its address in five words, the path.
      if reader.string() != nil, reader.skip(words: 5), let path = reader.string() { note(text: reader.copy(path)) }
    default: break
    }
    return .answered
  }

  /// yp.x: `ypstat`, which ALL puts behind a word that says that an entry follows. DOMAIN asks whether it is served.
  @_lifetime(reader: copy reader) private mutating func readMapResults(_ reader: inout XDRReader) -> Outcome {
    switch procedureName {
    case "domain", "domain_nonack": return reader.word() == 0 ? .empty : .answered
    case "all":
      guard let more = reader.word() else { return .answered }
      if more == 0 { return .empty }
    case "match", "first", "next", "master", "order", "maplist": break
    default: return .answered
    }
    guard let word = reader.word() else { return .answered }
    let status = Int32(bitPattern: word)
    guard status != 1 else { return .answered }
    details.resultStatus = RPCFacts.mapStatuses[status] ?? Bytes("status \(status)")
    return (-3...2).contains(status) ? .empty : .rejected
  }

  private static let mapStatuses: [Int32: Bytes] = [
    2: "YP_NOMORE", 0: "YP_FALSE", -1: "YP_NOMAP", -2: "YP_NODOM", -3: "YP_NOKEY", -4: "YP_BADOP", -5: "YP_BADDB",
    -6: "YP_YPERR", -7: "YP_BADARGS", -8: "YP_VERS",
  ]

  /// rquota.x: `Q_OK` is 1.
  @_lifetime(reader: copy reader) private mutating func readQuotaResults(_ reader: inout XDRReader) -> Outcome {
    guard let status = reader.word(), status != 1 else { return .answered }
    details.resultStatus = status == 2 ? "Q_NOQUOTA" : status == 3 ? "Q_EPERM" : Bytes("status \(status)")
    return status == 2 ? .empty : status == 3 ? .refused : .rejected
  }

  /// XNFS `nlm_stats`, `nlm4_stats`.
  private static func lockStatus(_ status: UInt32) -> Bytes {
    let names: [Bytes] = [
      "LCK_GRANTED", "LCK_DENIED", "LCK_DENIED_NOLOCKS", "LCK_BLOCKED", "LCK_DENIED_GRACE_PERIOD", "NLM4_DEADLCK",
      "NLM4_ROFS", "NLM4_STALE_FH", "NLM4_FBIG", "NLM4_FAILED",
    ]
    return status < names.count ? names[Int(status)] : Bytes("status \(status)")
  }

  /// Who has a lock that was asked after is told by LCK_DENIED; LCK_BLOCKED says that it will be granted later.
  private static func lockOutcome(_ status: UInt32, isTest: Bool) -> Outcome {
    switch status {
    case 1 where isTest: .answered
    case 3: .unknown
    case 6: .refused
    case 7: .empty
    default: .rejected
    }
  }
}

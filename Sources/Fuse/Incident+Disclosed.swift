import Evidence

extension Incident {
  /// What the evidence shows to have been given away, in words; empty when it shows nothing.
  public var disclosed: [String] {
    var seen: Set<String> = []
    // What came of a call stands on the wire, whatever the log says of it.
    let shown = Set(pairs.filter { events[$0.networkEvent].outcome.isSettled }.map(\.hostEvent))
    let contested = contested
    return events.indices.flatMap { index -> [String] in
      guard !shown.contains(index) else { return [] }
      let given = events[index].disclosed
      guard contested.contains(index) else { return given }
      return given.map { $0 + (events[index].view == .network ? ", by the wire; the host's log denies it" : "") }
    }
    .filter { seen.insert($0).inserted }
  }
}

extension Event {
  fileprivate var disclosed: [String] {
    guard action != .response else { return [] }
    let host = respondent.notation
    var given: [String] = []
    if let list = rpc?.details.alone?.list {
      given.append("\(host) \(list.form.given(list.entries)), by the form of its reply")
    } else if let entries = rpc?.resultEntries, entries > 0 {
      given.append(listing(entries, of: host))
    } else if action == .connection, let conversation, let transport, target.port == 111,
      case .dump(let entries)? = SizeReading.read(conversation, transport: transport), entries > 0
    {
      given.append("\(host)'s portmapper listed \(counted(entries, "service", "services")), by the size of its answer")
    }
    if let port = rpc?.resultPort, port > 0 {
      let asked = rpc?.argumentProgram.map { "program \($0)" } ?? "a program"
      given.append("\(host)'s portmapper told that \(asked) is at port \(port)")
    }
    if let details = rpc?.details, details.givesHandle, !details.path.isEmpty {
      given.append("\(host)'s mountd gave the file handle of \(details.path.notation)")
    }
    for open in probes?.open ?? [] {
      given.append("\(open.host.notation) has \(open.service.transport.rawValue)/\(open.service.port) open")
    }
    if given.isEmpty, outcome == .allowed, view == .host, action == .rpcCall, !source.host.isLocal {
      given.append("\(host)'s log says that \(allowed)")
    }
    return given
  }

  private func listing(_ entries: Int, of host: String) -> String {
    if rpc?.procedureName == "getaddrlist" {
      return "\(host)'s portmapper told \(counted(entries, "address", "addresses")) of a program"
    }
    guard rpc?.program == ProgramTable.mountd else {
      return "\(host)'s portmapper listed \(counted(entries, "service", "services"))"
    }
    let form = rpc?.procedureName == "dump" ? ReplyForm.mountList : .exportList
    return "\(host)'s mountd \(form.given(entries))"
  }

  /// Who gave it: where another address answered than was asked, that one.
  private var respondent: Host {
    guard let rpc, rpc.hasDetails, let other = rpc.answerers.first else { return target.host }
    return other.host
  }

  /// What the service allowed. mountd logs its decision, which stands before it looks for the folder.
  private var allowed: String {
    guard rpc?.program == ProgramTable.mountd, rpc?.procedureName == "mnt", !detail.isEmpty else {
      return "the call was allowed; what it gave is not shown"
    }
    return "mountd allowed the mount of \(detail.notation); that the file handle went out is not shown"
  }
}

extension ReplyForm {
  /// What a reply of the form gave, in words.
  func given(_ entries: Int) -> String {
    switch self {
    case .portmapperList, .rpcbindList: "listed \(counted(entries, "service", "services"))"
    case .exportList: "listed \(counted(entries, "export", "exports"))"
    case .mountList: "told of \(counted(entries, "mount", "mounts"))"
    }
  }
}

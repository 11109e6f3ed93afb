import Evidence

extension Incident {
  /// What the evidence shows to have been given away, in words; empty when it shows nothing.
  package var disclosed: [String] {
    var seen: Set<String> = []
    // What the wire shows of an answer is not hidden because the log does not tell it.
    let shown = Set(pairs.filter { isAnswered($0.networkEvent) }.map(\.hostEvent))
    return events.indices.flatMap { shown.contains($0) ? [] : events[$0].disclosed }.filter { seen.insert($0).inserted }
  }

  private func isAnswered(_ index: Int) -> Bool {
    events.indices.contains(index) && [.answered, .empty].contains(events[index].outcome)
  }
}

extension Event {
  fileprivate var disclosed: [String] {
    guard action != .response else { return [] }
    let host = target.host.notation
    var given: [String] = []
    if let entries = rpc?.resultEntries, entries > 0 {
      given.append("\(host)'s portmapper listed \(counted(entries, "service", "services"))")
    } else if let conversation, let transport, target.port == 111,
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

  /// What the service allowed. mountd logs its decision, which stands before it looks for the folder.
  private var allowed: String {
    guard rpc?.program == ProgramTable.mountd, rpc?.procedureName == "mnt", !detail.isEmpty else {
      return "the call was allowed; what it gave is not shown"
    }
    return "mountd allowed the mount of \(detail.notation); that the file handle went out is not shown"
  }
}

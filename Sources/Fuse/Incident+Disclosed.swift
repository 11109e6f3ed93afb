import Evidence

extension Incident {
  /// What the evidence shows to have been given away, in words; empty when it shows nothing.
  package var disclosed: [String] {
    var seen: Set<String> = []
    return events.flatMap { $0.disclosed }.filter { seen.insert($0).inserted }
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
    for open in probes?.open ?? [] {
      given.append("\(open.host.notation) has \(open.service.transport.rawValue)/\(open.service.port) open")
    }
    if given.isEmpty, outcome == .allowed, view == .host, action == .rpcCall, !source.host.isLocal {
      given.append("\(host)'s log says that the call was allowed; what it gave is not shown")
    }
    return given
  }
}

public import Evidence

/// What a listed service means for its host. An exposure is no attack.
public struct ExposureReading: Sendable {
  private let programs: ProgramTable
  /// When a TCP port was first seen to answer with a reset.
  private var resets: [Endpoint: EventTime] = [:]

  public init(programs: ProgramTable, events: [Event]) {
    self.programs = programs
    for index in events.indices
    where events[index].transport == .tcp && events[index].outcome == .reset && resets[events[index].target] == nil {
      resets[events[index].target] = events[index].time
    }
  }

  /// Each service once, however often its table stands in the evidence, in order of host and port.
  public func distinct(_ exposures: [Exposure]) -> [Exposure] {
    struct Identity: Hashable {
      var host: Bytes
      var address: IPAddress?
      var transport: Transport?
      var port: UInt16?
      var program: UInt32?
      var version: UInt32?
      var local: Bytes
    }
    var seen: Set<Identity> = []
    let ordered = exposures.sorted { ExposureReading.precedes($0, $1) }
    return ordered.filter {
      seen.insert(
        Identity(
          host: $0.host, address: $0.address, transport: $0.transport, port: $0.port, program: $0.program,
          version: $0.version, local: $0.localAddress)
      ).inserted
    }
  }

  private static func precedes(_ left: Exposure, _ right: Exposure) -> Bool {
    if left.host != right.host { return left.host < right.host }
    if left.transport != right.transport { return (left.transport?.rawValue ?? "") < (right.transport?.rawValue ?? "") }
    if left.port != right.port { return (left.port ?? 0) < (right.port ?? 0) }
    if left.program != right.program { return (left.program ?? 0) < (right.program ?? 0) }
    if left.version != right.version { return (left.version ?? 0) < (right.version ?? 0) }
    let (one, other) = (left.citation.provenance, right.citation.provenance)
    return (one.input, one.ordinal) < (other.input, other.ordinal)
  }

  public func risk(_ exposure: Exposure) -> String {
    var parts: [String] = []
    if let program = exposure.program.flatMap({ programs[$0] }), !program.risk.isEmpty { parts.append(program.risk) }
    if exposure.transport == .local {
      parts.append(
        "registered at the local transport \(exposure.localAddress.notation), which has no port: not reachable from outside directly (likely)"
      )
    }
    if exposure.report == .nmap { parts += scanned(exposure) }
    return parts.joined(separator: "; ")
  }

  private func scanned(_ exposure: Exposure) -> [String] {
    var parts: [String] = []
    if exposure.name.notation.hasPrefix("sometimes-rpc") {
      parts.append(
        "\"\(exposure.name.notation)\" is the name of port \(exposure.port ?? 0) in nmap's table, not a service that was seen; RPC services are often there (possible)"
      )
    } else if exposure.program == nil, let program = programs.program(named: exposure.name), !program.risk.isEmpty {
      parts.append(
        program.name + (exposure.isRecognised ? " by its answer" : " by the port's number") + ": \(program.risk)")
    }
    if exposure.transport == .udp, !exposure.hasAnswered, exposure.state.notation.hasPrefix("open") {
      parts.append("\"\(exposure.state.notation)\" by UDP means that no answer came, which a filter causes too")
      if let closed = closedByTCP(exposure) {
        parts.append(
          "port \(exposure.port ?? 0) closed by TCP (\(closed)) is no contradiction: the two are different ports")
      }
    }
    return parts
  }

  /// A reset that the same port gave over TCP.
  private func closedByTCP(_ exposure: Exposure) -> String? {
    let hosts: [Host] = [.name(exposure.host)] + (exposure.address.map { [.address($0)] } ?? [])
    return hosts.lazy.compactMap { resets[Endpoint(host: $0, port: exposure.port)] }.first
      .map { "reset at \($0.timeOfDayDescription)" }
  }
}

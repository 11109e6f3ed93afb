public import Evidence

/// Joins a service's failure that names no source to the call that came to it before on the wire, or else to the source that
/// the host's own log names right before it: a hypothesis.
struct CrashCallers {
  private let settings: FusionSettings
  private let identities: Identities
  /// Calls and connections of the wire by their target, in order of time.
  private let arrivals: [Host: [Event]]
  /// Calls and probes that hosts logged, by the host, in order of time.
  private let logged: [Host: [Event]]
  /// Hosts at which a crowd was, of whose sources only the nearest to a failure are told by themselves.
  private let crowded: Set<Host>

  /// A call that was still on its way when the failure was stamped.
  private static let lag = 1.0

  /// - Parameter events: In order.
  init(_ events: [Event], settings: FusionSettings, identities: Identities) {
    self.settings = settings
    self.identities = identities
    var arrivals: [Host: [Event]] = [:]
    var logged: [Host: [Event]] = [:]
    var crowded: Set<Host> = []
    let span = events.span
    if span.indices.contains(where: { span[$0].isOrphanedFailure }) {
      for index in span.indices {
        if span[index].crowd != nil { crowded.insert(identities.resolve(span[index].target.host)) }
        guard span[index].isArrival else { continue }
        let host = identities.resolve(span[index].target.host)
        if span[index].view == .network {
          arrivals[host, default: []].append(span[index])
        } else {
          logged[host, default: []].append(span[index])
        }
      }
    }
    self.arrivals = arrivals
    self.logged = logged
    self.crowded = crowded
  }

  /// What came before the first failure of an incident without a source.
  func deductions(_ incident: Incident) -> [Deduction] {
    guard incident.source == .unknown, incident.isDated else { return [] }
    let failures = incident.events.filter(\.isFailure)
    guard let first = failures.first else { return [] }
    let onWire = onWire(first, failures)
    return onWire.isEmpty ? inLog(first, failures) : onWire
  }

  private func inLog(_ failure: Event, _ failures: [Event]) -> [Deduction] {
    let before = (logged[identities.resolve(failure.target.host)] ?? []).near(
      failure.time, within: settings.failureReach
    ).filter { $0.time.timestamp <= failure.time.timestamp }
    let programs = Set(failures.compactMap { $0.rpc?.program })
    // Who called the service that failed, or asked where it is, is nearer to it than who came last.
    let toService = before.filter { event in
      [event.rpc?.program, event.rpc?.argumentProgram].contains { $0.map(programs.contains) ?? false }
    }
    let suspects = toService.isEmpty ? before : toService
    guard let nearest = suspects.max(by: { $0.time < $1.time }) else { return [] }
    let gap = failure.time.timestamp.seconds(since: nearest.time.timestamp)
    let when = gap < 1 ? "in the same second" : "\(duration(gap)) before it"
    let others = Set(suspects.map { identities.resolve($0.source.host) }).count - 1
    let least = crowded.contains(identities.resolve(failure.target.host)) ? "at least " : ""
    let crowd =
      others > 0
      ? ", and \(least)\(counted(others, "other source", "other sources"))"
        + (toService.isEmpty ? " " : " at the same service ")
        + "in the \(duration(settings.failureReach)) before it"
      : ""
    return [
      Deduction(
        "The host's log names \(nearest.source.host.notation) \(deed(nearest)) \(when)\(crowd): "
          + (others > 0
            ? "one of them may be the cause. Nothing in the log joins them to it"
            : "it may be the cause. Nothing in the log joins the two"),
        .possible, [failure.citation, nearest.citation])
    ]
  }

  /// `at portmapper, asking for ttdbserver (refused)`, `at tcp/1080 (outcome unknown)`.
  private func deed(_ event: Event) -> String {
    let outcome = event.outcome == .unknown ? "outcome unknown" : event.outcome.rawValue
    if let program = event.rpc?.program {
      let asked = event.rpc?.argumentProgram.map { ", asking for " + settings.programs.name(of: $0) } ?? ""
      return "at \(settings.programs.name(of: program))\(asked) (\(outcome))"
    }
    guard let port = event.target.port else { return "at a port (\(outcome))" }
    return "at \(event.transport.map { $0.rawValue + "/" } ?? "port ")\(port) (\(outcome))"
  }

  private func onWire(_ first: Event, _ failures: [Event]) -> [Deduction] {
    guard !arrivals.isEmpty else { return [] }
    // A stamp of whole seconds may be of the second's begin; one with a fraction is of its moment.
    let lag = first.time.fractionDigits == 0 ? CrashCallers.lag : 0
    let before = (arrivals[identities.resolve(first.target.host)] ?? []).near(first.time, within: settings.failureReach)
      .filter { $0.time.timestamp.seconds(since: first.time.timestamp) <= lag }
    let programs = Set(failures.compactMap { $0.rpc?.program })
    let toService = before.filter { $0.rpc?.program.map { programs.contains($0) } ?? false }
    // Without a call of the service itself, a connection whose content was not read may have been one.
    let suspects = toService.isEmpty ? before.filter { $0.rpc == nil && $0.target.port != 111 } : toService
    guard let nearest = suspects.max(by: { $0.time < $1.time }) else { return [] }
    let sources = Set(suspects.map { identities.resolve($0.source.host) })
    let gap = max(0, first.time.timestamp.seconds(since: nearest.time.timestamp))
    let what =
      toService.isEmpty
      ? "a connection of \(nearest.source.host.notation) to port \(nearest.target.port.map { "\($0)" } ?? "unknown")"
      : "a call of \(nearest.source.host.notation) to \(settings.programs.name(of: nearest.rpc?.program ?? 0))"
    let isAfter = first.time.timestamp < nearest.time.timestamp
    let when =
      isAfter
      ? "within a second of it, before or after" : gap < 1 ? "within a second before it" : "\(duration(gap)) before it"
    let others =
      sources.count > 1 ? "; \(counted(sources.count - 1, "other source", "other sources")) came as near" : ""
    return [
      Deduction(
        "On the wire \(what) came \(when): it may be the cause\(others). "
          + "The log names no source, so nothing proves it",
        toService.isEmpty || sources.count > 1 || isAfter ? .possible : .likely,
        [first.citation, nearest.requestCitation])
    ]
  }
}

extension Event {
  fileprivate var isFailure: Bool {
    switch action {
    case .crash, .stackExecution, .daemonError: true
    default: false
    }
  }
  /// A service failed, and the record does not tell of whose request.
  public var isOrphanedFailure: Bool { isFailure && source.host == .unknown }

  /// What came to a host from another. A packet filter's record tells of no arrival: it may have dropped the packet.
  fileprivate var isArrival: Bool {
    guard time.isDated, source.host != .unknown, !source.host.isLocal, view == .network || hasArrived else {
      return false
    }
    switch action {
    case .rpcCall, .connection, .probe: return true
    default: return false
    }
  }
}

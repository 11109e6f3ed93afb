import Evidence
public import Fuse

/// What an analyst would look at next, from what the incident shows and what it leaves open.
public struct NextLook: Sendable {
  private let judged: JudgedIncident
  private let otherView: OtherView?

  public init(_ judged: JudgedIncident, otherView: OtherView?) {
    self.judged = judged
    self.otherView = otherView
  }

  /// The most urgent first.
  public var steps: [String] { effect + reflection + contradiction + disclosure + source + views + terms }

  private var incident: Incident { judged.incident }
  private var hosts: String { listed(incident.targets.map(\.host.notation), limit: 3) }

  /// What an attack may have left behind, by what it shows: a service that failed, one that complained, one that was tried.
  private var effect: [String] {
    let actions = Set(incident.events.map(\.action))
    let hasFailed = !actions.isDisjoint(with: [.crash, .stackExecution])
    guard hasFailed || actions.contains(.daemonError) || incident.stage <= .effect else { return [] }
    if incident.exploitOutcome.isHeld {
      return ["find out whether \(service) on \(hosts) is patched, and whether it is needed: this try was turned away"]
    }
    return [
      hasFailed
        ? "look for a core file of \(service) on \(hosts), and keep it with its time stamps"
        : "find out whether \(service) on \(hosts) still runs, and since when: the records tell of no crash",
      "look on \(hosts) for new accounts, processes, listening ports and changed files since \(begin)",
      "collect what \(hosts) sent and received in the hour after: a success would show there",
    ]
  }

  /// What was attacked: the processes that the records are about, or the programs that were called.
  private var service: String {
    let processes = Set(incident.events.compactMap { $0.process?.name.notation }).sorted()
    if !processes.isEmpty { return listed(processes, limit: 3) }
    let attacks = incident.findings.filter { $0.signature.stage <= .effect }.flatMap(\.events)
    let called = Set(attacks.compactMap { incident.events[$0].rpc?.program })
    let names = incident.programs.filter { called.contains($0.number) && !$0.name.isEmpty }.map(\.name).sorted()
    return names.isEmpty ? "the service" : listed(names, limit: 3)
  }

  /// A rule tells of a reflection (ATT&CK T1498.002): whoever asked, the answers went to the source.
  private var isReflection: Bool {
    incident.source.address != nil
      && incident.findings.contains {
        $0.signature.level != "informational" && $0.signature.techniques.contains("T1498.002")
      }
  }

  private var reflection: [String] {
    guard isReflection else { return [] }
    let ports = Set(incident.targets.flatMap { $0.services.filter { $0.transport == .udp }.map(\.port) }).sorted()
    let port = ports.isEmpty ? "" : " port \(listed(ports.map { "\($0)" }, limit: 3))"
    return [
      "filter UDP\(port) of \(hosts) against the outside, or limit its rate: it served as a reflector",
      "tell the owner of \(incident.source.notation): the address may be that of the victim, and not of who asked",
    ]
  }

  private var contradiction: [String] {
    guard !incident.contested.isEmpty else { return [] }
    return [
      "hold the log of \(hosts) against a copy that \(hosts) cannot change, and find out who can write to it: log and wire "
        + "contradict each other"
    ]
  }

  private var disclosure: [String] {
    switch incident.outcome {
    // Closing the service to a victim alone helps nobody.
    case .answered where isReflection, .allowed where isReflection:
      return [
        "look for calls from \(incident.source.notation) to the ports that it was told: a forged source makes none"
      ]
    case .answered, .allowed:
      guard !incident.source.isLocal else { return [] }
      return [
        "close the service on \(hosts) to \(incident.source.notation), or say in the configuration that it may ask",
        afterwards,
      ]
    case .connected, .unknown, .unanswered:
      let open = incident.openAndHeldTargets.open
      let place = open.isEmpty ? hosts : listed(open.map(\.notation), limit: 3)
      return ["find out what listens on \(place) at what was tried, and whether it answered"]
    case .reset, .empty, .rejected, .refused, .blocked, .crashed: return []
    }
  }

  /// Where use of what was given would show.
  private var afterwards: String {
    let (calls, source) = (incident.events.compactMap(\.rpc), incident.source.notation)
    if calls.contains(where: { $0.details.givesHandle }) {
      return "look for NFS calls from \(source) with the file handles that it was given, afterwards"
    }
    return calls.contains { $0.program == ProgramTable.portmapper }
      ? "look for calls from \(source) to the ports that it was told, afterwards"
      : "look for what else \(source) asked of \(hosts), afterwards"
  }

  private var source: [String] {
    if incident.crowd != nil {
      return ["look in the logs of \(hosts) for what was allowed \(span): a crowd can hide somebody"]
    }
    switch incident.source {
    case .unknown:
      return [
        "look for calls to \(hosts) in captures and in the logs of firewalls just before \(begin)"
      ]
    case .address(let address) where address.isPrivate:
      return ["ask the reporting site who \(address.description) is: the address is private to it"]
    case .address(let address):
      return ["look for \(address.description) in the logs of other hosts and sites"]
    case .name(let name): return ["find the address behind \(name.notation): names can be wrong or forged"]
    case .local: return ["look which program of \(hosts) made the call, such as a service that registers anew"]
    }
  }

  private var views: [String] {
    guard otherView != nil, !incident.source.isLocal else { return [] }
    return incident.views.contains(.host)
      ? ["get a capture that covers \(moment) at \(hosts)"]
      : ["get the log of \(hosts) that covers \(moment)"]
  }

  private var begin: String {
    incident.first.isTimed ? incident.first.description : "the record, whose time is unknown"
  }

  /// A crowd may have come for hours; of one source the beginning leads to the rest.
  private var moment: String {
    incident.crowd == nil || incident.first == incident.last
      ? begin : "\(incident.first.description) to \(incident.last.description)"
  }

  private var span: String {
    incident.first == incident.last
      ? "at \(begin)"
      : "between \(incident.first.description) and \(incident.last.description)"
  }

  private var terms: [String] {
    var open: [String] = []
    let whose = incident.targets.count == 1 ? "its" : "their"
    let them = incident.targets.count == 1 ? "it" : "them"
    if judged.severity.criticality.assumed { open.append("the criticality of \(hosts)") }
    if judged.severity.systemCountermeasures.assumed { open.append("\(whose) patches and wrappers") }
    if judged.severity.networkCountermeasures.assumed { open.append("the filters before \(them)") }
    guard !open.isEmpty else { return [] }
    return ["tell in the configuration \(listed(open)): the severity assumes it"]
  }
}

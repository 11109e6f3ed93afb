public import Evidence
public import Fuse

/// How bad an incident is: (criticality + lethality) - (system countermeasures + network countermeasures), each from 1 to
/// 5, so from -8 to +8. Every term says why; a term that nothing supplies is 3 and said to be assumed.
public struct Severity: Sendable, Hashable {
  public struct Term: Sendable, Hashable {
    public var value: Int
    public var why: String
    public var assumed: Bool
    /// The record of a report that it comes from.
    public var evidence: [Citation]
    public init(_ value: Int, _ why: String, assumed: Bool = false, evidence: [Citation] = []) {
      self.value = min(5, max(1, value))
      self.why = why
      self.assumed = assumed
      self.evidence = evidence
    }
    /// Where a record stands is no part of the verdict: the same evidence in other files gives the same term.
    public static func == (left: Term, right: Term) -> Bool {
      left.value == right.value && left.why == right.why && left.assumed == right.assumed
    }
    public func hash(into hasher: inout Hasher) {
      hasher.combine(value)
      hasher.combine(why)
    }
    static func assumed(_ why: String) -> Term { Term(3, why, assumed: true) }
    fileprivate func adding(_ words: String) -> Term { Term(value, why + words, assumed: assumed, evidence: evidence) }
    fileprivate var bounds: ClosedRange<Int> { assumed ? 1...5 : value...value }
  }

  public var criticality: Term
  public var lethality: Term
  public var systemCountermeasures: Term
  public var networkCountermeasures: Term

  public var score: Int {
    criticality.value + lethality.value - systemCountermeasures.value - networkCountermeasures.value
  }
  /// What the assumed terms leave open.
  public var range: ClosedRange<Int> {
    let (c, l, s, n) = (
      criticality.bounds, lethality.bounds, systemCountermeasures.bounds, networkCountermeasures.bounds
    )
    return
      (c.lowerBound + l.lowerBound - s.upperBound - n.upperBound)...(c.upperBound + l.upperBound - s.lowerBound
      - n.lowerBound)
  }
}

/// What the configuration and reports say of the hosts that are to be protected.
public struct Estate: Sendable {
  public struct Asset: Sendable {
    public var name: Bytes
    public var addresses: [IPAddress]
    public var criticality: Severity.Term?
    public var systemCountermeasures: Severity.Term?
    public var networkCountermeasures: Severity.Term?
    public init(
      name: Bytes, addresses: [IPAddress], criticality: Severity.Term? = nil,
      systemCountermeasures: Severity.Term? = nil,
      networkCountermeasures: Severity.Term? = nil
    ) {
      self.name = name
      self.addresses = addresses
      self.criticality = criticality
      self.systemCountermeasures = systemCountermeasures
      self.networkCountermeasures = networkCountermeasures
    }
  }
  public var assets: [Asset]
  public var facts: [HostFact]
  public var reports: ReportedServices
  public init(assets: [Asset] = [], facts: [HostFact] = [], reports: ReportedServices = ReportedServices()) {
    self.assets = assets
    self.facts = facts
    self.reports = reports
  }

  func assets(of incident: Incident) -> [Asset] {
    assets.filter { asset in
      incident.targets.contains { target in
        [target.host, target.alias].contains { host in
          host?.name?.lowercased == asset.name.lowercased || host?.address.map { asset.addresses.contains($0) } == true
        }
      }
    }
  }
  func facts(of incident: Incident) -> [HostFact] {
    let names = Set(incident.targets.compactMap { $0.host.name?.lowercased })
    return facts.filter { names.contains($0.host.lowercased) }
  }
}

/// Derives the four terms of an incident.
public struct SeverityJudge: Sendable {
  private let estate: Estate
  public init(estate: Estate) { self.estate = estate }

  /// - Parameter day: Reports of later days were not known; nil takes all.
  public func severity(of incident: Incident, at day: Day? = nil) -> Severity {
    let (lethality, system, outcome) = worstDeed(incident)
    var severity = Severity(
      criticality: criticality(incident), lethality: lethality, systemCountermeasures: system,
      networkCountermeasures: network(incident))
    if !estate.reports.isEmpty { report(on: incident, outcome, at: day, &severity) }
    return severity
  }

  /// Fills the terms that neither the configuration nor the incident itself decides from reports.
  /// - Parameter outcome: What became of the deed that the severity is of.
  private func report(on incident: Incident, _ outcome: Outcome, at day: Day?, _ severity: inout Severity) {
    let reports = estate.reports
    if severity.criticality.assumed {
      let term = reports.criticality(incident, at: day)
      severity.criticality = term ?? severity.criticality.adding(reports.roleCaveat(incident, at: day))
    }
    // Of the host itself, and of what came from nobody knows where, no report tells whether it was kept out.
    guard !incident.source.isLocal else { return }
    // A connection that was made shows what a report of an open port would, and no more.
    if severity.systemCountermeasures.assumed, [.unknown, .unanswered].contains(outcome) {
      let term = reports.system(incident, at: day)
      severity.systemCountermeasures = term ?? severity.systemCountermeasures.adding(reports.caveat(incident, at: day))
    }
    if severity.networkCountermeasures.assumed, incident.source != .unknown || incident.crowd != nil {
      let term = reports.network(incident, at: day)
      severity.networkCountermeasures =
        term ?? severity.networkCountermeasures.adding(reports.caveat(incident, at: day))
    }
  }

  private func criticality(_ incident: Incident) -> Severity.Term {
    let terms = estate.assets(of: incident).compactMap(\.criticality)
    return terms.max { $0.value < $1.value } ?? .assumed("nothing says how critical the target is")
  }

  /// Lethality and system countermeasures of the deed that weighs most. Where something was let in, each is weighed with
  /// what became of it, or a refused exploit would count as answered because its source was also given a table. Where it
  /// is open how the host met some of it, that is open for the whole.
  private func worstDeed(_ incident: Incident) -> (lethality: Severity.Term, system: Severity.Term, outcome: Outcome) {
    let isLetIn = [.crashed, .answered, .allowed].contains(incident.outcome)
    var systems: [Outcome: Severity.Term] = [:]
    var worst: (lethality: Severity.Term, system: Severity.Term, outcome: Outcome)?
    for finding in incident.findings where finding.signature.stage != .response {
      let outcome = isLetIn ? incident.outcome(of: finding) : incident.outcome
      let system = systems[outcome] ?? system(incident, outcome)
      systems[outcome] = system
      // What nobody has explained may be anything.
      let lethality =
        finding.signature.lethality.map { Severity.Term($0, finding.signature.lethalityReason) }
        ?? .assumed("what it does is not explained")
      let deed = (lethality, system, outcome)
      if worst.map({ SeverityJudge.outweighs(deed, $0) }) ?? true { worst = deed }
    }
    return worst ?? (.assumed("nothing says what it does"), system(incident, incident.outcome), incident.outcome)
  }

  /// Whether one deed counts for more: by what it takes to the score, then by lethality, where what is assumed may be
  /// worse, then by the order of outcomes.
  private static func outweighs(
    _ one: (lethality: Severity.Term, system: Severity.Term, outcome: Outcome),
    _ other: (lethality: Severity.Term, system: Severity.Term, outcome: Outcome)
  ) -> Bool {
    let (left, right) = (one.lethality.value - one.system.value, other.lethality.value - other.system.value)
    if left != right { return left > right }
    if one.lethality.value != other.lethality.value { return one.lethality.value > other.lethality.value }
    if one.lethality.assumed != other.lethality.assumed { return one.lethality.assumed }
    return one.outcome < other.outcome
  }

  /// - Parameter outcome: What became of the deed that is weighed.
  private func system(_ incident: Incident, _ outcome: Outcome) -> Severity.Term {
    let terms = estate.assets(of: incident).compactMap(\.systemCountermeasures)
    if let term = terms.min(by: { $0.value < $1.value }) {
      return term.value >= 3 ? term.adding(SeverityJudge.failure(incident)) : term
    }
    let host = estate.facts(of: incident).first.map { "\($0.product), \($0.version.notation): " } ?? ""
    switch outcome {
    case .rejected where !incident.events.contains { $0.outcome == .rejected && !$0.isOfHostFilter }:
      return Severity.Term(4, host + "a filter on the host refused; patches unknown")
    case .rejected where !incident.events.contains { $0.outcome == .rejected && !$0.isOfMissing }:
      return Severity.Term(4, host + "what was called is not there; patches unknown")
    case .rejected where !incident.events.contains { $0.outcome == .rejected && !$0.failed }:
      return Severity.Term(4, host + "the service did not do what was asked; patches unknown")
    case .refused, .rejected:
      return Severity.Term(4, host + "the service's own access control refused; patches unknown")
    case .empty where incident.events.contains { $0.outcome == .empty && $0.failed }:
      return Severity.Term(4, host + "the service had nothing of what was asked for; patches unknown")
    case .empty where !incident.events.contains { $0.outcome == .empty && !$0.isLookup }:
      return Severity.Term(
        4, host + "the portmapper told no port: there is none, or it refuses in this way; patches unknown")
    case .empty: return Severity.Term(4, host + "a secured portmapper gave nothing away; patches unknown")
    case .blocked where !incident.events.contains { $0.outcome == .blocked && !$0.isOfFilter }:
      return .assumed(host + "a packet filter dropped it, so the host's own defences are not shown")
    case .blocked:
      return Severity.Term(4, host + "a host defence noticed the probe and blocked its source; patches unknown")
    case .reset: return Severity.Term(4, host + "nothing listens where it tried; patches unknown")
    case .crashed where incident.events.contains { $0.action == .stackExecution }:
      return Severity.Term(3, host + "the service crashed; a non-executable stack likely stopped a try")
    case .crashed: return Severity.Term(1, host + "the service crashed under it")
    case .answered, .allowed:
      if incident.source.isLocal { return .assumed("a call of the host's own process says nothing about its defences") }
      return Severity.Term(1, host + SeverityJudge.admission(incident, outcome))
    case .connected, .unknown, .unanswered:
      return .assumed(host + "the evidence does not show how \(SeverityJudge.openPart(incident))")
    }
  }

  /// That a host answered or let it in, and of several which; or that the wire alone says so.
  private static func admission(_ incident: Incident, _ outcome: Outcome) -> String {
    let admitted = incident.eventOutcomes.filter { $0.outcome == outcome }.map(\.event)
    let places = incident.targetPlaces
    let hosts = Set(admitted.compactMap { places[incident.events[$0].target.host] }).sorted()
      .map { incident.targets[$0].host.notation }
    let who = incident.targets.count == 1 || hosts.isEmpty ? "the host" : listed(hosts, limit: 3)
    if outcome == .allowed {
      return (who == "the host" ? "the host's log" : "the log of \(who)") + " says that it was let in"
    }
    let contested = incident.contested
    return !contested.isEmpty && admitted.allSatisfy { contested.contains($0) }
      ? "the wire shows that \(who) answered, which the log denies" : "\(who) answered"
  }

  /// Of what is open: for the whole, as the term is, or for which hosts, where others are known to have turned it away.
  private static func openPart(_ incident: Incident) -> String {
    let (open, held) = incident.openAndHeldTargets
    guard !held.isEmpty, !open.isEmpty else { return "the host met it" }
    let others = held.filter { !open.contains($0) }
    guard !others.isEmpty else { return "the host met all of it; some of it was turned away" }
    return
      "\(listed(open.map(\.notation), limit: 3)) met it; \(listed(others.map(\.notation), limit: 3)) turned it away"
  }

  /// What speaks against defences that the configuration calls sound: it stands, and the reader is told.
  private static func failure(_ incident: Incident) -> String {
    guard !incident.source.isLocal else { return "" }
    return switch incident.outcome {
    case .crashed where !incident.events.contains { $0.action == .stackExecution }:
      "; here the service crashed all the same"
    case .answered, .allowed: "; here \(admission(incident, incident.outcome)) all the same"
    default: ""
    }
  }

  private func network(_ incident: Incident) -> Severity.Term {
    let terms = estate.assets(of: incident).compactMap(\.networkCountermeasures)
    if let term = terms.min(by: { $0.value < $1.value }) { return term }
    if incident.source.isLocal { return .assumed("the caller is on the host itself: no network stands between") }
    if incident.source == .unknown, incident.crowd == nil {
      return .assumed("the evidence does not show which way it came")
    }
    if incident.hasArrived { return Severity.Term(1, "it reached the host") }
    return incident.events.contains { $0.outcome == .blocked && $0.isOfFilter }
      ? Severity.Term(4, "a packet filter dropped it, and nothing shows that any of it came through")
      : .assumed("no answer shows whether it reached the host")
  }
}

extension Event {
  /// What a packet filter or another sensor on the way did, not the target.
  fileprivate var isOfFilter: Bool { isAboutPacket || view == .network }

  /// The service's own status says that it gave nothing.
  fileprivate var failed: Bool { rpc?.resultStatus.isEmpty == false }

  /// The reply says that the program, its version or its procedure is not there (RFC 5531, section 9).
  fileprivate var isOfMissing: Bool {
    ["PROG_UNAVAIL", "PROG_MISMATCH", "PROC_UNAVAIL"].contains(rpc?.replyStatus ?? "")
  }

  /// A portmapper was asked for one port: that it tells none does not show why.
  fileprivate var isLookup: Bool { rpc?.argumentProgram != nil && rpc?.resultPort == 0 }

  /// The target said by ICMP that it is prohibited: no service answers so.
  fileprivate var isOfHostFilter: Bool {
    view == .network && outcome == .rejected && conversation?.responder.packets == 0
  }
}

import Evidence
import Fuse

/// What the evidence holds of the days that a condition looks back over: what a ``Picture`` is drawn from.
struct Scene {
  let day: Day
  let policy: ConditionPolicy
  /// Of the horizon, as known at its end.
  let current: [Incident]
  /// How many incidents these are, and as many days before had.
  let depth: Int
  let earlier: Int
  /// From a network, and more than what every client does.
  let attacks: [Incident]
  let disclosing: [Incident]
  /// Whether an attacker was at least told what every client asks for.
  let toldEveryday: Bool
  /// Different sources of ``attacks``.
  let sources: Int
  /// How many incidents ``attacks`` are, and how many of them were turned away.
  let attackDepth: Int
  let held: Int
  /// Tries of exploitation and their effects, as far back as the policy remembers.
  let tried: [Incident]
  /// Of ``tried`` what may have succeeded, the worst first.
  let serious: [JudgedIncident]
  /// The hosts of ``serious``, and those of them that may be the same host.
  let exploited: Set<Host>
  let alike: [HostLikeness.Group]
  let unexplained: Set<String>
  let novel: Set<String>
  /// The worst score of what was disclosed.
  let answeredSeverity: Int
  /// Days with any record: of the horizon, of as many days before, and of the memory.
  let covered: (now: Int, before: Int, memory: Int)

  /// - Parameter day: Nothing later is looked at.
  init(_ chronicle: inout Chronicle, at day: Day, policy: ConditionPolicy, severity: SeverityJudge) {
    self.day = day
    self.policy = policy
    let horizon = day.advanced(by: 1 - policy.horizonDays)
    let memory = day.advanced(by: 1 - policy.memoryDays)
    let (formerHorizon, eve) = (horizon.advanced(by: -policy.horizonDays), horizon.advanced(by: -1))
    current = chronicle.known(from: horizon, to: day)
    tried = chronicle.known(from: memory, to: day) { $0.stage <= .effect }
    depth = current.depth
    earlier = chronicle.depth(from: formerHorizon, to: eve)
    // What a host tells of, or what something came back to, may have succeeded: silence excludes nothing.
    serious = tried.filter { incident in
      let outcome = incident.exploitOutcome
      return outcome < .unanswered || outcome == .unanswered && incident.hasArrived
    }
    .map { JudgedIncident(incident: $0, severity: severity.severity(of: $0, at: day)) }.sorted(
      by: JudgedIncident.precedes)
    exploited = Set(serious.flatMap { $0.incident.targets.map(\.host) })
    alike = HostLikeness.groups(
      serious.flatMap { $0.incident.likenesses.filter { $0.since.day <= day } }, among: exploited)
    attacks = current.filter { !$0.source.isLocal && !$0.isEveryday }
    disclosing = attacks.filter { $0.outcome == .answered || $0.outcome == .allowed }
    toldEveryday = attacks.contains { incident in
      incident.events.contains { $0.isEveryday && [.answered, .allowed].contains($0.outcome) }
    }
    attackDepth = attacks.depth
    held = attacks.heldDepth
    sources = attacks.sourceCount
    unexplained = Set(current.flatMap { $0.findings.filter { $0.signature.stage == .unexplained }.map(\.pattern) })
    let firstDay = chronicle.firstDay
    novel = Set(current.flatMap(\.patterns)).filter { firstDay[$0].map { $0 >= horizon } ?? false }
    answeredSeverity = max(0, disclosing.map { severity.severity(of: $0, at: day).score }.max() ?? 0)
    covered = (
      chronicle.coveredDays(from: horizon, to: day), chronicle.coveredDays(from: formerHorizon, to: eve),
      chronicle.coveredDays(from: memory, to: day)
    )
  }

  /// How many machines the exploited hosts are at least.
  var leastExploited: Int { exploited.count - alike.reduce(0) { $0 + $1.surplus } }
  var targets: Set<Host> { Set(attacks.flatMap { $0.targets.map(\.host) }) }
  var heldShare: Double { attacks.isEmpty ? 1 : Double(held) / Double(attackDepth) }

  var metrics: Measures {
    let values: [Metric: Double] = [
      .exploitedHosts: Double(leastExploited), .disclosures: Double(disclosing.count),
      .incidents: Double(depth), .unexplainedPatterns: Double(unexplained.count),
      .novelPatterns: Double(novel.count), .sources: Double(sources), .targets: Double(targets.count),
      .heldShare: heldShare, .answeredSeverity: Double(answeredSeverity),
    ]
    return Measures(values, atLeast: alike.isEmpty ? [] : [.exploitedHosts])
  }

  /// The days of the horizon, in words.
  var span: String { "in the \(policy.horizonDays) days up to \(day)" }
  /// The same of those with evidence: of days without a record nothing can be said to be quiet.
  var quiet: String { evidenced(covered.now, of: policy.horizonDays) }

  func evidenced(_ covered: Int, of days: Int) -> String {
    covered == days
      ? "in the \(days) days up to \(day)"
      : "in the \(counted(covered, "day", "days")) of evidence among the \(days) days up to \(day)"
  }
}

extension Incident {
  /// Nothing but what every client does, such as asking for the port of NFS: it counts neither as attack nor as held.
  fileprivate var isEveryday: Bool {
    let deeds = findings.filter { $0.signature.stage != .response }
    return !deeds.isEmpty && deeds.allSatisfy { $0.signature.level == "informational" }
  }
}

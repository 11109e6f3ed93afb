import Evidence
import Fuse

/// The numbers that a condition rests on, at the end of a day, and what they say in words.
struct Picture {
  var metrics: [Metric: Double] = [:]
  /// What speaks for raising the condition.
  var raising: [String] = []
  /// What speaks for leaving it.
  var calming: [String] = []
  /// What the evidence does not cover: it speaks against trusting any condition.
  var caveats: [String] = []

  /// - Parameter day: Nothing later is looked at.
  init(_ chronicle: inout Chronicle, at day: Day, policy: ConditionPolicy, severity: SeverityJudge) {
    let horizon = day.advanced(by: 1 - policy.horizonDays)
    let memory = day.advanced(by: 1 - policy.memoryDays)
    let (formerHorizon, eve) = (horizon.advanced(by: -policy.horizonDays), horizon.advanced(by: -1))
    let current = chronicle.known(from: horizon, to: day)
    let remembered = chronicle.known(from: memory, to: day)
    let earlier = chronicle.count(from: formerHorizon, to: eve)
    let tried = remembered.filter { $0.stage <= .effect }
    // What a host tells of, or what something came back to, may have succeeded: silence excludes nothing.
    let serious = tried.filter { $0.outcome < .unanswered || $0.outcome == .unanswered && $0.hasArrived }
      .map { JudgedIncident(incident: $0, severity: severity.severity(of: $0)) }.sorted(by: JudgedIncident.precedes)
    let attacks = current.filter { !$0.source.isLocal && !$0.isEveryday }
    let disclosing = attacks.filter { $0.outcome == .answered || $0.outcome == .allowed }
    let held = attacks.filter(\.outcome.isHeld)
    let unexplained = Set(current.flatMap { $0.findings.filter { $0.signature.stage == .unexplained }.map(\.pattern) })
    let novel = Set(current.flatMap(\.patterns)).filter { chronicle.firstDay[$0].map { $0 >= horizon } ?? false }
    let sources = Set(attacks.map(\.source).filter { $0 != .unknown })
    let targets = Set(attacks.flatMap { $0.targets.map(\.host) })
    let share = attacks.isEmpty ? 1 : Double(held.count) / Double(attacks.count)

    let exploited = Set(serious.flatMap { $0.incident.targets.map(\.host) })
    metrics[.exploitedHosts] = Double(exploited.count)
    metrics[.disclosures] = Double(disclosing.count)
    metrics[.incidents] = Double(current.count)
    metrics[.unexplainedPatterns] = Double(unexplained.count)
    metrics[.novelPatterns] = Double(novel.count)
    metrics[.sources] = Double(sources.count)
    metrics[.targets] = Double(targets.count)
    metrics[.heldShare] = share
    metrics[.answeredSeverity] = Double(max(0, disclosing.map { severity.severity(of: $0).score }.max() ?? 0))

    let coveredDays = chronicle.coveredDays(from: horizon, to: day)
    let coveredBefore = chronicle.coveredDays(from: formerHorizon, to: eve)
    let coveredMemory = chronicle.coveredDays(from: memory, to: day)
    for (covered, days) in Set([policy.horizonDays, policy.memoryDays]).sorted().map({
      ($0 == policy.horizonDays ? coveredDays : coveredMemory, $0)
    }) {
      if covered == 0 {
        caveats.append("no record of the \(days) days up to \(day) was read: nothing is known of them")
      } else if covered < days {
        caveats.append("there is evidence of \(covered) of the \(days) days up to \(day), and none of the others")
      }
    }

    /// Of days without a record nothing can be said to be quiet.
    func evidenced(_ covered: Int, of days: Int) -> String {
      covered == days
        ? "in the \(days) days up to \(day)"
        : "in the \(counted(covered, "day", "days")) of evidence among the \(days) days up to \(day)"
    }
    let quiet = evidenced(coveredDays, of: policy.horizonDays)
    let span = "in the \(policy.horizonDays) days up to \(day)"
    for judged in serious.prefix(3) {
      raising.append(
        "\(judged.incident.title) (severity \(signed(judged.severity.score)), \(judged.incident.last.timestamp.day)), not shown to be contained"
      )
    }
    if !disclosing.isEmpty {
      raising.append("\(counted(disclosing.count, "incident was", "incidents were")) answered or allowed \(span)")
    }
    if !unexplained.isEmpty {
      raising.append(
        "breadth: \(counted(unexplained.count, "pattern", "patterns")) unexplained \(span): \(listed(unexplained.sorted(), limit: 5))"
      )
    }
    if !novel.isEmpty {
      raising.append(
        "breadth: \(counted(novel.count, "pattern was", "patterns were")) not seen in the evidence before \(span)")
    }
    // Days without a record are no fewer incidents.
    if coveredDays > 0, coveredBefore > 0 {
      let depth =
        "\(counted(current.count, "incident", "incidents")) \(quiet), \(earlier) in "
        + (coveredBefore == policy.horizonDays
          ? "as many days before"
          : "\(counted(coveredBefore, "day", "days")) of evidence among as many days before")
      if current.count > earlier {
        raising.append("depth: " + depth)
      } else if !current.isEmpty {
        calming.append("depth does not grow: " + depth)
      }
    }
    if sources.count > 1 {
      raising.append("spread: \(sources.count) sources against \(counted(targets.count, "target", "targets")) \(span)")
    }
    if attacks.isEmpty {
      if coveredDays > 0 { calming.append("no attack from a network \(quiet)") }
    } else {
      let sentence =
        "defences and services held \(held.count) of \(counted(attacks.count, "incident", "incidents")) \(span): refused, rejected, "
        + "blocked, reset or answered empty"
      if share >= 0.5 { calming.append(sentence) } else { raising.append(sentence) }
    }
    if disclosing.isEmpty, !attacks.isEmpty, coveredDays > 0 {
      calming.append("nothing is shown to have been disclosed \(quiet)")
    }
    let missed = tried.count { $0.outcome == .unanswered && !$0.hasArrived }
    if missed > 0 {
      raising.append(
        "\(counted(missed, "try", "tries")) of exploitation without any answer: nothing shows that they arrived")
    }
    let stopped = tried.count { $0.outcome.isHeld }
    if stopped > 0 { calming.append("\(counted(stopped, "try", "tries")) of exploitation turned down") }
    if tried.isEmpty, coveredMemory > 0 {
      calming.append(
        "no exploitation and no crash in the records that were understood "
          + evidenced(coveredMemory, of: policy.memoryDays))
    }
    if exploited.count == 1 { calming.append("one host alone shows signs of exploitation, and success is not shown") }
  }
}

package func signed(_ number: Int) -> String { number > 0 ? "+\(number)" : "\(number)" }

extension Incident {
  /// Nothing but what every client does, such as asking for the port of NFS: it counts neither as attack nor as held.
  fileprivate var isEveryday: Bool {
    let deeds = findings.filter { $0.signature.stage != .response }
    return !deeds.isEmpty && deeds.allSatisfy { $0.signature.level == "informational" }
  }
}

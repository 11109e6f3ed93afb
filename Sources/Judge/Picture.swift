import Evidence
import Fuse

/// The numbers that a condition rests on, at the end of a day, and what they say in words.
struct Picture {
  let metrics: Measures
  /// What speaks for raising the condition.
  private(set) var raising: [String] = []
  /// What speaks for leaving it.
  private(set) var calming: [String] = []
  /// What the evidence does not cover: it speaks against trusting any condition.
  private(set) var caveats: [String] = []

  /// - Parameter day: Nothing later is looked at.
  init(_ chronicle: inout Chronicle, at day: Day, policy: ConditionPolicy, severity: SeverityJudge) {
    let scene = Scene(&chronicle, at: day, policy: policy, severity: severity)
    metrics = scene.metrics
    // In the order in which they are read: what may have succeeded first, then breadth, depth and spread.
    tellCoverage(scene)
    tellSuccess(scene)
    tellBreadth(scene)
    tellDepth(scene)
    tellSpread(scene)
    tellDefence(scene)
    tellExploitation(scene)
  }

  private mutating func tellCoverage(_ scene: Scene) {
    let (horizon, memory) = (scene.policy.horizonDays, scene.policy.memoryDays)
    let spans = [(horizon, scene.covered.now), (memory, scene.covered.memory)].sorted { $0.0 < $1.0 }
    for (days, covered) in horizon == memory ? Array(spans.prefix(1)) : spans {
      if covered == 0 {
        caveats.append("no record of the \(days) days up to \(scene.day) was read: nothing is known of them")
      } else if covered < days {
        caveats.append(
          "there is evidence of \(covered) of the \(days) days up to \(scene.day), and none of the others")
      }
    }
  }

  private mutating func tellSuccess(_ scene: Scene) {
    for judged in scene.serious.prefix(3) {
      raising.append(
        "\(judged.incident.title) (severity \(signed(judged.severity.score)), \(judged.incident.last.timestamp.day)), not shown to be contained"
      )
    }
    if !scene.disclosing.isEmpty {
      raising.append(
        "\(counted(scene.disclosing.count, "incident was", "incidents were")) answered or allowed \(scene.span)")
    }
  }

  private mutating func tellBreadth(_ scene: Scene) {
    if !scene.unexplained.isEmpty {
      raising.append(
        "breadth: \(counted(scene.unexplained.count, "pattern", "patterns")) unexplained \(scene.span): "
          + listed(scene.unexplained.sorted(), limit: 5))
    }
    if !scene.novel.isEmpty {
      raising.append(
        "breadth: \(counted(scene.novel.count, "pattern is", "patterns are")) new to the evidence \(scene.span)"
      )
    }
  }

  /// Days without a record are no fewer incidents.
  private mutating func tellDepth(_ scene: Scene) {
    guard scene.covered.now > 0, scene.covered.before > 0 else { return }
    let count = scene.depth
    let depth =
      "\(counted(count, "incident", "incidents")) \(scene.quiet), \(scene.earlier) in "
      + (scene.covered.before == scene.policy.horizonDays
        ? "as many days before"
        : "\(counted(scene.covered.before, "day", "days")) of evidence among as many days before")
    if count > scene.earlier {
      raising.append("depth: " + depth)
    } else if count > 0 {
      calming.append("depth does not grow: " + depth)
    }
  }

  private mutating func tellSpread(_ scene: Scene) {
    guard scene.sources > 1 else { return }
    let targets = counted(scene.targets.count, "target", "targets")
    raising.append("spread: \(scene.sources) sources against \(targets) \(scene.span)")
  }

  private mutating func tellDefence(_ scene: Scene) {
    guard !scene.attacks.isEmpty else {
      if scene.covered.now > 0 { calming.append("no attack from a network \(scene.quiet)") }
      return
    }
    let attacks = counted(scene.attackDepth, "incident", "incidents")
    let sentence =
      "defences and services held \(scene.held) of \(attacks) \(scene.span): refused, rejected, "
      + "blocked, reset or answered empty"
    if scene.heldShare >= 0.5 { calming.append(sentence) } else { raising.append(sentence) }
    if scene.disclosing.isEmpty, scene.covered.now > 0 {
      let exception = scene.toldEveryday ? ", but for what every client asks for" : ""
      calming.append("nothing is shown to have been disclosed \(scene.quiet)\(exception)")
    }
  }

  private mutating func tellExploitation(_ scene: Scene) {
    let missed = scene.tried.count { $0.exploitOutcome == .unanswered && !$0.hasArrived }
    if missed > 0 {
      raising.append(
        "\(counted(missed, "try", "tries")) of exploitation without any answer: nothing shows that they arrived")
    }
    let stopped = scene.tried.count { $0.exploitOutcome.isHeld }
    if stopped > 0 { calming.append("\(counted(stopped, "try", "tries")) of exploitation turned down") }
    if scene.tried.isEmpty, scene.covered.memory > 0 {
      calming.append(
        "no exploitation and no crash in the records that were understood "
          + scene.evidenced(scene.covered.memory, of: scene.policy.memoryDays))
    }
    tellAlike(scene)
    if scene.exploited.count == 1 {
      calming.append("one host alone shows signs of exploitation, and success is not shown")
    }
  }

  /// Which hosts of those that count as exploited may be one: a hypothesis, of which the count takes the milder side.
  private mutating func tellAlike(_ scene: Scene) {
    for group in scene.alike.prefix(3) {
      caveats.append(
        "possibly one host, and counted as at least \(group.all.count - group.surplus): "
          + "\(listed(group.all.map(\.notation))); the same program was attacked or failed there at one time, and the "
          + "evidence ties no name to the \(group.addresses.count == 1 ? "address" : "addresses")")
    }
    guard !scene.alike.isEmpty else { return }
    caveats.append(
      "hosts with signs of exploitation or a crash are \(scene.exploited.count) if none of these is another; a name for "
        + "each address, in the configuration, would decide it")
  }
}

public func signed(_ number: Int) -> String { number > 0 ? "+\(number)" : "\(number)" }

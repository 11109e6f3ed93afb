public import Evidence

/// Services that failed under what was sent to them.
extension Deducer {
  func crash() -> [Deduction] {
    let effects = events.filter { [.crash, .stackExecution, .daemonError].contains($0.action) }
    guard !effects.isEmpty else { return [] }
    var deductions: [Deduction] = []
    for number in Set(effects.compactMap { $0.rpc?.program }).sorted() {
      guard let program = settings.programs[number], !program.risk.isEmpty else { continue }
      let references = program.references.isEmpty ? "" : " (" + program.references.joined(separator: ", ") + ")"
      deductions.append(
        Deduction(
          "\(program.name) is RPC program \(number): \(program.risk)\(references)", .certain,
          cite(effects.filter { $0.rpc?.program == number })))
    }
    let bursts = Deducer.bursts(effects)
    for burst in bursts { deductions += attempt(burst) }
    deductions += stack(effects)
    if incident.source == .unknown {
      deductions.append(
        Deduction("The evidence names no source; who did it is unknown", .certain, cite(effects)))
    }
    if bursts.contains(where: Deducer.isAttack)
      || incident.findings.contains(where: { $0.signature.stage == .exploitation })
    {
      deductions.append(
        Deduction("Whether a try succeeded is neither shown nor excluded by the evidence", .certain, cite(effects)))
    } else {
      deductions.append(
        Deduction(
          "This alone does not tell its cause: a failed exploit leaves such a record, and so does a fault of the program",
          .certain, cite(effects)))
    }
    return deductions + system()
  }

  /// What happened to one service further apart than this is not one attempt, in seconds.
  private static let burstGap = 600.0

  /// The effects on one program, close in time.
  private static func bursts(_ effects: [Event]) -> [[Event]] {
    let byProgram = Dictionary(grouping: effects) { $0.rpc?.program ?? 0 }
    return byProgram.sorted { $0.key < $1.key }.flatMap { _, events in
      events.reduce(into: [[Event]]()) { bursts, event in
        if let last = bursts.last?.last, event.time.timestamp.seconds(since: last.time.timestamp) <= Deducer.burstGap {
          bursts[bursts.count - 1].append(event)
        } else {
          bursts.append([event])
        }
      }
    }
  }

  /// Code on the stack does not come by chance.
  private static func isAttack(_ burst: [Event]) -> Bool { burst.contains { $0.action == .stackExecution } }

  private func attempt(_ burst: [Event]) -> [Deduction] {
    var deductions: [Deduction] = []
    if Deducer.isAttack(burst), burst.count > 1, let first = burst.first, let last = burst.last {
      let span = last.time.timestamp.seconds(since: first.time.timestamp)
      let what = listed(burst.map { Deducer.words($0.action) })
      deductions.append(
        Deduction(
          what.prefix(1).uppercased() + what.dropFirst()
            + ", \(duration(span)) in all: somebody tried to run code in the "
            + "service; a fault by chance does not look like this", .likely, cite(burst)))
    }
    let processes = Set(burst.compactMap { $0.process?.pid }).sorted()
    if processes.count > 1 {
      deductions.append(
        Deduction(
          "\(processes.count) tries: processes \(listed(processes.map { String($0) }))", .likely,
          cite(burst.filter { $0.process?.pid != nil })))
    }
    return deductions
  }

  private static func words(_ action: Event.Action) -> String {
    switch action {
    case .daemonError: "an internal error"
    case .crash: "a crash"
    case .stackExecution: "code on the stack"
    default: action.rawValue
    }
  }

  private func stack(_ effects: [Event]) -> [Deduction] {
    let stopped = effects.filter { $0.action == .stackExecution }
    guard !stopped.isEmpty else { return [] }
    var deductions = [
      Deduction(
        "The kernel writes this message where the stack is set non-executable: it stopped this try", .likely,
        cite(stopped))
    ]
    if stopped.contains(where: { $0.process?.userID == 0 }) {
      deductions.append(Deduction("The process ran as root (uid 0)", .certain, cite(stopped)))
    }
    return deductions
  }

  /// What the evidence tells of the machine.
  private func system() -> [Deduction] {
    let hosts = Set(incident.targets.compactMap { $0.host.name?.lowercased })
    return context.hostFacts.filter { hosts.contains($0.host.lowercased) }.map { fact in
      Deduction(
        "The host runs \(fact.product) on \(fact.machine.isEmpty ? "an unnamed machine" : fact.machine.notation), version "
          + fact.version.notation, .certain, [fact.citation])
    }
  }
}

extension HostFact {
  /// `SunOS 5.6 (Solaris 2.6)`.
  public var product: String {
    let name = system.notation + " " + release.notation
    guard system == "SunOS", release.notation.hasPrefix("5.") else { return name }
    let minor = release.notation.dropFirst(2)
    guard let number = Int(minor) else { return name }
    return name + (number < 7 ? " (Solaris 2.\(minor))" : " (Solaris \(minor))")
  }
}

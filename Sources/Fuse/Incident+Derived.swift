public import Evidence

/// What follows from an incident's events and findings: of all of them, or of those that were known on a day.
extension Incident {
  /// What became of it: the outcome of most concern, and of what was stopped everywhere that of the weaker stop.
  /// - Parameter places: ``targetPlaces``.
  static func outcome(of events: [Event], _ settled: Settlement, places: [Host: Int]) -> Outcome {
    let counted = counted(events, settled)
    let outcome = counted.map { settled[$0, in: events] }.min() ?? events.map(\.outcome).min() ?? .unknown
    guard outcome == .unknown else { return outcome }
    return outcomes(of: counted, in: events, settled, places: places).min() ?? .unknown
  }

  /// The events that tell what became of it.
  private static func counted(_ events: [Event], _ settled: Settlement) -> [Int] {
    let attacks = events.indices.filter {
      events[$0].action != .response && !events[$0].isEcho && !settled.echoes.contains($0)
    }
    let deeds = attacks.filter { !events[$0].isEveryday }
    return deeds.isEmpty ? attacks : deeds
  }

  /// A probe counts as blocked if its host answered by blocking the sender.
  private static func outcomes(
    of counted: [Int], in events: [Event], _ settled: Settlement, places: [Host: Int]
  ) -> [Outcome] {
    let blocking = Set(events.filter(\.isBlocking).compactMap { places[$0.target.host] })
    return counted.map { index in
      let outcome = settled[index, in: events]
      let isHeld =
        outcome == .unknown && events[index].isProbe
        && (places[events[index].target.host].map { blocking.contains($0) } ?? false)
      return isHeld ? .blocked : outcome
    }
  }

  /// What became of each of its events: those that both views show once, and without what a defence did.
  public var eventOutcomes: [(event: Int, outcome: Outcome)] {
    let settled = settlement
    let indices = events.indices.filter {
      events[$0].action != .response && !events[$0].isEcho && !settled.echoes.contains($0)
    }
    return Array(zip(indices, Incident.outcomes(of: indices, in: events, settled, places: targetPlaces)))
  }

  /// The targets at which it is open what became of some of it, and those at which some of it was turned away.
  public var openAndHeldTargets: (open: [Host], held: [Host]) {
    let places = targetPlaces
    let settled = settlement
    let counted = Incident.counted(events, settled)
    var open: Set<Int> = []
    var held: Set<Int> = []
    for (index, outcome) in zip(counted, Incident.outcomes(of: counted, in: events, settled, places: places)) {
      guard let place = places[events[index].target.host] else { continue }
      if outcome.isHeld { held.insert(place) } else { open.insert(place) }
    }
    return (open.sorted().map { targets[$0].host }, held.sorted().map { targets[$0].host })
  }

  /// What became of what a finding tells of: a refused call is refused, whatever else its source was given. It is never
  /// of more concern than what the whole came to. An exploit of which no record says how it ended has the crash beside it.
  public func outcome(of finding: IncidentFinding) -> Outcome {
    let own = max(finding.outcome ?? outcome, outcome)
    let isOpen = [.connected, .unknown, .unanswered].contains(own)
    return isOpen && finding.signature.stage == .exploitation && outcome == .crashed ? .crashed : own
  }

  /// What became of what counts as exploitation or its effect; of the whole where nothing does.
  public var exploitOutcome: Outcome {
    findings.filter { $0.signature.stage <= .effect }.map { outcome(of: $0) }.min() ?? outcome
  }

  /// Records what became of each finding's events.
  mutating func settleFindings(_ settled: Settlement) {
    for place in findings.indices {
      findings[place].outcome = findings[place].outcome(of: findings[place].events[...], events, settled)
    }
  }

  var settlement: Settlement { Settlement(pairs, events) }

  /// Whether the evidence shows that any of it came to its target.
  public var hasArrived: Bool { events.contains(where: \.hasArrived) }

  /// - Parameter names: The names of programs, by number.
  static func programs(of events: [Event], names: [UInt32: String]) -> [ProgramUse] {
    var procedures: [UInt32: Set<String>] = [:]
    for event in events {
      guard let rpc = event.rpc, let program = rpc.program else { continue }
      if !rpc.procedureName.isEmpty {
        procedures[program, default: []].insert(rpc.procedureName.notation)
      } else if let number = rpc.procedure {
        procedures[program, default: []].insert("proc \(number)")
      } else {
        procedures[program, default: []].formUnion([])
      }
      if let asked = rpc.argumentProgram { procedures[asked, default: []].formUnion([]) }
    }
    return procedures.sorted { $0.key < $1.key }.map {
      ProgramUse(number: $0.key, procedures: $0.value.sorted(), name: names[$0.key] ?? "")
    }
  }

  /// Names the programs, and from them and the leading finding the incident.
  mutating func entitle(_ table: ProgramTable) {
    for index in programs.indices { programs[index].name = table.name(of: programs[index].number) }
    let lead = lead
    title = title(lead?.signature, programs: Set((lead?.events ?? []).compactMap { events[$0].rpc?.program }))
  }

  /// - Parameters:
  ///   - lead: The signature of the leading finding.
  ///   - called: The programs that the leading finding's events call.
  func title(_ lead: Signature?, programs called: Set<UInt32>) -> String {
    var what = lead?.title ?? "Activity"
    // A rule speaks of any service; the incident knows which.
    let served = called.subtracting([ProgramTable.portmapper])
    if served.count == 1, let name = programs.first(where: { served.contains($0.number) })?.name,
      !what.contains(name)
    {
      what += " (\(name))"
    }
    let hosts = listed(targets.map(\.host.notation), limit: 4)
    if let crowd { return what + ": \(crowd.words)" + (hosts.isEmpty ? "" : " against \(hosts)") }
    switch source {
    case .unknown: return what + (hosts.isEmpty ? "" : " on \(hosts)") + ", no source in the evidence"
    case .local: return what + (hosts.isEmpty ? "" : " on \(hosts)") + ", from the host itself"
    default: return what + (hosts.isEmpty ? "" : ": \(source.notation) against \(hosts)")
    }
  }
}

extension IncidentFinding {
  /// The outcome of most concern among some of its events. The earlier steps of a sequence are other deeds: what became
  /// of those that do what its last one does counts.
  func outcome(of some: ArraySlice<Int>, _ all: [Event], _ settled: Settlement) -> Outcome? {
    guard let end = events.last, all.indices.contains(end) else { return nil }
    let isSequence = events.count > 1 && signature.stage <= .access
    let last = isSequence ? (action: all[end].action, program: all[end].rpc?.program) : nil
    var worst: Outcome?
    for index in some where all[index].action != .response && !all[index].isEcho {
      if let last, all[index].action != last.action || all[index].rpc?.program != last.program { continue }
      let outcome = settled[index, in: all]
      worst = min(worst ?? outcome, outcome)
    }
    return worst
  }
}

extension Event {
  /// Whether the record shows that the request came to its target: the host itself tells of it, or something came back.
  public var hasArrived: Bool {
    if isAboutPacket { return false }
    if view == .host || (conversation?.responder.packets ?? 0) > 0 { return true }
    return ![.unknown, .unanswered, .blocked].contains(outcome)
  }

  /// Whether a host's defence shut its sender out.
  var isBlocking: Bool { action == .response && outcome == .blocked }

  /// A try at a port: its host may notice it and not tell how it met it.
  var isProbe: Bool { action == .probe || action == .scan }
}

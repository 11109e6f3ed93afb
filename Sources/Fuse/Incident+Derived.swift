package import Evidence

/// What follows from an incident's events and findings: of all of them, or of those that were known on a day.
extension Incident {
  /// What became of it. Of a pair the host knows best where the wire shows no answer: some refuse in silence.
  static func outcome(of events: [Event], pairs: [Pair], places: [Host: Int]) -> Outcome {
    outcome(of: events, silent: Set(pairs.map(\.networkEvent).filter { events[$0].isSilent }), places: places)
  }

  /// The outcome of most concern: of what was stopped everywhere that of the weaker stop.
  /// - Parameter places: ``targetPlaces``.
  static func outcome(of events: [Event], silent: Set<Int>, places: [Host: Int]) -> Outcome {
    let counted = counted(events, silent: silent)
    let outcome = counted.map { events[$0].outcome }.min() ?? events.map(\.outcome).min() ?? .unknown
    guard outcome == .unknown else { return outcome }
    return outcomes(of: counted, in: events, places: places).min() ?? .unknown
  }

  /// The events that tell what became of it.
  private static func counted(_ events: [Event], silent: Set<Int>) -> [Int] {
    let attacks = events.indices.filter { events[$0].action != .response && !events[$0].isEcho && !silent.contains($0) }
    let deeds = attacks.filter { !events[$0].isEveryday }
    return deeds.isEmpty ? attacks : deeds
  }

  /// A probe counts as blocked if its host answered by blocking the sender.
  private static func outcomes(of counted: [Int], in events: [Event], places: [Host: Int]) -> [Outcome] {
    let blocking = Set(events.filter(\.isBlocking).compactMap { places[$0.target.host] })
    return counted.map { index in
      let isHeld =
        events[index].isOpenProbe && (places[events[index].target.host].map { blocking.contains($0) } ?? false)
      return isHeld ? .blocked : events[index].outcome
    }
  }

  /// The targets at which it is open what became of some of it, and those at which some of it was turned away.
  package var openAndHeldTargets: (open: [Host], held: [Host]) {
    let places = targetPlaces
    let counted = Incident.counted(events, silent: silentEchoes)
    var open: Set<Int> = []
    var held: Set<Int> = []
    for (index, outcome) in zip(counted, Incident.outcomes(of: counted, in: events, places: places)) {
      guard let place = places[events[index].target.host] else { continue }
      if outcome.isHeld { held.insert(place) } else { open.insert(place) }
    }
    return (open.sorted().map { targets[$0].host }, held.sorted().map { targets[$0].host })
  }

  /// What became of what a finding tells of: a refused call is refused, whatever else its source was given. It is never
  /// of more concern than what the whole came to. An exploit of which no record says how it ended has the crash beside it.
  package func outcome(of finding: IncidentFinding) -> Outcome {
    let own = max(finding.outcome ?? outcome, outcome)
    let isOpen = [.connected, .unknown, .unanswered].contains(own)
    return isOpen && finding.signature.stage == .exploitation && outcome == .crashed ? .crashed : own
  }

  /// What became of what counts as exploitation or its effect; of the whole where nothing does.
  package var exploitOutcome: Outcome {
    findings.filter { $0.signature.stage <= .effect }.map { outcome(of: $0) }.min() ?? outcome
  }

  /// Records what became of each finding's events.
  /// - Parameter settled: ``settledOutcomes(_:_:)``.
  mutating func settleFindings(_ settled: [Int: Outcome]) {
    for place in findings.indices {
      findings[place].outcome = findings[place].outcome(of: findings[place].events[...], events, settled)
    }
  }

  /// Of network records without an answer what their host recorded.
  static func settledOutcomes(_ pairs: [Pair], _ events: [Event]) -> [Int: Outcome] {
    var outcomes: [Int: Outcome] = [:]
    for pair in pairs where events[pair.networkEvent].isSilent {
      outcomes[pair.networkEvent] = events[pair.hostEvent].outcome
    }
    return outcomes
  }

  /// Whether the evidence shows that any of it came to its target.
  package var hasArrived: Bool { events.contains(where: \.hasArrived) }

  /// Network records without an answer of which a host record tells what became of it.
  package var silentEchoes: Set<Int> { Set(pairs.map(\.networkEvent).filter { events[$0].isSilent }) }

  /// What became of some of its events.
  /// - Parameter silent: ``silentEchoes``.
  package func outcome(of indices: [Int], silent: Set<Int>) -> Outcome {
    let echoes = Set(indices.indices.filter { silent.contains(indices[$0]) })
    return Incident.outcome(of: indices.map { events[$0] }, silent: echoes, places: targetPlaces)
  }

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
  func outcome(of some: ArraySlice<Int>, _ all: [Event], _ settled: [Int: Outcome]) -> Outcome? {
    guard let end = events.last, all.indices.contains(end) else { return nil }
    let isSequence = events.count > 1 && signature.stage <= .access
    let last = isSequence ? (action: all[end].action, program: all[end].rpc?.program) : nil
    var worst: Outcome?
    for index in some where all[index].action != .response && !all[index].isEcho {
      if let last, all[index].action != last.action || all[index].rpc?.program != last.program { continue }
      let outcome = settled[index] ?? all[index].outcome
      worst = min(worst ?? outcome, outcome)
    }
    return worst
  }
}

extension Event {
  /// Whether the record shows that the request came to its target: the host itself tells of it, or something came back.
  package var hasArrived: Bool {
    if isAboutPacket { return false }
    if view == .host || (conversation?.responder.packets ?? 0) > 0 { return true }
    return ![.unknown, .unanswered, .blocked].contains(outcome)
  }

  /// Whether a host's defence shut its sender out.
  var isBlocking: Bool { action == .response && outcome == .blocked }

  /// A probe of which the record does not tell how the host met it.
  var isOpenProbe: Bool { (action == .probe || action == .scan) && outcome == .unknown }

  /// Whether the record does not tell what became of the request.
  var isSilent: Bool { [.unanswered, .unknown, .connected].contains(outcome) }
}

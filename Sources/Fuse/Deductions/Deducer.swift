import Evidence

/// Draws the conclusions of one incident. Each family of conclusions stands in an extension of its own and looks at the
/// facts alone: the same facts on other hosts and days give the same conclusions.
struct Deducer: Sendable {
  let incident: Incident
  let identities: Identities
  let context: Fusion.Context
  let settings: FusionSettings

  func deductions() -> [Deduction] {
    // The other families look at who did what in which order, which a sum does not tell.
    if let crowd = incident.crowd { return crowdTold(crowd) }
    let families = [
      crash(), contradictions(), portmapper(), lookups(), garbledArguments(), indirectCalls(), localTransport(),
      incompleteRecords(), signs(), disclosures(), callers(), otherAnswers(), halves(), encryption(), repetition(),
      probes(), defence(), pairing(), conversation(),
      prober(), identification(), sums(), scans(), trace(), names(), company(), witnesses(),
    ]
    return families.flatMap { capped(merged($0)) }
  }

  private func capped(_ deductions: [Deduction]) -> [Deduction] {
    let omitted = deductions.count - Deducer.familyCap
    guard omitted > 0 else { return deductions }
    let note =
      "\(counted(omitted, "further conclusion", "further conclusions")) of this kind \(omitted == 1 ? "is" : "are") left out"
    return deductions.prefix(Deducer.familyCap) + [Deduction(note, .certain, [])]
  }

  /// The same conclusion of several events once, with the evidence of all.
  private func merged(_ deductions: [Deduction]) -> [Deduction] {
    var places: [String: Int] = [:]
    var merged: [Deduction] = []
    for deduction in deductions {
      if let place = places[deduction.text], merged[place].confidence == deduction.confidence {
        let known = Set(merged[place].evidence)
        merged[place].evidence += deduction.evidence.filter { !known.contains($0) }
        merged[place].evidence = Array(merged[place].evidence.prefix(Deducer.citationCap))
      } else {
        places[deduction.text] = merged.count
        merged.append(deduction)
      }
    }
    return merged
  }

  /// Conclusions of one family beyond these would say the same of further events.
  private static let familyCap = 12

  var events: [Event] { incident.events }
  /// Events other than what a defence did.
  var attacks: [Event] { incident.events.filter { $0.action != .response } }
  var calls: [Event] { incident.events.filter { $0.action == .rpcCall } }
  /// The calls, of a pair the host's record alone: both views are of one call.
  var distinctCalls: [Event] {
    let echoes = Set(incident.pairs.map(\.networkEvent))
    return incident.events.indices.filter { incident.events[$0].action == .rpcCall && !echoes.contains($0) }.map {
      incident.events[$0]
    }
  }

  /// A deduction points at its evidence, it does not repeat it.
  private static let citationCap = 12
  func cite(_ events: some Sequence<Event>) -> [Citation] { events.prefix(Deducer.citationCap).map(\.citation) }
}

public import Evidence
import Fuse

/// The incidents in the order in which somebody should look at them, with those that say the same as one entry.
///
/// A flood of refused probes from a thousand sources is one thing to know. What was answered, allowed or crashed is
/// never folded into anything.
public struct TriageQueue: Sendable {
  public struct Entry: Sendable {
    /// The worst of them, which stands for all.
    public var lead: JudgedIncident
    /// The place of the lead among all incidents, from 1.
    public var rank: Int
    /// The others that say the same, in their order.
    public var alike: [JudgedIncident]

    public var all: [JudgedIncident] { [lead] + alike }
    public var sources: Set<Host> { Set(all.map(\.incident.source)) }
    public var targets: Set<Host> { Set(all.flatMap { $0.incident.targets.map(\.host) }) }
    public var events: Int { all.reduce(0) { $0 + $1.incident.eventCount } }

    /// The lead's title, or of many what they do and how many they are.
    public var title: String {
      guard !alike.isEmpty else { return lead.incident.title }
      let what = lead.incident.lead?.signature.title ?? "Activity"
      return "\(what): \(all.count) incidents alike, \(counted(sources.count, "source", "sources")) against "
        + listed(targets.sorted().map(\.notation), limit: 4)
    }
  }

  public let entries: [Entry]

  /// Fewer than so many that say the same are told one by one.
  private static let least = 5

  /// What makes two incidents say the same.
  private struct Kind: Hashable {
    var rule: String
    var outcome: Outcome
    var views: Set<View>
    var patterns: [String]
    var severity: [Int]
  }

  /// - Parameter incidents: The worst first.
  public init(_ incidents: [JudgedIncident]) {
    var members: [Kind: [Int]] = [:]
    for (place, judged) in incidents.enumerated() {
      if let kind = TriageQueue.kind(judged) { members[kind, default: []].append(place) }
    }
    var alike: [Int: [Int]] = [:]
    var folded: Set<Int> = []
    for places in members.values where places.count >= TriageQueue.least {
      alike[places[0]] = Array(places.dropFirst())
      folded.formUnion(places.dropFirst())
    }
    entries = incidents.indices.filter { !folded.contains($0) }.map { place in
      Entry(lead: incidents[place], rank: place + 1, alike: (alike[place] ?? []).map { incidents[$0] })
    }
  }

  /// Nil for what everybody has to see for itself.
  private static func kind(_ judged: JudgedIncident) -> Kind? {
    let incident = judged.incident
    guard incident.crowd == nil, ![.crashed, .answered, .allowed].contains(incident.outcome), incident.stage > .effect
    else { return nil }
    let severity = judged.severity
    return Kind(
      rule: incident.lead?.signature.id ?? "", outcome: incident.outcome, views: incident.views,
      patterns: incident.patterns.sorted(),
      severity: [
        severity.criticality.value, severity.lethality.value, severity.systemCountermeasures.value,
        severity.networkCountermeasures.value,
      ])
  }
}

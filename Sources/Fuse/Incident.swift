package import Evidence

/// One source's connected activity (or, where there is no source, one target's), as both views show it.
package struct Incident: Sendable {
  /// The same for the same evidence, in whatever order and split it was read.
  package var id: String
  package var source: Host
  /// Other names of the source that the evidence joins to it.
  package var sourceAliases: [Host]
  package var targets: [Target]
  package var programs: [ProgramUse]
  package var views: Set<View>
  /// Events in order, responses included.
  package var events: [Event]
  package var findings: [IncidentFinding]
  package var pairs: [Pair]
  package var deductions: [Deduction]
  /// What was done, each deed once, in the order in which it was first done.
  package var patterns: [String]
  package var stage: Stage
  package var outcome: Outcome
  package var title: String
  package var first: EventTime
  package var last: EventTime
  /// The sources, where it tells of many together; ``source`` is unknown then.
  package var crowd: Crowd?
  /// Its hosts, and those of others, that may be one machine: a hypothesis.
  package var likenesses: [HostLikeness] = []

  package var isDated: Bool { first.isDated }
  /// Events that count as attack, those that both views show once; responses do not count.
  package var eventCount: Int {
    max(0, events.reduce(0) { $0 + ($1.action == .response || $1.isEcho ? 0 : $1.count) } - pairs.count)
  }
  package var techniques: [String] { Set(findings.flatMap { $0.signature.techniques }).sorted() }
  /// The finding that names the incident: the one of most concern.
  package var lead: IncidentFinding? { findings.min(by: IncidentFinding.precedes) }

  /// A host that the incident touches.
  package struct Target: Sendable, Hashable {
    package var host: Host
    /// Another name or address of the same host, as far as it is known.
    package var alias: Host?
    package var services: [Service]
    /// The host as the incident's events write it.
    package var spellings: [Host]
  }

  /// An RPC program that was called or asked for.
  package struct ProgramUse: Sendable, Hashable {
    package var number: UInt32
    package var procedures: [String]
    package var name = ""
  }
}

/// A finding within an incident.
package struct IncidentFinding: Sendable {
  package var signature: Signature
  package var pattern: String
  /// Indices into the incident's events.
  package var events: [Int]
  /// What became of what it tells of, see ``Incident/outcome(of:)``; nil where no event says.
  var outcome: Outcome?

  package init(signature: Signature, pattern: String, events: [Int]) {
    self.signature = signature
    self.pattern = pattern
    self.events = events
  }

  /// So many of its events make the finding. A sequence is found with its last event; a scan goes on after it was found,
  /// and what it took to find it is not kept, so two of its probes stand for it.
  var sufficient: Int { signature.stage == .reconnaissance ? min(2, events.count) : events.count }

  /// Whether this one says more about an incident: by stage, lethality, events that it explains, id.
  package static func precedes(_ left: IncidentFinding, _ right: IncidentFinding) -> Bool {
    precedes(left.signature, left.events.count, right.signature, right.events.count)
  }

  /// The same of two signatures and the numbers of events that they explain.
  static func precedes(_ left: Signature, _ leftCount: Int, _ right: Signature, _ rightCount: Int) -> Bool {
    // What is unexplained leads reconnaissance when it may be worse, not when it is a mere fragment.
    let isEither = [left.stage, right.stage].allSatisfy { $0 == .unexplained || $0 == .reconnaissance }
    if left.stage != right.stage, !isEither { return left.stage < right.stage }
    let (one, other) = (left.lethality ?? 3, right.lethality ?? 3)
    if one != other { return one > other }
    if left.stage != right.stage { return left.stage < right.stage }
    if leftCount != rightCount { return leftCount > rightCount }
    return left.id < right.id
  }
}

/// A conclusion with what it rests on. Never printed as a fact unless it is ``Confidence/certain``.
package struct Deduction: Sendable, Hashable {
  package var text: String
  package var confidence: Confidence
  package var evidence: [Citation]
  package init(_ text: String, _ confidence: Confidence, _ evidence: [Citation]) {
    self.text = text
    self.confidence = confidence
    self.evidence = evidence
  }
}

/// A host record and a network record of the same event.
package struct Pair: Sendable, Hashable {
  package var host: Citation
  package var network: Citation
  /// Host clock minus network clock, in seconds, as far as the coarser of the two tells.
  package var offset: Double
  /// The bounds within which the offset lies.
  package var bounds: ClosedRange<Double>
  /// Indices into the incident's events.
  package var hostEvent: Int
  package var networkEvent: Int
}

public import Evidence

/// One source's connected activity (or, where there is no source, one target's), as both views show it.
public struct Incident: Sendable {
  /// The same for the same evidence, in whatever order and split it was read.
  public var id: String
  public var source: Host
  /// Other names of the source that the evidence joins to it.
  public var sourceAliases: [Host]
  public var targets: [Target]
  public var programs: [ProgramUse]
  public var views: Set<View>
  /// Events in order, responses included.
  public var events: [Event]
  public var findings: [IncidentFinding]
  public var pairs: [Pair]
  public var deductions: [Deduction]
  /// What was done, each deed once, in the order in which it was first done.
  public var patterns: [String]
  public var stage: Stage
  public var outcome: Outcome
  public var title: String
  public var first: EventTime
  public var last: EventTime
  /// The sources, where it tells of many together; ``source`` is unknown then.
  public var crowd: Crowd?
  /// Its hosts, and those of others, that may be one machine: a hypothesis.
  public var likenesses: [HostLikeness] = []

  public var isDated: Bool { first.isDated }
  /// Events that count as attack, those that both views show once; responses do not count.
  public var eventCount: Int {
    max(0, events.reduce(0) { $0 + ($1.action == .response || $1.isEcho ? 0 : $1.count) } - pairs.count)
  }
  public var techniques: [String] { Set(findings.flatMap { $0.signature.techniques }).sorted() }
  /// The finding that names the incident: the one of most concern.
  public var lead: IncidentFinding? { findings.min(by: IncidentFinding.precedes) }

  /// A host that the incident touches.
  public struct Target: Sendable, Hashable {
    public var host: Host
    /// Another name or address of the same host, as far as it is known.
    public var alias: Host?
    public var services: [Service]
    /// The host as the incident's events write it.
    public var spellings: [Host]
  }

  /// An RPC program that was called or asked for.
  public struct ProgramUse: Sendable, Hashable {
    public var number: UInt32
    public var procedures: [String]
    public var name = ""
  }
}

/// A finding within an incident.
public struct IncidentFinding: Sendable {
  public var signature: Signature
  public var pattern: String
  /// Indices into the incident's events.
  public var events: [Int]
  /// What became of what it tells of, see ``Incident/outcome(of:)``; nil where no event says.
  var outcome: Outcome?

  public init(signature: Signature, pattern: String, events: [Int]) {
    self.signature = signature
    self.pattern = pattern
    self.events = events
  }

  /// So many of its events make the finding. A sequence is found with its last event; a scan goes on after it was found,
  /// and what it took to find it is not kept, so two of its probes stand for it.
  var sufficient: Int { signature.stage == .reconnaissance ? min(2, events.count) : events.count }

  /// Whether this one says more about an incident: by stage, lethality, events that it explains, id.
  public static func precedes(_ left: IncidentFinding, _ right: IncidentFinding) -> Bool {
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
public struct Deduction: Sendable, Hashable {
  public var text: String
  public var confidence: Confidence
  public var evidence: [Citation]
  public init(_ text: String, _ confidence: Confidence, _ evidence: [Citation]) {
    self.text = text
    self.confidence = confidence
    self.evidence = evidence
  }
}

/// A host record and a network record of the same event.
public struct Pair: Sendable, Hashable {
  public var host: Citation
  public var network: Citation
  /// Host clock minus network clock, in seconds, as far as the coarser of the two tells.
  public var offset: Double
  /// The bounds within which the offset lies.
  public var bounds: ClosedRange<Double>
  /// Indices into the incident's events.
  public var hostEvent: Int
  public var networkEvent: Int
}

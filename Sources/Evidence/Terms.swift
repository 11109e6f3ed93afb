/// Who saw an event.
public enum View: String, Sendable, Hashable, CaseIterable { case host, network }

/// What became of a request. The order is that of concern: what crashed before what was blocked.
public enum Outcome: String, Sendable, Hashable, CaseIterable, Comparable {
  case crashed, answered, allowed, connected, unknown, unanswered, reset, empty, rejected, refused, blocked

  /// The place in ``allCases``, without a search: probes are counted by it.
  @inlinable @inline(__always) public var rank: Int {
    switch self {
    case .crashed: 0
    case .answered: 1
    case .allowed: 2
    case .connected: 3
    case .unknown: 4
    case .unanswered: 5
    case .reset: 6
    case .empty: 7
    case .rejected: 8
    case .refused: 9
    case .blocked: 10
    }
  }
  public static func < (left: Outcome, right: Outcome) -> Bool { left.rank < right.rank }

  /// Whether the wire showed what came of the request: something came back that tells, or it was stopped.
  public var isSettled: Bool { ![.connected, .unknown, .unanswered].contains(self) }

  /// The defences or the service said no.
  public var isHeld: Bool { [.reset, .empty, .rejected, .refused, .blocked].contains(self) }
}

/// What a finding is a step of. The order is that of concern.
public enum Stage: String, Sendable, Hashable, CaseIterable, Comparable {
  case exploitation, effect, access, unexplained, reconnaissance, response

  private var rank: Int { Stage.allCases.firstIndex(of: self) ?? 0 }
  public static func < (left: Stage, right: Stage) -> Bool { left.rank < right.rank }
}

/// How sure a deduction is.
public enum Confidence: String, Sendable, Hashable, CaseIterable { case certain, likely, possible }

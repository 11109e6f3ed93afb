package import Evidence

/// Which records have to be told one by one, because a rule asks what a sum of many does not tell.
extension RuleSet {
  /// Whether any rule asks of records of this kind what differs from one to the other, or counts them in a way that a
  /// sum over many sources would falsify.
  /// - Parameters:
  ///   - kind: An event of the kind; its source, time, processes and wording stand for any.
  ///   - most: No source has more of them within so many nanoseconds.
  package func asksOfEach(_ kind: Event, atMost most: (Int64) -> Int) -> Bool {
    // Of thousands of rules only some speak of such an action.
    rules.indices.contains { place in
      guard index.canMatch(place, kind.action) else { return false }
      return switch rules[place].expression.truth(of: kind, where: { !Expression.differing.contains($0) }) {
      case .open: true
      case .yes: rules[place].feeds.contains { counts($0.correlation, kind, most) }
      case .no: false
      }
    }
  }

  /// Whether a correlation could find something in records of a crowd, each of whose sources has few of them.
  private func counts(_ number: Int, _ kind: Event, _ most: (Int64) -> Int) -> Bool {
    let correlation = correlations[number]
    let bySource = correlation.groupBy.contains { group in
      (0..<max(1, correlation.ruleCount)).allSatisfy { Expression.differing.contains(group.field(at: $0)) }
    }
    guard bySource, correlation.feeds.isEmpty else { return true }
    switch correlation.kind {
    case .eventCount, .valueCount: return correlation.bounds.holds(upTo: most(correlation.timespan))
    case .temporal, .temporalOrdered:
      // What no record of a crowd matches has to come from other evidence, and its source is told by itself.
      let members = rules.indices.filter { place in rules[place].feeds.contains { $0.correlation == number } }
      return members.allSatisfy { rules[$0].expression.canMatchRecord(like: kind) }
    default: return true
    }
  }
}

extension Bounds {
  /// Whether any number from 1 to `most` is within the bounds.
  fileprivate func holds(upTo most: Int) -> Bool { most > 0 && (1...most).contains { holds(Double($0)) } }
}

extension Expression {
  /// What a rule says of an event of which some fields are not known.
  fileprivate enum Truth { case yes, no, open }

  /// Fields that differ among records of one kind.
  fileprivate static let differing: Set<FieldName> = [
    .sourceIP, .sourceAddress, .sourcePort, .networkDirection, .timestamp, .message, .processPID, .eventCount,
  ]

  /// - Parameter isKnown: Whether the event's value of a field is that of all that are meant.
  fileprivate func truth(of event: Event, where isKnown: (FieldName) -> Bool) -> Truth {
    switch self {
    case .test(let test):
      guard isKnown(test.field), !test.readsOtherFields else { return .open }
      return test.matches(event) ? .yes : .no
    case .all(let parts):
      let truths = parts.map { $0.truth(of: event, where: isKnown) }
      return truths.contains(.no) ? .no : truths.contains(.open) ? .open : .yes
    case .any(let parts):
      let truths = parts.map { $0.truth(of: event, where: isKnown) }
      return truths.contains(.yes) ? .yes : truths.contains(.open) ? .open : .no
    case .not(let part):
      return switch part.truth(of: event, where: isKnown) {
      case .yes: .no
      case .no: .yes
      case .open: .open
      }
    case .selection(_, let part): return part.truth(of: event, where: isKnown)
    }
  }

  /// Whether any record of a host of the actions that crowds have can match.
  fileprivate func canMatchRecord(like kind: Event) -> Bool {
    [.rpcCall, .probe, .connection].contains { (action: Event.Action) in
      var record = kind
      record.action = action
      return truth(of: record) { [.observerType, .eventAction].contains($0) } != .no
    }
  }
}

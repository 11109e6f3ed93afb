public import Evidence

/// Which records have to be told one by one, because a rule asks what a sum of many does not tell.
extension RuleSet {
  /// Whether any rule asks of records of this kind what differs from one to the other, or counts them in a way that a
  /// sum over many sources would falsify.
  /// - Parameters:
  ///   - kind: An event of the kind; its source, time, processes and wording stand for any.
  ///   - most: No source has more of them within so many nanoseconds.
  public func asksOfEach(_ kind: Event, atMost most: (Int64) -> Int) -> Bool {
    let words = kind.wordSet
    // Of thousands of rules only some speak of such an action.
    return rules.indices.contains { place in
      guard index.canMatch(place, kind.action) else { return false }
      return switch program.truth(from: starts[place], kind, words, differing: .amongRecordsOfKind) {
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
      (0..<max(1, correlation.ruleCount)).allSatisfy {
        DifferingFields.amongRecordsOfKind.contains(group.field(at: $0))
      }
    }
    guard bySource, correlation.feeds.isEmpty else { return true }
    switch correlation.kind {
    case .eventCount, .valueCount: return correlation.bounds.holds(upTo: most(correlation.timespan))
    case .temporal, .temporalOrdered:
      // What no record of a crowd matches has to come from other evidence, and its source is told by itself.
      let members = rules.indices.filter { place in rules[place].feeds.contains { $0.correlation == number } }
      return members.allSatisfy { canMatchRecord($0, like: kind) }
    default: return true
    }
  }

  /// Whether a rule can match any record of a host of the actions that crowds have.
  private func canMatchRecord(_ place: Int, like kind: Event) -> Bool {
    [.rpcCall, .probe, .connection].contains { (action: Event.Action) in
      var record = kind
      record.action = action
      return program.truth(from: starts[place], record, record.wordSet, differing: .amongHostRecords) != .no
    }
  }
}

extension Bounds {
  /// Whether any number from 1 to `most` is within the bounds.
  fileprivate func holds(upTo most: Int) -> Bool { most > 0 && (1...most).contains { holds(Double($0)) } }
}

extension DifferingFields {
  /// Among records of one kind.
  fileprivate static let amongRecordsOfKind = DifferingFields { field in
    switch field {
    case .sourceIP, .sourceAddress, .sourcePort, .networkDirection, .timestamp, .message, .processPID, .eventCount: true
    default: false
    }
  }

  /// Among all records of hosts of one action.
  fileprivate static let amongHostRecords = DifferingFields { $0 != .observerType && $0 != .eventAction }
}

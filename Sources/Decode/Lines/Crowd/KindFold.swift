import Evidence

/// What a record's kind leaves out when there are more kinds than a table holds: an attacker can make any number of
/// arguments and ports. What was left out stands in the record's wording still.
enum KindFold: Int, CaseIterable {
  /// An argument that names no program, and other text.
  case argument
  /// Every argument, and the port.
  case port
  /// All but the program, what was done and what came of it.
  case all

  /// A record without what this fold and those before it leave out.
  func folded(_ event: Event) -> Event {
    var event = event
    event.change { facts in
      facts.detail = .none
      let namesProgram = facts.rpc?.argumentForm == .name && facts.rpc?.argumentProgram != nil
      if self != .argument || !namesProgram { facts.rpc?.forgetArgument() }
      if self == .port { facts.target.port = nil }
      if self == .all {
        facts.rpc = facts.rpc?.program.map { RPCFacts(program: $0) }
        (facts.target, facts.process) = (.unknown, nil)
      }
    }
    return event
  }

  /// How many kinds there may be with this fold.
  func cap(of kinds: Int) -> Int {
    switch self {
    case .argument: kinds.addingClamped(kinds)
    case .port: kinds.addingClamped(kinds).addingClamped(kinds)
    case .all: .max
    }
  }
}

extension RPCFacts {
  fileprivate mutating func forgetArgument() {
    argument = .none
    (argumentForm, argumentProgram) = (nil, nil)
  }
}

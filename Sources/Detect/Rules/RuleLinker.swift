import Evidence
import Knowledge

/// Puts rules in the place of the names by which correlations refer to them.
struct RuleLinker {
  private enum Target { case rule(Int), correlation(Int) }

  private struct PendingCorrelation {
    var header: RuleHeader
    var draft: CorrelationReader.Draft
  }

  /// Every id and name of the files, also of documents that have faults, so that these are reported once.
  private var declared: [String: YAMLNode] = [:]
  private var rules: [Rule] = []
  private var correlations: [PendingCorrelation] = []
  private var filters: [RuleReader.FilterDraft] = []
  private var generating: Set<String> = []
  private var targets: [String: Target] = [:]

  mutating func declare(_ document: YAMLNode, _ faults: inout [Fault]) {
    let id = document["id"] ?? document["name"] ?? document["title"]
    for node in [id, document["name"]] {
      guard let node, let text = node.scalar?.text, !text.isEmpty else { continue }
      if let first = declared[text], first.isSamePlace(as: id) { continue }
      if let first = declared[text] {
        faults.append(node.fault("'\(text)' is taken already, at \(first.file):\(first.line)"))
      } else {
        declared[text] = node
      }
    }
  }

  mutating func add(_ draft: RuleReader.Draft) {
    switch draft {
    case .rule(let header, let expression, let generate):
      if generate { generating.insert(header.id) }
      rules.append(Rule(header: header, expression: expression))
    case .correlation(let header, let draft, let generate):
      // At the document, where Sigma's schema has it, or in the block, where its tools read it.
      let pending = PendingCorrelation(header: header, draft: draft)
      if generate || draft.generate { generating.formUnion(draft.references.map(\.name)) }
      correlations.append(pending)
    case .filter(let draft): filters.append(draft)
    }
  }

  mutating func link(_ faults: inout [Fault]) -> RuleSet {
    rules.sort { $0.header.id < $1.header.id }
    correlations.sort { $0.header.id < $1.header.id }
    for correlation in correlations {
      for (name, node) in correlation.draft.references where declared[name] == nil {
        faults.append(node.fault("no rule has the id or name '\(name)'"))
      }
    }
    for (index, rule) in rules.enumerated() { register(rule.header, .rule(index)) }
    filter(&faults)
    correlations = inOrder(&faults)
    checkChains(&faults)
    for (index, correlation) in correlations.enumerated() { register(correlation.header, .correlation(index)) }
    return wired()
  }

  private mutating func register(_ header: RuleHeader, _ target: Target) {
    targets[header.id] = target
    if let name = header.name { targets[name] = target }
  }

  /// Filters join the conditions of the rules that they speak of; correlations they leave alone.
  private mutating func filter(_ faults: inout [Fault]) {
    for filter in filters {
      for (name, node) in filter.references ?? [] where declared[name] == nil {
        faults.append(node.fault("no rule has the id or name '\(name)'"))
      }
      for index in rules.indices {
        let header = rules[index].header
        let isMeant =
          filter.references?.contains { $0.name == header.id || $0.name == header.name }
          ?? filter.logSource.contains(header.logSource)
        guard isMeant else { continue }
        rules[index] = Rule(header: header, expression: .all([rules[index].expression, filter.expression]))
      }
    }
  }

  /// What is decided only when its window is over comes too late for the events that followed.
  private func checkChains(_ faults: inout [Fault]) {
    for outer in correlations {
      for (name, node) in outer.draft.references {
        let inner = correlations.first { $0.header.id == name || $0.header.name == name }
        guard let inner, inner.draft.isDecidedAtEnd else { continue }
        faults.append(
          node.fault("'\(name)' is decided only when its window is over, so no correlation can build on it"))
      }
    }
  }

  /// The correlations, each after those it builds on. Those that build on themselves are faults.
  private func inOrder(_ faults: inout [Fault]) -> [PendingCorrelation] {
    var ordered: [PendingCorrelation] = []
    var waiting = correlations
    while !waiting.isEmpty {
      let names = Set(waiting.flatMap { [$0.header.id, $0.header.name].compactMap { $0 } })
      let isReady = { (pending: PendingCorrelation) in !pending.draft.references.contains { names.contains($0.name) } }
      guard waiting.contains(where: isReady) else {
        reportCycles(among: waiting, &faults)
        break
      }
      ordered += waiting.filter(isReady)
      waiting.removeAll(where: isReady)
    }
    return ordered
  }

  /// Of those that wait for each other, the ones that can be reached from themselves.
  private func reportCycles(among waiting: [PendingCorrelation], _ faults: inout [Fault]) {
    for pending in waiting {
      let own = Set([pending.header.id, pending.header.name].compactMap { $0 })
      for (name, node) in pending.draft.references where reaches(own, from: name, among: waiting) {
        faults.append(node.fault("the correlation '\(pending.header.id)' builds on itself"))
      }
    }
  }

  private func reaches(_ goal: Set<String>, from start: String, among waiting: [PendingCorrelation]) -> Bool {
    var seen: Set<String> = []
    var next = [start]
    while let name = next.popLast() {
      if goal.contains(name) { return true }
      guard seen.insert(name).inserted else { continue }
      for pending in waiting where pending.header.id == name || pending.header.name == name {
        next += pending.draft.references.map(\.name)
      }
    }
    return false
  }

  private mutating func wired() -> RuleSet {
    var linked = correlations.map { pending in
      Correlation(
        header: pending.header, kind: pending.draft.kind, bounds: pending.draft.bounds,
        ruleCount: pending.draft.references.count, groupBy: pending.draft.groupBy, timespan: pending.draft.timespan,
        references: pending.draft.references.map(\.name))
    }
    for (index, pending) in correlations.enumerated() {
      for (position, reference) in pending.draft.references.enumerated() {
        let feed = Feed(correlation: index, position: position)
        switch targets[reference.name] {
        case .rule(let rule):
          rules[rule].feeds.append(feed)
          rules[rule].header.alerts = generates(rules[rule].header)
        case .correlation(let inner):
          linked[inner].feeds.append(feed)
          linked[inner].header.alerts = generates(linked[inner].header)
        case nil: break
        }
      }
    }
    return RuleSet(rules: rules, correlations: linked)
  }

  private func generates(_ header: RuleHeader) -> Bool {
    generating.contains(header.id) || header.name.map { generating.contains($0) } ?? false
  }
}

extension YAMLNode {
  fileprivate func isSamePlace(as other: YAMLNode?) -> Bool {
    file == other?.file && line == other?.line && column == other?.column
  }
}

extension CorrelationReader.Draft {
  fileprivate var isDecidedAtEnd: Bool {
    if case .absence = kind { true } else { bounds.hasUpper }
  }
}

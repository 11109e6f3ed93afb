import Fuse
package import Judge

/// How a trainee's answers compare with the product's and the author's.
package struct DrillScore: Sendable {
  /// Pairs of incidents that the trainee ranked as the product does, of those that the product tells apart.
  package private(set) var agreeing = 0
  package private(set) var comparable = 0
  package private(set) var calls: [(trainee: Condition?, product: Condition, author: Condition?)] = []
  /// Ids that the trainee named at any step.
  package private(set) var named: Set<String> = []

  package init() {}

  /// - Parameters:
  ///   - named: Ids, the worst first: each stands before those that follow and before all that are not named.
  ///   - ranking: All incidents that are known, the worst first.
  package mutating func note(named: [String], ranking: [JudgedIncident]) {
    self.named.formUnion(named)
    guard !named.isEmpty else { return }
    let known = Dictionary(ranking.map { ($0.incident.id, $0) }, uniquingKeysWith: { first, _ in first })
    let rest = ranking.map(\.incident.id).filter { !named.contains($0) }
    for (place, id) in named.enumerated() {
      guard let one = known[id] else { continue }
      for other in named.dropFirst(place + 1) + rest {
        guard let other = known[other] else { continue }
        compare(one, other)
      }
    }
  }

  /// What the product holds for equally bad decides nothing.
  private mutating func compare(_ one: JudgedIncident, _ other: JudgedIncident) {
    let (left, right) = (one.severity.score, other.severity.score)
    if left == right, one.incident.outcome == other.incident.outcome { return }
    comparable += 1
    if left > right || (left == right && one.incident.outcome < other.incident.outcome) { agreeing += 1 }
  }

  package mutating func note(call: Condition?, product: Condition, author: Condition?) {
    calls.append((call, product, author))
  }

  /// Share of the pairs that agree; nil when nothing was ranked that can be compared.
  package var agreement: Double? { comparable == 0 ? nil : Double(agreeing) / Double(comparable) }
  package var given: Int { calls.count { $0.trainee != nil } }
  package var asProduct: Int { calls.count { $0.trainee == $0.product } }
  package var withAuthor: Int { calls.count { $0.author != nil && $0.trainee != nil } }
  package var asAuthor: Int { calls.count { $0.author != nil && $0.trainee == $0.author } }
}

import Fuse
public import Judge

/// How a trainee's answers compare with the product's and the author's.
public struct DrillScore: Sendable {
  /// Pairs of incidents that the trainee ranked as the product does, of those that the product tells apart.
  public private(set) var agreeing = 0
  public private(set) var comparable = 0
  public private(set) var calls: [(trainee: Condition?, product: Condition, author: Condition?)] = []
  /// Ids that the trainee named at any step.
  public private(set) var named: Set<String> = []

  public init() {}

  /// - Parameters:
  ///   - named: Ids, the worst first: each stands before those that follow and before all that are not named.
  ///   - ranking: All incidents that are known, the worst first.
  public mutating func note(named: [String], ranking: [JudgedIncident]) {
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

  public mutating func note(call: Condition?, product: Condition, author: Condition?) {
    calls.append((call, product, author))
  }

  /// Share of the pairs that agree; nil when nothing was ranked that can be compared.
  public var agreement: Double? { comparable == 0 ? nil : Double(agreeing) / Double(comparable) }
  public var given: Int { calls.count { $0.trainee != nil } }
  public var asProduct: Int { calls.count { $0.trainee == $0.product } }
  public var withAuthor: Int { calls.count { $0.author != nil && $0.trainee != nil } }
  public var asAuthor: Int { calls.count { $0.author != nil && $0.trainee == $0.author } }
}

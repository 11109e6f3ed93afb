import TestNumbers

/// Writes random correlations over three rules, and events for them.
struct CorrelationWriter {
  var random: SeededNumbers

  struct Trial: Sendable {
    enum Meaning: Sendable {
      /// Runs of alerts, with the events that no earlier run has.
      case runs
      /// Which events are part of any alert; the backend takes the first chain, and we all.
      case chains
      /// Whether there is any: what a chain lists, the specification does not say.
      case found
      /// The matches that nothing followed.
      case absence
    }
    var text: String
    var events: [[String: Plain]]
    var meaning: Meaning
    var timespan: Int

    private func seconds(_ place: Int) -> Int {
      events[place]["@timestamp"].flatMap { Reference.seconds($0.string) } ?? 0
    }

    /// What the backend's alerts come to.
    func expected(_ alerts: [Reference.Alert]) -> [[Int]] {
      switch meaning {
      case .chains: return alerts.isEmpty ? [] : [[alerts.map { Int($0.end) }.min() ?? 0]]
      case .found: return alerts.isEmpty ? [] : [[1]]
      case .absence:
        let starts = Set(alerts.map { "\($0.group) \(Int($0.start))" }).count
        return [[starts]]
      case .runs: break
      }
      var results: [[Int]] = []
      for group in Set(alerts.map(\.group)) {
        var taken: Set<Int> = []
        var runs: [(places: Set<Int>, last: Double)] = []
        for alert in alerts.filter({ $0.group == group }).sorted(by: { $0.end < $1.end }) {
          if let last = runs.last, alert.end - last.last <= Double(timespan) {
            runs[runs.count - 1].last = alert.end
          } else {
            runs.append(([], alert.end))
          }
          runs[runs.count - 1].places.formUnion(Set(alert.places).subtracting(taken))
          taken.formUnion(alert.places)
        }
        results += runs.map { $0.places.sorted() }
      }
      return results.sorted { $0.lexicographicallyPrecedes($1) }
    }

    func summary(_ findings: [[Int]]) -> [[Int]] {
      switch meaning {
      case .runs: findings.sorted { $0.lexicographicallyPrecedes($1) }
      case .found: findings.isEmpty ? [] : [[1]]
      case .absence: [[findings.reduce(0) { $0 + $1.count }]]
      case .chains: findings.isEmpty ? [] : [[firstEnd(findings)]]
      }
    }

    /// When the first chain of all was complete: the first moment at which a finding has an event of the last rule
    /// behind the others.
    private func firstEnd(_ findings: [[Int]]) -> Int {
      findings.compactMap { places in
        var (next, end) = (0, 0)
        for place in places where events[place]["rpc.argument"]?.string.lowercased() == ["a", "b", "c"][next] {
          next += 1
          end = seconds(place)
          if next == 3 { return end }
        }
        return nil
      }.min() ?? 0
    }
  }

  mutating func trial(number: Int) -> Trial {
    // From seconds to more than a week.
    let (unit, length) = pick([("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)])
    let count = Int.random(in: 5...15, using: &random)
    let groups = pick(["[source.ip]", "[source.ip, process.name]"])
    let (lines, meaning) = correlation(number)
    let rules = ["a", "b", "c"].map { letter in
      "title: T\nname: rule_\(letter)\nlogsource: {product: t}\n"
        + "detection: {s: {rpc.argument: \(letter)}, condition: s}\n---\n"
    }
    let text =
      rules.joined()
      + (lines.contains("many") ? inner(timespan: "\(count)\(unit)") : "")
      + "title: Z\nname: z\ncorrelation:\n  timespan: \(count)\(unit)\n"
      + (lines.contains("group-by") ? lines : lines + "  group-by: \(groups)\n")
    return Trial(
      text: text, events: events(isShort: meaning != .runs, step: length), meaning: meaning, timespan: count * length)
  }

  /// What a chain builds on.
  private mutating func inner(timespan: String) -> String {
    "title: Many\nname: many\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  timespan: \(timespan)\n"
      + "  group-by: [source.ip]\n  condition: {gte: \(Int.random(in: 2...3, using: &random))}\n---\n"
  }

  private mutating func correlation(_ number: Int) -> (String, Trial.Meaning) {
    let bound = "\(pick(["gt", "gte"])): \(Int.random(in: 2...4, using: &random))"
    let rules = pick(["[rule_a]", "[rule_a, rule_b]"])
    switch number % 12 {
    case 0: return ("  type: event_count\n  rules: \(rules)\n  condition: {\(bound)}\n", .runs)
    case 1: return ("  type: value_count\n  rules: \(rules)\n  condition: {field: message, gte: 2}\n", .runs)
    case 2: return ("  type: temporal\n  rules: [rule_a, rule_b, rule_c]\n", .runs)
    case 3:
      let condition = pick(["{gte: 2}", "rule_a and (rule_b or rule_c)", "(rule_a or rule_b) and rule_c"])
      return ("  type: temporal\n  rules: [rule_a, rule_b, rule_c]\n  condition: \(condition)\n", .runs)
    case 4: return ("  type: temporal_ordered\n  rules: [rule_a, rule_b, rule_c]\n", .chains)
    case 5: return ("  type: temporal\n  rules: [rule_a, rule_b]\n  condition: rule_a and not rule_b\n", .absence)
    case 6:
      let bound = "\(pick(["gt", "gte"])): \(Int.random(in: 200...4000, using: &random))"
      return ("  type: value_sum\n  rules: \(rules)\n  condition: {field: source.port, \(bound)}\n", .runs)
    case 7:
      return ("  type: value_avg\n  rules: \(rules)\n  condition: {field: source.port, gt: 120.5}\n", .runs)
    case 8:
      let percentile = pick([0, 10, 50, 90, 100])
      let type = pick(["value_median", "value_percentile"])
      let extra = type == "value_median" ? "" : ", percentile: \(percentile)"
      return ("  type: \(type)\n  rules: \(rules)\n  condition: {field: source.port, gte: 60\(extra)}\n", .runs)
    case 9:
      return ("  type: temporal\n  rules: [many, rule_b]\n  group-by: [source.ip]\n", .runs)
    case 10:
      return ("  type: temporal\n  rules: [many, rule_c]\n  group-by: [source.ip]\n", .found)
    default:
      return (
        "  type: temporal\n  rules: [rule_a, rule_b]\n  group-by: [machine]\n"
          + "  aliases: {machine: {rule_a: source.ip, rule_b: destination.ip}}\n", .runs
      )
    }
  }

  /// No two at the same second: what comes first there is not the backend's question.
  /// - Parameter step: The unit of time, in seconds.
  private mutating func events(isShort: Bool, step: Int) -> [[String: Plain]] {
    var seconds = 0
    return (0..<(isShort ? 14 : 40)).map { _ in
      seconds += step * ([1, 1, 2, 3, 5, 16].randomElement(using: &random) ?? 1)
      let group = isShort ? 1 : Int.random(in: 1...2, using: &random)
      return [
        "@timestamp": .text(RuleWriter.stamp(seconds)), "rpc.argument": .text(pick(["a", "b", "c", "a", "B", "d"])),
        "source.ip": .text("192.0.2.\(group)"),
        "destination.ip": .text("192.0.2.\(Int.random(in: 1...2, using: &random))"),
        "process.name": .text(pick(["p", "P"])), "message": .text(pick(["x", "X", "y", "z"])),
        "source.port": .number(RuleWriter.number(&random)),
      ]
    }
  }

  private mutating func pick<Item>(_ items: [Item]) -> Item { items[Int.random(in: 0..<items.count, using: &random)] }
}

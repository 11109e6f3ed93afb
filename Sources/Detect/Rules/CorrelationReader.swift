import Evidence
import Knowledge

/// Reads the `correlation` of a rule.
struct CorrelationReader {
  /// A correlation whose rules are still names.
  struct Draft {
    var kind: Correlation.Kind
    var bounds = Bounds()
    /// The node of each name tells where it stands.
    var references: [(name: String, node: YAMLNode)]
    var groupBy: [GroupField]
    var timespan: Int64
    /// Whether the rules it builds on are reported too.
    var generate: Bool
    /// What to point at when something is wrong with it as a whole.
    var node: YAMLNode
  }

  private static let types = [
    "event_count", "value_count", "value_sum", "value_avg", "value_median", "value_percentile", "temporal",
    "temporal_ordered",
  ]
  private static let keys: Set = [
    "type", "rules", "group-by", "timespan", "condition", "generate", "aliases",
  ]

  private let node: YAMLNode
  private let keys: [String: YAMLNode]
  private let context: RuleContext
  /// `watchfloor: absent:`
  private let absent: YAMLNode?
  private var references: [(name: String, node: YAMLNode)] = []
  private var aliases: [String: GroupField] = [:]

  static func read(
    _ node: YAMLNode, absent: YAMLNode?, _ context: RuleContext, _ faults: inout [Fault]
  ) -> Draft? {
    let known = faults.count
    guard let keys = node.map(keys, &faults) else { return nil }
    for key in ["type", "rules", "timespan"] where keys[key] == nil {
      faults.append(node.fault("a correlation needs '\(key)'"))
    }
    var reader = CorrelationReader(node: node, keys: keys, context: context, absent: absent)
    let type = keys["type"]?.word(of: types, called: "type of correlation", &faults)
    reader.readReferences(mayRepeat: type == "temporal_ordered", &faults)
    reader.checkCount(type, &faults)
    reader.readAliases(&faults)
    let timespan = keys["timespan"].flatMap { self.timespan($0, &faults) }
    let groupBy = (keys["group-by"]?.items ?? []).compactMap { reader.groupField($0, &faults) }
    let generate = keys["generate"].map { $0.boolean(&faults) ?? false } ?? false
    var bounds = Bounds()
    let kind = type.flatMap { reader.kind($0, &bounds, &faults) }
    guard let kind, let timespan, faults.count == known else { return nil }
    return Draft(
      kind: kind, bounds: bounds, references: reader.references, groupBy: groupBy, timespan: timespan,
      generate: generate, node: node)
  }

  private init(node: YAMLNode, keys: [String: YAMLNode], context: RuleContext, absent: YAMLNode?) {
    self.node = node
    self.keys = keys
    self.context = context
    self.absent = absent
  }

  // MARK: The rules

  private mutating func readReferences(mayRepeat: Bool, _ faults: inout [Fault]) {
    guard let node = keys["rules"] else { return }
    for item in node.items + (absent?.items ?? []) {
      guard let name = item.string(&faults) else { continue }
      if !mayRepeat, references.contains(where: { $0.name == name }) {
        faults.append(item.fault("'\(name)' is listed twice"))
      }
      references.append((name, item))
    }
    if references.isEmpty { faults.append(node.fault("a correlation needs a rule at least")) }
    if references.count > Correlation.ruleCap {
      faults.append(node.fault("more than \(Correlation.ruleCap) rules in a correlation"))
    }
  }

  private func checkCount(_ type: String?, _ faults: inout [Fault]) {
    guard let rules = keys["rules"] else { return }
    if let absent {
      if type != "temporal" || rules.items.count != 1 || keys["condition"] != nil {
        faults.append(
          absent.fault("'absent' goes with a temporal correlation of one rule without a condition"))
      }
    } else if type?.hasPrefix("temporal") == true, references.count < 2 {
      faults.append(rules.fault("a temporal correlation needs two rules at least"))
    }
  }

  // MARK: Fields

  private mutating func readAliases(_ faults: inout [Fault]) {
    guard let node = keys["aliases"] else { return }
    for entry in node.entries(&faults) ?? [] {
      guard let mapping = entry.value.entries(&faults) else { continue }
      for target in mapping where !references.contains(where: { $0.name == target.key }) {
        faults.append(target.keyNode.fault("the correlation does not list '\(target.key)'"))
      }
      let fields = references.map { reference -> FieldName? in
        guard let target = mapping.first(where: { $0.key == reference.name }) else {
          if let field = FieldName(rawValue: entry.key) { return field }
          faults.append(entry.keyNode.fault("the alias '\(entry.key)' does not tell its field of '\(reference.name)'"))
          return nil
        }
        return field(target.value, &faults)
      }
      let known = fields.compactMap { $0 }
      aliases[entry.key] = known.count == fields.count && !known.isEmpty ? .alias(known) : nil
    }
  }

  /// A field after the pipelines. Of several the first: a correlation needs one value of each event.
  private func field(_ node: YAMLNode, _ faults: inout [Fault]) -> FieldName? {
    guard let text = node.string(&faults) else { return nil }
    if let field = context.fields(for: text).first.flatMap({ FieldName(rawValue: $0) }) { return field }
    faults.append(node.fault("unknown field '\(text)'"))
    return nil
  }

  private func groupField(_ node: YAMLNode, _ faults: inout [Fault]) -> GroupField? {
    if let name = node.scalar?.text, let alias = aliases[name] { return alias }
    return field(node, &faults).map { .field($0) }
  }

  /// The field of the condition of a `value_...` correlation.
  private func counted(_ type: String, mayBeList: Bool, _ faults: inout [Fault]) -> [GroupField] {
    guard let condition = keys["condition"], case .map = condition.content else { return [] }
    guard let node = condition["field"] else {
      faults.append(condition.fault("the condition of a \(type) needs a field"))
      return []
    }
    if !mayBeList, node.items.count != 1 { faults.append(node.fault("expected one field")) }
    return node.items.compactMap { groupField($0, &faults) }
  }

  // MARK: Time

  /// `90s`, `15m`, `2h`, `1d`, in nanoseconds.
  private static func timespan(_ node: YAMLNode, _ faults: inout [Fault]) -> Int64? {
    guard let text = node.string(&faults) else { return nil }
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    if let unit = text.last.flatMap({ units[$0] }), text.dropLast().utf8.allSatisfy(\.isDigit),
      let number = Int64(text.dropLast()), number > 0
    {
      let (nanoseconds, overflow) = number.multipliedReportingOverflow(by: unit * 1_000_000_000)
      if !overflow { return nanoseconds }
    }
    faults.append(node.fault("'\(text)' is no timespan; expected such as 30s, 15m, 2h or 1d"))
    return nil
  }

  // MARK: The condition

  private func kind(_ type: String, _ bounds: inout Bounds, _ faults: inout [Fault]) -> Correlation.Kind? {
    switch type {
    case "event_count":
      bounds = self.bounds(type, 1...Caps.standard.entries, ["gt", "gte", "lt", "lte", "eq"], &faults)
      return .eventCount
    case "value_count":
      let keys: Set = ["gt", "gte", "lt", "lte", "eq", "field"]
      bounds = self.bounds(type, 1...Caps.standard.values, keys, &faults)
      return .valueCount(counted(type, mayBeList: true, &faults))
    case "value_sum", "value_avg", "value_median", "value_percentile": return metric(type, &bounds, &faults)
    case "temporal": return temporal(&bounds, &faults)
    default:
      checkOrderedCondition(&faults)
      return .temporalOrdered
    }
  }

  private func metric(_ type: String, _ bounds: inout Bounds, _ faults: inout [Fault]) -> Correlation.Kind? {
    var names: Set = ["gt", "gte", "lt", "lte", "eq", "field"]
    if type == "value_percentile" { names.insert("percentile") }
    bounds = self.bounds(type, nil, names, &faults)
    guard let field = counted(type, mayBeList: false, &faults).first else { return nil }
    for position in references.indices where !FieldDomain(field.field(at: position)).isNumber {
      let name = field.field(at: position).rawValue
      faults.append((keys["condition"]?["field"] ?? node).fault("\(type) needs a number, and \(name) is none"))
      return nil
    }
    switch type {
    case "value_sum": return .sum(field)
    case "value_avg": return .average(field)
    case "value_median": return .percentile(field, 50)
    default:
      guard let percentile = keys["condition"]?["percentile"] else {
        faults.append((keys["condition"] ?? node).fault("the condition of a value_percentile needs a percentile"))
        return nil
      }
      return percentile.integer(0...100, &faults).map { .percentile(field, Double($0)) }
    }
  }

  private func temporal(_ bounds: inout Bounds, _ faults: inout [Fault]) -> Correlation.Kind? {
    if absent != nil { return .absence }
    guard let condition = keys["condition"] else {
      bounds.gte = Double(references.count)
      return .temporal
    }
    if condition.scalar != nil {
      return PresenceParser.parse(condition, rules: references.map(\.name), &faults)
    }
    bounds = self.bounds("temporal", 1...max(references.count, 1), ["gt", "gte", "lt", "lte", "eq"], &faults)
    return .temporal
  }

  /// Of a chain in its order every link must be there; only a condition that says just that is taken.
  private func checkOrderedCondition(_ faults: inout [Fault]) {
    guard let condition = keys["condition"] else { return }
    if let gte = condition["gte"]?.scalar?.text, Int(gte) == references.count, condition["gt"] == nil { return }
    faults.append(condition.fault("temporal_ordered takes no condition: all its rules must match"))
  }

  /// The bounds of a condition. Counts are whole numbers; `range` is what they can be asked for.
  private func bounds(
    _ type: String, _ range: ClosedRange<Int>?, _ known: Set<String>, _ faults: inout [Fault]
  ) -> Bounds {
    guard let condition = keys["condition"] else {
      faults.append(node.fault("\(type) needs a condition"))
      return Bounds()
    }
    let before = faults.count
    guard let keys = condition.map(known, &faults), faults.count == before else { return Bounds() }
    var bounds = Bounds()
    func number(_ key: String, _ shift: Int) -> Double? {
      guard let node = keys[key] else { return nil }
      if let range {
        return node.integer(range.lowerBound + shift...range.upperBound + shift, &faults).map { Double($0) }
      }
      if let text = node.scalar?.text, let number = Double(text), number.isFinite { return number }
      faults.append(node.fault("expected a number"))
      return nil
    }
    bounds.gt = number("gt", -1)
    bounds.gte = number("gte", 0)
    bounds.lt = number("lt", 1)
    bounds.lte = number("lte", 0)
    if let exact = number("eq", 0) { (bounds.gte, bounds.lte) = (exact, exact) }
    let lower = [keys["gt"], keys["gte"]].compactMap { $0 }
    let upper = [keys["lt"], keys["lte"]].compactMap { $0 }
    let isOne = keys["eq"] != nil ? lower.isEmpty && upper.isEmpty : lower.count <= 1 && upper.count <= 1
    if !isOne || keys["eq"] == nil && lower.isEmpty && upper.isEmpty {
      faults.append(condition.fault("the condition needs gt or gte, lt or lte, one of each, or eq alone"))
    }
    return bounds
  }
}

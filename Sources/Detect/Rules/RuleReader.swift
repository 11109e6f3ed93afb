import Evidence
import Knowledge

/// Reads one document of a rule file.
struct RuleReader {
  enum Draft {
    case rule(RuleHeader, Expression, generate: Bool)
    case correlation(RuleHeader, CorrelationReader.Draft, generate: Bool)
    case filter(FilterDraft)
  }
  /// A Sigma filter: what must hold beside the conditions of other rules.
  struct FilterDraft {
    /// Nil for `any`.
    var references: [(name: String, node: YAMLNode)]?
    var logSource: LogSource
    var expression: Expression
  }

  private static let commonKeys: Set<String> = [
    "title", "id", "name", "status", "description", "references", "author", "date", "modified", "related", "license",
    "fields", "scope", "taxonomy", "falsepositives", "level", "tags", "watchfloor", "generate",
  ]
  private static let bodies: Set<String> = ["logsource", "detection", "correlation", "filter"]
  private static let statuses = ["stable", "test", "experimental", "deprecated", "unsupported"]
  private static let levels = ["informational", "low", "medium", "high", "critical"]
  private static let relations = ["derived", "obsolete", "merged", "renamed", "similar"]

  let pipelines: [Pipeline]
  /// Passes over what is strange and does no harm.
  let isLenient: Bool

  func read(_ document: YAMLNode, _ faults: inout [Fault]) -> Draft? {
    let known = faults.count
    guard let entries = document.entries(&faults) else { return nil }
    let keys = Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    if let action = keys["action"], ["global", "repeat", "reset"].contains(action.scalar?.text) {
      faults.append(action.fault("collections with 'action' are of Sigma 1; write each rule in full"))
      return nil
    }
    checkKeys(entries, &faults)
    let logSource = LogSource(keys["logsource"], &faults)
    let own = ownBlock(keys["watchfloor"], &faults)
    let header = header(document, keys, own, logSource, &faults)
    let generate = keys["generate"].map { $0.boolean(&faults) ?? false } ?? false
    let context = RuleContext(pipelines: pipelines, logSource)
    var draft: Draft?
    if let node = keys["correlation"] {
      draft = CorrelationReader.read(node, absent: own.absent, context, &faults).map {
        .correlation(header, $0, generate: generate)
      }
    } else if let absent = own.absent {
      faults.append(absent.fault("'absent' goes with a correlation"))
    } else if let node = keys["filter"] {
      draft = filter(node, logSource, context, &faults).map { .filter($0) }
    } else if let node = keys["detection"] {
      draft = DetectionReader.read(node, context, isLenient: isLenient, &faults).map {
        .rule(header, $0, generate: generate)
      }
    } else {
      faults.append(document.fault("a rule needs a detection or a correlation"))
    }
    return faults.count == known ? draft : nil
  }

  /// Sigma allows keys of one's own. One that is nearly Sigma's is a slip, and so is the body of another kind of rule.
  private func checkKeys(_ entries: [YAMLNode.Entry], _ faults: inout [Fault]) {
    let isCorrelation = entries.contains { $0.key == "correlation" }
    let body: Set<String> =
      isCorrelation
      ? ["correlation"]
      : entries.contains { $0.key == "filter" } ? ["logsource", "filter"] : ["logsource", "detection"]
    let expected = RuleReader.commonKeys.union(body)
    for entry in entries where !expected.contains(entry.key) {
      let isSlip =
        RuleReader.bodies.contains(entry.key) || expected.contains { $0.isNearly(entry.key) }
      guard isSlip, !isLenient || RuleReader.bodies.contains(entry.key) else { continue }
      faults.append(
        entry.keyNode.fault(
          "unknown key '\(entry.key)'; expected one of: \(expected.sorted().joined(separator: ", "))"))
    }
  }

  // MARK: The head

  private func header(
    _ document: YAMLNode, _ keys: [String: YAMLNode], _ own: OwnBlock, _ logSource: LogSource, _ faults: inout [Fault]
  ) -> RuleHeader {
    if keys["title"].map({ $0.scalar?.text == "" }) ?? true {
      faults.append((keys["title"] ?? document).fault("a rule needs a title"))
    }
    if let id = keys["id"], id.scalar?.text == "" { faults.append(id.fault("a rule needs an id")) }
    checkRelations(keys["related"], &faults)
    let title = keys["title"]?.string(&faults) ?? ""
    let name = keys["name"]?.string(&faults)
    let tags = keys["tags"]?.strings(&faults) ?? []
    let signature = Signature(
      id: keys["id"]?.string(&faults) ?? name ?? title, title: title, stage: own.stage, lethality: own.lethality,
      lethalityReason: own.lethalityReason,
      level: keys["level"]?.word(of: RuleReader.levels, called: "level", &faults) ?? "medium",
      techniques: tags.compactMap { RuleReader.technique($0) }, limits: own.limits)
    return RuleHeader(
      signature: signature, name: name,
      status: keys["status"]?.word(of: RuleReader.statuses, called: "status", &faults) ?? "",
      description: keys["description"]?.string(&faults) ?? "", references: keys["references"]?.strings(&faults) ?? [],
      falsePositives: keys["falsepositives"]?.strings(&faults) ?? [], author: keys["author"]?.string(&faults) ?? "",
      tags: tags, logSource: logSource, file: document.file, line: document.line,
      pattern: own.pattern ?? PatternTemplate(text: title))
  }

  private func checkRelations(_ node: YAMLNode?, _ faults: inout [Fault]) {
    for item in node?.items ?? [] {
      guard let keys = item.map(["id", "type"], &faults) else { continue }
      if keys["id"] == nil || keys["type"] == nil { faults.append(item.fault("a relation needs an id and a type")) }
      _ = keys["id"]?.string(&faults)
      _ = keys["type"]?.word(of: RuleReader.relations, called: "type of relation", &faults)
    }
  }

  /// What Sigma has no word for. A rule without it, such as one written for another product, leaves its stage open.
  private struct OwnBlock {
    var stage = Stage.unexplained
    var lethality: Int?
    var lethalityReason = ""
    var pattern: PatternTemplate?
    var limits = ""
    var absent: YAMLNode?
  }

  private func ownBlock(_ node: YAMLNode?, _ faults: inout [Fault]) -> OwnBlock {
    var block = OwnBlock()
    let names: Set = ["stage", "lethality", "lethality_reason", "pattern", "proves_not", "absent"]
    guard let keys = node?.map(names, &faults) else { return block }
    let stages = Stage.allCases.map(\.rawValue)
    block.stage =
      keys["stage"]?.word(of: stages, called: "stage", &faults).flatMap { Stage(rawValue: $0) } ?? .unexplained
    block.lethality = keys["lethality"]?.integer(1...5, &faults)
    block.lethalityReason = keys["lethality_reason"]?.string(&faults) ?? ""
    block.pattern = keys["pattern"].map { PatternTemplate($0, &faults) }
    block.limits = keys["proves_not"]?.string(&faults) ?? ""
    block.absent = keys["absent"]
    return block
  }

  /// `attack.t1046` is the technique `T1046`; tactics and tags of other kinds are none.
  private static func technique(_ tag: String) -> String? {
    let name = tag.lowercased()
    guard name.hasPrefix("attack.t"), name.utf8.dropFirst(8).first?.isDigit == true else { return nil }
    return name.dropFirst(7).uppercased()
  }

  // MARK: Filters

  private func filter(
    _ node: YAMLNode, _ logSource: LogSource, _ context: RuleContext, _ faults: inout [Fault]
  ) -> FilterDraft? {
    guard let rules = node["rules"] else {
      faults.append(node.fault("a filter needs 'rules': a list, or any"))
      return nil
    }
    var references: [(name: String, node: YAMLNode)]?
    if rules.scalar?.text.lowercased() != "any" {
      references = rules.items.compactMap { item in item.string(&faults).map { ($0, item) } }
    }
    let expression = DetectionReader.read(
      node, context, isLenient: isLenient, ignoring: ["rules"], &faults)
    return expression.map { FilterDraft(references: references, logSource: logSource, expression: $0) }
  }
}

extension String {
  /// Whether one slip makes the one of the other: a letter too many, too few or another, or two that changed places.
  fileprivate func isNearly(_ other: String) -> Bool {
    let (left, right) = (Array(utf8), Array(other.utf8))
    guard abs(left.count - right.count) <= 1, left.count > 3 else { return false }
    let start = zip(left, right).prefix { $0 == $1 }.count
    let end = zip(left.dropFirst(start).reversed(), right.dropFirst(start).reversed()).prefix { $0 == $1 }.count
    let rest = (left.count - start - end, right.count - start - end)
    if rest == (2, 2) { return left[start] == right[start + 1] && left[start + 1] == right[start] }
    return max(rest.0, rest.1) <= 1
  }
}

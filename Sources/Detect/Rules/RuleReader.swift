import Evidence
import Knowledge

/// Reads one document of a rule file.
struct RuleReader {
  enum Draft {
    case rule(RuleHeader, Expression, generate: Bool)
    case correlation(RuleHeader, CorrelationReader.Draft, generate: Bool)
  }

  private static let commonKeys: Set<String> = [
    "title", "id", "name", "status", "description", "references", "author", "date", "modified", "related", "license",
    "fields", "scope", "taxonomy", "falsepositives", "level", "tags", "watchfloor", "generate",
  ]
  private static let statuses = ["stable", "test", "experimental", "deprecated", "unsupported"]
  private static let levels = ["informational", "low", "medium", "high", "critical"]

  static func read(_ document: YAMLNode, _ faults: inout [Fault]) -> Draft? {
    let known = faults.count
    let body = document["correlation"] == nil ? ["logsource", "detection"] : ["correlation"]
    guard let keys = document.map(commonKeys.union(body), &faults) else { return nil }
    let header = header(document, keys, &faults)
    let generate = keys["generate"].map { $0.boolean(&faults) ?? false } ?? false
    checkLogSource(keys["logsource"], &faults)
    var draft: Draft?
    if let node = keys["correlation"] {
      draft = CorrelationReader.read(node, &faults).map { .correlation(header, $0, generate: generate) }
    } else if let node = keys["detection"] {
      draft = DetectionReader.read(node, &faults).map { .rule(header, $0, generate: generate) }
    } else {
      faults.append(document.fault("a rule needs a detection or a correlation"))
    }
    return faults.count == known ? draft : nil
  }

  private static func header(_ document: YAMLNode, _ keys: [String: YAMLNode], _ faults: inout [Fault]) -> RuleHeader {
    for key in ["title", "id"] where keys[key].map({ $0.scalar?.text == "" }) ?? true {
      faults.append((keys[key] ?? document).fault("a rule needs \(key == "id" ? "an id" : "a title")"))
    }
    let title = keys["title"]?.string(&faults) ?? ""
    let own = ownBlock(keys["watchfloor"], &faults)
    let signature = Signature(
      id: keys["id"]?.string(&faults) ?? "", title: title, stage: own.stage, lethality: own.lethality,
      lethalityReason: own.lethalityReason,
      level: keys["level"]?.word(of: levels, called: "level", &faults) ?? "medium",
      techniques: (keys["tags"]?.strings(&faults) ?? []).compactMap { technique($0) }, limits: own.limits)
    return RuleHeader(
      signature: signature, name: keys["name"]?.string(&faults),
      status: keys["status"]?.word(of: statuses, called: "status", &faults) ?? "",
      description: keys["description"]?.string(&faults) ?? "", references: keys["references"]?.strings(&faults) ?? [],
      falsePositives: keys["falsepositives"]?.strings(&faults) ?? [],
      pattern: own.pattern ?? PatternTemplate(text: title))
  }

  /// What Sigma has no word for. A rule without it, such as one written for another product, leaves its stage open.
  private struct OwnBlock {
    var stage = Stage.unexplained
    var lethality: Int?
    var lethalityReason = ""
    var pattern: PatternTemplate?
    var limits = ""
  }

  private static func ownBlock(_ node: YAMLNode?, _ faults: inout [Fault]) -> OwnBlock {
    var block = OwnBlock()
    let names: Set = ["stage", "lethality", "lethality_reason", "pattern", "proves_not"]
    guard let keys = node?.map(names, &faults) else { return block }
    let stages = Stage.allCases.map(\.rawValue)
    block.stage =
      keys["stage"]?.word(of: stages, called: "stage", &faults).flatMap { Stage(rawValue: $0) } ?? .unexplained
    block.lethality = keys["lethality"]?.integer(1...5, &faults)
    block.lethalityReason = keys["lethality_reason"]?.string(&faults) ?? ""
    block.pattern = keys["pattern"].map { PatternTemplate($0, &faults) }
    block.limits = keys["proves_not"]?.string(&faults) ?? ""
    return block
  }

  /// `attack.t1046` is the technique `T1046`; tactics and tags of other kinds are none.
  private static func technique(_ tag: String) -> String? {
    let name = tag.lowercased()
    guard name.hasPrefix("attack.t"), name.utf8.dropFirst(8).first?.isDigit == true else { return nil }
    return name.dropFirst(7).uppercased()
  }

  /// Evidence of all sources has the same fields here, so the log source selects nothing; its form is still checked.
  private static func checkLogSource(_ node: YAMLNode?, _ faults: inout [Fault]) {
    for value in node?.map(["category", "product", "service", "definition"], &faults)?.values.map({ $0 }) ?? [] {
      if value.scalar == nil { faults.append(value.fault("expected text")) }
    }
  }
}

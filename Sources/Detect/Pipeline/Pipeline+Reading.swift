import Evidence
import Knowledge

extension Pipeline.Transformation {
  private static let commonKeys: Set<String> = [
    "id", "type", "rule_conditions", "rule_cond_op", "rule_cond_not", "field_name_conditions", "field_name_cond_op",
    "field_name_cond_not",
  ]
  /// The transformations that are done, each with the keys that it has.
  private static let keysByType: [String: Set<String>] = [
    "field_name_mapping": ["mapping"], "field_name_prefix_mapping": ["mapping"], "field_name_prefix": ["prefix"],
    "field_name_suffix": ["suffix"], "drop_detection_item": [], "value_placeholders": ["include", "exclude"],
    "wildcard_placeholders": ["include", "exclude"], "add_condition": ["conditions", "negated", "name"],
    "change_logsource": ["category", "product", "service"], "map_string": ["mapping"], "rule_failure": ["message"],
    "detection_item_failure": ["message"],
  ]

  /// Reads one entry of `transformations`. A type that is not done is a fault, never passed over.
  init?(_ node: YAMLNode, _ faults: inout [Fault]) {
    guard let type = node["type"] else {
      faults.append(node.fault("a transformation needs a type"))
      return nil
    }
    let types = Pipeline.Transformation.keysByType.keys.sorted()
    guard let name = type.word(of: types, called: "transformation", &faults),
      let own = Pipeline.Transformation.keysByType[name],
      let keys = node.map(own.union(Pipeline.Transformation.commonKeys), &faults)
    else { return nil }
    guard let kind = Pipeline.Transformation.kind(name, node, keys, &faults) else { return nil }
    self.kind = kind
    ruleCondition = Pipeline.Transformation.condition("rule", keys, &faults) { node, faults in
      _ = node["type"]?.word(of: ["logsource"], called: "condition of a rule", &faults)
      guard node.map(["type", "category", "product", "service"], &faults) != nil else { return LogSource() }
      var source = LogSource()
      source.category = node["category"]?.string(&faults)
      source.product = node["product"]?.string(&faults)
      source.service = node["service"]?.string(&faults)
      return source
    }
    fieldCondition = Pipeline.Transformation.condition("field_name", keys, &faults) { node, faults in
      let kind = node["type"]?.word(
        of: ["include_fields", "exclude_fields"], called: "condition of a field", &faults)
      let keys = node.map(["type", "fields"], &faults) ?? [:]
      return Pipeline.FieldSet(
        names: Set(keys["fields"]?.strings(&faults) ?? []), isExcluded: kind == "exclude_fields")
    }
  }

  private static func kind(
    _ type: String, _ node: YAMLNode, _ keys: [String: YAMLNode], _ faults: inout [Fault]
  ) -> Kind? {
    func needed(_ key: String) -> YAMLNode? {
      if keys[key] == nil { faults.append(node.fault("\(type) needs '\(key)'")) }
      return keys[key]
    }
    func names(_ key: String) -> Set<String> { Set(keys[key]?.strings(&faults) ?? []) }
    switch type {
    case "field_name_mapping": return needed("mapping").map { .fieldMapping(mapping($0, &faults)) }
    case "map_string": return needed("mapping").map { .mapString(mapping($0, &faults)) }
    case "field_name_prefix_mapping":
      // The longest prefix first, so that the order of the file means nothing.
      return needed("mapping").map { node in
        .prefixMapping(
          mapping(node, &faults).map { (prefix: $0.key, fields: $0.value) }
            .sorted { ($1.prefix.utf8.count, $0.prefix) < ($0.prefix.utf8.count, $1.prefix) })
      }
    case "field_name_prefix": return needed("prefix")?.string(&faults).map { .prefix($0) }
    case "field_name_suffix": return needed("suffix")?.string(&faults).map { .suffix($0) }
    case "value_placeholders": return .valuePlaceholders(include: names("include"), exclude: names("exclude"))
    case "wildcard_placeholders": return .wildcardPlaceholders(include: names("include"), exclude: names("exclude"))
    case "add_condition":
      let isNegated = keys["negated"].map { $0.boolean(&faults) ?? false } ?? false
      return needed("conditions").map { .addCondition($0, isNegated: isNegated) }
    case "change_logsource":
      var source = LogSource()
      source.category = keys["category"]?.string(&faults)
      source.product = keys["product"]?.string(&faults)
      source.service = keys["service"]?.string(&faults)
      return .changeLogSource(source)
    case "rule_failure", "detection_item_failure": return needed("message")?.string(&faults).map { .failure($0) }
    default: return .drop
    }
  }

  private static func mapping(_ node: YAMLNode, _ faults: inout [Fault]) -> [String: [String]] {
    var mapping: [String: [String]] = [:]
    for entry in node.entries(&faults) ?? [] { mapping[entry.key] = entry.value.strings(&faults) }
    return mapping
  }

  private static func condition<Part: Sendable>(
    _ name: String, _ keys: [String: YAMLNode], _ faults: inout [Fault],
    _ read: (YAMLNode, inout [Fault]) -> Part
  ) -> Pipeline.Condition<Part> {
    let prefix = name + "_cond"
    var condition = Pipeline.Condition<Part>()
    for node in keys[name + "_conditions"]?.items ?? [] { condition.parts.append(read(node, &faults)) }
    condition.needsAll = keys[prefix + "_op"]?.word(of: ["and", "or"], called: "operator", &faults) != "or"
    condition.isNegated = keys[prefix + "_not"].map { $0.boolean(&faults) ?? false } ?? false
    return condition
  }
}

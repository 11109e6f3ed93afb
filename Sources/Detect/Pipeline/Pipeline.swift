public import Evidence
public import Knowledge

/// A processing pipeline in the form of pySigma: what makes rules that were written for other events fit ours.
public struct Pipeline: Sendable {
  public let name: String
  /// Pipelines are applied in the order of their priorities.
  public let priority: Int
  let transformations: [Transformation]
  /// Values for placeholders, by their names.
  let variables: [String: [String]]

  /// Reads a document; nil when it has faults.
  public init?(_ document: YAMLNode, _ faults: inout [Fault]) {
    let known = faults.count
    guard let keys = document.map(["name", "priority", "transformations", "vars", "allowed_backends"], &faults) else {
      return nil
    }
    name = keys["name"]?.string(&faults) ?? document.file
    priority = keys["priority"]?.integer(0...1_000_000, &faults) ?? 0
    var variables: [String: [String]] = [:]
    for entry in keys["vars"]?.entries(&faults) ?? [] { variables[entry.key] = entry.value.strings(&faults) }
    self.variables = variables
    transformations = (keys["transformations"]?.items ?? []).compactMap { Transformation($0, &faults) }
    guard faults.count == known else { return nil }
  }

  /// One step of a pipeline, and when it is done.
  struct Transformation: Sendable {
    enum Kind: Sendable {
      /// A field by another, or by any of several.
      case fieldMapping([String: [String]])
      case prefixMapping([(prefix: String, fields: [String])])
      case prefix(String)
      case suffix(String)
      /// The line does not count.
      case drop
      /// Placeholders by the pipeline's variables; with no names, all that these have.
      case valuePlaceholders(include: Set<String>, exclude: Set<String>)
      case wildcardPlaceholders(include: Set<String>, exclude: Set<String>)
      case addCondition(YAMLNode, isNegated: Bool)
      case changeLogSource(LogSource)
      /// Values that are exactly so by others.
      case mapString([String: [String]])
      case failure(String)
    }
    let kind: Kind
    let ruleCondition: Condition<LogSource>
    let fieldCondition: Condition<FieldSet>
  }

  /// Conditions joined by and, or by or.
  struct Condition<Part: Sendable>: Sendable {
    var parts: [Part] = []
    var needsAll = true
    var isNegated = false

    func holds(_ test: (Part) -> Bool) -> Bool {
      if parts.isEmpty { return true }
      return (needsAll ? parts.allSatisfy(test) : parts.contains(where: test)) != isNegated
    }
  }

  /// Fields that are named, or all others.
  struct FieldSet: Sendable {
    let names: Set<String>
    let isExcluded: Bool
    func contains(_ name: String) -> Bool { names.contains(name) != isExcluded }
  }
}

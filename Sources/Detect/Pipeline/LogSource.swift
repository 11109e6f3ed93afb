import Evidence
import Knowledge

/// Where a rule's events come from, as its `logsource` says.
public struct LogSource: Hashable, Sendable {
  public var category: String?
  public var product: String?
  public var service: String?

  public init() {}

  /// Reads a `logsource`; unknown keys are faults, except the text behind `definition`.
  init(_ node: YAMLNode?, _ faults: inout [Fault]) {
    guard let keys = node?.map(["category", "product", "service", "definition"], &faults) else { return }
    for key in keys.keys.sorted() where keys[key]?.scalar == nil {
      if let value = keys[key] { faults.append(value.fault("expected text")) }
    }
    category = keys["category"]?.scalar?.text
    product = keys["product"]?.scalar?.text
    service = keys["service"]?.scalar?.text
  }

  /// Whether everything that this log source says is true of `other`.
  func contains(_ other: LogSource) -> Bool {
    (category == nil || category == other.category) && (product == nil || product == other.product)
      && (service == nil || service == other.service)
  }

  public var description: String {
    let parts = [("category", category), ("product", product), ("service", service)]
    return parts.compactMap { name, value in value.map { "\(name) \($0)" } }.joined(separator: ", ")
  }
}

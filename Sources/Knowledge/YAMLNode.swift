public import Evidence
import Yams

/// A piece of a YAML file that knows where it stands, so that every mistake can be reported with its place.
public struct YAMLNode: Sendable, Equatable {
  public indirect enum Content: Sendable, Equatable {
    /// The text, and whether it was written without quotes (only then can it be a number or null).
    case scalar(String, isPlain: Bool)
    case list([YAMLNode])
    case map([Entry])
  }
  public struct Entry: Sendable, Equatable {
    public var key: String
    public var keyNode: YAMLNode
    public var value: YAMLNode
  }

  public let content: Content
  public let file: String
  public let line: Int
  public let column: Int

  /// More nodes than any honest file has; aliases that multiply stop here.
  private static let nodeCap = 200_000

  /// Deeper than any honest file is nested.
  static let depthCap = 64

  /// All documents of a file.
  /// - Throws: ``Faults`` when the text is not YAML or larger than the cap.
  public static func documents(text: String, file: String) throws(Faults) -> [YAMLNode] {
    var budget = nodeCap
    do {
      // The sequence ends at a mistake and keeps it, so it must be asked.
      // What a scalar is, its reader knows: regular expressions over each would take most of the time.
      var nodes = try Yams.compose_all(yaml: text, .basic)
      var documents: [YAMLNode] = []
      while let node = nodes.next() { documents.append(try YAMLNode(node, file: file, budget: &budget, depth: 0)) }
      if let error = nodes.error { throw error }
      return documents
    } catch let error as Fault {
      throw Faults([error])
    } catch {
      throw Faults([YAMLNode.fault(error, file: file)])
    }
  }

  private static func fault(_ error: any Error, file: String) -> Fault {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      Fault(file: file, line: mark.line, column: mark.column, "not YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      Fault(
        file: file, line: context.mark.line, column: context.mark.column,
        "the same key twice: \(duplicates.joined(separator: ", "))")
    case .reader(let problem, _, _, _): Fault(file: file, "not YAML: \(problem)")
    default: Fault(file: file, "not YAML: \(error)")
    }
  }

  init(content: Content, file: String, line: Int, column: Int) {
    self.content = content
    self.file = file
    self.line = line
    self.column = column
  }

  private init(_ node: Yams.Node, file: String, budget: inout Int, depth: Int) throws {
    self.file = file
    line = node.mark?.line ?? 0
    column = node.mark?.column ?? 0
    budget -= 1
    guard budget > 0 else {
      throw Fault(file: file, line: line, column: column, "too large once its aliases are expanded")
    }
    guard depth < YAMLNode.depthCap else {
      throw Fault(file: file, line: line, column: column, "nested more than \(YAMLNode.depthCap) deep")
    }
    switch node {
    case .scalar(let scalar): content = .scalar(scalar.string, isPlain: scalar.style == .plain || scalar.style == .any)
    case .sequence(let sequence):
      var list: [YAMLNode] = []
      for item in sequence { list.append(try YAMLNode(item, file: file, budget: &budget, depth: depth + 1)) }
      content = .list(list)
    case .mapping(let mapping):
      var entries: [Entry] = []
      for (key, value) in mapping {
        let keyNode = try YAMLNode(key, file: file, budget: &budget, depth: depth + 1)
        guard case .scalar(let text, _) = keyNode.content else { throw keyNode.fault("a key must be text") }
        entries.append(
          Entry(key: text, keyNode: keyNode, value: try YAMLNode(value, file: file, budget: &budget, depth: depth + 1)))
      }
      content = .map(entries)
    case .alias: throw Fault(file: file, line: line, column: column, "an alias without its anchor")
    }
  }

  /// A fault at this place.
  public func fault(_ message: String) -> Fault { Fault(file: file, line: line, column: column, message) }

  // MARK: Reading with faults collected

  /// The text of a scalar.
  public func string(_ faults: inout [Fault]) -> String? {
    if case .scalar(let text, _) = content { return text }
    faults.append(fault("expected text"))
    return nil
  }
  public func integer(_ range: ClosedRange<Int>, _ faults: inout [Fault]) -> Int? {
    if case .scalar(let text, _) = content, let value = Int(text), range.contains(value) { return value }
    faults.append(fault("expected a whole number from \(range.lowerBound) to \(range.upperBound)"))
    return nil
  }
  /// A list, or a single node as a list of one.
  public var items: [YAMLNode] {
    if case .list(let list) = content { list } else { [self] }
  }
  public func strings(_ faults: inout [Fault]) -> [String] { items.compactMap { $0.string(&faults) } }

  /// A map whose keys are all among `keys`; unknown keys are faults.
  public func map(_ keys: Set<String>, _ faults: inout [Fault]) -> [String: YAMLNode]? {
    guard let entries = entries(&faults) else { return nil }
    for entry in entries where !keys.contains(entry.key) {
      faults.append(
        entry.keyNode.fault("unknown key '\(entry.key)'; expected one of: \(keys.sorted().joined(separator: ", "))"))
    }
    return Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
  }
  /// A map with keys of any name, in the order of the file.
  public func entries(_ faults: inout [Fault]) -> [Entry]? {
    if case .map(let entries) = content { return entries }
    faults.append(fault("expected a map"))
    return nil
  }
  public subscript(key: String) -> YAMLNode? {
    guard case .map(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }
}

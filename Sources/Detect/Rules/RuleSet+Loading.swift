public import Evidence
public import Knowledge

extension RuleSet {
  /// Compiles the documents of all rule files; cases, which may stand in the same folder, are left aside. When one of
  /// the documents has a fault the set is empty: rules are loaded together or not at all.
  /// - Parameter foreign: rules that others wrote, which the pipelines make fit.
  public init(
    documents: [YAMLNode], foreign: [YAMLNode] = [], pipelines: [Pipeline] = [], faults: inout [Fault]
  ) {
    let known = faults.count
    var linker = RuleLinker()
    for (documents, pipelines) in [(documents, []), (foreign, pipelines)] {
      let reader = RuleReader(pipelines: pipelines, isLenient: false)
      for document in documents where !document.isCase {
        linker.declare(document, &faults)
        if let draft = reader.read(document, &faults) { linker.add(draft) }
      }
    }
    let set = linker.link(&faults)
    self = faults.count == known ? set : .empty
  }

  /// What became of one document of a folder of foreign rules.
  public struct Reception: Sendable {
    public let title: String
    public let file: String
    public let line: Int
    public let logSource: LogSource
    /// Why it cannot apply; empty when it does.
    public fileprivate(set) var faults: [Fault]
  }

  /// Compiles what can be compiled, and says of each document whether it was and what was in the way.
  public static func receiving(
    _ documents: [YAMLNode], pipelines: [Pipeline] = []
  ) -> (rules: RuleSet, receptions: [Reception]) {
    let reader = RuleReader(pipelines: pipelines, isLenient: true)
    var receptions: [Reception] = []
    var drafts: [RuleReader.Draft?] = []
    let documents = documents.filter { !$0.isCase }
    for document in documents {
      var faults: [Fault] = []
      drafts.append(reader.read(document, &faults))
      receptions.append(
        Reception(
          title: document["title"]?.scalar?.text ?? "", file: document.file, line: document.line,
          logSource: LogSource(document["logsource"], &faults), faults: faults))
    }
    // One that cannot apply takes with it what builds on it, and so on.
    while true {
      var linker = RuleLinker()
      for (index, document) in documents.enumerated() where receptions[index].faults.isEmpty {
        var faults: [Fault] = []
        linker.declare(document, &faults)
        if let draft = drafts[index], faults.isEmpty { linker.add(draft) }
        receptions[index].faults += faults
      }
      var faults: [Fault] = []
      let set = linker.link(&faults)
      if faults.isEmpty { return (set, receptions) }
      for fault in faults {
        // The document that the fault stands in is the last that begins before it.
        let index = receptions.lastIndex { $0.file == fault.file && $0.line <= fault.line }
        guard let index else { return (.empty, receptions) }
        receptions[index].faults.append(fault)
      }
    }
  }
}

extension YAMLNode {
  /// A document with cases for a rule (`Workbench/Rules`).
  public var isCase: Bool { self["cases"] != nil && self["detection"] == nil && self["correlation"] == nil }
}

public import Detect
public import Evidence
public import Knowledge

/// The rules that the user names: `--rules`, `--rules-only`, `--pipeline`.
public struct RuleSources: Sendable {
  public var folders: [String] = []
  /// Without the library.
  public var isOnly = false
  /// Files of pipelines, for the user's rules.
  public var pipelines: [String] = []
  public init() {}

  /// The documents of the rules, and the pipelines for those of the user.
  public struct Documents: Sendable {
    public var library: [YAMLNode] = []
    public var foreign: [YAMLNode] = []
    public var pipelines: [Pipeline] = []
    public var all: [YAMLNode] { library + foreign }
  }

  public func documents(_ knowledge: KnowledgeFolder, faults: inout [Fault]) -> Documents {
    var documents = Documents()
    if !isOnly { documents.library = knowledge.documents(below: "rules", faults: &faults) }
    for folder in folders {
      do throws(Faults) {
        documents.foreign += try KnowledgeFolder(path: folder).documents(faults: &faults)
      } catch {
        faults += error.list
      }
    }
    guard !folders.isEmpty else {
      if isOnly { faults.append(Fault(file: "--rules-only", "goes with --rules")) }
      if !pipelines.isEmpty { faults.append(Fault(file: "--pipeline", "goes with --rules")) }
      return documents
    }
    var nodes = knowledge.documents(below: "pipelines", faults: &faults)
    for file in pipelines {
      do throws(Faults) {
        nodes += try KnowledgeFolder(path: file).documents(faults: &faults)
      } catch {
        faults += error.list
      }
    }
    documents.pipelines = nodes.compactMap { Pipeline($0, &faults) }
    return documents
  }

  public func load(_ knowledge: KnowledgeFolder, faults: inout [Fault]) -> RuleSet {
    let documents = documents(knowledge, faults: &faults)
    return RuleSet(
      documents: documents.library, foreign: documents.foreign, pipelines: documents.pipelines, faults: &faults)
  }
}

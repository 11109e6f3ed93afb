package import Detect
package import Evidence
package import Knowledge

/// The rules that the user names: `--rules`, `--rules-only`, `--pipeline`.
package struct RuleSources: Sendable {
  package var folders: [String] = []
  /// Without the library.
  package var isOnly = false
  /// Files of pipelines, for the user's rules.
  package var pipelines: [String] = []
  package init() {}

  /// The documents of the rules, and the pipelines for those of the user.
  package struct Documents: Sendable {
    package var library: [YAMLNode] = []
    package var foreign: [YAMLNode] = []
    package var pipelines: [Pipeline] = []
    package var all: [YAMLNode] { library + foreign }
  }

  package func documents(_ knowledge: KnowledgeFolder, faults: inout [Fault]) -> Documents {
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

  package func load(_ knowledge: KnowledgeFolder, faults: inout [Fault]) -> RuleSet {
    let documents = documents(knowledge, faults: &faults)
    return RuleSet(
      documents: documents.library, foreign: documents.foreign, pipelines: documents.pipelines, faults: &faults)
  }
}

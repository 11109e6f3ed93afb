import ArgumentParser
import Evidence
import Knowledge

/// Which rules, for `analyze` and for `rules`.
struct RuleOptions: ParsableArguments {
  @Option(
    name: .customLong("rules"),
    help: ArgumentHelp("Sigma rules beside the library's: a folder or a file. May be repeated.", valueName: "dir"))
  var folders: [String] = []
  @Flag(name: .customLong("rules-only"), help: "Only the rules of --rules, without the library's.")
  var isOnly = false
  @Option(
    name: .customLong("pipeline"),
    help: ArgumentHelp(
      "A pipeline in pySigma's form that makes the rules of --rules fit. May be repeated.", valueName: "file"))
  var pipelines: [String] = []

  var sources: RuleSources {
    var sources = RuleSources()
    sources.folders = folders
    sources.isOnly = isOnly
    sources.pipelines = pipelines
    return sources
  }
}

/// Where the formats, rules and tables come from.
struct KnowledgeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Formats, rules, tables and policy to use instead of the built-in ones.", valueName: "dir"))
  var knowledge: String?

  func folder() throws(Faults) -> KnowledgeFolder { try KnowledgeOptions.folder(knowledge) }

  static func folder(_ path: String?) throws(Faults) -> KnowledgeFolder {
    guard let path else { return .embedded }
    return try KnowledgeFolder(folder: path)
  }
}

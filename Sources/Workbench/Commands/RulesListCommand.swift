import ArgumentParser
import Detect
import Evidence

/// `watchfloor rules list`
struct RulesListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the rules: id, level, stage, status, techniques, title.")

  @OptionGroup var knowledge: KnowledgeOptions
  @OptionGroup var rules: RuleOptions

  func run() async throws {
    try await RulesCommand.reportingFaults {
      let base = try KnowledgeBase(try knowledge.folder(), rules: rules.sources)
      var page = Page(isColoured: Terminal.wantsColour)
      for header in base.rules.headers {
        let signature = header.signature
        let facts = [
          signature.level, signature.stage.rawValue, header.status.isEmpty ? "-" : header.status,
          signature.techniques.isEmpty ? "-" : signature.techniques.joined(separator: ","),
        ]
        let columns = [signature.id] + facts + [signature.title]
        page.line(columns.map { Bytes($0).notation }.joined(separator: "\t"))
      }
      Terminal.output(page.text)
    }
  }
}

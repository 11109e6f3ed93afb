import ArgumentParser
import Detect
import Evidence
import Fuse

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
      for header in base.rules.headers { page.line(RulesListCommand.line(header.signature, status: header.status)) }
      for signature in Fusion.signatures { page.line(RulesListCommand.line(signature, status: "")) }
      Terminal.output(page.text)
    }
  }

  private static func line(_ signature: Signature, status: String) -> String {
    let columns = [
      signature.id, signature.level, signature.stage.rawValue, status.isEmpty ? "-" : status,
      signature.techniques.isEmpty ? "-" : signature.techniques.joined(separator: ","), signature.title,
    ]
    return columns.map { Bytes($0).notation }.joined(separator: "\t")
  }
}

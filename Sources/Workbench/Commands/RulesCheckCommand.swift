import ArgumentParser
import Detect
import Evidence
import Knowledge

/// `watchfloor rules check`
struct RulesCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks rules and cases, and reports all faults with their places.",
    discussion: """
      With --lenient every rule is looked at for itself, and it is said of each whether it can apply to our events and \
      what is in the way. That is for folders of rules that others wrote.
      """)

  @Argument(help: "Folders or files to check instead of the library.")
  var paths: [String] = []
  @Flag(name: .customLong("lenient"), help: "Says of each rule whether it can apply; faults do not fail the check.")
  var isLenient = false
  @OptionGroup var knowledge: KnowledgeOptions
  @OptionGroup var rules: RuleOptions

  func run() async throws {
    try await RulesCommand.reportingFaults {
      var sources = rules.sources
      sources.folders = paths + sources.folders
      sources.isOnly = sources.isOnly || !paths.isEmpty
      var faults: [Fault] = []
      let documents = sources.documents(try knowledge.folder(), faults: &faults)
      if isLenient {
        for fault in faults { Terminal.error("watchfloor: \(Bytes(fault.description).notation)") }
        receive(documents)
        return
      }
      let set = RuleSet(
        documents: documents.library, foreign: documents.foreign, pipelines: documents.pipelines, faults: &faults)
      let cases = documents.all.filter(\.isCase).compactMap { RuleCases($0, &faults) }
      guard faults.isEmpty else { throw Faults(faults) }
      let count = set.rules.count + set.correlations.count
      Terminal.output("\(count) rules and \(cases.reduce(0) { $0 + $1.cases.count }) cases without faults\n")
    }
  }

  private func receive(_ documents: RuleSources.Documents) {
    let (_, receptions) = RuleSet.receiving(documents.all, pipelines: documents.pipelines)
    var page = Page(isColoured: Terminal.wantsColour)
    for reception in receptions {
      let place = "\(reception.file):\(reception.line): \(reception.title)"
      let source = reception.logSource.description
      if reception.faults.isEmpty {
        let remark = source.isEmpty ? "" : "; its log source (\(source)) selects nothing here"
        page.line(Bytes("\(place): applies" + remark).notation)
      } else {
        page.line(Bytes("\(place): cannot apply").notation)
        for fault in reception.faults { page.line("  " + Bytes(fault.description).notation) }
      }
    }
    let applying = receptions.count { $0.faults.isEmpty }
    page.line("\(applying) of \(receptions.count) rules can apply")
    Terminal.output(page.text)
  }
}

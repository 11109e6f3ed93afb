import ArgumentParser
import Detect
import Evidence
import Knowledge

/// `watchfloor rules test`
struct RulesTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Holds the rules against the cases beside them.",
    discussion: "Exit status: 0 all cases end as they must; 1 one does not; 2 faults.")

  @Argument(help: "Only the cases of these rules, by id or name.")
  var only: [String] = []
  @OptionGroup var knowledge: KnowledgeOptions
  @OptionGroup var rules: RuleOptions

  func run() async throws {
    try await RulesCommand.reportingFaults {
      let folder = try knowledge.folder()
      let base = try KnowledgeBase(folder, rules: rules.sources)
      var faults: [Fault] = []
      let documents = rules.sources.documents(folder, faults: &faults).all.filter(\.isCase)
      var cases = documents.compactMap { RuleCases($0, &faults) }
      guard faults.isEmpty else { throw Faults(faults) }
      if !only.isEmpty { cases = cases.filter { only.contains($0.rule) } }
      let runner = CaseRunner(formats: base.formats, rules: base.rules)
      let failures = cases.flatMap { runner.failures($0) }
      for failure in failures {
        Terminal.output(Bytes("\(failure.cause.description) (\(failure.rule))").notation + "\n")
      }
      let count = cases.reduce(0) { $0 + $1.cases.count }
      Terminal.output("\(count) cases of \(Set(cases.map(\.rule)).count) rules, \(failures.count) failed\n")
      if !failures.isEmpty { throw ExitCode(1) }
    }
  }
}

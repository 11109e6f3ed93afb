import ArgumentParser
import Evidence
import Knowledge

/// `watchfloor rules ...`
struct RulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "Lists, checks, tests and explains the rules.",
    discussion: """
      Rules are Sigma files: the library's, and those of --rules. What of Sigma is read, and the form of cases and \
      pipelines, stands in docs/rules.md. `list`, `show` and `coverage` also tell the findings that take both views and \
      are made where these are fused; they have no file.

      Exit status: 0 done; 1 a case failed; 2 wrong usage, or rules with faults.
      """,
    subcommands: [
      RulesListCommand.self, RulesShowCommand.self, RulesCheckCommand.self, RulesTestCommand.self,
      RulesCoverageCommand.self, RulesExplainCommand.self,
    ])

  /// Runs a body; its faults go to standard error, all of them, and end the process with 2.
  static func reportingFaults(_ body: () async throws -> Void) async throws {
    do { try await body() } catch let faults as Faults { throw faults.reported() }
  }
}

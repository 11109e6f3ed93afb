public import ArgumentParser
import Glibc

/// The program.
public struct WatchfloorCommand: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "watchfloor",
    abstract: "Fuses what hosts logged and what the network carried into one battle picture.",
    version: "0.1.0",
    subcommands: [
      AnalyzeCommand.self, ExplainCommand.self, RulesCommand.self, FormatsCommand.self, DrillCommand.self,
    ])
  public init() {}

  /// Runs what the command line says, and ends the process. Wrong usage ends it with 2, as a wrong configuration does;
  /// the library's own status for it is 64.
  public static func start() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      Terminal.error(fullMessage(for: error))
      Glibc.exit(2)
    }
  }
}

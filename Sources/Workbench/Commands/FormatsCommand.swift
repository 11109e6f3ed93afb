import ArgumentParser

/// `watchfloor formats`: what is understood, and what becomes of a line.
struct FormatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats",
    abstract: "Says which log lines are understood.",
    subcommands: [FormatsListCommand.self, FormatsCheckCommand.self, FormatsTestCommand.self])
}

import ArgumentParser

/// `watchfloor formats`: what is understood, and what becomes of a line.
struct FormatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats",
    abstract: "Says which log lines are understood.",
    subcommands: [FormatsListCommand.self, FormatsCheckCommand.self, FormatsTestCommand.self])
}

/// What the subcommands have in common.
struct FormatsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Formats, rules, tables and policy to use instead of the built-in ones.", valueName: "dir"))
  var knowledge: String?
}

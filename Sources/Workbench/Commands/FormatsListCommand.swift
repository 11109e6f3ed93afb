import ArgumentParser
import Decode
import Evidence
import Knowledge

/// `watchfloor formats list`
struct FormatsListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the formats, with the programs whose lines they take.")

  @OptionGroup var knowledge: KnowledgeOptions
  @Flag(help: "As the table of docs/formats.md.")
  var markdown = false

  func run() async throws {
    let library = try knowledge.formats()
    if markdown {
      Terminal.output(library.catalogue)
      return
    }
    for summary in library.summaries {
      let wordings = "\(summary.wordings) \(summary.wordings == 1 ? "wording" : "wordings")"
      Terminal.output("\(summary.name): \(summary.description) (\(wordings))\n")
      Terminal.output("    tags: \(summary.tags.joined(separator: " "))\n")
      if !summary.versions.isEmpty { Terminal.output("    versions: \(summary.versions)\n") }
      if summary.isExclusive { Terminal.output("    a line of these programs that no format takes is unexplained\n") }
    }
  }
}

/// `watchfloor formats check`
struct FormatsCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks every format against its own samples; faults are named with file and line.",
    discussion: "Exit status: 0 all hold; 2 there are faults.")

  @OptionGroup var knowledge: KnowledgeOptions

  func run() async throws {
    let library = try knowledge.formats()
    let samples = library.summaries.reduce(0) { $0 + $1.samples }
    let wordings = library.summaries.reduce(0) { $0 + $1.wordings }
    Terminal.output("\(library.summaries.count) formats, \(wordings) wordings, \(samples) samples: all hold\n")
  }
}

extension KnowledgeOptions {
  /// - Throws: exit status 2, after every fault was told.
  func formats() throws -> FormatLibrary {
    do throws(Faults) { return try library() } catch { throw error.reported() }
  }

  func library() throws(Faults) -> FormatLibrary {
    let folder = try folder()
    var faults: [Fault] = []
    let programs = folder.programTable(faults: &faults)
    let library = FormatLibrary(folder, programs: programs, faults: &faults)
    guard faults.isEmpty else { throw Faults(faults) }
    return library
  }
}

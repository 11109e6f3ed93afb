import ArgumentParser
import Evidence
import Foundation
import Knowledge

/// `watchfloor drill NAME` and `watchfloor drill list`
struct DrillCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drill",
    abstract: "Puts you in the analyst's seat: evidence day by day, your call first.",
    discussion: """
      'watchfloor drill list' names the scenarios, 'watchfloor drill NAME' plays one. A scenario is a folder with evidence \
      and a scenario.yaml (docs/drill.md), and NAME may be the path of such a folder. With --answers FILE the answers \
      come from a file, one a line, and nobody is asked.

      Exit status: 0 played; 2 wrong usage, or a scenario with faults.
      """,
    subcommands: [PlayCommand.self, ListCommand.self], defaultSubcommand: PlayCommand.self)

  /// Where scenarios lie.
  struct Place: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "The folder of the scenarios. Default: share/watchfloor/drills of the installation, else Examples/drills.",
        valueName: "dir"))
    var scenarios: String?

    /// The folder, and those of its folders that hold a scenario, in order.
    func folders() throws(Faults) -> [String] {
      let places =
        scenarios.map { [$0] }
        ?? [Place.installed, "Examples/drills"].compactMap { $0 }
      for place in places {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: place) else { continue }
        return names.sorted().map { place + "/" + $0 }.filter { Place.isScenario($0) }
      }
      throw Faults([Fault(file: places.last ?? "", "no such folder; say with --scenarios where they are")])
    }

    static func isScenario(_ folder: String) -> Bool {
      FileManager.default.isReadableFile(atPath: folder + "/scenario.yaml")
    }

    /// Beside the binary of an installation: PREFIX/bin/watchfloor, PREFIX/share/watchfloor/drills.
    private static var installed: String? {
      guard let binary = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
        return nil
      }
      let prefix = URL(fileURLWithPath: binary).deletingLastPathComponent().deletingLastPathComponent()
      let folder = prefix.appendingPathComponent("share/watchfloor/drills").path
      return FileManager.default.isReadableFile(atPath: folder) ? folder : nil
    }
  }

  struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Names the scenarios.")
    @OptionGroup var place: Place

    func run() async throws {
      do throws(Faults) {
        for folder in try place.folders() {
          let scenario = try Scenario(folder: folder)
          print("\(scenario.name): \(scenario.title) (\(scenario.steps.count) days)")
        }
      } catch {
        throw error.reported()
      }
    }
  }

  struct PlayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "play", abstract: "Plays a scenario.", shouldDisplay: false)
    @Argument(help: "A scenario, or the folder of one.")
    var name: String
    @Option(help: ArgumentHelp("Take the answers from a file, one a line.", valueName: "file"))
    var answers: String?
    @OptionGroup var place: Place

    func run() async throws {
      do {
        let scenario = try Scenario(folder: try folder())
        let analysis = try await analyse(scenario)
        let isInteractive = answers == nil && isatty(STDIN_FILENO) == 1
        let lines = try answers.map { try Self.lines($0) }
        var next = 0
        var drill = Drill(scenario, analysis, isInteractive: isInteractive) { text in
          FileHandle.standardOutput.write(Data(text.utf8))
        } ask: { question in
          FileHandle.standardOutput.write(Data(question.utf8))
          guard let lines else { return readLine() }
          let answer = next < lines.count ? lines[next] : nil
          next += 1
          FileHandle.standardOutput.write(Data(((answer.map { Bytes($0).notation } ?? "") + "\n").utf8))
          return answer
        }
        drill.run()
      } catch let faults as Faults {
        throw faults.reported()
      }
    }

    private func folder() throws(Faults) -> String {
      if Place.isScenario(name) { return name }
      let folders = try place.folders()
      if let folder = folders.first(where: { $0.hasSuffix("/" + name) }) { return folder }
      throw Faults([Fault(file: name, "no such scenario; 'watchfloor drill list' names them")])
    }

    private func analyse(_ scenario: Scenario) async throws -> Analysis {
      var faults: [Fault] = []
      let configuration = EvidenceOptions.configuration(scenario.configuration, &faults)
      let base = EvidenceOptions.knowledgeBase(nil, &faults)
      let list = InputList(paths: scenario.evidence, faults: &faults)
      guard faults.isEmpty, let base else { throw Faults(faults) }
      var options = Analysis.Options()
      options.asOf = scenario.asOf
      return try await Analyst(knowledge: base, configuration: configuration, options: options).analyse(list)
    }

    private static func lines(_ file: String) throws(Faults) -> [String] {
      try UserFile.text(file).split(separator: "\n", omittingEmptySubsequences: false).map(String.init).filter {
        !$0.hasPrefix("#")
      }
    }
  }
}

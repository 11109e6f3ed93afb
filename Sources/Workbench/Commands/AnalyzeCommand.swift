public import ArgumentParser
import Evidence
import Foundation
import Judge
import Synchronization

/// `watchfloor analyze PATH...`
struct AnalyzeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Says what happened, how bad it was and what condition it calls for.",
    discussion: """
      Reads logs, captures, traces in text and reports, in any mix and packed with gzip, xz, zstd or bzip2; what a file \
      is shows in its content. With --interface it captures first, and tells of it together with what else is named; \
      Ctrl-C ends the capture and not the analysis.

      Exit status: 0 analysed; 1 an incident reaches --fail-at; 2 wrong usage, configuration, rules or an input that \
      cannot be opened; 3 analysed, but a capture or packed file was damaged or a file in a folder could not be read.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, html, markdown, ecs }

  @Argument(help: "Files, folders, or - for standard input.")
  var paths: [String] = []

  @OptionGroup var live: LiveOptions
  @OptionGroup var evidence: EvidenceOptions
  @Option(help: "text, json, html, markdown, or ecs: events and findings as lines of the Elastic Common Schema.")
  var format = Given<Format>(.text)
  @Option(help: ArgumentHelp("Write the report to a file.", valueName: "file"))
  var output: String?
  @Option(help: "Sum up by hour, day or week.")
  var window = Given<WindowWidth>(.day)
  @Option(help: ArgumentHelp("An earlier JSON report: what it has is not new.", valueName: "file"))
  var baseline: String?
  @Option(help: "Tell only the N worst; what repeats counts once. JSON has all.")
  var top: Given<Int>?
  @Option(
    help: ArgumentHelp(
      "Tell only the incidents that touch this site of --config; days and condition count their part there. ECS has all.",
      valueName: "name"))
  var site: String?
  @Option(help: "Exit with 1 when an incident is at least this severe (-8 to 8).")
  var failAt: Given<Int>?

  /// What is done with the analysis.
  private struct Wishes {
    var format = Format.text
    var top: Int?
    var failAt: Int?
  }

  func run() async throws {
    do {
      var wishes = Wishes()
      let analysis = try await evidence.analyse(paths, capturing: live) { options, faults in
        if paths.isEmpty, live.interface.isEmpty {
          faults.append(Fault(file: "analyze", "nothing to analyse: name a file, a folder, - or an --interface"))
        }
        options.window = window.value(of: "--window", &faults) ?? .day
        options.site = site
        options.history = baseline.flatMap { Baseline(file: $0, faults: &faults)?.patterns } ?? []
        wishes = self.wishes(&faults)
      }
      AnalyzeCommand.last.withLock { $0 = analysis }
      try write(analysis, wishes)
      if let failAt = wishes.failAt, analysis.incidents.contains(where: { $0.severity.score >= failAt }) {
        throw ExitCode(1)
      }
      if analysis.isDamaged { throw ExitCode(3) }
    } catch let faults as Faults {
      throw faults.reported()
    }
  }

  private func wishes(_ faults: inout [Fault]) -> Wishes {
    Wishes(
      format: format.value(of: "--format", &faults) ?? .text,
      top: top?.value(of: "--top", expected: "a number of at least 1", &faults) { $0 >= 1 },
      failAt: failAt?.value(of: "--fail-at", expected: "a number from -8 to 8", &faults) { (-8...8).contains($0) })
  }

  /// Kept until the process ends: to take hundreds of thousands of Events apart before that is time for nothing.
  private static let last = Mutex<Analysis?>(nil)

  private func write(_ analysis: Analysis, _ wishes: Wishes) throws {
    let bytes: [UInt8]
    let top = wishes.top
    switch wishes.format {
    case .json: bytes = JSONReport(analysis).encoded()
    case .ecs: bytes = ECSReport(analysis).encoded()
    case .html: bytes = Array(HTMLReport(analysis, top: top).rendered().utf8)
    case .markdown:
      var report = MarkdownReport(analysis, top: top)
      bytes = Array(report.rendered().utf8)
    case .text:
      var report = TextReport(analysis, isColoured: output == nil && Terminal.wantsColour, top: top)
      bytes = Array(report.rendered().utf8)
    }
    guard let output else {
      FileHandle.standardOutput.write(Data(bytes))
      return
    }
    do { try Data(bytes).write(to: URL(fileURLWithPath: output), options: .atomic) } catch {
      throw Faults([Fault(file: output, "cannot be written: \(error.localizedDescription)")])
    }
  }
}

extension WindowWidth: ExpressibleByArgument {}

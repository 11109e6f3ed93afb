import ArgumentParser
import Evidence
import Foundation
import Fuse
import Judge

/// `watchfloor explain ID PATH...`
struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Gives the whole derivation of one incident.",
    discussion: """
      From its records over findings and deductions to its severity; what was disclosed, what the other view should have \
      seen, and what to look at next.

      Exit status: 0 explained; 2 wrong usage, configuration, rules, an input that cannot be opened, or no such incident; \
      3 explained, but an input was damaged.
      """)

  @Argument(help: "The incident: its id, the start of it (W-6dd9), or its rank in the report (1).")
  var incident: String
  @Argument(help: "Files, folders, or - for standard input.")
  var paths: [String]
  @OptionGroup var evidence: EvidenceOptions

  func validate() throws {
    if paths.isEmpty { throw ValidationError("nothing to analyse: name a file, a folder or -") }
  }

  func run() async throws {
    do {
      let analysis = try await evidence.analyse(paths)
      var report = ExplainReport(
        analysis, rank: try ExplainCommand.rank(of: incident, in: analysis.incidents),
        isColoured: Terminal.wantsColour)
      FileHandle.standardOutput.write(Data(report.rendered().utf8))
      if analysis.isDamaged { throw ExitCode(3) }
    } catch let faults as Faults {
      throw faults.reported()
    }
  }

  /// - Throws: ``Faults`` when none or several fit.
  private static func rank(of wanted: String, in incidents: [JudgedIncident]) throws(Faults) -> Int {
    if let rank = Int(wanted), wanted.utf8.allSatisfy(\.isDigit) {
      guard (1...max(1, incidents.count)).contains(rank), !incidents.isEmpty else {
        throw Faults([
          Fault(
            file: wanted,
            "there \(incidents.count == 1 ? "is" : "are") \(counted(incidents.count, "incident", "incidents"))")
        ])
      }
      return rank
    }
    if let exact = incidents.firstIndex(where: { $0.incident.id == wanted }) { return exact + 1 }
    let fitting = incidents.indices.filter { incidents[$0].incident.id.hasPrefix(wanted) }
    guard let only = fitting.first, fitting.count == 1 else {
      throw Faults([
        Fault(
          file: wanted,
          fitting.isEmpty
            ? "no incident of the evidence has this id"
            : "fits \(listed(fitting.map { incidents[$0].incident.id }, limit: 6))")
      ])
    }
    return only + 1
  }
}

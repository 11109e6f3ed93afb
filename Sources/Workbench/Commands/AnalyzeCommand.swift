import ArgumentParser
import Capture
import Decode
import Evidence
import Foundation
import Fuse
import Judge
import Knowledge

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

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: "Files, folders, or - for standard input.")
  var paths: [String] = []

  @Option(help: "Capture from this interface, for as long as --for says or until Ctrl-C. May be given several times.")
  var interface: [String] = []
  @Option(
    help: """
      Of the interfaces take only this, in libpcap's syntax (pcap-filter(7)). A filter by ports leaves out all fragments \
      of a datagram but the first.
      """)
  var filter: String?
  @Option(name: .customLong("for"), help: ArgumentHelp("How long to capture: 60s, 5m, 2h.", valueName: "time"))
  var span: CaptureSpan?
  @Flag(
    name: .customLong("no-checksums"),
    help: """
      Do not verify checksums. Otherwise a packet with a wrong one is left out, as its target leaves it out; one that a \
      network card was still to fill in is taken.
      """)
  var ignoresChecksums = false

  @Option(
    help: """
      The day of the report, as YYYY-MM-DD: the last that a stamp without a year can mean, and the one whose condition is \
      recommended. Default: each file's own time for its stamps, the last day of evidence for the condition.
      """)
  var asOf: Day?
  @Option(help: "Recommend the condition of this day, from nothing known later. Default: that of --as-of.")
  var situationAt: Day?
  @Option(help: "Time zone of stamps that name none, such as Europe/Berlin or +01:00.")
  var timezone: String = "UTC"
  @Option(help: ArgumentHelp("What is known of the site: sites, hosts, criticality (YAML).", valueName: "file"))
  var config: String?
  @Option(
    help: ArgumentHelp("Formats, rules, tables and policy to use instead of the built-in ones.", valueName: "dir"))
  var knowledge: String?
  @Option(help: "Inputs that are read side by side; the result is the same.")
  var threads: Int = 2
  @Option(help: "text or json.")
  var format: Format = .text
  @Option(help: ArgumentHelp("Write the report to a file.", valueName: "file"))
  var output: String?
  @Option(help: "Exit with 1 when an incident is at least this severe (-8 to 8).")
  var failAt: Int?

  func validate() throws {
    if paths.isEmpty, interface.isEmpty {
      throw ValidationError("nothing to analyse: name a file, a folder, - or an --interface")
    }
    if interface.isEmpty, filter != nil || span != nil {
      throw ValidationError("--filter and --for need an --interface")
    }
    if Set(interface).count < interface.count { throw ValidationError("an --interface is named twice") }
    if threads < 1 || threads > 256 { throw ValidationError("--threads must be from 1 to 256") }
    if let failAt, !(-8...8).contains(failAt) { throw ValidationError("--fail-at must be from -8 to 8") }
  }

  func run() async throws {
    do {
      let analysis = try await analyse()
      try write(analysis)
      if let failAt, analysis.incidents.contains(where: { $0.severity.score >= failAt }) { throw ExitCode(1) }
      if analysis.isDamaged { throw ExitCode(3) }
    } catch let faults as Faults {
      for fault in faults.list { Terminal.error("watchfloor: \(Bytes(fault.description).notation)") }
      throw ExitCode(2)
    }
  }

  /// Checks everything that the user named before anything is read, so that all faults show in one run.
  private func analyse() async throws -> Analysis {
    var faults: [Fault] = []
    var options = Analysis.Options()
    options.asOf = asOf
    options.situationAt = situationAt
    options.threads = threads
    options.decoding.verifiesChecksums = !ignoresChecksums
    if let zone = ZoneTable(identifier: timezone) {
      options.zone = zone
    } else {
      faults.append(Fault(file: "--timezone", "'\(timezone)' is no time zone that this system knows"))
    }
    let configuration = readConfiguration(&faults)
    let base = readKnowledge(&faults)
    var list = InputList(paths: paths, faults: &faults)
    let interruption = Interruption()
    let requests = requests(interruption)
    for request in requests { check(request, &faults) }
    guard faults.isEmpty, let base else { throw Faults(faults) }
    if asOf == nil, paths.contains("-") {
      list = InputList(paths: paths, spooled: try Spool.standardInput(), faults: &faults)
    }
    for request in requests { list.add(request) }
    let signals = requests.isEmpty ? [] : interruption.watch()
    defer { for signal in signals { signal.cancel() } }
    let progress = Progress()
    let analyst = Analyst(knowledge: base, configuration: configuration, options: options) { progress.add($0) }
    let analysis = try await analyst.analyse(list)
    progress.finish()
    return analysis
  }

  private func requests(_ interruption: Interruption) -> [LiveRequest] {
    interface.map { name in
      LiveRequest(interface: name, filter: filter, duration: span?.duration) {
        interruption.isWished
      } hasBegun: {
        Terminal.error("watchfloor: capturing from \(Bytes(name).notation); Ctrl-C ends it")
      }
    }
  }

  private func check(_ request: LiveRequest, _ faults: inout [Fault]) {
    do throws(CaptureError) { try CaptureReader.check(request) } catch {
      if case .filter(let reason) = error {
        faults.append(Fault(file: "--filter", reason))
      } else {
        faults.append(Fault(file: "--interface \(request.interface)", error.description))
      }
    }
  }

  private func readConfiguration(_ faults: inout [Fault]) -> Configuration {
    guard let config else { return Configuration() }
    guard let text = try? String(contentsOfFile: config, encoding: .utf8) else {
      faults.append(Fault(file: config, "cannot be read as UTF-8 text"))
      return Configuration()
    }
    return Configuration(text: text, file: config, faults: &faults)
  }

  private func readKnowledge(_ faults: inout [Fault]) -> KnowledgeBase? {
    do {
      return try KnowledgeBase(
        knowledge.map { folder throws(Faults) in try KnowledgeFolder(folder: folder) } ?? .embedded)
    } catch {
      faults += error.list
      return nil
    }
  }

  private func write(_ analysis: Analysis) throws {
    let bytes: [UInt8]
    switch format {
    case .json: bytes = JSONReport(analysis).encoded()
    case .text:
      var report = TextReport(analysis, isColoured: output == nil && Terminal.wantsColour)
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

extension Day: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

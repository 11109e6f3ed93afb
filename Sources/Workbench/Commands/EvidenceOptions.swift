public import ArgumentParser
import Decode
public import Evidence
import Foundation
import Fuse
import Knowledge

/// What to analyse and how to read it: the same for all commands that analyse evidence.
struct EvidenceOptions: ParsableArguments {
  @Option(
    help: """
      The day of the report, as YYYY-MM-DD: the last that a stamp without a year can mean, and the one whose condition is \
      recommended. Default: for stamps the day on which their file was last changed, or of a pipe its newest record that \
      has a year; for the condition the last day of evidence.
      """)
  var asOf: Given<Day>?
  @Option(
    help: """
      Tell what was known at the end of this day, and recommend its condition; what bears a later day is left out. \
      Default: all, and the condition of --as-of.
      """)
  var situationAt: Given<Day>?
  @Option(help: "Time zone of stamps that name none, such as Europe/Berlin or +01:00.")
  var timezone: String = "UTC"
  @Option(help: ArgumentHelp("What is known of the site: sites, hosts, criticality (YAML).", valueName: "file"))
  var config: String?
  @OptionGroup var knowledge: KnowledgeOptions
  @OptionGroup var rules: RuleOptions
  @Option(help: "How many threads read, several inputs, or one log or capture; the result is the same.")
  var threads = Given<Int>(2)

  @Flag(
    name: .customLong("no-checksums"),
    help: """
      Do not verify checksums. Otherwise a packet with a wrong one is left out, as its target leaves it out; one that a \
      network card was still to fill in is taken.
      """)
  var ignoresChecksums = false

  /// Checks everything that the user named before anything is read, so that all faults show in one run.
  /// - Parameters:
  ///   - adjust: What a command has of its own.
  ///   - examine: What it asks of the rules.
  func analyse(
    _ paths: [String], capturing live: LiveOptions? = nil,
    adjust: (inout Analysis.Options, inout [Fault]) -> Void = { _, _ in },
    examine: (KnowledgeBase, inout [Fault]) -> Void = { _, _ in }
  ) async throws -> Analysis {
    var faults: [Fault] = []
    var options = Analysis.Options()
    options.asOf = asOf?.value(of: "--as-of", &faults)
    options.situationAt = situationAt?.value(of: "--situation-at", &faults)
    options.threads =
      threads.value(of: "--threads", expected: "a number from 1 to 256", &faults) { (1...256).contains($0) } ?? 1
    options.decoding.verifiesChecksums = !ignoresChecksums
    if let zone = ZoneTable(identifier: timezone) {
      options.zone = zone
    } else {
      faults.append(Fault(file: "--timezone", "'\(timezone)' is no time zone that this system knows"))
    }
    adjust(&options, &faults)
    let configuration = EvidenceOptions.configuration(config, &faults)
    if let site = options.site, !configuration.directory.sites.contains(where: { $0.name == site }) {
      let names = configuration.directory.sites.map(\.name)
      faults.append(
        Fault(
          file: "--site",
          "the configuration has no site '\(site)'" + (names.isEmpty ? "" : "; it has \(listed(names, limit: 12))")))
    }
    let base = EvidenceOptions.knowledgeBase(knowledge.knowledge, rules: rules.sources, &faults)
    if let base { examine(base, &faults) }
    var list = InputList(paths: paths, faults: &faults)
    let interruption = Interruption()
    let requests = live?.requests(interruption, &faults) ?? []
    guard faults.isEmpty, let base else { throw Faults(faults) }
    if options.asOf == nil, paths.contains("-") {
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

  static func configuration(_ path: String?, _ faults: inout [Fault]) -> Configuration {
    guard let path else { return Configuration() }
    do { return Configuration(text: try UserFile.text(path), file: path, faults: &faults) } catch {
      faults += error.list
      return Configuration()
    }
  }

  static func knowledgeBase(
    _ folder: String?, rules: RuleSources = RuleSources(), _ faults: inout [Fault]
  ) -> KnowledgeBase? {
    do { return try KnowledgeBase(try KnowledgeOptions.folder(folder), rules: rules) } catch {
      faults += error.list
      return nil
    }
  }

  /// The rules that the evidence is held against.
  func knowledgeBase() throws(Faults) -> KnowledgeBase {
    try KnowledgeBase(try knowledge.folder(), rules: rules.sources)
  }
}

extension Faults {
  /// Tells all faults and gives the exit status for them.
  func reported() -> ExitCode {
    for fault in list { Terminal.error("watchfloor: \(Bytes(fault.description).notation)") }
    return ExitCode(2)
  }
}

extension Day: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

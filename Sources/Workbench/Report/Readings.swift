import Capture
import Decode
import Evidence
import Fuse
import Judge

// What all reports say of the model's values, in the same words.

extension Incident {
  /// Every record of the incident, once: of a conversation each packet that was kept.
  var evidence: [Citation] {
    var seen: Set<Citation> = []
    return events.flatMap { event -> [Citation] in
      guard let packets = event.conversation?.packets, !packets.isEmpty else { return [event.citation] }
      return packets.map(\.citation)
    }.filter { seen.insert($0).inserted }
  }

  /// Packets of its conversations beyond those that were kept of each. A conversation that went on has been told twice.
  var unkeptPackets: Int {
    var unkept: [Provenance: Int] = [:]
    for event in events {
      guard let conversation = event.conversation, let first = conversation.packets.first else { continue }
      let count = conversation.packetCount - conversation.packets.count
      unkept[first.citation.provenance] = max(count, unkept[first.citation.provenance] ?? 0)
    }
    return unkept.values.reduce(0, +)
  }

  /// The same in words, for the end of a list of records.
  var unkeptWords: String? {
    let count = unkeptPackets
    return count > 0 ? "and \(counted(count, "more packet", "more packets")), counted and not kept" : nil
  }

  /// ``evidence``, with the records that make it what it is called before the others.
  var evidenceByWeight: [Citation] {
    let leading = (lead?.events ?? []).map { events[$0].citation }
    var seen: Set<Citation> = []
    return (leading + evidence).filter { seen.insert($0).inserted }
  }
}

extension Event {
  /// What a defence did, in words.
  var responseText: String {
    "\(observer.notation) on \(target.host.notation) blocked \(source.host.notation)"
  }
}

extension Exposure {
  /// The service as its report lists it: host, port, program, name.
  func words(_ programs: ProgramTable) -> String {
    let host = host.isEmpty ? address?.description ?? "a host that the report does not name" : host.notation
    let port = port.map { "/\($0)" } ?? ""
    let version = version.map { " version \($0)" } ?? ""
    let number = program.map { " program \($0)\(version)" } ?? ""
    let known = program.map { programs.name(of: $0) } ?? ""
    return "\(host) \(transport?.rawValue ?? "")\(port)\(number) \(name.isEmpty ? known : name.notation)"
  }
}

extension Mention {
  /// The program that is named, the name it is given, and why somebody would want it.
  func reading(_ programs: ProgramTable) -> (program: UInt32, label: String, why: String) {
    switch kind {
    case .program(let number, let label): (number, label.notation, programs[number]?.risk ?? "")
    case .dumpCommand:
      (
        ProgramTable.portmapper, "rpcinfo -p",
        "asks a portmapper for its whole table (DUMP), and looks no single program up (GETPORT)"
      )
    }
  }
}

extension Analysis.InputSummary {
  /// What the input is, in a word.
  var format: String {
    if kind != .text { return kind.rawValue }
    var kinds = tally.kinds
    let hasProse = kinds.remove(.prose) != nil
    if kinds.isEmpty { return "text" }
    // Stray lines do not make a log a mixed text; half of it does.
    let isMostlyRecords = !hasProse || tally.unconcerned * 2 < tally.records || tally.hostRecords * 2 > tally.records
    return kinds.count == 1 && isMostlyRecords ? kinds.first?.rawValue ?? "text" : "mixed"
  }
}

extension Incident {
  /// `1999-12-27 15:14:25 to 15:20:35`.
  var span: String {
    if !isDated, !first.isTimed {
      return "no date and no time of day"
        + (last.isTimed ? " of some records, others up to \(last.timeOfDayDescription)" : "")
    }
    if !isDated {
      return "no date, \(first.timeOfDayDescription)" + (first == last ? "" : " to \(last.timeOfDayDescription)")
    }
    if first == last { return "\(first.timestamp.day) \(first.timeOfDayDescription)" }
    let sameDay = first.timestamp.day == last.timestamp.day
    return "\(first.timestamp.day) \(first.timeOfDayDescription) to " + (sameDay ? "" : "\(last.timestamp.day) ")
      + last.timeOfDayDescription
  }

  /// What became of it, and of what its title names where that was held and something else was not.
  var outcomeWords: String {
    guard !outcome.isHeld, let lead = lead?.signature else { return outcome.rawValue }
    let named = findings.lazy.filter { $0.signature === lead }.map { self.outcome(of: $0) }
    guard let own = named.min(), own.isHeld else { return outcome.rawValue }
    return "\(outcome.rawValue) (what the title names: \(own.rawValue))"
  }

  /// Who saw it.
  var viewWords: String {
    switch (views.contains(.host), views.contains(.network)) {
    case (true, true): "seen by host and network" + (pairs.isEmpty ? "" : ", \(counted(pairs.count, "pair", "pairs"))")
    case (true, false): "seen by the host only"
    default: "seen on the network only"
    }
  }
}

extension Incident.Target {
  /// The host, its other name and the ports that were tried.
  var words: String {
    let ports = services.map { "\($0.transport.rawValue)/\($0.port)" }
    return host.notation + (alias.map { " (\($0.notation))" } ?? "")
      + (ports.isEmpty ? "" : " " + listed(ports, limit: 8))
  }
}

/// Quotes records with the place where they stand.
struct Quotation: Sendable {
  private let paths: [InputID: String]

  init(_ analysis: Analysis) {
    paths = Dictionary(uniqueKeysWithValues: analysis.inputs.map { ($0.id, Bytes($0.path).notation) })
  }

  /// `hosts.log:7: Dec 27 15:20:35 zappa ...`
  func of(_ citation: Citation) -> String { place(citation) + ": " + text(citation) }

  /// File and line, or file and frame.
  func place(_ citation: Citation) -> String {
    let place =
      switch citation.provenance.place {
      case .lines(let first, let last): first == last ? "\(first)" : "\(first)-\(last)"
      case .frame(let number): "frame \(number)"
      }
    return "\(paths[citation.provenance.input] ?? ""):\(place)"
  }

  /// The record, cut where nobody would read on.
  func text(_ citation: Citation) -> String {
    // Enough bytes for what is shown of them, whatever they are.
    let text = Bytes(Array(citation.text.array.prefix(1024))).notation
    return text.count > 200 ? text.prefix(200) + "..." : text
  }
}

extension Severity {
  /// The terms in the order of the formula, with the sign that each has in it.
  var terms: [(sign: String, name: String, term: Term)] {
    [
      ("", "criticality", criticality), ("+", "lethality", lethality), ("-", "system", systemCountermeasures),
      ("-", "network", networkCountermeasures),
    ]
  }
}

extension Analysis {
  static let assumedWords =
    "No configuration names the site's networks. RPC services here serve at least \(HostDirectory.population) hosts of "
    + "private networks (RFC 1918, RFC 4193); those are taken for own, by assumption: what clients do every day among "
    + "them is no incident"
  /// The day of the report, and that whose end it tells of.
  var asOfWords: String { "as of \(asOf)" + (knownAt.map { ", as known at the end of \($0)" } ?? "") }
  /// How many incidents began after the day that is told; nil where none did.
  var laterWords: String? {
    guard laterIncidents > 0 else { return nil }
    return "\(counted(laterIncidents, "incident", "incidents")) after \(situation.asOf): "
      + (knownAt == nil ? "without part in the days and the condition" : "not known then, and left out")
  }
  /// Runs of days without any record, and incidents that stand outside the days; nil where there are none.
  var gapWords: String? {
    guard !situation.gaps.isEmpty else { return nil }
    let gaps = situation.gaps.map { gap in
      gap.lowerBound == gap.upperBound ? "\(gap.lowerBound)" : "\(gap.lowerBound) to \(gap.upperBound)"
    }
    return "no evidence, which is not the same as quiet: \(listed(gaps))"
  }
  var undatedWords: String? {
    let count = situation.undatedIncidents
    return count > 0 ? "outside the days, without a date: \(counted(count, "incident", "incidents"))" : nil
  }
  /// What a report on one site holds.
  static let siteWords = "incidents that touch it, told whole; days and condition count what they did there"

  /// Two captures and how far their clocks are apart.
  func words(of offset: CaptureOffset) -> String {
    let paths = [offset.early, offset.late].map { id in
      inputs.first { $0.id == id }.map { Bytes($0.path).notation } ?? "an input"
    }
    let apart = offset.seconds < 10 ? decimals(offset.seconds, 1) + " s" : duration(offset.seconds.rounded())
    return "\(paths[1]) is \(apart) ahead of \(paths[0]), by "
      + "\(counted(offset.exchanges, "conversation", "conversations")) that both saw; captures are read as of one clock, so "
      + "what both saw may count twice"
  }
}

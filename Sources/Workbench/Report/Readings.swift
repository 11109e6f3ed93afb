import Capture
import Decode
import Evidence
import Fuse

// What both reports say of the model's values.

extension Incident {
  /// Every record of the incident, once: of a conversation each packet that was kept.
  var evidence: [Citation] {
    var seen: Set<Citation> = []
    return events.flatMap { event -> [Citation] in
      guard let packets = event.conversation?.packets, !packets.isEmpty else { return [event.citation] }
      return packets.map(\.citation)
    }.filter { seen.insert($0).inserted }
  }

  /// The same, with the records that make it what it is called before the others.
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

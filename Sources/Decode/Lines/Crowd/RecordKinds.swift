import Evidence

/// What records of a ``RecordShelf`` say beside who, when and where they stand: an Event of each kind, by number.
struct RecordKinds: Sendable {
  private struct Key: Hashable {
    var action: Event.Action
    var outcome: Outcome
    var observer: Bytes
    var target: Endpoint
    var transport: Transport?
    var rpc: RPCFacts?
    var process: ProcessFacts?
    var detail: Bytes
    var isAboutPacket: Bool
  }

  /// Without citation, source and numbers of processes.
  private(set) var templates: [Event] = []
  private var numbers: [Key: Int32] = [:]
  /// The kinds of lines that were read before, by ``KnownLine/key``; -1 of those that have to be looked at each.
  private var byLine: ContiguousArray<(key: UInt64, kind: Int32)> = []
  /// Where a key stands among them; keys are seeded numbers already.
  private var lineIndex = SlotIndex()
  private static let lineCap = 16_384

  /// What was learned of lines of a key.
  func number(ofLine key: UInt64) -> Int32? { place(ofLine: key).map { byLine[$0].kind } }

  private func place(ofLine key: UInt64) -> Int? {
    lineIndex.slot(hash: UInt32(truncatingIfNeeded: key)) { byLine[$0].key == key }
  }

  /// Learns the kind of lines of a key; nil where each has to be looked at.
  mutating func learn(_ key: UInt64, _ kind: Int32?) {
    if let known = place(ofLine: key) {
      byLine[known].kind = kind ?? -1
    } else if byLine.count < RecordKinds.lineCap {
      lineIndex.insert(hash: UInt32(truncatingIfNeeded: key), slot: byLine.count)
      byLine.append((key, kind ?? -1))
    }
  }

  /// The kind of a record; nil when there are too many.
  mutating func number(of event: Event, cap: Int) -> Int32? {
    var process = event.process
    process?.pid = nil
    let key = Key(
      action: event.action, outcome: event.outcome, observer: event.observer, target: event.target,
      transport: event.transport, rpc: event.rpc, process: process, detail: event.detail,
      isAboutPacket: event.isAboutPacket)
    if let known = numbers[key] { return known }
    guard templates.count < cap else { return nil }
    var template = event
    template.change {
      $0.source = .unknown
      $0.observerPID = nil
      $0.process = process
      $0.count = 1
      $0.citation = Citation(
        Provenance(input: event.citation.provenance.input, place: .lines(first: 0, last: 0), offset: 0, length: 0),
        text: "")
    }
    numbers[key] = Int32(templates.count)
    templates.append(template)
    return Int32(templates.count - 1)
  }
}

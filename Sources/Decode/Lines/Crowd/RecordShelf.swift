import Evidence

/// Records of hosts in few bytes each: what their kind says once, and of each its wording and what differs.
struct RecordShelf: Sendable {
  /// A record, without what its kind says.
  struct Note: Sendable {
    let source: UInt128
    var time: Int64
    var count: Int
    let provenance: Provenance
    fileprivate var textStart = 0
    fileprivate let textLength: Int32
    var kind: Int32
    let pid: Int32
    let sourcePort: UInt16?
    let fractionDigits: UInt8

    var when: EventTime { EventTime(Timestamp(nanoseconds: time), fractionDigits: fractionDigits) }
  }

  private(set) var notes = ChunkedArray<Note>()
  private(set) var text = ChunkedText()
  private(set) var kinds = RecordKinds()

  /// An empty shelf for records of the same kinds.
  init(kindsOf other: RecordShelf) { kinds = other.kinds }
  init() {}

  /// Whether such a record is told by its kind, an address and what a note has.
  static func holds(_ event: Event) -> Bool {
    guard event.time.isDated, event.citation.text.count <= Citation.textCap, let source = event.source.host.address,
      !source.isLoopback, event.conversation == nil, event.probes == nil, event.crowd == nil
    else { return false }
    if let pid = event.observerPID, Int32(exactly: pid) == nil || pid < 0 { return false }
    // The process may be the writer; another one's number is no part of a kind.
    return event.process.map { $0.pid == event.observerPID } ?? true
  }

  /// The kind of a record; nil when there are too many.
  mutating func kind(of event: Event, cap: Int) -> Int32? { kinds.number(of: event, cap: cap) }

  /// Learns the kind of lines of a key; nil where each has to be looked at.
  mutating func learn(_ key: UInt64, _ kind: Int32?) { kinds.learn(key, kind) }

  /// Puts a record there that ``holds(_:)``.
  mutating func append(_ event: Event, kind: Int32) {
    let line = event.citation.text.array
    append(
      Note(
        source: event.source.host.address?.bits ?? 0, time: event.time.timestamp.nanoseconds, count: event.count,
        provenance: event.citation.provenance, textLength: Int32(line.count), kind: kind,
        pid: Int32(event.observerPID ?? -1), sourcePort: event.source.port, fractionDigits: event.time.fractionDigits),
      line.rawSpan)
  }

  /// Puts a line there whose kind is known.
  mutating func append(_ line: RawSpan, _ known: KnownLine, kind: Int32, at place: Provenance) {
    append(
      Note(
        source: known.source, time: known.time.timestamp.nanoseconds, count: 1, provenance: place,
        textLength: Int32(line.byteCount), kind: kind, pid: known.pid,
        sourcePort: known.sourcePort, fractionDigits: known.time.fractionDigits), line)
  }

  /// Takes a note over from a shelf of the same kinds, or as one of another kind's number.
  mutating func append(_ number: Int, of other: RecordShelf, kind: Int32? = nil) {
    var note = other.notes[number]
    note.kind = kind ?? note.kind
    other.withText(of: note) { append(note, $0) }
  }

  private mutating func append(_ note: Note, _ line: RawSpan) {
    var note = note
    note.textStart = text.append(line)
    notes.append(note)
  }

  /// Whether a record comes before a line of its kind and source by ``Event/precedes(_:_:)``.
  func isFirst(_ number: Int, before line: RawSpan, _ known: KnownLine, at place: Provenance) -> Bool {
    let (note, time) = (notes[number], known.time)
    guard note.time == time.timestamp.nanoseconds else { return note.time < time.timestamp.nanoseconds }
    guard note.fractionDigits == time.fractionDigits else { return false }
    guard note.sourcePort == known.sourcePort else { return (note.sourcePort ?? 0) < (known.sourcePort ?? 0) }
    let order = withText(of: note) { $0.order(to: line) }
    return order < 0 || order == 0 && note.provenance.ordinal <= place.ordinal
  }

  /// Whether a record is older than another: by what they say, never by where they stand.
  func isOlder(_ left: Int, than right: Int) -> Bool {
    let (one, other) = (notes[left], notes[right])
    let (key, otherKey) = ((one.time, one.source), (other.time, other.source))
    guard key == otherKey else { return key < otherKey }
    return withText(of: one) { text in withText(of: other) { text.order(to: $0) } } < 0
  }

  /// Bytes of the wording of a record.
  func textLength(_ number: Int) -> Int { Int(notes[number].textLength) }

  mutating func add(_ count: Int, to number: Int) { notes[number].count = notes[number].count.addingClamped(count) }

  private func withText<Result>(of note: Note, _ body: (RawSpan) -> Result) -> Result {
    text.withText(at: note.textStart, length: Int(note.textLength), body)
  }

  /// The Event of a record.
  func event(_ number: Int) -> Event {
    let note = notes[number]
    return event(note, text: withText(of: note) { Bytes($0) })
  }

  /// The Event of a line that is not put there.
  func event(_ line: RawSpan, _ known: KnownLine, kind: Int32, at place: Provenance) -> Event {
    var shelf = RecordShelf()
    shelf.append(line, known, kind: kind, at: place)
    return event(shelf.notes[0], text: Bytes(line))
  }

  private func event(_ note: Note, text: Bytes) -> Event {
    let kind = kinds.templates[Int(note.kind)]
    let pid = note.pid < 0 ? nil : Int(note.pid)
    var process = kind.process
    process?.pid = pid
    // Made at once: each change of an Event would copy it.
    var event = Event(
      time: note.when, view: kind.view, action: kind.action, outcome: kind.outcome,
      source: Endpoint(host: .address(IPAddress(bits: note.source)), port: note.sourcePort), target: kind.target,
      transport: kind.transport, rpc: kind.rpc, observer: kind.observer, observerPID: pid, process: process,
      detail: kind.detail, count: note.count, citation: Citation(note.provenance, text: text))
    if kind.isAboutPacket { event.isAboutPacket = true }
    return event
  }
}

/// A line that a format takes whose fields are an address, a port and others that a key stands for: lines of one key
/// are records of one kind.
struct KnownLine: Sendable {
  var key: UInt64
  var time: EventTime
  /// -1 where it names none.
  var pid: Int32
  var source: UInt128
  var sourcePort: UInt16?
  /// The number of its format.
  var format: Int
  var host: Host.Key
}

extension RawSpan {
  /// Less than zero when these bytes come before others in the order of ``Bytes``, zero when they are the same.
  fileprivate func order(to other: RawSpan) -> Int {
    let end = Swift.min(byteCount, other.byteCount)
    var index = 0
    while index + 8 <= end, uint64(index) == other.uint64(index) { index += 8 }
    while index < end {
      if byte(index) != other.byte(index) { return Int(byte(index)) - Int(other.byte(index)) }
      index += 1
    }
    return byteCount - other.byteCount
  }
}

extension Int {
  /// Counts come from the evidence (`last message repeated 999999999 times`), and their sum must not overflow.
  func addingClamped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

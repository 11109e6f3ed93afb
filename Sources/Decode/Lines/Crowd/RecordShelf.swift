import Evidence

/// Records of hosts in few bytes each: what their kind says and how it is worded once, and of each what differs.
struct RecordShelf: Sendable {
  /// A record, without what its kind says. Floods leave hundreds of thousands, and memory that is touched first costs more
  /// than all that is done with a record, so it is packed: 56 bytes.
  struct Note: Sendable {
    var time: Int64
    private let offset: UInt48
    /// Of the record; its text is as long.
    private let length: UInt16
    private let line: UInt48
    /// Its place among the wordings; negative where its text is kept whole.
    fileprivate var wording: Int16 = -1
    /// Where what is kept of the text stands; or a ``PackedStamp``, where no text is kept.
    private var kept: UInt32 = 0
    private var keptLength: UInt16 = 0
    private let port: UInt16
    let pid: Int32
    /// The IPv4 address, or the place of another one among the shelf's.
    fileprivate var source: UInt32
    private var times: UInt32
    private let input: Int32
    var kind: Int32
    fileprivate let hasV4: Bool
    private let hasPort: Bool
    let fractionDigits: UInt8
    /// Lines of the record beyond the first.
    private let moreLines: UInt8

    var when: EventTime { EventTime(Timestamp(nanoseconds: time), fractionDigits: fractionDigits) }
    var count: Int { Int(times) }
    var sourcePort: UInt16? { hasPort ? port : nil }
    var provenance: Provenance {
      Provenance(
        input: InputID(Int(input)), place: .lines(first: line.value, last: line.value + Int(moreLines)),
        offset: offset.value, length: Int(length))
    }
    /// Bytes of the record's wording, however it is kept.
    var textLength: Int { wording < 0 ? Int(keptLength) : Int(length) }

    /// Nil for a place with larger numbers than a record of a log has.
    fileprivate init?(
      source: IPAddress, _ time: EventTime, count: Int, _ place: Provenance, kind: Int32, pid: Int32,
      sourcePort: UInt16?
    ) {
      guard case .lines(let first, let last) = place.place, let moreLines = UInt8(exactly: last - first),
        let length = UInt16(exactly: place.length), let input = Int32(exactly: place.input.index),
        let offset = UInt48(place.offset), let line = UInt48(first), let times = UInt32(exactly: count)
      else { return nil }
      (self.source, hasV4) = (source.v4, source.isV4)
      (self.time, fractionDigits) = (time.timestamp.nanoseconds, time.fractionDigits)
      (self.times, self.offset, self.line, self.length, self.input) = (times, offset, line, length, input)
      (self.kind, self.pid, self.moreLines) = (kind, pid, moreLines)
      (port, hasPort) = (sourcePort ?? 0, sourcePort != nil)
    }

    /// Counts the record once more; false at a number that no evidence comes to.
    fileprivate mutating func addOne() -> Bool {
      guard times < .max else { return false }
      times += 1
      return true
    }

    /// Where what is kept of its text stands.
    fileprivate var keptText: Range<Int> { Int(kept)..<Int(kept) + Int(keptLength) }

    /// A shelf has no more text than 32 bits can count, and no record of it more than 16.
    fileprivate mutating func keep(_ text: Range<Int>) {
      (kept, keptLength) = (UInt32(truncatingIfNeeded: text.lowerBound), UInt16(truncatingIfNeeded: text.count))
    }

    /// The stamp of a record of which its wording tells the rest.
    fileprivate var stamp: PackedStamp? { wording >= 0 && keptLength == 0 ? PackedStamp(bits: kept) : nil }

    fileprivate mutating func keep(_ stamp: PackedStamp) { (kept, keptLength) = (stamp.bits, 0) }
  }

  /// A number below 2^48 in six bytes: more than a file has bytes.
  private struct UInt48: Sendable {
    private let low: UInt32
    private let high: UInt16

    init?(_ value: Int) {
      guard let high = UInt16(exactly: value >> 32) else { return nil }
      (low, self.high) = (UInt32(truncatingIfNeeded: value), high)
    }

    var value: Int { Int(high) << 32 | Int(low) }
  }

  private(set) var notes = ChunkedArray<Note>()
  /// Addresses other than IPv4's.
  private var wideSources = ChunkedArray<UInt128>()
  private var text = ChunkedText()
  /// Bytes of all texts, however they are kept.
  private(set) var textCount = 0
  private(set) var kinds = RecordKinds()
  private var wordings = RecordWordings()

  /// An empty shelf for records of the same kinds and wordings.
  init(kindsOf other: RecordShelf) { (kinds, wordings) = (other.kinds, other.wordings) }
  init() {}

  /// Whether such a record is told by its kind, an address and what a note has.
  static func holds(_ event: Event) -> Bool {
    guard event.time.isDated, event.citation.text.count <= Citation.textCap, let source = event.source.host.address,
      !source.isLoopback, event.conversation == nil, event.probes == nil, event.crowd == nil, note(of: event) != nil
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
    guard var note = RecordShelf.note(of: event) else { return }
    note.kind = kind
    put(event.source.host.address?.bits ?? 0, into: &note)
    append(note, event.citation.text.array.rawSpan)
  }

  /// The note of a record, of which an address other than IPv4's has no place yet.
  private static func note(of event: Event) -> Note? {
    Note(
      source: event.source.host.address ?? IPAddress(bits: 0), event.time, count: event.count,
      event.citation.provenance, kind: 0, pid: event.observerPID.flatMap { Int32(exactly: $0) } ?? -1,
      sourcePort: event.source.port)
  }

  /// Whose record a note is of.
  func source(of number: Int) -> UInt128 { source(of: notes[number]) }

  private func source(of note: Note) -> UInt128 {
    note.hasV4 ? IPAddress(v4: note.source).bits : wideSources[Int(note.source)]
  }

  /// Gives an address other than IPv4's its place.
  private mutating func put(_ source: UInt128, into note: inout Note) {
    guard !note.hasV4 else { return }
    note.source = UInt32(truncatingIfNeeded: wideSources.count)
    wideSources.append(source)
  }

  /// Puts a line there whose kind is known.
  /// - Parameter outline: The line's, where it has one: only its stamp is kept then.
  /// - Returns: false for a line with larger numbers than a note has room for.
  mutating func append(
    _ line: RawSpan, _ known: KnownLine, _ outline: LineOutline? = nil, kind: Int32, at place: Provenance
  ) -> Bool {
    guard
      var note = Note(
        source: IPAddress(bits: known.source), known.time, count: 1, place, kind: kind, pid: known.pid,
        sourcePort: known.sourcePort)
    else { return false }
    put(known.source, into: &note)
    guard let outline, place.length == line.byteCount, let wording = wordings.number(of: line, known, outline) else {
      append(note, line)
      return true
    }
    note.wording = wording
    guard let stamp = outline.stamp else {
      append(note, line.slice(0..<outline.stampEnd))
      return true
    }
    note.keep(stamp)
    append(note)
    return true
  }

  /// Takes a note over from a shelf of the same kinds, or as one of another kind's number.
  mutating func append(_ number: Int, of other: RecordShelf, kind: Int32? = nil) {
    var note = other.notes[number]
    note.kind = kind ?? note.kind
    put(other.source(of: number), into: &note)
    if note.wording >= 0, let wording = wordings.number(of: note.wording, in: other.wordings) {
      note.wording = wording
      if note.stamp != nil { append(note) } else { other.text.withText(at: note.keptText) { append(note, $0) } }
    } else {
      other.withText(of: number) {
        note.wording = -1
        append(note, $0)
      }
    }
  }

  /// - Parameter kept: What is kept of the record's text.
  private mutating func append(_ note: Note, _ kept: RawSpan) {
    var note = note
    note.keep(text.append(kept))
    append(note)
  }

  private mutating func append(_ note: Note) {
    textCount += note.textLength
    notes.append(note)
  }

  /// Whether a record comes before a line of its kind and source by ``Event/precedes(_:_:)``.
  func isFirst(_ number: Int, before line: RawSpan, _ known: KnownLine, at place: Provenance) -> Bool {
    let (note, time) = (notes[number], known.time)
    guard note.time == time.timestamp.nanoseconds else { return note.time < time.timestamp.nanoseconds }
    guard note.fractionDigits == time.fractionDigits else { return false }
    guard note.sourcePort == known.sourcePort else { return (note.sourcePort ?? 0) < (known.sourcePort ?? 0) }
    let order = withText(of: number) { $0.order(to: line) }
    return order < 0 || order == 0 && note.provenance.ordinal <= place.ordinal
  }

  /// Whether a record is older than another: by what they say, never by where they stand.
  func isOlder(_ left: Int, than right: Int) -> Bool {
    let (one, other) = (notes[left], notes[right])
    let (key, otherKey) = ((one.time, source(of: one)), (other.time, source(of: other)))
    guard key == otherKey else { return key < otherKey }
    return withText(of: left) { text in withText(of: right) { text.order(to: $0) } } < 0
  }

  /// Bytes of the wording of a record.
  func textLength(_ number: Int) -> Int { notes[number].textLength }

  /// Counts a record once more; false when it cannot be.
  mutating func addOne(to number: Int) -> Bool { notes[number].addOne() }

  private func withText<Result>(of number: Int, _ body: (RawSpan) -> Result) -> Result {
    let note = notes[number]
    if let stamp = note.stamp { return withText(of: note, stamp: stamp.text.rawSpan, body) }
    return text.withText(at: note.keptText) { kept in
      note.wording < 0 ? body(kept) : withText(of: note, stamp: kept, body)
    }
  }

  private func withText<Result>(of note: Note, stamp: RawSpan, _ body: (RawSpan) -> Result) -> Result {
    let line = wordings.text(
      note.wording, stamp: stamp, pid: note.pid, source: IPAddress(bits: source(of: note)), port: note.sourcePort ?? 0)
    return body(line.rawSpan)
  }

  /// The Event of a record.
  func event(_ number: Int) -> Event {
    event(notes[number], text: withText(of: number) { Bytes($0) })
  }

  private func event(_ note: Note, text: Bytes) -> Event {
    let kind = kinds.templates[Int(note.kind)]
    let pid = note.pid < 0 ? nil : Int(note.pid)
    var process = kind.process
    process?.pid = pid
    // Made at once: each change of an Event would copy it.
    var event = Event(
      time: note.when, view: kind.view, action: kind.action, outcome: kind.outcome,
      source: Endpoint(host: .address(IPAddress(bits: source(of: note))), port: note.sourcePort), target: kind.target,
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

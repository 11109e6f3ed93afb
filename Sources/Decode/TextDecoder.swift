public import Evidence

/// Text to records: a log, a trace, a report, or prose with any of them in it.
///
/// Mailers wrap lines, so a record may need the lines after it. A line that begins a record is read at once; only when
/// its wording ends too early, or is also the start of a longer one, is it kept, and the next lines are joined to it as
/// long as the result is a record or the start of one.
public struct TextDecoder {
  public let input: InputID
  let zone: ZoneTable
  var lines: LogLineReader
  private var reports: ReportReader
  var pending: Pending?
  var lastRecords = LastRecords()
  /// The time of the first line of stretches that go on with one another, and how many lines they have so far; nil
  /// behind the last of them, where the next one begins anew. All lines between them are plain, so that no record of
  /// several lines begins there.
  private var run: (first: EventTime, lines: Int)?
  var table = ZeekTable()
  var nmap = NmapXML()
  var export = JournalExport()
  /// What other sensors tell of tries at ports, of which one flood can make any number.
  var probes: EventSums
  private let probeCap: Int

  /// A record is never joined from more lines than this.
  static let joinCap = 8
  /// Probes of an input that other sensors recorded: more than the scan of a network of 65,536 addresses. Of more the
  /// oldest go.
  public static let sensorProbeCap = 65_536

  public init(
    input: InputID, library: FormatLibrary, asOf: Day, zone: ZoneTable, zones: [Bytes: ZoneTable] = [:]
  ) {
    self.init(input: input, library: library, calendar: StampCalendar(asOf: asOf), zone: zone, zones: zones)
  }

  public init(
    input: InputID, library: FormatLibrary, calendar: StampCalendar, zone: ZoneTable, zones: [Bytes: ZoneTable],
    probeCap: Int = sensorProbeCap
  ) {
    self.input = input
    self.zone = zone
    probes = EventSums(cap: probeCap)
    self.probeCap = probeCap
    lines = LogLineReader(library: library, syslog: SyslogReader(calendar: calendar, zone: zone, zones: zones))
    reports = ReportReader(programs: library.programs)
  }

  /// Hours that clocks showed twice, as far as they were followed: those of a log that goes on in this one, and in the end
  /// its own.
  public var repeatedHours: RepeatedHours {
    get { lines.syslog.repeatedHours }
    set { lines.syslog.repeatedHours = newValue }
  }

  /// Where the stamps without a year stand in the year.
  public var calendar: StampCalendar { lines.syslog.calendar }

  /// A record that may go on in the next line.
  struct Pending {
    enum Kind {
      case syslog(LogLineReader.Partial)
      /// A whole log record, which a longer wording would go on with: `connect from A to set(nfs)` is allowed, unless
      /// the next line says `declined (non-loopback sender)`.
      case whole(LogLineReader.Whole)
      /// The packet as far as it is complete.
      case trace(TraceLine?)
    }
    var kind: Kind
    var text: [UInt8]
    /// Where the stamp starts in `text`.
    var stamp: Int
    var provenance: Provenance
    var lineCount = 1
    var hex: [UInt8] = []
    var citation: Citation { Citation(provenance, text: Bytes(text)) }
  }

  /// Reads one line, without its end.
  /// - Parameters:
  ///   - number: The line's number in the input, from 1.
  ///   - offset: The offset of its first byte.
  public mutating func push(_ line: RawSpan, number: Int, offset: Int, into intake: inout Intake) {
    // Within an exported journal they are a field's bytes.
    let line = export.isOpen ? line : line.withoutZeros
    let place = Provenance(
      input: input, place: .lines(first: number, last: number), offset: offset, length: line.byteCount)
    if pending != nil {
      if extend(line, place, into: &intake) { return }
      flush(into: &intake)
    }
    // A stamp of RFC 3164 is no start of anything else, so that most lines of a flood need no other look.
    let mayBeFrequent = lines.syslog.beginsClassic(line) && !isInRecord
    if mayBeFrequent, let known = lines.frequent(line) {
      take(known, line, 0, place, into: &intake)
    } else {
      begin(line, place, isStranger: mayBeFrequent, into: &intake)
    }
  }

  /// Takes in lines that a screen found to be of no concern.
  ///
  /// A block's stretches come in their order, from the first. Where one goes on with the run of the one before, its
  /// stamps tell nothing that those of the run's first line and last line do not.
  /// - Parameters:
  ///   - block: What was screened, with the line feeds.
  ///   - tellsLines: Whether each line feed ends a record.
  /// - Returns: false when they have to be read one by one.
  public mutating func pass(
    _ stretch: Int, of screened: ScreenedLines, in block: RawSpan, tellsLines: Bool = true, into intake: inout Intake
  ) -> Bool {
    if stretch == 0 { lastRecords.begin(screened) }
    guard tellsLines else { return false }
    // A line with a stamp is no part of the record before it.
    if pending != nil { flush(into: &intake) }
    if run == nil {
      guard !isInRecord, let first = plainTime(at: screened.stretches[stretch].start, in: block) else { return false }
      run = (first, 0)
    }
    run?.lines += screened.stretches[stretch].lines
    intake.tally.unconcerned += screened.stretches[stretch].lines
    lastRecords.pass(stretch, of: screened)
    if !screened.goesOn(behind: stretch) { closeRun(at: screened.stretches[stretch].last, in: block, into: &intake) }
    return true
  }

  /// Counts the lines of a run, of which the last stands at `last`.
  private mutating func closeRun(at last: Int, in block: RawSpan, into intake: inout Intake) {
    guard let (first, lineCount) = run else { return }
    run = nil
    // Of one minute, both have a time of their own, but for the very last minute that a ``Timestamp`` holds.
    let latest = plainTime(at: last, in: block) ?? first
    if latest != first { intake.tally.note(first) }
    count(latest, lines: lineCount, into: &intake)
  }

  /// The time of a line that a screen found; nil when the line has to be read for it.
  private mutating func plainTime(at start: Int, in block: RawSpan) -> EventTime? {
    guard let time = lines.syslog.time(ofPlainStampAt: start, in: block), !lines.syslog.isAmbiguous else { return nil }
    return time
  }

  /// Whether plain lines can be told before their turn: the time of a host with a zone of its own is told by its name.
  public var canScreen: Bool { !lines.syslog.hasZones }

  public mutating func finish(into intake: inout Intake) {
    flush(into: &intake)
    if let (entry, place) = export.finish() { read(entry, place, into: &intake) }
    nmap.finish(into: &intake)
    reports.finish(into: &intake)
    intake.crowd?.settle(into: &intake.events)
    if let gone = probes.evicted { intake.oddities.note(.tableFull, gone.first, count: gone.count) }
    intake.events += probes.summed()
    probes = EventSums(cap: probeCap)
  }

  // MARK: Beginning a record

  // What is asked of every line is mutating so that it is asked in place: for a plain function the whole decoder is copied.

  /// - Parameter isStranger: Whether it is known to be like no line before.
  private mutating func begin(_ line: RawSpan, _ place: Provenance, isStranger: Bool, into intake: inout Intake) {
    if beginsStructured(line), readStructured(line, place, into: &intake) { return }
    table.close(before: line)
    if let start = SyslogReader.stampStart(line), !(line.byte(start).isDigit && isDatedPacket(line)) {
      let result = lines.read(
        line, at: start, isFrequent: true, isStranger: isStranger, citation: Citation(place, text: Bytes(line)))
      if take(result, line, start, place, into: &intake) { return }
    }
    if let start = TraceLine.stampStart(line) {
      let citation = Citation(place, text: Bytes(line.slice(start..<line.byteCount)))
      switch TraceLine.read(line.slice(start..<line.byteCount), zone: zone, citation: citation) {
      case .packet(let trace):
        pending = Pending(kind: .trace(trace), text: Bytes(line).array, stamp: start, provenance: place)
      case .prefix: pending = Pending(kind: .trace(nil), text: Bytes(line).array, stamp: start, provenance: place)
      case .none where TraceLine.namesEnds(line):
        odd(.traceUnreadable, citation, into: &intake)
      case .none: reports.push(line, place, into: &intake)
      }
      return
    }
    reports.push(line, place, into: &intake)
  }

  /// Whether a line that begins with a date and a time, as rsyslog's may, is one of tcpdump's (`-tttt`): what follows tells.
  private mutating func isDatedPacket(_ line: RawSpan) -> Bool {
    guard let start = TraceLine.stampStart(line), line.byte(start + 4) == 0x2d,
      line.hasBytes(TextDecoder.family, at: start + 26) || TraceLine.hasDirection(line)
    else { return false }
    let packet = line.slice(start..<line.byteCount)
    let place = Provenance(input: input, place: .lines(first: 0, last: 0), offset: 0, length: 0)
    if case .none = TraceLine.read(packet, zone: zone, citation: Citation(place, text: "")) { return false }
    return true
  }
  /// The blank behind a stamp of six digits, and the start of `IP` or `IP6`, unless a header of the link layer comes first;
  /// ARP and others are of no concern as log lines too.
  private static let family = Array(" IP".utf8)

  /// Counts what a log line gave; false when it is no log line after all.
  mutating func take(
    _ result: LogLineReader.Result, _ line: RawSpan, _ start: Int, _ place: Provenance, into intake: inout Intake
  ) -> Bool {
    switch result {
    case .none: return false
    case .prefix(let partial):
      pending = Pending(kind: .syslog(partial), text: Bytes(line).array, stamp: start, provenance: place)
      return true
    case .known(let known): take(known, line, start, place, into: &intake)
    case .event(let event, let format, let host, true):
      let record = LogLineReader.Whole(event: event, format: format, host: host)
      pending = Pending(kind: .whole(record), text: Bytes(line).array, stamp: start, provenance: place)
      return true
    case .event(let event, _, _, false):
      count(event.time, into: &intake)
      note(result, line, nil, Citation(place, text: Bytes(line)), into: &intake)
    case .repetition(_, _, let time), .unconcerned(let time, _), .ordinary(let time, _, _):
      count(time, into: &intake)
      note(result, line, nil, Citation(place, text: Bytes(line)), into: &intake)
    case .unmatched(let frame, _):
      count(frame.time, into: &intake)
      note(result, line, frame, Citation(place, text: Bytes(line)), into: &intake)
    case .invalidStamp:
      intake.tally.hostRecords += 1
      odd(.stampInvalid, Citation(place, text: Bytes(line)), into: &intake)
    }
    return true
  }

  /// The same of a line that comes in floods.
  private mutating func take(
    _ known: KnownLine, _ line: RawSpan, _ start: Int, _ place: Provenance, into intake: inout Intake
  ) {
    count(known.time, into: &intake)
    intake.tally.understood += 1
    if lines.library.outlines[known.format].isLogin {
      lastRecords.note(known.host, event: nil)
      noteLogin(line, start, known, place, into: &intake)
    } else {
      lastRecords.note(known.host, event: keep(line, start, known, place, in: &intake))
    }
  }

  /// Takes in what a whole line gave.
  mutating func note(
    _ result: LogLineReader.Result, _ line: RawSpan, _ frame: SyslogFrame?, _ citation: @autoclosure () -> Citation,
    into intake: inout Intake
  ) {
    switch result {
    case .event(var event, _, let host, _):
      intake.tally.understood += 1
      capCount(of: &event, into: &intake)
      if event.action == .authentication {
        // A guesser of passwords fills a log; how often is what matters.
        lastRecords.note(host, event: nil)
        intake.sums.add(event, by: .hour)
        return
      }
      lastRecords.note(host, event: keep(event, in: &intake))
    case .known: break
    case .repetition(let count, let host, let time): repeatRecord(count, host, time, citation(), into: &intake)
    case .unconcerned(_, let host), .ordinary(_, _, let host):
      lastRecords.note(host, event: nil)
      intake.tally.unconcerned += 1
    case .unmatched(let frame, let host): noteTemplate(line, frame, host, citation(), into: &intake)
    case .prefix(let partial):
      lastRecords.note(Host.Key(partial.host.array.rawSpan), event: nil)
      let tag = partial.tag.array
      guard lines.library.tag(tag.rawSpan, 0..<tag.count)?.isExclusive == true, let frame else {
        intake.tally.unconcerned += 1
        return
      }
      noteTemplate(line, frame, Host.Key(partial.host.array.rawSpan), citation(), into: &intake)
    case .invalidStamp, .none: odd(.stampInvalid, citation(), into: &intake)
    }
  }

  /// A line of a watched program that no format takes: its template is counted, and it is unexplained.
  private mutating func noteTemplate(
    _ line: RawSpan, _ frame: SyslogFrame, _ host: Host.Key, _ citation: Citation, into intake: inout Intake
  ) {
    lastRecords.note(host, event: nil)
    odd(.lineUnmatched, citation, into: &intake)
    let name = line.slice(frame.host)
    let tag = Bytes(line.slice(frame.tag))
    let program = lines.library.programs.program(named: tag)?.number
    let event = Event(
      time: frame.time, view: .host, action: .log, outcome: .unknown,
      target: Endpoint(host: name.byteCount == 0 ? .unknown : HostText.host(name)),
      rpc: program.map { RPCFacts(program: $0) }, observer: tag,
      detail: LineTemplate.of(line.slice(min(frame.message, line.byteCount)..<line.byteCount)), citation: citation)
    intake.sums.add(event, by: .day)
  }

  mutating func count(_ time: EventTime, lines lineCount: Int = 1, into intake: inout Intake) {
    intake.tally.hostRecords += lineCount
    intake.tally.note(.syslog)
    count(time, hasYear: lines.syslog.hasYear, lines: lineCount, into: &intake)
  }

  mutating func count(_ time: EventTime, hasYear: Bool, lines lineCount: Int = 1, into intake: inout Intake) {
    intake.tally.note(time)
    guard time.isDated else { return }
    if hasYear {
      if intake.tally.newestWithYear.map({ $0 < time }) ?? true { intake.tally.newestWithYear = time }
    } else {
      intake.tally.yearlessRecords += lineCount
    }
  }

  mutating func odd(_ kind: Oddity.Kind, _ citation: @autoclosure () -> Citation, into intake: inout Intake) {
    intake.tally.odd += 1
    intake.oddities.note(kind, citation())
  }

  private func capCount(of event: inout Event, into intake: inout Intake) {
    guard event.count > Event.countCap else { return }
    event.count = Event.countCap
    intake.oddities.note(.repeatCountCapped, event.citation)
  }

  private mutating func repeatRecord(
    _ count: Int, _ host: Host.Key, _ time: EventTime, _ citation: Citation, into intake: inout Intake
  ) {
    let last = lastRecords.last(of: host)
    if case .other = last {
      intake.tally.unconcerned += 1
      return
    }
    // Not once more: nothing happened.
    if count == 0, case .event = last {
      intake.tally.unconcerned += 1
      return
    }
    guard case .event(let place) = last, var event = TextDecoder.event(at: place, of: intake) else {
      odd(.repeatWithoutRecord, citation, into: &intake)
      return
    }
    event.change {
      $0.count = count
      $0.time = time
      $0.citation = citation
    }
    capCount(of: &event, into: &intake)
    _ = keep(event, in: &intake)
    intake.tally.understood += 1
  }

  /// Makes a record an Event, or has it wait where those of a crowd do.
  private mutating func keep(_ event: Event, in intake: inout Intake) -> CrowdLedger.Place {
    if let place = intake.crowd?.push(event, into: &intake.events) { return place }
    intake.events.append(event)
    return .event(intake.events.count - 1)
  }

  /// The same of a line that comes in floods, without an Event where its kind was met before.
  private mutating func keep(
    _ line: RawSpan, _ start: Int, _ known: KnownLine, _ place: Provenance, in intake: inout Intake
  ) -> CrowdLedger.Place? {
    if let kept = intake.crowd?.push(line, known, lines.outline, at: place, into: &intake.events) { return kept }
    guard let event = event(line, start, place) else { return nil }
    if let kept = intake.crowd?.push(event, line: known.key, into: &intake.events) { return kept }
    intake.events.append(event)
    return .event(intake.events.count - 1)
  }

  /// A guesser of passwords fills a log; how often is what matters.
  private mutating func noteLogin(
    _ line: RawSpan, _ start: Int, _ known: KnownLine, _ place: Provenance, into intake: inout Intake
  ) {
    if intake.sums.add(line, known, lines.outline, at: place) { return }
    guard let event = event(line, start, place) else { return }
    intake.sums.add(event, by: .hour, line: known.key)
  }

  /// The Event of a line that was just read as ``LogLineReader/Result/known(_:)``.
  private mutating func event(_ line: RawSpan, _ start: Int, _ place: Provenance) -> Event? {
    let result = lines.read(line, at: start, citation: Citation(place, text: Bytes(line)))
    guard case .event(let event, _, _, _) = result else { return nil }
    return event
  }

  private static func event(at place: CrowdLedger.Place, of intake: Intake) -> Event? {
    switch place {
    case .event(let index): intake.events.indices.contains(index) ? intake.events[index] : nil
    case .note(let number, let era): intake.crowd?.event(at: number, era: era)
    }
  }
}

extension HexCheck {
  /// Whether text and hexadecimal name different ends.
  public var disagrees: Bool { textSource != .address(hexSource) || textTarget != .address(hexTarget) }
}

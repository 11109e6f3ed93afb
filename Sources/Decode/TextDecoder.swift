package import Evidence

/// Text to records: a log, a trace, a report, or prose with any of them in it.
///
/// Mailers wrap lines, so a record may need the lines after it. A line that begins a record is read at once; only when
/// its wording ends too early, or is also the start of a longer one, is it kept, and the next lines are joined to it as
/// long as the result is a record or the start of one.
package struct TextDecoder {
  package let input: InputID
  private let zone: ZoneTable
  private var lines: LogLineReader
  private var reports: ReportReader
  private var pending: Pending?
  private var lastRecords = LastRecords()
  private var table = ZeekTable()
  private var nmap = NmapXML()
  private var export = JournalExport()
  /// What other sensors tell of tries at ports, of which one flood can make any number.
  private var probes: EventSums
  private let probeCap: Int

  /// A record is never joined from more lines than this.
  private static let joinCap = 8
  /// Probes of an input that other sensors recorded: more than the scan of a network of 65,536 addresses. Of more the
  /// oldest go.
  package static let sensorProbeCap = 65_536

  package init(
    input: InputID, library: FormatLibrary, asOf: Day, zone: ZoneTable, zones: [Bytes: ZoneTable] = [:]
  ) {
    self.init(input: input, library: library, calendar: StampCalendar(asOf: asOf), zone: zone, zones: zones)
  }

  package init(
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

  /// Where the stamps without a year stand in the year.
  package var calendar: StampCalendar { lines.syslog.calendar }

  /// A record that may go on in the next line.
  private struct Pending {
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
  package mutating func push(_ line: RawSpan, number: Int, offset: Int, into intake: inout Intake) {
    let place = Provenance(
      input: input, place: .lines(first: number, last: number), offset: offset, length: line.byteCount)
    if pending != nil {
      if extend(line, place, into: &intake) { return }
      flush(into: &intake)
    }
    begin(line, place, into: &intake)
  }

  /// Takes in lines that a screen found to be of no concern.
  /// - Parameter block: What was screened, with the line feeds.
  /// - Returns: false when they have to be read one by one.
  package mutating func pass(
    _ stretch: Int, of screened: ScreenedLines, in block: RawSpan, into intake: inout Intake
  ) -> Bool {
    let (start, last) = (screened.stretches[stretch].start, screened.stretches[stretch].last)
    let lineCount = screened.stretches[stretch].lines
    // A line with a stamp is no part of the record before it.
    if pending != nil { flush(into: &intake) }
    guard !isInRecord, let first = lines.syslog.time(ofPlainStampAt: start, in: block),
      let latest = lines.syslog.time(ofPlainStampAt: last, in: block)
    else { return false }
    intake.tally.note(first)
    count(latest, lines: lineCount, into: &intake)
    intake.tally.unconcerned += lineCount
    for host in screened.hosts(of: stretch) { lastRecords.note(host, event: nil) }
    return true
  }

  /// Whether plain lines can be told before their turn: the time of a host with a zone of its own is told by its name.
  package var canScreen: Bool { !lines.syslog.hasZones }

  package mutating func finish(into intake: inout Intake) {
    flush(into: &intake)
    if let entry = export.finish() {
      read(entry, Provenance(input: input, place: .lines(first: 0, last: 0), offset: 0, length: 0), into: &intake)
    }
    nmap.finish(into: &intake)
    reports.finish(into: &intake)
    if let gone = probes.evicted { intake.oddities.note(.tableFull, gone.first, count: gone.count) }
    intake.events += probes.summed()
    probes = EventSums(cap: probeCap)
  }

  // MARK: Beginning a record

  private mutating func begin(_ line: RawSpan, _ place: Provenance, into intake: inout Intake) {
    if beginsStructured(line), readStructured(line, place, into: &intake) { return }
    table.close(before: line)
    if let start = SyslogReader.stampStart(line), !isDatedPacket(line) {
      let result = lines.read(line, at: start, isFrequent: true, citation: Citation(place, text: Bytes(line)))
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

  // MARK: Records that are no lines of syslog

  /// Whether the next line goes on with what more than one line makes: it may be no line of a log, whatever it looks like.
  private var isInRecord: Bool { export.isOpen || table.isOpen || nmap.isOpen }

  /// A look at the first byte, which settles it for nearly every line.
  private func beginsStructured(_ line: RawSpan) -> Bool {
    if isInRecord { return true }
    guard line.byteCount > 0 else { return false }
    switch line.byte(0) {
    case 0x7b, 0x23, 0x5f: return true
    case 0x3c: return NmapXML.begins(line)
    case 0x74, 0x6e: return AuditRecord.begins(line)
    default: return false
    }
  }

  /// An entry of the journal, or a record of another sensor; false when the line is neither.
  private mutating func readStructured(_ line: RawSpan, _ place: Provenance, into intake: inout Intake) -> Bool {
    if nmap.isOpen || NmapXML.begins(line), nmap.push(line, place, into: &intake) {
      intake.tally.note(.nmap)
      intake.tally.understood += 1
      return true
    }
    if export.isOpen || JournalExport.begins(line) {
      switch export.push(line, offset: place.offset) {
      case .entry(let entry): read(entry, place, into: &intake)
      case .more: break
      case .none: return false
      }
      return true
    }
    guard line.byteCount > 0 else { return false }
    if line.byte(0) == 0x23 {
      guard table.head(line) else { return false }
      intake.tally.note(.sensor)
      intake.tally.unconcerned += 1
      return true
    }
    if AuditRecord.begins(line) { return readAudit(line, place, into: &intake) }
    let citation = Citation(place, text: Bytes(line))
    var syslog = lines.syslog
    let time: (Bytes) -> EventTime? = { syslog.time($0) }
    if let row = table.row(line) {
      guard let reading = row.read(citation: citation, time: time) else { return false }
      take(reading, citation, into: &intake)
      return true
    }
    guard line.byte(0) == 0x7b else { return false }
    guard let record = JSONRecord(line) else {
      guard TextDecoder.namesSensor(line) else { return false }
      intake.tally.note(.sensor)
      odd(.recordIncomplete, citation, into: &intake)
      return true
    }
    if let entry = JournalEntry(record) {
      read(entry, place, into: &intake)
      return true
    }
    let zeek = ZeekRecord(path: record.text("_path")) { record.digits($0) }
    guard
      let reading = SuricataRecord.read(record, citation: citation, time: time)
        ?? zeek.read(citation: citation, time: time)
    else { return false }
    take(reading, citation, into: &intake)
    return true
  }

  /// A record of auditd's own log, read as the line that auditd sends to syslog.
  private mutating func readAudit(_ line: RawSpan, _ place: Provenance, into intake: inout Intake) -> Bool {
    guard let (text, frame) = AuditRecord.line(line) else { return false }
    let citation = Citation(place, text: Bytes(line))
    let result = lines.read(text.rawSpan, frame, citation: citation)
    intake.tally.note(.audit)
    intake.tally.hostRecords += 1
    count(frame.time, hasYear: true, into: &intake)
    note(result, text.rawSpan, frame, citation, into: &intake)
    return true
  }

  /// Whether a line that is no whole object looks like the start of a record that would be read.
  private static func namesSensor(_ line: RawSpan) -> Bool {
    ["\"event_type\":", "\"__REALTIME_TIMESTAMP\"", "\"id.orig_h\":"].contains {
      line.firstIndex(of: Array($0.utf8)) != nil
    }
  }

  private mutating func take(_ reading: SensorReading, _ citation: Citation, into intake: inout Intake) {
    intake.tally.note(.sensor)
    switch reading {
    case .event(let event):
      count(event.time, hasYear: true, into: &intake)
      if event.action == .probe { probes.add(event, by: .moment) } else { intake.events.append(event) }
      intake.tally.understood += 1
    case .sum(let event, let period):
      count(event.time, hasYear: true, into: &intake)
      intake.sums.add(event, by: period)
      intake.tally.understood += 1
    case .unconcerned(let time):
      if let time { count(time, hasYear: true, into: &intake) }
      intake.tally.unconcerned += 1
    case .odd: odd(.stampInvalid, citation, into: &intake)
    }
  }

  /// An entry of the journal is read as the line of syslog that it would be; it is never joined with others.
  private mutating func read(_ entry: JournalEntry, _ place: Provenance, into intake: inout Intake) {
    intake.tally.note(.journal)
    intake.tally.hostRecords += 1
    guard let (text, frame) = entry.line() else {
      // Entries without a message are kernel's and journald's own.
      if entry.message == nil {
        intake.tally.unconcerned += 1
      } else {
        odd(.stampInvalid, Citation(place, text: entry.message ?? ""), into: &intake)
      }
      return
    }
    let citation = Citation(place, text: Bytes(text))
    let result = lines.read(text.rawSpan, frame, citation: citation)
    count(frame.time, hasYear: true, into: &intake)
    note(result, text.rawSpan, frame, citation, into: &intake)
  }

  /// Whether a line that begins with a date and a time, as rsyslog's may, is one of tcpdump's (`-tttt`): what follows tells.
  private func isDatedPacket(_ line: RawSpan) -> Bool {
    guard let start = TraceLine.stampStart(line), line.byte(start + 4) == 0x2d,
      line.hasBytes(TextDecoder.family, at: start + 26)
    else { return false }
    let packet = line.slice(start..<line.byteCount)
    let place = Provenance(input: input, place: .lines(first: 0, last: 0), offset: 0, length: 0)
    if case .none = TraceLine.read(packet, zone: zone, citation: Citation(place, text: "")) { return false }
    return true
  }
  /// The blank behind a stamp of six digits, and the start of `IP` or `IP6`; ARP and others are of no concern as log lines too.
  private static let family = Array(" IP".utf8)

  /// Counts what a log line gave; false when it is no log line after all.
  private mutating func take(
    _ result: LogLineReader.Result, _ line: RawSpan, _ start: Int, _ place: Provenance, into intake: inout Intake
  ) -> Bool {
    switch result {
    case .none: return false
    case .prefix(let partial):
      pending = Pending(kind: .syslog(partial), text: Bytes(line).array, stamp: start, provenance: place)
      return true
    case .known(let known):
      count(known.frame.time, into: &intake)
      intake.tally.understood += 1
      if lines.library.formats[known.format].action == .authentication {
        lastRecords.note(known.host, event: nil)
        noteLogin(line, known, place, into: &intake)
      } else {
        lastRecords.note(known.host, event: keep(line, known, place, in: &intake))
      }
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

  /// Takes in what a whole line gave.
  private mutating func note(
    _ result: LogLineReader.Result, _ line: RawSpan, _ frame: SyslogFrame?, _ citation: @autoclosure () -> Citation,
    into intake: inout Intake
  ) {
    switch result {
    case .event(let event, _, let host, _):
      intake.tally.understood += 1
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

  private func count(_ time: EventTime, lines lineCount: Int = 1, into intake: inout Intake) {
    intake.tally.hostRecords += lineCount
    intake.tally.note(.syslog)
    count(time, hasYear: lines.syslog.hasYear, lines: lineCount, into: &intake)
  }

  private func count(_ time: EventTime, hasYear: Bool, lines lineCount: Int = 1, into intake: inout Intake) {
    intake.tally.note(time)
    if hasYear {
      if intake.tally.newestWithYear.map({ $0 < time }) ?? true { intake.tally.newestWithYear = time }
    } else {
      intake.tally.yearlessRecords += lineCount
    }
  }

  private func odd(_ kind: Oddity.Kind, _ citation: @autoclosure () -> Citation, into intake: inout Intake) {
    intake.tally.odd += 1
    intake.oddities.note(kind, citation())
  }

  private mutating func repeatRecord(
    _ count: Int, _ host: Host.Key, _ time: EventTime, _ citation: Citation, into intake: inout Intake
  ) {
    let last = lastRecords.last(of: host)
    if case .other = last {
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
    _ = keep(event, in: &intake)
    intake.tally.understood += 1
  }

  /// Makes a record an Event, or has it wait where those of a crowd do.
  private func keep(_ event: Event, in intake: inout Intake) -> CrowdLedger.Place {
    if let place = intake.crowd?.push(event, into: &intake.events) { return place }
    intake.events.append(event)
    return .event(intake.events.count - 1)
  }

  /// The same of a line that comes in floods, without an Event where its kind was met before.
  private func keep(_ line: RawSpan, _ known: KnownLine, _ place: Provenance, in intake: inout Intake)
    -> CrowdLedger.Place?
  {
    if let kept = intake.crowd?.push(line, known, at: place, into: &intake.events) { return kept }
    guard let event = lines.event(line, known, citation: Citation(place, text: Bytes(line))) else { return nil }
    if let kept = intake.crowd?.push(event, line: known.key, into: &intake.events) { return kept }
    intake.events.append(event)
    return .event(intake.events.count - 1)
  }

  /// A guesser of passwords fills a log; how often is what matters.
  private func noteLogin(_ line: RawSpan, _ known: KnownLine, _ place: Provenance, into intake: inout Intake) {
    if intake.sums.add(line, known, at: place) { return }
    guard let event = lines.event(line, known, citation: Citation(place, text: Bytes(line))) else { return }
    intake.sums.add(event, by: .hour, line: known.key)
  }

  private static func event(at place: CrowdLedger.Place, of intake: Intake) -> Event? {
    switch place {
    case .event(let index): intake.events.indices.contains(index) ? intake.events[index] : nil
    case .note(let number, let era): intake.crowd?.event(at: number, era: era)
    }
  }

  // MARK: Going on with a record

  /// Joins a line to the pending record, if that gives a record or the start of one.
  private mutating func extend(_ line: RawSpan, _ place: Provenance, into intake: inout Intake) -> Bool {
    guard var record = pending, record.lineCount < TextDecoder.joinCap || !record.hex.isEmpty else { return false }
    let content = trimmed(line)
    guard content.byteCount > 0, SyslogReader.stampStart(line) == nil, TraceLine.stampStart(line) == nil else {
      return false
    }
    record.provenance.extend(to: place)
    record.lineCount += 1
    if case .trace(.some(let trace)) = record.kind, let hex = HexLine.bytes(content) {
      guard record.hex.count < 65_536 else { return false }
      record.hex += hex
      record.kind = .trace(trace)
      pending = record
      return true
    }
    guard record.hex.isEmpty else { return false }
    if case .whole(let whole) = record.kind { return extend(whole, of: record, by: content, into: &intake) }
    var other: (TraceLine, [UInt8])?
    var cut: (LogLineReader.Partial, [UInt8])?
    for text in TextDecoder.joins(record.text, content) {
      let citation = Citation(record.provenance, text: Bytes(text))
      switch record.kind {
      case .syslog:
        switch lines.read(text.rawSpan, at: record.stamp, citation: citation) {
        case .event(let event, let format, let host, let mayGoOn):
          let found = LogLineReader.Whole(event: event, format: format, host: host)
          // With the blank, a word that was cut may still be a record, of a wider wording.
          let longer = mayGoOn ? joined(record, content, before: format) : nil
          guard mayGoOn, longer == nil else {
            pending = nil
            return take(longer?.whole ?? found, longer?.text ?? text, record, into: &intake)
          }
          record.kind = .whole(found)
        case .prefix(let partial):
          // The other way to join may give the whole record.
          cut = cut ?? (partial, text)
          continue
        default: continue
        }
      case .trace(let known):
        if known?.isClosed == true { return false }
        let span = text.rawSpan
        switch TraceLine.read(span.slice(record.stamp..<span.byteCount), zone: zone, citation: citation) {
        case .packet(let trace) where trace.isOther && known == nil:
          // With a blank in it a keyword is none: the other way to join may know it.
          if other == nil { other = (trace, text) }
          continue
        case .packet(let trace): record.kind = .trace(trace)
        case .prefix: record.kind = .trace(nil)
        case .none: continue
        }
      case .whole: continue
      }
      record.text = text
      pending = record
      return true
    }
    if let cut {
      (record.kind, record.text) = (.syslog(cut.0), cut.1)
    } else if let other {
      (record.kind, record.text) = (.trace(other.0), other.1)
    } else {
      return false
    }
    pending = record
    return true
  }

  /// A whole record grows only into a longer wording: the prose behind a log is no part of it.
  private mutating func extend(
    _ whole: LogLineReader.Whole, of record: Pending, by content: RawSpan, into intake: inout Intake
  ) -> Bool {
    guard let longer = joined(record, content, before: whole.format) else { return false }
    pending = nil
    return take(longer.whole, longer.text, record, into: &intake)
  }

  /// The record that the joined lines give by a format that stands before another.
  private mutating func joined(
    _ record: Pending, _ content: RawSpan, before limit: Int
  ) -> (whole: LogLineReader.Whole, text: [UInt8])? {
    for text in TextDecoder.joins(record.text, content) {
      let citation = Citation(record.provenance, text: Bytes(text))
      if case .event(let event, let format, let host, _) = lines.read(
        text.rawSpan, at: record.stamp, citation: citation), format < limit
      {
        return (LogLineReader.Whole(event: event, format: format, host: host), text)
      }
    }
    return nil
  }

  /// Counts a record of joined lines, which is not looked at again.
  private mutating func take(
    _ whole: LogLineReader.Whole, _ text: [UInt8], _ record: Pending, into intake: inout Intake
  ) -> Bool {
    take(
      .event(whole.event, format: whole.format, host: whole.host, mayGoOn: false), text.rawSpan, record.stamp,
      record.provenance, into: &intake)
  }

  /// The ways in which a wrapped line may go on: with the blank that the mailer took, or without one. Between two digits
  /// a blank is the rarer case.
  private static func joins(_ text: [UInt8], _ line: RawSpan) -> [[UInt8]] {
    var start = text
    while let last = start.last, last.isBlank { start.removeLast() }
    let rest = Bytes(line).array
    let glued = start + rest
    let spaced = start + [0x20] + rest
    let isNumber = (start.last?.isDigit ?? false) && (rest.first?.isDigit ?? false)
    return isNumber ? [glued, spaced] : [spaced, glued]
  }

  @_lifetime(copy line)
  private func trimmed(_ line: RawSpan) -> RawSpan {
    var start = 0
    var end = line.byteCount
    while start < end, line.byte(start).isBlank { start += 1 }
    while end > start, line.byte(end - 1).isBlank { end -= 1 }
    return line.slice(start..<end)
  }

  // MARK: Ending a record

  private mutating func flush(into intake: inout Intake) {
    guard let record = pending else { return }
    pending = nil
    switch record.kind {
    case .syslog(let partial): finish(partial, record, into: &intake)
    case .whole(let whole): _ = take(whole, record.text, record, into: &intake)
    case .trace(let trace): finish(trace, record, into: &intake)
    }
  }

  /// A log record that ended in the middle of its wording.
  private mutating func finish(_ partial: LogLineReader.Partial, _ record: Pending, into intake: inout Intake) {
    count(partial.time, into: &intake)
    let host = partial.host.isEmpty ? Host.unknown : HostText.host(partial.host.array.rawSpan)
    lastRecords.note(Host.Key(partial.host.array.rawSpan), event: nil)
    let tag = partial.tag.array
    guard lines.library.tag(tag.rawSpan, 0..<tag.count)?.isExclusive == true else {
      intake.tally.unconcerned += 1
      return
    }
    intake.events.append(
      Event(
        time: partial.time, view: .host, action: .incomplete, outcome: .unknown,
        source: Endpoint(host: partial.source), target: Endpoint(host: host),
        observer: partial.tag, detail: partial.message, citation: record.citation))
    odd(.recordIncomplete, record.citation, into: &intake)
  }

  private mutating func finish(_ trace: TraceLine?, _ record: Pending, into intake: inout Intake) {
    guard var packet = trace?.packet else {
      if TraceLine.namesEnds(record.text.rawSpan) {
        odd(.traceUnreadable, record.citation, into: &intake)
      } else {
        // A time of day with a fraction, and no packet: other text has that too.
        intake.tally.note(.prose)
        intake.tally.unconcerned += 1
      }
      return
    }
    packet.citation = record.citation
    intake.tally.note(.traceText)
    intake.tally.packets += 1
    intake.tally.note(packet.time)
    if packet.time.isDated, intake.tally.newestWithYear.map({ $0 < packet.time }) ?? true {
      intake.tally.newestWithYear = packet.time
    }
    if trace?.isOther == true {
      intake.tally.unconcerned += 1
      return
    }
    if !record.hex.isEmpty, let checked = HexDump.check(record.hex.rawSpan, against: packet) {
      packet = checked
      if let check = packet.hexCheck, check.disagrees { intake.oddities.note(.hexDisagrees, packet.citation) }
    }
    intake.packets.append(packet)
    intake.tally.understood += 1
  }
}

extension HexCheck {
  /// Whether text and hexadecimal name different ends.
  package var disagrees: Bool { textSource != .address(hexSource) || textTarget != .address(hexTarget) }
}

extension Provenance {
  /// Grows the record by the lines of another place behind it.
  fileprivate mutating func extend(to other: Provenance) {
    guard case .lines(let first, _) = place, case .lines(_, let last) = other.place else { return }
    place = .lines(first: first, last: last)
    length = other.offset + other.length - offset
  }
}

/// A line of a hexadecimal dump: `4500 003c 10ba` of 1999, `0x0000:  4500 003c  E..<` of today.
enum HexLine {
  static func bytes(_ line: RawSpan) -> [UInt8]? {
    var index = 0
    if line.hasBytes([0x30, 0x78], at: 0) {
      guard let colon = line.firstIndex(of: 0x3a), colon <= 8 else { return nil }
      index = colon + 1
      while index < line.byteCount, line.byte(index).isBlank { index += 1 }
    }
    var bytes: [UInt8] = []
    while index < line.byteCount, bytes.count < 16 {
      var digits = 0
      while digits < 4, index + 1 < line.byteCount, let high = line.byte(index).hexDigit,
        let low = line.byte(index + 1).hexDigit
      {
        bytes.append(high << 4 | low)
        digits += 2
        index += 2
      }
      guard digits > 0 else { return nil }
      guard index == line.byteCount || line.byte(index).isBlank else { return nil }
      let isGap = index + 1 < line.byteCount && line.byte(index + 1).isBlank
      if isGap { break }
      index += 1
    }
    return bytes.count >= 2 ? bytes : nil
  }
}

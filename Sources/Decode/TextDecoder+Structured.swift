import Evidence

/// Records that are no lines of syslog: of the journal and auditd, of other sensors, and of nmap's XML.
extension TextDecoder {
  /// Whether the next line goes on with what more than one line makes: it may be no line of a log, whatever it looks like.
  var isInRecord: Bool {
    mutating get { export.isOpen || table.isOpen || nmap.isOpen }
  }

  /// A look at the first byte, which settles it for nearly every line.
  mutating func beginsStructured(_ line: RawSpan) -> Bool {
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
  mutating func readStructured(_ line: RawSpan, _ place: Provenance, into intake: inout Intake) -> Bool {
    if nmap.isOpen || NmapXML.begins(line), nmap.push(line, place, into: &intake) {
      intake.tally.note(.nmap)
      intake.tally.understood += 1
      return true
    }
    if export.isOpen || JournalExport.begins(line) {
      switch export.push(line, at: place) {
      case .entry(let entry, let whole): read(entry, whole, into: &intake)
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
  mutating func read(_ entry: JournalEntry, _ place: Provenance, into intake: inout Intake) {
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
}

import Evidence

/// Records that wrapped lines make, and what becomes of one whose lines end.
extension TextDecoder {
  /// Joins a line to the pending record, if that gives a record or the start of one.
  mutating func extend(_ line: RawSpan, _ place: Provenance, into intake: inout Intake) -> Bool {
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

  mutating func flush(into intake: inout Intake) {
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

extension Provenance {
  /// Grows the record by the lines of another place behind it.
  mutating func extend(to other: Provenance) {
    guard case .lines(let first, _) = place, case .lines(_, let last) = other.place else { return }
    place = .lines(first: first, last: last)
    length = other.offset + other.length - offset
  }
}

public import Evidence

/// Tries the formats on single lines, for those who write formats: who took it, and with what fields.
public struct FormatTrial: Sendable {
  public enum Verdict: Sendable {
    /// The format that took the line, and what came of it.
    case taken(format: String, Event)
    /// A format knows the line, and it concerns nobody.
    case ordinary(format: String)
    /// A watched program's line that no format takes, and the template that it comes out as.
    case unmatched(program: Bytes, template: Bytes)
    /// The line ends before a wording does; a line behind it may go on.
    case cut(program: Bytes)
    /// `last message repeated`.
    case repetition
    /// A log line of a program that nobody watches, or one that is of no concern.
    case unconcerned
    case invalidStamp
    case noLogLine
    /// A line of a record that goes on: an exported journal's.
    case part
  }

  private var reader: LogLineReader
  private var export = JournalExport()
  /// With which line the record began of which the last verdict was.
  public private(set) var firstLine = 0

  public init(library: FormatLibrary, asOf: Day, zone: ZoneTable) {
    reader = LogLineReader(library: library, syslog: SyslogReader(asOf: asOf, zone: zone))
  }

  public mutating func read(_ line: RawSpan, at place: Provenance) -> Verdict {
    firstLine = place.ordinal
    if export.isOpen || JournalExport.begins(line) {
      switch export.push(line, at: place) {
      case .more: return .part
      case .entry(let entry, let whole): return read(entry, whole)
      case .none: break
      }
    }
    return readLine(line.withoutZeros, at: place)
  }

  /// Of the record that the text's end ends.
  public mutating func finish() -> Verdict? { export.finish().map { entry, place in read(entry, place) } }

  private mutating func readLine(_ line: RawSpan, at place: Provenance) -> Verdict {
    if line.byteCount > 0, line.byte(0) == 0x7b, let entry = JSONRecord(line).flatMap({ JournalEntry($0) }) {
      return read(entry, place)
    }
    if AuditRecord.begins(line), let (text, frame) = AuditRecord.line(line) { return read(text, frame, place) }
    guard let start = SyslogReader.stampStart(line) else { return .noLogLine }
    return verdict(reader.read(line, at: start, citation: Citation(place, text: Bytes(line))), line)
  }

  private mutating func read(_ entry: JournalEntry, _ place: Provenance) -> Verdict {
    firstLine = place.ordinal
    guard let (text, frame) = entry.line() else { return entry.message == nil ? .unconcerned : .invalidStamp }
    return read(text, frame, place)
  }

  private mutating func read(_ text: [UInt8], _ frame: SyslogFrame, _ place: Provenance) -> Verdict {
    verdict(reader.read(text.rawSpan, frame, citation: Citation(place, text: Bytes(text))), text.rawSpan)
  }

  private func verdict(_ result: LogLineReader.Result, _ line: RawSpan) -> Verdict {
    switch result {
    case .event(let event, let format, _, _): .taken(format: reader.library.formats[format].name, event)
    case .ordinary(_, let format, _): .ordinary(format: reader.library.formats[format].name)
    case .unmatched(let frame, _):
      .unmatched(
        program: Bytes(line.slice(frame.tag)),
        template: LineTemplate.of(line.slice(min(frame.message, line.byteCount)..<line.byteCount)))
    case .prefix(let partial): partial.isWatched ? .cut(program: partial.tag) : .unconcerned
    case .repetition: .repetition
    case .unconcerned, .known: .unconcerned
    case .invalidStamp: .invalidStamp
    case .none: .noLogLine
    }
  }
}

extension FormatLibrary {
  /// The table of docs/formats.md: what is understood, of which programs and versions.
  public var catalogue: String {
    var rows = [
      "| file | tags | what it takes | programs and versions | other lines of these programs |",
      "|---|---|---|---|---|",
    ]
    for summary in summaries {
      let file = summary.file.split(separator: "/").last.map(String.init) ?? summary.file
      let cells = [
        "`\(file)`", summary.tags.joined(separator: ", "), summary.description, summary.versions,
        summary.isExclusive ? "unexplained" : "of no concern",
      ]
      rows.append("| " + cells.joined(separator: " | ") + " |")
    }
    return rows.joined(separator: "\n") + "\n"
  }
}

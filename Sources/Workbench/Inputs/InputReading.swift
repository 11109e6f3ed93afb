package import Capture
package import Decode
package import Evidence

/// What one input gave.
package struct InputReading: Sendable {
  package var input: InputList.Input
  package var kind: ContentKind = .empty
  package var compression: Compression?
  package var intake = Intake()
  /// Of the bytes, by which twins are known; nil where there is one input alone.
  package var digest: ContentDigest?
  /// Same bytes as this earlier input, so it does not count.
  package var duplicateOf: String?
  /// The day from which year-less stamps were counted back.
  package var asOf: Day?
  package var needsAsOf = false
  /// The year in which a log of more than a year begins.
  package var firstYear: Int?
}

/// Reads one input that is not a capture; of a capture only what it is. Runs in a task of its own.
package struct InputReader: Sendable {
  package var formats: FormatLibrary
  package var asOf: Day?
  package var zone: ZoneTable
  /// Zones of hosts that write another time.
  package var zones: [Bytes: ZoneTable]
  /// Nil when nothing can be the same as anything: there is one input.
  package var digestSeed: UInt64?
  /// Called with the number of bytes read, from any thread.
  package var progress: @Sendable (Int) -> Void

  package init(
    formats: FormatLibrary, asOf: Day?, zone: ZoneTable, zones: [Bytes: ZoneTable] = [:], digestSeed: UInt64?,
    progress: @escaping @Sendable (Int) -> Void
  ) {
    self.formats = formats
    self.asOf = asOf
    self.zone = zone
    self.zones = zones
    self.digestSeed = digestSeed
    self.progress = progress
  }

  package func read(_ input: InputList.Input) -> InputReading {
    var reading = read(input, from: nil)
    // A log of more than a year is read again, in the order of its lines.
    if let year = reading.firstYear, reading.input.hasOwnTime {
      let digest = reading.digest
      reading = read(input, from: year)
      reading.digest = digest
    }
    return reading
  }

  /// - Parameter year: Of the first stamp; nil for stamps of the twelve months up to ``asOf``.
  private func read(_ input: InputList.Input, from year: Int?) -> InputReading {
    var reading = InputReading(input: input)
    if input.live != nil {
      reading.kind = .live
      return reading
    }
    do {
      var source = try ByteSource(path: input.source)
      try source.peek()
      reading.compression = source.compression
      reading.kind = ContentKind.recognise(source.block)
      switch reading.kind {
      case .text: try readText(&source, from: year, into: &reading)
      case .journal: try readJournal(&source, into: &reading)
      case .empty, .live: break
      case .pcap, .pcapng, .snoop: digest(&source, into: &reading)
      case .tar:
        note(.unsupportedFormat, "a \(reading.kind.rawValue) file, which is not read yet", into: &reading)
      case .binary: note(.binaryInput, "neither text nor a capture", into: &reading)
      }
    } catch {
      note(error.oddity, error.description, into: &reading)
    }
    return reading
  }

  /// An input whose trouble is all that can be said of it.
  private func note(_ kind: Oddity.Kind, _ text: String, into reading: inout InputReading) {
    let place = Provenance(
      input: reading.input.id, place: .lines(first: 0, last: 0), offset: reading.intake.tally.bytes, length: 0)
    reading.intake.tally.odd += 1
    reading.intake.oddities.note(kind, Citation(place, text: Bytes(text)))
  }

  // MARK: Text

  /// A journal of systemd, as `journalctl` writes it out.
  private func readJournal(_ source: inout ByteSource, into reading: inout InputReading) throws(CaptureError) {
    let journal: JournalFile
    do { journal = try JournalFile(reading.input.source, &source) } catch {
      note(.unsupportedFormat, "a journal: \(error.reasons)", into: &reading)
      return
    }
    var export = try ByteSource(path: journal.path)
    try readText(&export, from: nil, into: &reading)
    if let trouble = journal.trouble() { note(.captureDamaged, trouble, into: &reading) }
  }

  private func readText(
    _ source: inout ByteSource, from year: Int?, into reading: inout InputReading
  ) throws(CaptureError) {
    // Without a day given, the file's own time is the day; a pipe has none, and only its records can tell.
    let day = asOf ?? (reading.input.hasOwnTime ? source.modified.map { zone.day(of: $0) } : nil)
    reading.asOf = day
    let calendar = year.map { StampCalendar(sequenceFrom: $0) } ?? StampCalendar(asOf: day ?? InputReader.placeholder)
    var decoder = TextDecoder(
      input: reading.input.id, library: formats, calendar: calendar, zone: zone, zones: zones)
    var splitter = LineSplitter()
    var digest = digestSeed.map { ContentDigest(seed: $0) }
    var intake = Intake()
    defer {
      intake.oddities.merge(reading.intake.oddities)
      reading.intake = intake
      reading.digest = digest
      reading.needsAsOf = day == nil && intake.tally.yearlessRecords > 0
      // Only a plain log stands in the order of its time.
      if year == nil, let day, intake.tally.kinds == [.syslog] {
        reading.firstYear = decoder.calendar.firstYear(endingBy: day)
      }
    }
    var trouble: CaptureError?
    while true {
      do {
        guard try source.read() else { break }
      } catch {
        trouble = error
        break
      }
      digest?.add(source.block)
      intake.tally.bytes += source.block.byteCount
      progress(source.block.byteCount)
      splitter.push(source.block) { line, place in push(line, place, &decoder, &intake) }
    }
    splitter.finish { line, place in push(line, place, &decoder, &intake) }
    decoder.finish(into: &intake)
    if let trouble { throw trouble }
    if let change = source.change {
      let end = Provenance(
        input: reading.input.id, place: .lines(first: 0, last: 0), offset: intake.tally.bytes, length: 0)
      intake.oddities.note(.fileChanged, Citation(end, text: Bytes("the file \(change)")))
    }
  }

  /// Stands in where no day is known; what it gives is thrown away.
  private static let placeholder = Day(number: 0)

  private func push(
    _ line: RawSpan, _ place: LineSplitter.Place, _ decoder: inout TextDecoder, _ intake: inout Intake
  ) {
    decoder.push(line, number: place.number, offset: place.offset, into: &intake)
    if place.omitted > 0 {
      let provenance = Provenance(
        input: decoder.input, place: .lines(first: place.number, last: place.number), offset: place.offset,
        length: line.byteCount + place.omitted)
      let text = Bytes("a line of \(line.byteCount + place.omitted) bytes; the first \(line.byteCount) were read")
      intake.oddities.note(.lineOverlong, Citation(provenance, text: text))
    }
  }

  /// Of a capture, only whether it is another one's twin; its frames are read later, in the order of time.
  private func digest(_ source: inout ByteSource, into reading: inout InputReading) {
    if source.modified == nil || reading.input.source == "-" {
      // A pipe gives its bytes once, and so does standard input, even where a file was redirected to it.
      do { reading.input.source = try Spool.copy(&source, name: reading.input.path) } catch {
        note(.unreadableFile, "a capture from a pipe: \(error.reasons)", into: &reading)
        reading.kind = .empty
        return
      }
      do {
        var again = try ByteSource(path: reading.input.source)
        digest(&again, into: &reading)
      } catch {
        note(error.oddity, error.description, into: &reading)
        reading.kind = .empty
      }
      return
    }
    guard let digestSeed else { return }
    var digest = ContentDigest(seed: digestSeed)
    while true {
      // Damage is found and reported when the frames are read.
      guard let more = try? source.read(), more else { break }
      digest.add(source.block)
    }
    reading.digest = digest
    reading.intake.tally.bytes = digest.length
  }
}

public import Capture
public import Decode
public import Evidence

/// What one input gave.
public struct InputReading: Sendable {
  public var input: InputList.Input
  public var kind: ContentKind = .empty
  public var compression: Compression?
  public var intake = Intake()
  /// Of the bytes, by which twins are known; nil where there is one input alone.
  public var digest: ContentDigest?
  /// Same bytes as this earlier input, so it does not count.
  public var duplicateOf: String?
  /// The day from which year-less stamps were counted back.
  public var asOf: Day?
  public var needsAsOf = false
  /// The year in which a log of more than a year begins.
  public var firstYear: Int?
  /// Hours that clocks showed twice, at its end.
  public var repeatedHours = RepeatedHours()

  var isLive: Bool { input.live != nil }
}

/// Reads one input that is not a capture; of a capture only what it is. Runs in a task of its own.
public struct InputReader: Sendable {
  public var formats: FormatLibrary
  public var asOf: Day?
  public var zone: ZoneTable
  /// Zones of hosts that write another time.
  public var zones: [Bytes: ZoneTable]
  /// Where a log goes on that another one was: the hours that clocks showed twice, at the end of that one.
  public var repeatedHours = RepeatedHours()
  /// Nil when nothing can be the same as anything: there is one input.
  public var digestSeed: UInt64?
  /// How many may read one input.
  public var threads: Int
  /// When sources of turned-down requests are a crowd.
  public var crowd: CrowdLimits
  /// Called with the number of bytes read, from any thread.
  public var progress: @Sendable (Int) -> Void

  public init(
    formats: FormatLibrary, asOf: Day?, zone: ZoneTable, zones: [Bytes: ZoneTable] = [:], digestSeed: UInt64?,
    threads: Int = 1, crowd: CrowdLimits = CrowdLimits(), progress: @escaping @Sendable (Int) -> Void
  ) {
    self.formats = formats
    self.asOf = asOf
    self.zone = zone
    self.zones = zones
    self.digestSeed = digestSeed
    self.threads = threads
    self.crowd = crowd
    self.progress = progress
  }

  public func read(_ input: InputList.Input) async -> InputReading {
    var reading = await read(input, from: nil)
    // A log of more than a year is read again, in the order of its lines.
    if let year = reading.firstYear, reading.input.hasOwnTime {
      let digest = reading.digest
      reading = await read(input, from: year)
      reading.digest = digest
    }
    return reading
  }

  /// - Parameter year: Of the first stamp; nil for stamps of the twelve months up to ``asOf``.
  private func read(_ input: InputList.Input, from year: Int?) async -> InputReading {
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
      case .text: try await readText(source, from: year, into: &reading)
      case .journal: try await readJournal(&source, into: &reading)
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
  private func readJournal(_ source: inout ByteSource, into reading: inout InputReading) async throws(CaptureError) {
    let journal: JournalFile
    do { journal = try JournalFile(reading.input.source, &source) } catch {
      note(.unsupportedFormat, "a journal: \(error.reasons)", into: &reading)
      return
    }
    let export = try ByteSource(path: journal.path)
    try await readText(export, from: nil, into: &reading)
    if let trouble = journal.trouble() { note(.captureDamaged, trouble, into: &reading) }
  }

  private func readText(
    _ source: consuming sending ByteSource, from year: Int?, into reading: inout InputReading
  ) async throws(CaptureError) {
    // Without a day given, the file's own time is the day; a pipe has none, and only its records can tell.
    let day = asOf ?? (reading.input.hasOwnTime ? source.modified.map { zone.day(of: $0) } : nil)
    reading.asOf = day
    let calendar = year.map { StampCalendar(sequenceFrom: $0) } ?? StampCalendar(asOf: day ?? InputReader.placeholder)
    var decoder = TextDecoder(
      input: reading.input.id, library: formats, calendar: calendar, zone: zone, zones: zones)
    decoder.repeatedHours = repeatedHours
    var intake = Intake()
    intake.crowd = CrowdLedger(limits: crowd)
    let text = TextReading(
      TextSource(source, digest: digestSeed.map { ContentDigest(seed: $0) }), decoder: decoder, into: intake,
      formats: formats, progress: progress)
    var outcome = await text.read(threads: threads)
    outcome.intake.oddities.merge(reading.intake.oddities)
    reading.intake = outcome.intake
    reading.digest = outcome.digest
    reading.repeatedHours = outcome.repeatedHours
    reading.needsAsOf = day == nil && outcome.intake.tally.yearlessRecords > 0
    // Only a plain log stands in the order of its time.
    if year == nil, let day, outcome.intake.tally.kinds == [.syslog] {
      reading.firstYear = outcome.calendar.firstYear(endingBy: day)
    }
    if let trouble = outcome.trouble { throw trouble }
    if let change = outcome.change {
      let end = Provenance(
        input: reading.input.id, place: .lines(first: 0, last: 0), offset: outcome.intake.tally.bytes, length: 0)
      reading.intake.oddities.note(.fileChanged, Citation(end, text: Bytes("the file \(change)")))
    }
  }

  /// Stands in where no day is known; what it gives is thrown away.
  private static let placeholder = Day(number: 0)

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

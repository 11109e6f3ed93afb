import ArgumentParser
import Capture
import Decode
import Evidence

/// `watchfloor formats test FILE`
struct FormatsTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Says of every line of a log which format takes it, and with what fields.",
    discussion: """
      A line is tried by itself: records that a mailer wrapped are not joined. Lines of programs that nobody watches are \
      counted.

      Exit status: 0 read; 1 with --strict, when a watched program's line is taken by no format; 2 wrong usage or a file \
      that cannot be opened.
      """)

  @OptionGroup var knowledge: KnowledgeOptions
  @Argument(help: "A log, or - for standard input.")
  var file: String
  @Option(help: "The last day that a stamp without a year can mean, as YYYY-MM-DD. Default: the file's own.")
  var asOf: Given<Day>?
  @Flag(help: "Show only the lines of watched programs that no format takes.")
  var unmatched = false
  @Flag(help: "Exit with 1 when there are such lines.")
  var strict = false

  func run() async throws {
    let (library, day) = try given()
    var counts = Counts()
    do {
      var source = try ByteSource(path: file)
      try source.peek()
      if ContentKind.recognise(source.block) == .journal {
        // As `analyze` reads one: what journalctl writes of it.
        let journal = try JournalFile(file, &source)
        var export = try ByteSource(path: journal.path)
        try look(at: &export, FormatTrial(library: library, asOf: day ?? .today, zone: .utc), &counts)
        if let trouble = journal.trouble() { throw Faults([Fault(file: file, trouble)]) }
      } else {
        let trial = FormatTrial(library: library, asOf: day ?? source.modified?.day ?? .today, zone: .utc)
        try look(at: &source, trial, &counts)
      }
    } catch let error as CaptureError {
      throw Faults([Fault(file: file, error.description)]).reported()
    } catch let faults as Faults {
      throw faults.reported()
    }
    Terminal.output(counts.summary)
    if strict, counts.unmatched > 0 { throw ExitCode(1) }
  }

  /// All that is wrong with the command, at once.
  private func given() throws -> (FormatLibrary, Day?) {
    var faults: [Fault] = []
    let day = asOf?.value(of: "--as-of", &faults)
    do throws(Faults) {
      let library = try knowledge.library()
      if faults.isEmpty { return (library, day) }
    } catch {
      faults += error.list
    }
    throw Faults(faults).reported()
  }

  private func look(
    at source: inout ByteSource, _ trial: consuming FormatTrial, _ counts: inout Counts
  ) throws(CaptureError) {
    var splitter = LineSplitter()
    while try source.read() {
      splitter.push(source.block) { line, place in look(line, place, &trial, &counts) }
    }
    splitter.finish { line, place in look(line, place, &trial, &counts) }
    if let verdict = trial.finish() { tell(verdict, trial.firstLine, &counts) }
  }

  private struct Counts {
    var taken = 0
    var ordinary = 0
    var unmatched = 0
    var cut = 0
    var unconcerned = 0
    var odd = 0

    var summary: String {
      "\(taken) taken, \(ordinary) known and of no concern, \(unmatched) of watched programs and taken by none, "
        + "\(cut) cut off, \(unconcerned) of no concern, \(odd) with a stamp that is none\n"
    }
  }

  private func look(
    _ line: RawSpan, _ place: LineSplitter.Place, _ trial: inout FormatTrial, _ counts: inout Counts
  ) {
    if let misfit = place.misfit, misfit != .record {
      counts.cut += 1
      Terminal.output("\(place.number): a record of a stream that does not end where its length says\n")
      return
    }
    let provenance = Provenance(
      input: InputID(0), place: .lines(first: place.number, last: place.number), offset: place.offset,
      length: line.byteCount)
    tell(trial.read(line, at: provenance), trial.firstLine, &counts)
  }

  private func tell(_ verdict: FormatTrial.Verdict, _ number: Int, _ counts: inout Counts) {
    switch verdict {
    case .taken(let format, let event):
      counts.taken += 1
      if !unmatched { Terminal.output("\(number): \(format)\(FormatsTestCommand.fields(event))\n") }
    case .ordinary(let format):
      counts.ordinary += 1
      if !unmatched { Terminal.output("\(number): \(format), of no concern\n") }
    case .unmatched(let program, let template):
      counts.unmatched += 1
      Terminal.output("\(number): no format of \(program.notation) takes: \(template.notation)\n")
    case .cut(let program):
      counts.cut += 1
      Terminal.output("\(number): a line of \(program.notation) that ends too early\n")
    case .invalidStamp: counts.odd += 1
    case .part: break
    case .repetition, .unconcerned, .noLogLine: counts.unconcerned += 1
    }
  }

  private static func fields(_ event: Event) -> String {
    FieldName.allCases.filter { $0 != .message }.compactMap { field in
      event[field].map { " \(field.rawValue)=\($0.text.notation)" }
    }.joined()
  }
}

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
  var asOf: Day?
  @Flag(help: "Show only the lines of watched programs that no format takes.")
  var unmatched = false
  @Flag(help: "Exit with 1 when there are such lines.")
  var strict = false

  func run() async throws {
    let library = try knowledge.formats()
    var counts = Counts()
    do throws(CaptureError) {
      var source = try ByteSource(path: file)
      var trial = FormatTrial(library: library, asOf: asOf ?? source.modified?.day ?? .today, zone: .utc)
      var splitter = LineSplitter()
      while try source.read() {
        splitter.push(source.block) { line, place in look(line, place, &trial, &counts) }
      }
      splitter.finish { line, place in look(line, place, &trial, &counts) }
    } catch {
      Terminal.error("watchfloor: \(Bytes(file).notation): \(error.description)")
      throw ExitCode(2)
    }
    Terminal.output(counts.summary)
    if strict, counts.unmatched > 0 { throw ExitCode(1) }
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
    let provenance = Provenance(
      input: InputID(0), place: .lines(first: place.number, last: place.number), offset: place.offset,
      length: line.byteCount)
    switch trial.read(line, at: provenance) {
    case .taken(let format, let event):
      counts.taken += 1
      if !unmatched { Terminal.output("\(place.number): \(format)\(FormatsTestCommand.fields(event))\n") }
    case .ordinary(let format):
      counts.ordinary += 1
      if !unmatched { Terminal.output("\(place.number): \(format), of no concern\n") }
    case .unmatched(let program, let template):
      counts.unmatched += 1
      Terminal.output("\(place.number): no format of \(program.notation) takes: \(template.notation)\n")
    case .cut(let program):
      counts.cut += 1
      Terminal.output("\(place.number): a line of \(program.notation) that ends too early\n")
    case .invalidStamp: counts.odd += 1
    case .repetition, .unconcerned, .noLogLine: counts.unconcerned += 1
    }
  }

  private static func fields(_ event: Event) -> String {
    FieldName.allCases.filter { $0 != .message }.compactMap { field in
      event[field].map { " \(field.rawValue)=\($0.text.notation)" }
    }.joined()
  }
}

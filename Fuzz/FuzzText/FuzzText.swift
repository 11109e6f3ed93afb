import Capture
import Decode
import Evidence
import FuzzDriver
import Knowledge

/// The surface of text: logs, traces, reports and prose, as a file would bring them; and how bytes are shown.
@main
struct FuzzText {
  static func main() {
    unsafe runFuzzer { start, count in
      FuzzText.check(unsafe bytes(start, count))
      return 0
    }
  }

  /// The formats of the binary, loaded once.
  private static let formats: FormatLibrary = {
    var faults: [Fault] = []
    let programs = KnowledgeFolder.embedded.programTable(faults: &faults)
    let library = FormatLibrary(.embedded, programs: programs, faults: &faults)
    require(faults.isEmpty, "the embedded formats have faults")
    return library
  }()

  private static func check(_ input: [UInt8]) {
    checkAddresses(input)
    checkNotation(input)
    checkDecoder(input)
  }

  // MARK: The decoder

  /// Every record is counted once; how the input is cut into blocks does not show, nor whether its lines are screened and kept until the end.
  private static func checkDecoder(_ input: [UInt8]) {
    let whole = decode(input, blockLength: max(input.count, 1))
    let tally = whole.tally
    require(tally.records == tally.understood + tally.unconcerned + tally.odd, "the counters do not balance")
    require(whole.packets.count <= tally.packets, "more packets than were read")
    let cut = decode(input, blockLength: Int(input.first ?? 7) % 13 + 1)
    require(
      whole.events.map(\.citation) == cut.events.map(\.citation) && cut.tally.records == tally.records
        && whole.packets.map(\.citation) == cut.packets.map(\.citation),
      "blocks change what is read")
    let screened = decodeScreened(input)
    require(
      told(whole) == told(screened) && tally.understood == screened.tally.understood
        && tally.unconcerned == screened.tally.unconcerned && tally.odd == screened.tally.odd
        && tally.first == screened.tally.first && tally.last == screened.tally.last,
      "the screen changes what is read")
    converse(whole.packets)
  }

  /// What waits in case its source is one of a crowd is told, one by one.
  private static func told(_ intake: Intake) -> [Citation] {
    var events = intake.events
    intake.crowd?.finish(CrowdSettings(), into: &events)
    Event.sort(&events)
    return events.map(\.citation)
  }

  private static func decode(_ input: [UInt8], blockLength: Int) -> Intake {
    var decoder = TextDecoder(input: InputID(0), library: formats, asOf: Day(number: 10_962), zone: .utc)
    var splitter = LineSplitter()
    var intake = Intake()
    var start = 0
    while start < input.count {
      let end = min(start + blockLength, input.count)
      splitter.push(input.rawSpan.slice(start..<end)) { line, place in
        decoder.push(line, number: place.number, offset: place.offset, into: &intake)
      }
      start = end
    }
    splitter.finish { line, place in decoder.push(line, number: place.number, offset: place.offset, into: &intake) }
    decoder.finish(into: &intake)
    return intake
  }

  private static func decodeScreened(_ input: [UInt8]) -> Intake {
    var decoder = TextDecoder(input: InputID(0), library: formats, asOf: Day(number: 10_962), zone: .utc)
    var splitter = LineSplitter()
    var intake = Intake()
    intake.crowd = CrowdLedger()
    var screened = ScreenedLines()
    var screen = LineScreen(library: formats)
    screen.screen(input.rawSpan, from: 0, into: &screened)
    func read(_ range: Range<Int>) {
      splitter.push(input.rawSpan.slice(range)) { line, place in
        decoder.push(line, number: place.number, offset: place.offset, into: &intake)
      }
    }
    var start = 0
    for (index, stretch) in screened.stretches.enumerated() {
      read(start..<stretch.start)
      if decoder.pass(index, of: screened, in: input.rawSpan, into: &intake) {
        splitter.skip(lines: stretch.lines, length: stretch.end - stretch.start)
      } else {
        read(stretch.start..<stretch.end)
      }
      start = stretch.end
    }
    read(start..<input.count)
    splitter.finish { line, place in decoder.push(line, number: place.number, offset: place.offset, into: &intake) }
    decoder.finish(into: &intake)
    return intake
  }

  private static func converse(_ packets: [PacketRecord]) {
    var table = ConversationTable()
    var events: [Event] = []
    let none: [UInt8] = []
    for packet in packets.sorted(by: { $0.time < $1.time }) { table.push(packet, payload: none.rawSpan, into: &events) }
    table.finish(into: &events)
    require(events.count <= packets.count, "more events than packets")
  }

  // MARK: What it stands on

  /// An address ends inside of the text, and reads the same again as it is written.
  private static func checkAddresses(_ input: [UInt8]) {
    for offset in 0...min(input.count, 64) {
      guard let (address, end) = IPAddress.parse(input.rawSpan, at: offset) else { continue }
      require(end > offset && end <= input.count, "an address ends at \(end), from \(offset) in \(input.count) bytes")
      require(IPAddress(address.description) == address, "\(address) is another address when it is read again")
    }
  }

  /// What is shown cannot steer a terminal, and plain text stays as it is.
  private static func checkNotation(_ input: [UInt8]) {
    let shown = Bytes(input.prefix(512).map { $0 }).notation
    require(
      shown.unicodeScalars.allSatisfy {
        $0.value >= 0x20 && $0.value != 0x7f && $0.properties.generalCategory != .format
      },
      "a control character is shown")
    require(Bytes(shown).notation == shown, "\(shown) is escaped twice")
  }
}

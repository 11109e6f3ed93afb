import Capture
import Decode
import Evidence
import Synchronization

/// One text, read by one thread or several.
///
/// Blocks of whole lines are taken from the source in turn, and screened side by side: a screen knows nothing of other
/// blocks. What it leaves is read in the order of the blocks, by whoever finds the next one ready, so no thread only waits
/// for another, and the result is the same for any number of them.
final class TextReading: Sendable {
  /// What the text gave.
  struct Outcome: Sendable {
    var intake: Intake
    var calendar: StampCalendar
    var repeatedHours: RepeatedHours
    var digest: ContentDigest?
    /// Where the text could not be read on.
    var trouble: CaptureError?
    /// How the file changed while it was read.
    var change: String?
  }

  private let source: Mutex<TextSource>
  private let waiting = Mutex(WaitingBlocks())
  private let lines: Mutex<TextLines>
  private let screen: LineScreen
  /// Whether not every line has to be read.
  private let canScreen: Bool
  private let progress: @Sendable (Int) -> Void

  init(
    _ source: consuming sending TextSource, decoder: consuming sending TextDecoder, into intake: Intake,
    formats: FormatLibrary,
    progress: @escaping @Sendable (Int) -> Void
  ) {
    screen = LineScreen(library: formats)
    canScreen = decoder.canScreen
    self.source = Mutex(source)
    lines = Mutex(TextLines(decoder: decoder, intake: intake))
    self.progress = progress
  }

  func read(threads: Int) async -> Outcome {
    await withTaskGroup(of: Void.self) { group in
      let blocksAhead = 4 * max(1, threads)
      for _ in 1..<max(1, threads) { group.addTask { await self.work(blocksAhead: blocksAhead) } }
      await work(blocksAhead: blocksAhead)
    }
    let (length, digest, trouble, change) = source.withLock { ($0.length, $0.digest, $0.trouble, $0.change) }
    var (intake, calendar, hours) = lines.withLock { $0.finish() }
    intake.tally.bytes = length
    return Outcome(
      intake: intake, calendar: calendar, repeatedHours: hours, digest: digest, trouble: trouble, change: change)
  }

  /// - Parameter blocksAhead: So many blocks may wait for their turn before a thread does.
  private func work(blocksAhead: Int) async {
    var screen = screen
    while readBlock(&screen) {
      // Whoever has the next block may be kept from its processor; the others must not read the file into memory then.
      while waiting.withLock({ $0.count >= blocksAhead }) {
        readWaiting(waits: true)
        if waiting.withLock({ $0.count >= blocksAhead }) { try? await Task.sleep(for: .microseconds(100)) }
      }
    }
  }

  /// Reads and screens a block, and all blocks whose turn it is then; false at the text's end.
  private func readBlock(_ screen: inout LineScreen) -> Bool {
    var block = waiting.withLock { $0.room() }
    guard let length = source.withLock({ $0.read(into: &block) }) else { return false }
    progress(length)
    if canScreen { block.look(through: &screen) }
    waiting.withLock { $0.add(block) }
    readWaiting(waits: false)
    return true
  }

  /// Reads the blocks whose turn it is. Who finds another thread at it leaves them to that one, which looks again when it
  /// is done.
  private func readWaiting(waits: Bool) {
    repeat {
      let read = { (lines: inout TextLines) in
        while let block = self.waiting.withLock({ $0.next() }) {
          lines.read(block)
          self.waiting.withLock { $0.recycle(block) }
        }
      }
      if waits {
        lines.withLock { read(&$0) }
      } else if lines.withLockIfAvailable({ read(&$0) }) == nil {
        return
      }
    } while waiting.withLock { $0.hasNext }
  }
}

/// A part of a text: whole lines, unless one is longer than a block or it is the text's end.
struct TextBlock: Sendable {
  var number = 0
  fileprivate var room = [UInt8](repeating: 0, count: ByteSource.blockSize)
  fileprivate var length = 0
  /// Whether it begins with a line, and not in the middle of one.
  fileprivate var beginsLine = true
  fileprivate(set) var screened = ScreenedLines()

  var content: RawSpan {
    @_lifetime(borrow self) get { room.rawSpan.slice(0..<length) }
  }

  /// Finds the lines of no concern.
  mutating func look(through screen: inout LineScreen) {
    TextBlock.look(at: room, length, beginsLine, through: &screen, &screened)
  }

  private static func look(
    at room: [UInt8], _ length: Int, _ beginsLine: Bool, through screen: inout LineScreen,
    _ screened: inout ScreenedLines
  ) {
    let content = room.rawSpan.slice(0..<length)
    guard let start = beginsLine ? 0 : content.firstIndex(of: 0x0a).map({ $0 + 1 }) else { return }
    screen.screen(content, from: start, into: &screened)
  }
}

/// The blocks of a text, one after another.
struct TextSource: ~Copyable {
  private var source: ByteSource
  private var count = 0
  /// The start of a line whose end was not read yet.
  private var rest: [UInt8] = []
  private var beginsLine = true
  private var hasEnded = false
  /// Bytes that were read.
  private(set) var length = 0
  private(set) var digest: ContentDigest?
  private(set) var trouble: CaptureError?
  var change: String? { source.change }

  init(_ source: consuming ByteSource, digest: ContentDigest?) {
    self.source = source
    self.digest = digest
  }

  /// - Returns: how many bytes were read from the source; nil at the end, when the block has none.
  mutating func read(into block: inout TextBlock) -> Int? {
    guard !hasEnded else { return nil }
    // There is always room to read into: a rest is shorter than the block that it is of.
    for index in rest.indices { block.room[index] = rest[index] }
    let read = fill(&block.room, from: rest.count)
    let length = rest.count + read
    hasEnded = read == 0
    guard length > 0 else { return nil }
    self.length += read
    let lineEnd = hasEnded ? nil : block.room.rawSpan.slice(0..<length).lastIndex(of: 0x0a).map { $0 + 1 }
    block.length = lineEnd ?? length
    block.screened.clear()
    block.number = count
    block.beginsLine = beginsLine
    rest = Array(block.room[block.length..<length])
    beginsLine = lineEnd != nil
    count += 1
    return read
  }

  private mutating func fill(_ room: inout [UInt8], from start: Int) -> Int {
    do {
      let read = try source.read(into: &room, at: start)
      digest?.add(room.rawSpan.slice(start..<start + read))
      return read
    } catch {
      trouble = error
      return 0
    }
  }
}

/// Blocks that were screened, until it is their turn; and those that can be used again.
private struct WaitingBlocks: Sendable {
  private var blocks: [Int: TextBlock] = [:]
  private var spare: [TextBlock] = []
  private var turn = 0

  var count: Int { blocks.count }
  var hasNext: Bool { blocks[turn] != nil }

  mutating func add(_ block: TextBlock) { blocks[block.number] = block }
  mutating func room() -> TextBlock { spare.popLast() ?? TextBlock() }
  mutating func recycle(_ block: TextBlock) { spare.append(block) }

  mutating func next() -> TextBlock? {
    guard let block = blocks.removeValue(forKey: turn) else { return nil }
    turn += 1
    return block
  }
}

/// The lines of a text in their order, as far as they are read.
private struct TextLines: ~Copyable {
  private var decoder: TextDecoder
  private var splitter = LineSplitter()
  private var intake: Intake

  init(decoder: consuming TextDecoder, intake: Intake) {
    self.decoder = decoder
    self.intake = intake
  }

  mutating func read(_ block: TextBlock) { TextLines.read(block, &splitter, &decoder, &intake) }

  private static func read(
    _ block: TextBlock, _ splitter: inout LineSplitter, _ decoder: inout TextDecoder, _ intake: inout Intake
  ) {
    let content = block.content
    var start = 0
    for (index, stretch) in block.screened.stretches.enumerated() {
      if start < stretch.start { read(content.slice(start..<stretch.start), &splitter, &decoder, &intake) }
      if decoder.pass(index, of: block.screened, in: content, tellsLines: splitter.tellsLines, into: &intake) {
        splitter.skip(lines: stretch.lines, length: stretch.end - stretch.start)
      } else {
        read(content.slice(stretch.start..<stretch.end), &splitter, &decoder, &intake)
      }
      start = stretch.end
    }
    read(content.slice(start..<content.byteCount), &splitter, &decoder, &intake)
  }

  private static func read(
    _ lines: RawSpan, _ splitter: inout LineSplitter, _ decoder: inout TextDecoder, _ intake: inout Intake
  ) {
    splitter.push(lines) { line, place in push(line, place, &decoder, &intake) }
  }

  mutating func finish() -> (intake: Intake, calendar: StampCalendar, repeatedHours: RepeatedHours) {
    TextLines.finish(&splitter, &decoder, &intake)
    var whole = Intake()
    swap(&whole, &intake)
    return (whole, decoder.calendar, decoder.repeatedHours)
  }

  private static func finish(
    _ splitter: inout LineSplitter, _ decoder: inout TextDecoder, _ intake: inout Intake
  ) {
    splitter.finish { line, place in push(line, place, &decoder, &intake) }
    decoder.finish(into: &intake)
  }

  private static func push(
    _ line: RawSpan, _ place: LineSplitter.Place, _ decoder: inout TextDecoder, _ intake: inout Intake
  ) {
    let provenance = Provenance(
      input: decoder.input, place: .lines(first: place.number, last: place.number), offset: place.offset,
      length: line.byteCount + place.omitted)
    if let misfit = place.misfit { note(misfit, Citation(provenance, text: Bytes(line)), into: &intake) }
    // What is no whole record, or may be several, would be read as what nobody wrote.
    if place.misfit == nil || place.misfit == .record {
      decoder.push(line, number: place.number, offset: place.offset, into: &intake)
    }
    guard place.omitted > 0 else { return }
    let text = Bytes("a line of \(line.byteCount + place.omitted) bytes; the first \(line.byteCount) were read")
    intake.oddities.note(.lineOverlong, Citation(provenance, text: text))
  }

  /// A record of a stream that does not end where its length says.
  private static func note(_ misfit: LineSplitter.Misfit, _ citation: Citation, into intake: inout Intake) {
    intake.oddities.note(misfit == .cut ? .recordIncomplete : .lengthWrong, citation)
    guard misfit != .record else { return }
    intake.tally.hostRecords += 1
    intake.tally.odd += 1
  }
}

import Evidence

/// Tells lines of no concern from the others, of plain ones: a ``PlainStamp``, a host, a tag with or without its process
/// id, and a message of which no wording of that program begins.
///
/// Nine of ten lines of a log are such. A screen knows nothing of the lines before, so blocks can be screened side by
/// side; ``TextDecoder/pass(_:of:in:into:)`` then takes in what they leave behind, in their order. Whatever is not plain
/// goes the long way, so the screen never has to understand a line: it may only say of one what
/// ``TextDecoder/push(_:number:offset:into:)`` would find as well.
///
/// What stands in a line is found by words of eight bytes and not byte by byte: a loop whose end no processor can
/// foresee costs more than all else that is done for a line.
public struct LineScreen: Sendable {
  private let library: FormatLibrary
  /// Lines' heads that are plain: of each the place of its host among ``hostKeys``, and a watched program or one of
  /// ``Program``'s.
  private var heads = HeadTable()
  private var hostKeys: [Host.Key] = []
  private var hosts: [Host.Key: Int32] = [:]
  /// The last stamp that was seen to be one.
  private var stamp = PlainStamp()

  /// Whose line it is, if it is not a watched program's.
  private enum Program {
    static let unwatched: Int32 = -1
    /// Every line of this program is told.
    static let exclusive: Int32 = -2
  }

  /// A line whose head is not known.
  private struct Stranger {
    /// Its place in the block, and where the next one starts.
    var place: Range<Int>
    var next: Int
    /// Where its head stands in it.
    var head: Range<Int>
    var key: HeadTable.Key
    /// How its stamp stands to the one before.
    var order: PlainStamp.Order
  }

  /// Lines with less behind the stamp go the long way, so that words of eight bytes can be read of what stands before a
  /// message.
  private static let shortestRest = RawSpan.countReach
  /// Of more hosts those that were seen are forgotten before the next block.
  private static let hostCap = 4096

  public init(library: FormatLibrary) { self.library = library }

  /// - Parameter start: Where a line begins.
  public mutating func screen(_ block: RawSpan, from start: Int, into found: inout ScreenedLines) {
    found.clear(lines: block.byteCount / PlainStamp.reach + 1)
    if heads.isFull || hostKeys.count > LineScreen.hostCap { (heads, hostKeys, hosts) = (HeadTable(), [], [:]) }
    var stamp = stamp
    var start = start
    while let stranger = screenKnown(block, from: start, &stamp, &found.stretches, &found.hostNumbers) {
      if let host = host(of: stranger, in: block.slice(stranger.place)) {
        LineScreen.add(stranger, host, to: &found.stretches, &found.hostNumbers)
      }
      start = stranger.next
    }
    self.stamp = stamp
    found.hosts = hostKeys
  }

  private static func add(
    _ line: Stranger, _ host: Int32, to stretches: inout [ScreenedLines.Stretch], _ hostNumbers: inout [Int32]
  ) {
    let start = line.place.lowerBound
    var open = stretches.popLast() ?? ScreenedLines.Stretch(at: start)
    var numbers = hostNumbers.mutableSpan
    let isInRun = line.order == .follows && open.end == start
    open.add(start, line.next, isInRun: isInRun, of: host, numbers: &numbers, done: &stretches)
    stretches.append(open)
  }

  /// Screens the lines up to one whose head is not known, which it gives; nil at the block's end.
  private func screenKnown(
    _ block: RawSpan, from start: Int, _ stamp: inout PlainStamp, _ stretches: inout [ScreenedLines.Stretch],
    _ hostNumbers: inout [Int32]
  ) -> Stranger? {
    let (entries, seed) = (heads.entries, heads.seed)
    var numbers = hostNumbers.mutableSpan
    var open = stretches.popLast() ?? ScreenedLines.Stretch(at: start)
    var feeds = LineFeeds(from: start)
    var known = stamp
    // Behind a line whose head was not known, a stretch goes on that ends with it, and no other.
    var isRun = open.lines > 0 && open.end == start
    var start = start
    var stranger: Stranger?
    while let feed = feeds.next(in: block) {
      let line = LineScreen.line(block, from: start, to: feed)
      if line.byteCount >= PlainStamp.reach, let order = known.read(line),
        line.byteCount >= known.length &+ LineScreen.shortestRest
      {
        // From the blank before the host's name up to what ends the tag's.
        let head = known.length &- 1
        let words = line.slice(head..<head &+ RawSpan.countReach)
        let length = words.count(before: 0x5b, or: 0x3a, at: 0)
        let isUsual = length >= 8 && length < RawSpan.countReach
        let tagEnd = isUsual ? head &+ length : LineScreen.endOfHead(line, from: head)
        let key = isUsual ? seed.key(words, length: length) : seed.unusualKey(line, head..<tagEnd)
        guard let writer = entries[key] else {
          stranger = Stranger(
            place: start..<start &+ line.byteCount, next: feed &+ 1, head: head..<tagEnd, key: key, order: order)
          break
        }
        isRun = isRun && order == .follows
        if isOfNoConcern(line, from: tagEnd, writer.program) {
          open.add(start, feed &+ 1, isInRun: isRun, of: writer.host, numbers: &numbers, done: &stretches)
          isRun = true
        }
      } else {
        isRun = false
      }
      start = feed &+ 1
    }
    if open.lines > 0 { stretches.append(open) }
    stamp = known
    return stranger
  }

  /// The line that ends at a line feed, without its return.
  @_lifetime(copy block) @inline(__always)
  private static func line(_ block: RawSpan, from start: Int, to feed: Int) -> RawSpan {
    let line = block.slice(start..<feed)
    let length = line.byteCount
    return length > 0 && line.byte(length &- 1) == 0x0d ? line.slice(0..<length &- 1) : line
  }

  // MARK: Names

  /// Where a head ends that is longer than others, or shorter; as far as one is looked for.
  @inline(never) private static func endOfHead(_ line: RawSpan, from start: Int) -> Int {
    let last = min(line.byteCount, start + LineScreen.longestHead)
    return (start..<last).first { line.byte($0) == 0x5b || line.byte($0) == 0x3a } ?? last
  }
  private static let longestHead = 128

  /// The host of a line of no concern whose head is learned; nil when it may be of some.
  private mutating func host(of stranger: Stranger, in line: RawSpan) -> Int32? {
    var index = stranger.head.lowerBound + 1
    guard let host = learnHost(line, &index), let program = program(line, &index), index == stranger.head.upperBound
    else { return nil }
    heads.learn(stranger.key, host: host, program: program)
    return isOfNoConcern(line, from: index, program) ? host : nil
  }

  /// Reads the host and the one blank behind it. A name of letters, digits, dots, dashes and underscores is no tag.
  private mutating func learnHost(_ line: RawSpan, _ cursor: inout Int) -> Int32? {
    let start = cursor
    var end = start
    while end < line.byteCount, LineScreen.isHostByte(line.byte(end)) { end += 1 }
    // A packet of a trace has its family there.
    guard end > start, end < line.byteCount, line.byte(end) == 0x20, !line.hasBytes(LineScreen.family, at: start)
    else { return nil }
    cursor = end + 1
    let key = Host.Key(line.slice(start..<end))
    if let known = hosts[key] { return known }
    let number = Int32(truncatingIfNeeded: hostKeys.count)
    hostKeys.append(key)
    hosts[key] = number
    return number
  }

  private static let family = Array("IP".utf8)

  private static func isHostByte(_ byte: UInt8) -> Bool {
    byte.isASCIILetter || byte.isDigit || byte == 0x2e || byte == 0x2d || byte == 0x5f
  }

  /// Whose the tag is that stands before a `[` or `:`.
  private func program(_ line: RawSpan, _ cursor: inout Int) -> Int32? {
    let start = cursor
    var (last, end) = (start, start)
    while end < line.byteCount, LineScreen.isTagByte(line.byte(end)) {
      if line.byte(end) == 0x2f { last = end + 1 }
      end += 1
    }
    guard end > last, end < line.byteCount, line.byte(end) == 0x5b || line.byte(end) == 0x3a,
      !line.hasBytes(LineScreen.last, at: last)
    else { return nil }
    cursor = end
    guard let tag = library.watched(line, last..<end) else { return Program.unwatched }
    return library.isExclusive(tag) ? Program.exclusive : Int32(truncatingIfNeeded: tag)
  }

  /// `last message repeated` speaks of another line, and is no tag.
  private static let last = Array("last".utf8)

  private static func isTagByte(_ byte: UInt8) -> Bool { byte == 0x2f || isHostByte(byte) }

  // MARK: Messages

  /// Whether what stands behind a tag is of no concern.
  @inline(__always) private func isOfNoConcern(_ line: RawSpan, from start: Int, _ program: Int32) -> Bool {
    guard let message = LineScreen.message(line, from: start) else { return false }
    if program == Program.unwatched { return true }
    return program != Program.exclusive && !library.admits(line, from: message, tag: Int(program))
  }

  /// Where the message begins, behind process id, colon and blanks, and behind what a kernel says of its uptime.
  @inline(__always) private static func message(_ line: RawSpan, from start: Int) -> Int? {
    // A process id of at most seven digits, its brackets, colon and blank, and two words of the message.
    guard line.byteCount &- start >= 32 else { return unusualMessage(line, from: start) }
    var index = start
    var word = line.uint64(start)
    if word >> 56 == 0x5b {
      let digits = (word << 8).leadingDigits
      index = start &+ 1 &+ digits
      word = line.uint64(index)
      guard digits > 0, word >> 56 == 0x5d else { return nil }
      (index, word) = (index &+ 1, word << 8)
    }
    let next = word >> 40 & 0xff
    guard word >> 48 == 0x3a20, next != 0x20, next != 0x09 else {
      return unusualMessage(line, from: start)
    }
    index = index &+ 2
    if next == 0x5b {
      guard let behind = endOfUptime(line, at: index) else { return nil }
      index = behind
    }
    return ownMessage(line, at: index)
  }

  /// The same where less stands there, or something else between tag and message.
  @inline(never) private static func unusualMessage(_ line: RawSpan, from start: Int) -> Int? {
    let end = line.byteCount
    var index = start
    if index < end, line.byte(index) == 0x5b {
      index += 1
      guard number(line, &index, digits: 1...7) != nil, index < end, line.byte(index) == 0x5d else { return nil }
      index += 1
    }
    if index < end, line.byte(index) == 0x3a { index += 1 }
    while index < end, line.byte(index).isBlank { index += 1 }
    if index < end, line.byte(index) == 0x5b {
      guard let behind = endOfUptime(line, at: index) else { return nil }
      index = behind
    }
    return ownMessage(line, at: index)
  }

  /// The place of a message that is long enough to be told from a wording, and speaks of no other line.
  @inline(__always) private static func ownMessage(_ line: RawSpan, at start: Int) -> Int? {
    guard line.byteCount &- start >= PatternLeads.shortest else { return nil }
    let head = line.uint64(start)
    return head == lastMessage || head == messageRepeated ? nil : start
  }

  /// Behind `[12345.678901] ` as most kernels write it; the reader of frames knows what else may stand there.
  @inline(__always) private static func endOfUptime(_ line: RawSpan, at start: Int) -> Int? {
    // Both numbers of at most eight digits, their brackets and a blank.
    if line.byteCount &- start >= 32 {
      let seconds = line.uint64(start + 1).leadingDigits
      let point = start &+ 1 &+ seconds
      let digits = line.uint64(point + 1).leadingDigits
      let close = point &+ 1 &+ digits
      if seconds > 0, digits > 0, line.byte(point) == 0x2e, line.uint16(close) == 0x5d20,
        !line.byte(close + 2).isBlank
      {
        return close &+ 2
      }
    }
    return SyslogReader.endOfUptime(line, at: start)
  }

  /// `last mes` and `message `, which begin what syslogd says of a line that comes again.
  private static let lastMessage: UInt64 = 0x6c61_7374_206d_6573
  private static let messageRepeated: UInt64 = 0x6d65_7373_6167_6520
}

import Evidence

/// Tells lines of no concern from the others, of plain ones: RFC 3164's stamp of 15 bytes, a host, a tag with or without
/// its process id, and a message of which no wording of that program begins.
///
/// Nine of ten lines of a log are such. A screen knows nothing of the lines before, so blocks can be screened side by
/// side; ``TextDecoder/pass(_:of:in:into:)`` then takes in what they leave behind, in their order. Whatever is not plain
/// goes the long way, so the screen never has to understand a line: it may only say of one what
/// ``TextDecoder/push(_:number:offset:into:)`` would find as well.
package struct LineScreen: Sendable {
  private let library: FormatLibrary
  private var hosts = [HostSlot](repeating: HostSlot(), count: LineScreen.slots)
  private var tags = [TagSlot](repeating: TagSlot(), count: LineScreen.slots)
  /// The last stamp that was seen to be one: its 15 bytes and the blank behind it.
  private var stamp: (head: UInt64, tail: UInt64) = (LineScreen.noWord, LineScreen.noWord)

  /// Line feeds, which stand in no line: what is not known yet is like no word.
  private static let noWord: UInt64 = 0x0a0a_0a0a_0a0a_0a0a

  /// A name of a host that is plain, by its bytes.
  private struct HostSlot {
    var head = LineScreen.noWord
    var tail: UInt64 = 0
    var length = 0
    var key = Host.Key([UInt8]().rawSpan)
  }

  /// A tag with the byte that ends it, by its bytes.
  private struct TagSlot {
    var head = LineScreen.noWord
    var headMask: UInt64 = .max
    var tail: UInt64 = 0
    var tailMask: UInt64 = .max
    var length = 0
    var program = Program.unwatched
  }

  /// Whose line it is.
  private enum Program {
    case unwatched
    /// Every line of this program is told.
    case exclusive
    case watched(Int)
  }

  /// Of a table of names; a power of two. A log has fewer hosts and programs that write much.
  private static let slots = 256
  /// So many slots may a tag stand in; a power of two.
  private static let ways = 4
  /// Shorter lines go the long way, so that words of eight bytes can be read of what stands before a message.
  private static let shortest = 48
  private static let stampLength = 16

  package init(library: FormatLibrary) { self.library = library }

  /// - Parameter start: Where a line begins.
  package mutating func screen(_ block: RawSpan, from start: Int, into found: inout ScreenedLines) {
    found.clear()
    var start = start
    var last: Host.Key?
    while let feed = block.firstIndex(of: 0x0a, from: start) {
      let end = feed > start && block.byte(feed - 1) == 0x0d ? feed - 1 : feed
      let isSameStamp = end - start >= LineScreen.shortest && isKnownStamp(block, at: start)
      if end - start >= LineScreen.shortest, isSameStamp || readStamp(block, at: start),
        let host = host(ofPlain: block.slice(start..<end))
      {
        if isSameStamp, let index = found.stretches.indices.last, found.stretches[index].end == start {
          found.stretches[index].end = feed + 1
          found.stretches[index].lines += 1
        } else {
          found.stretches.append(
            ScreenedLines.Stretch(start: start, end: feed + 1, lines: 1, hostsEnd: found.hosts.count))
          last = nil
        }
        if host != last {
          found.hosts.append(host)
          found.stretches[found.stretches.count - 1].hostsEnd = found.hosts.count
          last = host
        }
      }
      start = feed + 1
    }
  }

  // MARK: The stamp

  private func isKnownStamp(_ block: RawSpan, at start: Int) -> Bool {
    block.uint64(start) == stamp.head && block.uint64(start + 8) == stamp.tail
  }

  /// Whether `Mmm dd hh:mm:ss ` stands there. Whether there was such a day, the calendar tells.
  private mutating func readStamp(_ block: RawSpan, at start: Int) -> Bool {
    var cursor = start + 7
    guard SyslogReader.isStamp(block, at: start), block.byte(start).isASCIIUppercase, block.byte(start + 5).isDigit,
      block.byte(start + 6) == 0x20, clock(block, &cursor) != nil, cursor == start + 15, block.byte(cursor) == 0x20
    else { return false }
    stamp = (block.uint64(start), block.uint64(start + 8))
    return true
  }

  // MARK: Host, tag and message

  /// The host of a line of no concern; nil when it may be of some.
  private mutating func host(ofPlain line: RawSpan) -> Host.Key? {
    var index = LineScreen.stampLength
    guard let host = host(line, &index), let program = program(line, &index), let message = message(line, from: index)
    else { return nil }
    switch program {
    case .unwatched: return host
    case .exclusive: return nil
    case .watched(let tag): return library.admits(line, from: message, tag: tag) ? nil : host
    }
  }

  /// Reads the host and the one blank behind it. A name of letters, digits, dots, dashes and underscores is no tag.
  private mutating func host(_ line: RawSpan, _ cursor: inout Int) -> Host.Key? {
    let start = cursor
    var (head, tail) = (line.uint64(start), line.uint64(start + 8))
    let length = LineScreen.blank(in: head) ?? (LineScreen.blank(in: tail).map { $0 + 8 } ?? 16)
    guard length > 0 else { return nil }
    head &= LineScreen.mask(length)
    tail &= LineScreen.mask(length - 8)
    let slot = LineScreen.slot(head ^ tail &* 31)
    cursor = start + length + 1
    let known = hosts[slot]
    if known.length == length, known.head == head, known.tail == tail { return known.key }
    return newHost(line, from: start, &cursor, slot)
  }

  private mutating func newHost(_ line: RawSpan, from start: Int, _ cursor: inout Int, _ slot: Int) -> Host.Key? {
    var end = start
    while end < line.byteCount, LineScreen.isHostByte(line.byte(end)) { end += 1 }
    guard end > start, end < line.byteCount, line.byte(end) == 0x20 else { return nil }
    let key = Host.Key(line.slice(start..<end))
    cursor = end + 1
    if end - start < 16 {
      let length = end - start
      hosts[slot] = HostSlot(
        head: line.uint64(start) & LineScreen.mask(length), tail: line.uint64(start + 8) & LineScreen.mask(length - 8),
        length: length, key: key)
    }
    return key
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    byte.isASCIILetter || byte.isDigit || byte == 0x2e || byte == 0x2d || byte == 0x5f
  }

  /// Reads the tag, up to the `[` or `:` behind it.
  private mutating func program(_ line: RawSpan, _ cursor: inout Int) -> Program? {
    let start = cursor
    guard line.byteCount - start >= 16 else { return nil }
    let (head, tail) = (line.uint64(start), line.uint64(start + 8))
    // Programs of one suite have their first bytes in common, and what stands behind a short tag is a number.
    let first = LineScreen.slot(head >> 32)
    for way in 0..<LineScreen.ways {
      let known = tags[first ^ way]
      if head & known.headMask == known.head, tail & known.tailMask == known.tail {
        cursor = start + known.length
        return known.program
      }
    }
    return newProgram(line, &cursor, first)
  }

  private mutating func newProgram(_ line: RawSpan, _ cursor: inout Int, _ first: Int) -> Program? {
    let start = cursor
    var (name, end) = (start, start)
    while end < line.byteCount, LineScreen.isTagByte(line.byte(end)) {
      if line.byte(end) == 0x2f { name = end + 1 }
      end += 1
    }
    guard end > name, end < line.byteCount, line.byte(end) == 0x5b || line.byte(end) == 0x3a,
      !line.hasBytes(LineScreen.last, at: name)
    else { return nil }
    cursor = end
    let program: Program =
      switch library.watched(line, name..<end) {
      case .none: .unwatched
      case .some(let tag): library.isExclusive(tag) ? .exclusive : .watched(tag)
      }
    let length = end - start
    if length < 16 {
      let (headMask, tailMask) = (LineScreen.mask(length + 1), LineScreen.mask(length - 7))
      let free = (0..<LineScreen.ways).first { tags[first ^ $0].length == 0 }
      tags[first ^ (free ?? length % LineScreen.ways)] = TagSlot(
        head: line.uint64(start) & headMask, headMask: headMask, tail: line.uint64(start + 8) & tailMask,
        tailMask: tailMask, length: length, program: program)
    }
    return program
  }

  /// `last message repeated` speaks of another line, and is no tag.
  private static let last = Array("last".utf8)

  private static func isTagByte(_ byte: UInt8) -> Bool { byte == 0x2f || isHostByte(byte) }

  /// Where the message begins, behind process id, colon and blanks, and behind what a kernel says of its uptime.
  private func message(_ line: RawSpan, from start: Int) -> Int? {
    let end = line.byteCount
    var index = start
    if line.byte(index) == 0x5b {
      guard end - index > 8 else { return nil }
      let digits = LineScreen.digits(in: line.uint64(index + 1))
      index += 1 + digits
      guard digits > 0, digits < 8, line.byte(index) == 0x5d else { return nil }
      index += 1
    }
    if index < end, line.byte(index) == 0x3a { index += 1 }
    while index < end, line.byte(index).isBlank { index += 1 }
    if index < end, line.byte(index) == 0x5b {
      guard let behind = SyslogReader.endOfUptime(line, at: index) else { return nil }
      index = behind
    }
    guard end - index >= PatternLeads.shortest else { return nil }
    let head = line.uint64(index)
    return head == LineScreen.lastMessage || head == LineScreen.messageRepeated ? nil : index
  }

  /// `last mes` and `message `, which begin what syslogd says of a line that comes again.
  private static let lastMessage: UInt64 = 0x6c61_7374_206d_6573
  private static let messageRepeated: UInt64 = 0x6d65_7373_6167_6520

  // MARK: Words of eight bytes, the first byte uppermost

  /// How many bytes stand before the first blank.
  private static func blank(in word: UInt64) -> Int? {
    let bytes = word.byteSwapped ^ 0x2020_2020_2020_2020
    let zeros = (bytes &- 0x0101_0101_0101_0101) & ~bytes & 0x8080_8080_8080_8080
    return zeros == 0 ? nil : zeros.trailingZeroBitCount / 8
  }

  /// How many digits a word begins with.
  private static func digits(in word: UInt64) -> Int {
    let values = word.byteSwapped ^ 0x3030_3030_3030_3030
    let others = ((values & 0x7f7f_7f7f_7f7f_7f7f) &+ 0x7676_7676_7676_7676 | values) & 0x8080_8080_8080_8080
    return others == 0 ? 8 : others.trailingZeroBitCount / 8
  }

  /// The first `count` bytes of a word; all of it, or nothing, beyond.
  private static func mask(_ count: Int) -> UInt64 {
    count <= 0 ? 0 : count >= 8 ? .max : ~(.max >> UInt64(8 * count))
  }

  private static func slot(_ word: UInt64) -> Int {
    Int(truncatingIfNeeded: (word &* 0x9e37_79b9_7f4a_7c15) >> 56)
  }
}

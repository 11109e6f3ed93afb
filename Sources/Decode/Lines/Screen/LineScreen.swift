import Evidence

/// Tells lines of no concern from the others, of plain ones: a ``PlainStamp``, a host, a tag with or without its process
/// id, and a message of which no wording of that program begins.
///
/// Nine of ten lines of a log are such. A screen knows nothing of the lines before, so blocks can be screened side by
/// side; ``TextDecoder/pass(_:of:in:into:)`` then takes in what they leave behind, in their order. Whatever is not plain
/// goes the long way, so the screen never has to understand a line: it may only say of one what
/// ``TextDecoder/push(_:number:offset:into:)`` would find as well.
package struct LineScreen: Sendable {
  private let library: FormatLibrary
  private var hosts = [HostSlot](repeating: HostSlot(), count: LineScreen.slots)
  private var tags = [TagSlot](repeating: TagSlot(), count: LineScreen.slots)
  /// The last stamp that was seen to be one.
  private var stamp = PlainStamp()

  /// A name of a host that is plain, by its bytes.
  private struct HostSlot {
    var head = PlainStamp.noWord
    var tail: UInt64 = 0
    var length = 0
    var key = Host.Key([UInt8]().rawSpan)
  }

  /// A tag with the byte that ends it, by its bytes.
  private struct TagSlot {
    var head = PlainStamp.noWord
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
  /// Lines with less behind the stamp go the long way, so that words of eight bytes can be read of what stands before a
  /// message.
  private static let shortestRest = 32

  package init(library: FormatLibrary) { self.library = library }

  /// - Parameter start: Where a line begins.
  package mutating func screen(_ block: RawSpan, from start: Int, into found: inout ScreenedLines) {
    found.clear()
    var start = start
    var last: Host.Key?
    while let feed = block.firstIndex(of: 0x0a, from: start) {
      let end = feed > start && block.byte(feed - 1) == 0x0d ? feed - 1 : feed
      if end - start >= PlainStamp.reach, let order = stamp.read(block, at: start),
        end - start >= stamp.length + LineScreen.shortestRest, let host = host(ofPlain: block.slice(start..<end))
      {
        if order == .follows, let index = found.stretches.indices.last, found.stretches[index].end == start {
          found.stretches[index].last = start
          found.stretches[index].end = feed + 1
          found.stretches[index].lines += 1
        } else {
          found.stretches.append(
            ScreenedLines.Stretch(start: start, end: feed + 1, lines: 1, last: start, hostsEnd: found.hosts.count))
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

  // MARK: Host, tag and message

  /// The host of a line of no concern; nil when it may be of some.
  private mutating func host(ofPlain line: RawSpan) -> Host.Key? {
    var index = stamp.length
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
    let length = head.firstBlank ?? (tail.firstBlank.map { $0 + 8 } ?? 16)
    guard length > 0 else { return nil }
    head &= .firstBytes(length)
    tail &= .firstBytes(length - 8)
    let slot = LineScreen.slot(head ^ tail &* 31)
    cursor = start + length + 1
    let known = hosts[slot]
    if known.length == length, known.head == head, known.tail == tail { return known.key }
    return newHost(line, from: start, &cursor, slot)
  }

  private mutating func newHost(_ line: RawSpan, from start: Int, _ cursor: inout Int, _ slot: Int) -> Host.Key? {
    var end = start
    while end < line.byteCount, LineScreen.isHostByte(line.byte(end)) { end += 1 }
    // A packet of a trace has its family there.
    guard end > start, end < line.byteCount, line.byte(end) == 0x20, !line.hasBytes(LineScreen.family, at: start)
    else { return nil }
    let key = Host.Key(line.slice(start..<end))
    cursor = end + 1
    if end - start < 16 {
      let length = end - start
      hosts[slot] = HostSlot(
        head: line.uint64(start) & .firstBytes(length), tail: line.uint64(start + 8) & .firstBytes(length - 8),
        length: length, key: key)
    }
    return key
  }

  private static let family = Array("IP".utf8)

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
      let (headMask, tailMask) = (UInt64.firstBytes(length + 1), UInt64.firstBytes(length - 7))
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
      let digits = line.uint64(index + 1).leadingDigits
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

  private static func slot(_ word: UInt64) -> Int {
    Int(truncatingIfNeeded: (word &* 0x9e37_79b9_7f4a_7c15) >> 56)
  }
}

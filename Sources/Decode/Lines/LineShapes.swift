import Evidence

/// What a line says beside its stamp, its process id, the addresses in it and its sender's port, as one number: lines that
/// come in floods agree in that, and are read as the first of them was.
///
/// An address is one here only where it is written in the one usual way and nothing that may belong to a word touches it;
/// a port, where it stands behind an address as sshd writes it.
struct LineOutline: Sendable {
  /// Seeded; it is the same for two lines only when all the bytes that it stands for are.
  fileprivate(set) var key: UInt64
  fileprivate(set) var pid: Int32 = -1
  /// The stamp in few bytes, where it can be kept so.
  let stamp: PackedStamp?
  // Lines are shorter than 32 bits can count.
  private let behindStamp: Int32
  private var pidStart: Int32
  private var pidEnd: Int32
  private var portStart: Int32 = 0
  private var portEnd: Int32 = 0
  private(set) var port: UInt16 = 0
  private var count: UInt8 = 0
  private var addresses: (Address, Address, Address)

  /// One of a line's addresses.
  struct Address: Sendable {
    private let start: Int32
    private let end: Int32
    let value: UInt32
    var range: Range<Int> { Int(start)..<Int(end) }

    fileprivate init(_ range: Range<Int>, _ value: UInt32) {
      (start, end) = (Int32(truncatingIfNeeded: range.lowerBound), Int32(truncatingIfNeeded: range.upperBound))
      self.value = value
    }
  }

  /// Where the stamp ends.
  var stampEnd: Int { Int(behindStamp) }
  /// The digits of the process id; empty where none stands behind the tag.
  var processID: Range<Int> { Int(pidStart)..<Int(pidEnd) }
  /// The digits of the port; nil where none stands behind an address.
  var portRange: Range<Int>? { portEnd > portStart ? Int(portStart)..<Int(portEnd) : nil }
  var addressCount: Int { Int(count) }

  /// Lines with more addresses have no outline.
  static let addressCap = 3

  func address(_ number: Int) -> Address {
    switch number {
    case 0: addresses.0
    case 1: addresses.1
    default: addresses.2
    }
  }

  /// Nil for a line that has none: its head is longer than most, it names no address, or more than a few.
  init?(_ line: RawSpan, behind stamp: SyslogReader.LineStamp, seed: HeadTable.Seed) {
    let start = stamp.end
    guard line.byteCount - start >= RawSpan.countReach, line.byteCount < 1 << 30 else { return nil }
    let head = line.slice(start..<start + RawSpan.countReach)
    let length = head.count(before: 0x5b, or: 0x3a, at: 0)
    guard length >= 8, length < RawSpan.countReach else { return nil }
    key = seed.key(head, length: length).number
    (self.stamp, behindStamp) = (stamp.packed, Int32(truncatingIfNeeded: start))
    (pidStart, pidEnd) = (behindStamp, behindStamp)
    addresses = (Address(0..<0, 0), Address(0..<0, 0), Address(0..<0, 0))
    var index = start + length
    if line.byte(index) == 0x5b {
      guard let end = readProcessID(line, from: index + 1) else { return nil }
      index = end
    }
    guard readMessage(line, from: index), addressCount > 0 else { return nil }
  }

  /// Reads the number behind a bracket, as daemons write it; nil for something else.
  private mutating func readProcessID(_ line: RawSpan, from start: Int) -> Int? {
    var end = start
    var value: Int32 = 0
    while end < line.byteCount, end - start < 8, line.byte(end).isDigit {
      value = value &* 10 &+ Int32(line.byte(end) &- 0x30)
      end += 1
    }
    guard end > start, line.byte(start) != 0x30, end < line.byteCount, line.byte(end) == 0x5d else { return nil }
    (pidStart, pidEnd, pid) = (Int32(truncatingIfNeeded: start), Int32(truncatingIfNeeded: end), value)
    return end
  }

  /// Reads the rest of the line; false when it has too many addresses.
  private mutating func readMessage(_ line: RawSpan, from start: Int) -> Bool {
    var segment = start
    while let address = LineOutline.nextAddress(line, from: segment) {
      guard addressCount < LineOutline.addressCap else { return false }
      mix(line, segment..<address.range.lowerBound)
      add(address)
      segment = address.range.upperBound
      if portRange == nil, let digits = readPort(line, behind: segment) {
        mix(line, segment..<digits.lowerBound)
        segment = digits.upperBound
      }
    }
    mix(line, segment..<line.byteCount)
    return true
  }

  /// Reads ` port 40022` behind an address.
  /// - Returns: where its digits stand; nil for something else.
  private mutating func readPort(_ line: RawSpan, behind start: Int) -> Range<Int>? {
    guard line.byteCount - start >= 8, line.uint64(start) >> 16 == LineOutline.portWord else { return nil }
    let first = start + LineOutline.portWordLength
    var (end, value) = (first, 0)
    while end < line.byteCount, end - first < 5, line.byte(end).isDigit {
      value = value &* 10 &+ Int(line.byte(end) &- 0x30)
      end += 1
    }
    guard end > first, line.byte(first) != 0x30, let port = UInt16(exactly: value),
      end == line.byteCount || !HostText.isNameByte(line.byte(end))
    else { return nil }
    self.port = port
    (portStart, portEnd) = (Int32(truncatingIfNeeded: first), Int32(truncatingIfNeeded: end))
    return first..<end
  }
  /// ` port `.
  private static let portWord: UInt64 = 0x2070_6f72_7420
  static let portWordLength = 6

  /// The first address behind `start`, where a byte stands that is of no address.
  @inline(__always) private static func nextAddress(_ line: RawSpan, from start: Int) -> Address? {
    var index = start
    while index < line.byteCount {
      // The last bytes are looked at together with those before them.
      let base = min(index, line.byteCount - RawSpan.countReach)
      let digits = line.digits(at: base) >> UInt32(truncatingIfNeeded: index - base)
      // Where a run of digits begins.
      var begins = digits & ~(digits << 1)
      while begins != 0 {
        let place = index + begins.trailingZeroBitCount
        begins &= begins - 1
        if place > 0, !HostText.isNameByte(line.byte(place - 1)), let address = address(line, at: place) {
          return address
        }
      }
      index = base + RawSpan.countReach
    }
    return nil
  }

  private mutating func add(_ address: Address) {
    switch count {
    case 0: addresses.0 = address
    case 1: addresses.1 = address
    default: addresses.2 = address
    }
    count += 1
  }

  private mutating func mix(_ line: RawSpan, _ range: Range<Int>) {
    var (key, index) = (key ^ UInt64(truncatingIfNeeded: range.count), range.lowerBound)
    while range.upperBound - index >= 8 {
      key = (key ^ line.uint64(index)).folded(with: LineOutline.factor)
      index += 8
    }
    self.key = (key ^ LineOutline.rest(line, index..<range.upperBound)).folded(with: LineOutline.factor)
  }

  /// Up to seven bytes as a word.
  @inline(__always) private static func rest(_ line: RawSpan, _ range: Range<Int>) -> UInt64 {
    if line.byteCount - range.lowerBound >= 8 { return line.uint64(range.lowerBound) & .firstBytes(range.count) }
    // Of a line that has an outline there are eight bytes before its end.
    return range.isEmpty ? 0 : line.uint64(range.upperBound - 8) << UInt64(truncatingIfNeeded: 64 - 8 * range.count)
  }
  private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// A dotted address without leading zeros, behind which no word goes on. Its numbers are of all lengths, so there is
  /// no loop over their digits, whose end the processor would guess wrong.
  private static func address(_ line: RawSpan, at start: Int) -> Address? {
    // An address is shorter than what is looked at; the last bytes are looked at together with those before them.
    let base = min(start, line.byteCount - RawSpan.countReach)
    var digits = line.digits(at: base) >> UInt32(truncatingIfNeeded: start - base)
    var (index, value) = (start, UInt32(0))
    for part in 0..<4 {
      let count = (~digits).trailingZeroBitCount
      guard count > 0, count <= 3 else { return nil }
      index += count
      let octet = number(line, endingAt: index, digits: count)
      guard octet <= 255, octet >= (count == 1 ? 0 : count == 2 ? 10 : 100) else { return nil }
      value = value << 8 | octet
      if part < 3 {
        guard index < line.byteCount, line.byte(index) == 0x2e else { return nil }
        index += 1
        digits >>= UInt32(truncatingIfNeeded: count + 1)
      }
    }
    guard index == line.byteCount || !HostText.isNameByte(line.byte(index)) || line.byte(index) == 0x3a else {
      return nil
    }
    return Address(start..<index, value)
  }

  /// What up to three digits say that end at a place, before which other bytes stand.
  @inline(__always) private static func number(_ line: RawSpan, endingAt end: Int, digits count: Int) -> UInt32 {
    let word = line.uint32(end - 4) & (.max >> UInt32(truncatingIfNeeded: 32 - 8 * count))
    return (word >> 16 & 0xf) * 100 + (word >> 8 & 0xf) * 10 + (word & 0xf)
  }
}

/// What lines of an outline are, as the formats found of the first of them: the others need not be held against any.
///
/// It holds as long as all that decides about a line lies in its outline. A format whose literals have digits may see into
/// an address, so lines of a program with such a format are not learned; nor are lines of which an address is more than
/// their source, or than text that is of no concern.
struct LineShapes: Sendable {
  /// What is known of all lines of an outline.
  private struct Shape: Sendable {
    var line: UInt64 = 0
    var host = Host.Key([UInt8]().rawSpan)
    var format: Int32 = 0
    /// Which of the addresses is the source.
    var source: Int32 = 0
  }

  private let seed = HeadTable.Seed()
  /// Outlines' keys, by their last bits, each at one of two places: one makes way for the next when both are taken.
  private var keys: ContiguousArray<UInt64> = []
  private var shapes: ContiguousArray<Shape> = []
  private static let count = 1 << 12

  func outline(_ line: RawSpan, behind stamp: SyslogReader.LineStamp) -> LineOutline? {
    LineOutline(line, behind: stamp, seed: seed)
  }

  /// The line of an outline that was learned; nil when it was not, or comes from the machine itself.
  func line(_ outline: LineOutline, at time: EventTime) -> KnownLine? {
    guard !keys.isEmpty else { return nil }
    var place = LineShapes.place(outline)
    if keys[place] != outline.key { place ^= 1 }
    guard keys[place] == outline.key else { return nil }
    let shape = shapes[place]
    let source = IPAddress(v4: outline.address(Int(shape.source)).value)
    guard !source.isLoopback else { return nil }
    return KnownLine(
      key: shape.line, time: time, pid: outline.pid, source: source.bits,
      sourcePort: outline.portRange == nil ? nil : outline.port, format: Int(shape.format), host: shape.host)
  }

  private static func place(_ outline: LineOutline) -> Int {
    Int(truncatingIfNeeded: outline.key) & (LineShapes.count - 1)
  }

  /// Learns what a line is from what was found of it.
  mutating func learn(
    _ outline: LineOutline, _ line: KnownLine, _ captures: [(field: FormatField, range: Range<Int>)]
  ) {
    let port = captures.first { $0.field == .sourcePort }?.range
    guard line.pid == outline.pid, port == outline.portRange, let source = LineShapes.source(of: outline, captures)
    else { return }
    if keys.isEmpty {
      keys = ContiguousArray(repeating: 0, count: LineShapes.count)
      shapes = ContiguousArray(repeating: Shape(), count: LineShapes.count)
    }
    var place = LineShapes.place(outline)
    if keys[place] != 0, keys[place ^ 1] == 0 { place ^= 1 }
    keys[place] = outline.key
    shapes[place] = Shape(
      line: line.key, host: line.host, format: Int32(truncatingIfNeeded: line.format),
      source: Int32(truncatingIfNeeded: source))
  }

  /// Which of the addresses is the source; nil unless each of the others is text that is of no concern.
  private static func source(
    of outline: LineOutline, _ captures: [(field: FormatField, range: Range<Int>)]
  ) -> Int? {
    var source: Int?
    for number in 0..<outline.addressCount {
      let range = outline.address(number).range
      if captures.contains(where: { $0.field == .source && $0.range == range }) {
        source = number
      } else if !captures.contains(where: { $0.field == .ignored && $0.range.contains(range) }) {
        return nil
      }
    }
    return source
  }
}

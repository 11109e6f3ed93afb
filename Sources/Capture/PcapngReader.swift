import Evidence

/// The packet blocks of a pcapng file (draft-ietf-opsawg-pcapng): any number of sections, each of its own byte order and
/// with interfaces of its own. Other blocks are stepped over.
struct PcapngReader {
  /// Block types (section 11.1).
  private enum BlockType {
    /// Reads the same in both byte orders.
    static let section: UInt32 = 0x0a0d_0d0a
    static let interface: UInt32 = 1
    /// Obsolete (appendix A).
    static let packet: UInt32 = 2
    static let simplePacket: UInt32 = 3
    static let statistics: UInt32 = 5
    static let enhancedPacket: UInt32 = 6
  }

  /// Option codes (sections 4.2, 4.3 and 4.6).
  private enum Option {
    static let resolution: UInt16 = 9
    static let offset: UInt16 = 14
    static let dropCount: UInt16 = 4
    static let interfaceDrops: UInt16 = 5
    static let systemDrops: UInt16 = 7
  }

  private struct Interface {
    var link: LinkNumber
    /// Bytes kept of each frame; nil for all.
    var snapshotLength: Int?
    var clock: PcapngClock
    var drops = PcapngDrops()
  }

  /// Type, length, and the length again.
  private static let blockMinimum = 12
  /// Bytes of the length that ends a block.
  private static let lastLength = 4
  /// Of a block that is held as a whole: a frame and its options.
  static let blockCap = CaptureReader.frameCap + 64 * 1024
  /// Of a block that is stepped over; as libpcap has it.
  static let skippedCap = 16 * 1024 * 1024
  /// As many as the obsolete packet block can name.
  static let interfaceCap = 65_536

  /// Those of the current section.
  private var interfaces: [Interface] = []
  /// Frames that interface statistics alone tell to be lost, and the first block that says so.
  private(set) var drops: (count: Int, offset: Int)?

  mutating func next(_ window: inout RecordWindow) throws(CaptureError) -> CapturedFrame? {
    while let (type, length) = try block(&window) {
      switch type {
      case BlockType.section: openSection(&window, length)
      case BlockType.interface: addInterface(&window, length)
      case BlockType.simplePacket: return simplePacket(&window, length)
      case BlockType.enhancedPacket, BlockType.packet:
        return packet(&window, length, isObsolete: type == BlockType.packet)
      case BlockType.statistics where PcapngReader.isRead(type, length): noteStatistics(&window, length)
      default: window.advance(PcapngReader.lastLength)
      }
    }
    return nil
  }

  /// Bytes of a value with its padding to 32 bits. Values are far from overflow.
  static func padded(_ length: Int) -> Int { (length + 3) & ~3 }

  // MARK: Blocks

  /// Finds the next block whose length can be: the window then holds all of a block that is read, and stands at the last
  /// length of one that is not.
  private func block(_ window: inout RecordWindow) throws(CaptureError) -> (type: UInt32, length: Int)? {
    guard try window.haveRecord(header: PcapngReader.blockMinimum) else { return nil }
    let type = window.word(0)
    if type == BlockType.section, !PcapngReader.readByteOrder(&window) { return nil }
    let length = Int(window.word(4))
    let minimum = PcapngReader.isRead(type, length) ? PcapngReader.minimum(type) : nil
    guard length % 4 == 0, length >= minimum ?? PcapngReader.blockMinimum else {
      window.end(.impossibleLength(length))
      return nil
    }
    let cap = minimum == nil ? PcapngReader.skippedCap : PcapngReader.blockCap
    guard length <= cap else {
      window.end(.overlongRecord(claimed: length, cap: cap))
      return nil
    }
    let start = window.offset
    guard try minimum == nil ? window.skip(length, downTo: PcapngReader.lastLength) : window.have(length) else {
      return nil
    }
    let behind = Int(window.word(minimum == nil ? 0 : length - PcapngReader.lastLength))
    guard behind == length else {
      window.end(.lengthsDiffer(before: length, behind: behind), at: start)
      return nil
    }
    return (type, length)
  }

  /// Whether a block is held and read. Statistics harm nothing: what cannot be any is stepped over.
  private static func isRead(_ type: UInt32, _ length: Int) -> Bool {
    type != BlockType.statistics || (24...blockCap).contains(length)
  }

  /// The least bytes of a block that is read; nil for the others.
  private static func minimum(_ type: UInt32) -> Int? {
    switch type {
    case BlockType.section: 28
    case BlockType.interface: 20
    case BlockType.simplePacket: 16
    case BlockType.statistics: 24
    case BlockType.enhancedPacket, BlockType.packet: 32
    default: nil
    }
  }

  /// Section 4.1: the mark of the byte order, without which not even the block's length can be read.
  private static func readByteOrder(_ window: inout RecordWindow) -> Bool {
    window.isLittleEndian = false
    switch window.word(8) {
    case 0x1a2b_3c4d: return true
    case 0x4d3c_2b1a:
      window.isLittleEndian = true
      return true
    default:
      window.end(.unknownByteOrder)
      return false
    }
  }

  /// Section 4.1. The section's length is not used: it says no more than its blocks do.
  private mutating func openSection(_ window: inout RecordWindow, _ length: Int) {
    let version = Int(window.half(12))
    guard version == 1 else { return window.end(.unknownVersion(version)) }
    interfaces.removeAll(keepingCapacity: true)
    window.advance(length)
  }

  /// Section 4.2.
  private mutating func addInterface(_ window: inout RecordWindow, _ length: Int) {
    guard interfaces.count < PcapngReader.interfaceCap else {
      return window.end(.tooManyInterfaces(cap: PcapngReader.interfaceCap))
    }
    let snapshot = Int(window.word(12))
    do throws(PcapngOptions.Malformed) {
      interfaces.append(
        Interface(
          link: .linkType(UInt32(window.half(8))), snapshotLength: snapshot == 0 ? nil : snapshot,
          clock: try PcapngReader.clock(window, options: 16..<length - PcapngReader.lastLength)))
      window.advance(length)
    } catch {
      // Without its clock, the times of the interface's frames would be wrong by any factor.
      window.end(.malformedOption(code: error.code))
    }
  }

  private static func clock(
    _ window: borrowing RecordWindow, options: Range<Int>
  ) throws(PcapngOptions.Malformed) -> PcapngClock {
    var (resolution, offset): (UInt8, Int64) = (6, 0)
    if let place = try PcapngOptions.find(Option.resolution, in: options, window) {
      guard place.count >= 1 else { throw PcapngOptions.Malformed(code: Int(Option.resolution)) }
      resolution = window.byte(place.lowerBound)
    }
    if let place = try PcapngOptions.find(Option.offset, in: options, window) {
      guard place.count == 8 else { throw PcapngOptions.Malformed(code: Int(Option.offset)) }
      offset = Int64(bitPattern: window.long(place.lowerBound))
    }
    return PcapngClock(resolution: resolution, offset: offset)
  }

  /// Section 4.6: what was lost since the capture began, as far as the frames did not tell it.
  private mutating func noteStatistics(_ window: inout RecordWindow, _ length: Int) {
    defer { window.advance(length) }
    let number = Int(clamping: window.word(8))
    guard interfaces.indices.contains(number) else { return }
    let options = 20..<length - PcapngReader.lastLength
    let counts = [Option.interfaceDrops, Option.systemDrops].compactMap {
      PcapngReader.count($0, window, options)
    }
    let lost = counts.reduce(0) { $0.addingClamped($1) }
    let news = interfaces[number].drops.note(total: lost)
    guard news > 0 else { return }
    drops = (news.addingClamped(drops?.count ?? 0), drops?.offset ?? window.offset)
  }

  // MARK: Frames

  /// Section 4.3, and appendix A for the obsolete block, which differs in its first word alone.
  private mutating func packet(_ window: inout RecordWindow, _ length: Int, isObsolete: Bool) -> CapturedFrame? {
    let number = isObsolete ? Int(window.half(8)) : Int(clamping: window.word(8))
    let (captured, data) = (Int(window.word(20)), 28)
    guard let interface = interface(number, &window),
      fits(captured, PcapngReader.padded(captured), data, length, &window)
    else { return nil }
    let count = UInt64(window.word(12)) << 32 | UInt64(window.word(16))
    let time = interface.clock.time(count)
    let options = data + PcapngReader.padded(captured)..<length - PcapngReader.lastLength
    let drops = isObsolete ? PcapngReader.drops(window.half(10)) : PcapngReader.count(Option.dropCount, window, options)
    let frame = CapturedFrame(
      offset: window.offset, recordLength: length,
      time: time.map { EventTime($0, fractionDigits: interface.clock.fractionDigits) } ?? .unknown,
      stampFault: time == nil ? .outOfRange : nil, capturedLength: captured, originalLength: Int(window.word(24)),
      link: interface.link, drops: drops.map { interfaces[number].drops.note(before: $0) })
    window.advance(length, frame: data..<data + captured)
    return frame
  }

  /// Section 4.4: the frame has neither a time nor a length of its own.
  private func simplePacket(_ window: inout RecordWindow, _ length: Int) -> CapturedFrame? {
    let (original, data) = (Int(window.word(8)), 12)
    guard let interface = interface(0, &window) else { return nil }
    let captured = min(original, interface.snapshotLength ?? original)
    guard fits(captured, captured, data, length, &window) else { return nil }
    let frame = CapturedFrame(
      offset: window.offset, recordLength: length, time: .unknown, stampFault: .absent, capturedLength: captured,
      originalLength: original, link: interface.link)
    window.advance(length, frame: data..<data + captured)
    return frame
  }

  private func interface(_ number: Int, _ window: inout RecordWindow) -> Interface? {
    guard interfaces.indices.contains(number) else {
      window.end(.noSuchInterface(number, known: interfaces.count))
      return nil
    }
    return interfaces[number]
  }

  /// Whether a frame, with its padding, has room between the block's fields and the last length.
  private func fits(
    _ captured: Int, _ withPadding: Int, _ data: Int, _ length: Int, _ window: inout RecordWindow
  ) -> Bool {
    let room = length - PcapngReader.lastLength - data
    if captured > CaptureReader.frameCap {
      window.end(.overlongFrame(claimed: captured, cap: CaptureReader.frameCap))
    } else if withPadding > room {
      window.end(.frameBeyondRecord(claimed: captured, room: room))
    } else {
      return true
    }
    return false
  }

  /// The obsolete block's count, whose highest value stands for not known.
  private static func drops(_ count: UInt16) -> Int? { count == .max ? nil : Int(count) }

  /// A count among the options. That one is malformed harms nothing: what matters stands before it.
  private static func count(_ code: UInt16, _ window: borrowing RecordWindow, _ options: Range<Int>) -> Int? {
    guard let place = try? PcapngOptions.find(code, in: options, window), place.count == 8 else { return nil }
    return Int(clamping: window.long(place.lowerBound))
  }
}

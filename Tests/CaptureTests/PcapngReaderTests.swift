import Capture
import Evidence
import Testing

struct PcapngReaderTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func read(_ parts: [UInt8]...) throws -> CaptureReading {
    try CaptureReading(parts.flatMap { $0 }, scratch)
  }

  // MARK: Sections and interfaces

  @Test func eachSectionHasItsByteOrderAndInterfaces() throws {
    let (little, big) = (PcapngWriting(order: ByteOrder.allCases[0]), PcapngWriting(order: .big))
    let frames = (0..<5).map { sampleBytes(40 + $0, seed: UInt64($0)) }
    let reading = try read(
      little.section(), little.interface(link: 1), little.interface(link: 113, resolution: 9),
      little.enhanced(frames[0], interface: 1, time: 5), little.enhanced(frames[1], interface: 0, time: 5),
      big.section(), big.interface(link: 101, resolution: 3), big.enhanced(frames[2], time: 5),
      big.interface(link: 276, resolution: 0), big.enhanced(frames[3], interface: 1, time: 5),
      little.section(), little.interface(link: 108), little.enhanced(frames[4], time: 5))
    #expect(reading.damage == nil)
    #expect(reading.bytes == frames)
    #expect(reading.frames.map(\.link) == [113, 1, 101, 276, 108].map { .linkType($0) })
    #expect(reading.timestamps.map(\.nanoseconds) == [5, 5000, 5_000_000, 5_000_000_000, 5000])
    #expect(reading.frames.map(\.time.fractionDigits) == [9, 6, 3, 0, 6])
    #expect(reading.frames.map(\.number) == [1, 2, 3, 4, 5])
  }

  @Test(arguments: ByteOrder.allCases) func interfacesEndWithTheirSection(_ order: ByteOrder) throws {
    let writing = PcapngWriting(order: order)
    let start = writing.section() + writing.interface() + writing.enhanced([1], time: 1)
    let reading = try read(start, writing.section(), writing.enhanced([2], time: 2))
    #expect(reading.bytes == [[1]])
    #expect(reading.damage?.fault == .noSuchInterface(0, known: 0))
    #expect(reading.damage?.offset == start.count + writing.section().count)
    #expect(reading.damage?.kind == .captureDamaged)
  }

  // MARK: Clocks

  /// The resolution, the count, and the nanoseconds that it stands for.
  @Test(
    arguments: [
      (0, 7, 7_000_000_000, 0), (1, 7, 700_000_000, 1), (6, 7, 7000, 6), (9, 7, 7, 9), (12, 7999, 7, 9),
      (38, UInt64.max, 0, 9), (39, UInt64.max, 0, 9), (127, UInt64.max, 0, 9),
      (0x80, 7, 7_000_000_000, 0), (0x81, 7, 3_500_000_000, 0), (0x8a, 1536, 1_500_000_000, 3),
      (0x80 + 32, 1 << 31, 500_000_000, 9), (0x80 + 63, 1 << 63, 1_000_000_000, 9),
      (0x80 + 64, 1 << 63, 500_000_000, 9), (0xff, UInt64.max, 0, 9),
    ] as [(UInt8, UInt64, Int64, UInt8)])
  func resolutions(_ resolution: UInt8, _ count: UInt64, _ nanoseconds: Int64, _ digits: UInt8) throws {
    for order in ByteOrder.allCases {
      let writing = PcapngWriting(order: order)
      for offset in [nil, 0, 946_684_800, -3] as [Int64?] {
        let reading = try read(
          writing.section(), writing.interface(resolution: resolution, offset: offset),
          writing.enhanced([], time: count))
        #expect(reading.timestamps.map(\.nanoseconds) == [nanoseconds + (offset ?? 0) * 1_000_000_000])
        #expect(reading.frames.first?.time.fractionDigits == digits)
        #expect(reading.frames.first?.stampFault == nil)
      }
    }
  }

  @Test(
    arguments: [
      (0, UInt64.max, nil), (6, UInt64.max, nil), (9, UInt64.max, nil), (0x80, UInt64.max, nil),
      (6, 0, Int64.max), (6, 0, Int64.min), (6, 0, 9_223_372_037), (0, 9_223_372_037, nil),
    ] as [(UInt8, UInt64, Int64?)])
  func timesOutOfRangeAreTold(_ resolution: UInt8, _ count: UInt64, _ offset: Int64?) throws {
    let writing = PcapngWriting(order: .big)
    let reading = try read(
      writing.section(), writing.interface(), writing.interface(resolution: resolution, offset: offset),
      writing.enhanced([], interface: 1, time: count), writing.enhanced([], time: 5),
      writing.enhanced([], interface: 1, time: count))
    #expect(reading.damage == nil)
    #expect(reading.frames.map(\.stampFault) == [.outOfRange, nil, .outOfRange])
    #expect(reading.frames.map(\.time.isDated) == [false, true, true])
    #expect(reading.timestamps.map(\.nanoseconds) == [0, 5000, 5000])
  }

  @Test func anOffsetCanBringACountIntoRange() throws {
    let writing = PcapngWriting(order: .big)
    let reading = try read(
      writing.section(), writing.interface(resolution: 0, offset: -10_000_000_000),
      writing.enhanced([], time: 10_000_000_001))
    #expect(reading.timestamps.map(\.nanoseconds) == [1_000_000_000])
  }

  // MARK: The kinds of packet

  @Test(arguments: ByteOrder.allCases) func simplePacketsHaveNoTime(_ order: ByteOrder) throws {
    let writing = PcapngWriting(order: order)
    let frame = sampleBytes(70)
    let reading = try read(
      writing.section(), writing.interface(snapshot: 68), writing.simple(Array(frame.prefix(68)), original: 70),
      writing.enhanced(frame, time: 9), writing.simple([1, 2, 3]))
    #expect(reading.damage == nil)
    #expect(reading.bytes == [Array(frame.prefix(68)), frame, [1, 2, 3]])
    #expect(reading.frames.map(\.originalLength) == [70, 70, 3])
    #expect(reading.frames.map(\.stampFault) == [.absent, nil, .absent])
    #expect(reading.frames.map(\.time.isDated) == [false, true, true])
    #expect(reading.timestamps.map(\.nanoseconds) == [0, 9000, 9000])
  }

  @Test(arguments: ByteOrder.allCases) func obsoletePacketsAndDropsAreRead(_ order: ByteOrder) throws {
    let writing = PcapngWriting(order: order)
    let counted = writing.option(1, Array("a comment".utf8)) + writing.option(4, order(UInt64(70_000)))
    let reading = try read(
      writing.section(), writing.interface(), writing.interface(link: 101),
      writing.obsolete([1, 2, 3], interface: 1, drops: 12, time: 1 << 33),
      writing.obsolete([4], drops: .max, time: 1), writing.enhanced([5], time: 2, options: counted),
      writing.enhanced([6], time: 3, options: writing.option(4, order(UInt64.max)) + writing.endOfOptions),
      writing.enhanced([7], time: 4, options: order(UInt16(4)) + order(UInt16(60_000))), writing.enhanced([8], time: 5))
    #expect(reading.damage == nil)
    #expect(reading.bytes == [[1, 2, 3], [4], [5], [6], [7], [8]])
    #expect(reading.frames.map(\.drops) == [12, nil, 70_000, Int.max, nil, nil])
    #expect(reading.frames.first?.link == .linkType(101))
    #expect(reading.timestamps.first?.nanoseconds == 8_589_934_592_000)
  }

  /// What frames and statistics both tell counts once; statistics count from the start, frames from the frame before.
  @Test(arguments: ByteOrder.allCases) func dropsOfStatisticsAreRead(_ order: ByteOrder) throws {
    let writing = PcapngWriting(order: order)
    let lost = { (count: UInt64) in writing.option(4, order(count)) + writing.endOfOptions }
    let start = writing.section() + writing.interface() + writing.interface()
    let first = writing.enhanced([1], time: 1, options: lost(5))
    let reading = try read(
      start, first, writing.statistics(drops: 3, system: 2), writing.statistics(interface: 1, drops: 7),
      writing.statistics(drops: 6, system: 4), writing.enhanced([2], time: 2, options: lost(8)),
      writing.statistics(drops: 13), writing.statistics(interface: 1, drops: 7, system: 1))
    #expect(reading.damage == nil && reading.bytes == [[1], [2]])
    // Of the 8 before the second frame statistics had told 5.
    #expect(reading.frames.map(\.drops) == [5, 3] && reading.drops == 5 + 8)
    #expect(reading.dropsOffset == start.count + first.count + writing.statistics(drops: 3, system: 2).count)
    #expect(try read(start, first, writing.statistics(drops: 5)).drops == 0)
    // Each section is a capture of its own.
    #expect(try read(start, writing.statistics(drops: 2), start, writing.statistics(drops: 3)).drops == 5)
    #expect(
      try read(start, writing.statistics(drops: .max, system: .max), writing.enhanced([3], time: 1)).drops == .max)
  }

  /// Statistics that are none harm nothing.
  @Test func oddStatisticsAreSteppedOver() throws {
    let writing = PcapngWriting(order: .big)
    let order = writing.order
    let odd = [
      writing.statistics(interface: 9, drops: 3), writing.block(5, order(UInt32(0))), writing.statistics(options: []),
      writing.statistics(options: writing.option(5, [1])), writing.statistics(options: order(UInt16(5)) + [255, 0]),
      writing.block(5, [UInt8](repeating: 0, count: 400_000)),
    ]
    for block in odd {
      let reading = try read(writing.section(), writing.interface(), block, writing.enhanced([3], time: 1))
      #expect(reading.damage == nil && reading.bytes == [[3]] && reading.drops == 0)
    }
  }

  @Test(arguments: ByteOrder.allCases) func otherBlocksAreSteppedOver(_ order: ByteOrder) throws {
    let writing = PcapngWriting(order: order)
    let start = writing.section() + writing.block(4, [0, 0, 0, 0]) + writing.interface()
    for size in [0, 4, 262_100, 262_144, 600_000, 4_000_000] {
      let other = writing.block(0x8000_0bad, sampleBytes(size))
      let reading = try read(
        start, other, writing.enhanced([1], time: 1), other, other, writing.enhanced([2], time: 2), other)
      #expect(reading.damage == nil)
      #expect(reading.bytes == [[1], [2]])
      #expect(reading.frames.first?.offset == start.count + other.count)
      for cut in [1, 4, 5, other.count - 12, other.count - 11, other.count - 1] where cut > 0 {
        let reading = try CaptureReading(Array((start + other).dropLast(cut)), scratch)
        #expect(reading.damage?.offset == start.count)
        #expect(
          reading.damage?.fault
            == .cut(
              needed: other.count - cut < 12 ? 12 : other.count, available: other.count - cut), "\(size) less \(cut)")
      }
    }
  }

  // MARK: What cannot be

  private func expectDamage(
    _ bad: [UInt8], _ fault: CaptureDamage.Fault, _ writing: PcapngWriting,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let good = writing.section() + writing.interface(snapshot: 20) + writing.enhanced([1, 2], time: 1)
    let reading = try read(good, bad, writing.enhanced([3], time: 2))
    #expect(reading.bytes == [[1, 2]], sourceLocation: sourceLocation)
    #expect(reading.damage == CaptureDamage(offset: good.count, fault: fault), sourceLocation: sourceLocation)
    #expect(reading.readLength == good.count, sourceLocation: sourceLocation)
  }

  @Test(arguments: ByteOrder.allCases) func impossibleLengthsAreDamage(_ order: ByteOrder) throws {
    let writing = PcapngWriting(order: order)
    let types: [UInt32: [UInt32]] = [
      6: [28, 31], 2: [28], 3: [12], 1: [16], 0x0a0d_0d0a: [24], 99: [], 5: [],
    ]
    for (type, lengths) in types {
      let body = order(UInt32(0x1a2b_3c4d)) + [UInt8](repeating: 0, count: 60)
      for length in lengths + [0, 4, 8, 11, 13, 42] {
        try expectDamage(
          writing.block(type, body, claimed: length), .impossibleLength(Int(length)), writing)
      }
      let isRead = type != 99 && type != 5
      let cap = isRead ? 320 * 1024 : 16 * 1024 * 1024
      for length in [UInt32(cap + 4), 1 << 31, UInt32.max - 3] {
        try expectDamage(
          writing.block(type, body, claimed: length), .overlongRecord(claimed: Int(length), cap: cap), writing)
      }
      try expectDamage(
        writing.block(type, body, behind: 12), .lengthsDiffer(before: body.count + 12, behind: 12), writing)
    }
  }

  @Test(arguments: ByteOrder.allCases) func impossibleFieldsAreDamage(_ order: ByteOrder) throws {
    let writing = PcapngWriting(order: order)
    try expectDamage(
      writing.enhanced([1], time: 0, claimed: 9), .frameBeyondRecord(claimed: 9, room: 4), writing)
    try expectDamage(
      writing.enhanced([1], time: 0, claimed: .max), .overlongFrame(claimed: Int(UInt32.max), cap: 262_144), writing)
    for number in [1, 65_536, UInt32.max] {
      try expectDamage(
        writing.enhanced([1], interface: number, time: 0), .noSuchInterface(Int(number), known: 1), writing)
    }
    try expectDamage(
      writing.obsolete([1], interface: .max, drops: 0, time: 0), .noSuchInterface(65_535, known: 1), writing)
    // The interface keeps 20 bytes of a frame.
    try expectDamage(writing.simple([1], original: 5), .frameBeyondRecord(claimed: 5, room: 4), writing)
    try expectDamage(
      writing.simple([1], original: Int(UInt32.max)), .frameBeyondRecord(claimed: 20, room: 4), writing)
    try expectDamage(writing.section(version: 2), .unknownVersion(2), writing)
    try expectDamage(
      writing.block(0x0a0d_0d0a, [UInt8](repeating: 1, count: 16)), .unknownByteOrder, writing)
    for options in [writing.option(9, []), writing.option(14, [1, 2, 3]), order(UInt16(9)) + order(UInt16(2))] {
      let code = options.contains(14) ? 14 : 9
      try expectDamage(writing.interface(options: options), .malformedOption(code: code), writing)
    }
    let beyond = writing.option(2, [1]) + order(UInt16(3)) + order(UInt16.max)
    try expectDamage(writing.interface(options: beyond), .malformedOption(code: 3), writing)
  }

  @Test func interfacesAreCapped() throws {
    let writing = PcapngWriting(order: .big)
    var file = writing.section()
    for _ in 0..<65_536 { file += writing.interface() }
    let last = writing.enhanced([1], interface: 65_535, time: 1)
    #expect(try read(file, last).bytes == [[1]])
    let reading = try read(file, last, writing.interface(), last)
    #expect(reading.bytes == [[1]])
    #expect(reading.damage?.fault == .tooManyInterfaces(cap: 65_536))
  }

  @Test func anotherVersionIsNoDamage() throws {
    let reading = try read(PcapngWriting(order: .big).section(version: 3))
    #expect(reading.damage?.kind == .unsupportedFormat)
  }
}

import Capture
import Evidence
import Testing

struct PcapReaderTests {
  struct Format: CustomTestStringConvertible {
    var isLittleEndian: Bool
    var isNano: Bool
    var testDescription: String { (isLittleEndian ? "little" : "big") + (isNano ? " nano" : " micro") }
    static let all = [
      Format(isLittleEndian: true, isNano: true), Format(isLittleEndian: true, isNano: false),
      Format(isLittleEndian: false, isNano: true), Format(isLittleEndian: false, isNano: false),
    ]

    func word(_ value: UInt32) -> [UInt8] {
      let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
      return isLittleEndian ? bytes.reversed() : bytes
    }
    func header(linkType: UInt32 = 1) -> [UInt8] {
      word(isNano ? 0xa1b2_3c4d : 0xa1b2_c3d4) + (isLittleEndian ? [2, 0, 4, 0] : [0, 2, 0, 4]) + word(0) + word(0)
        + word(68) + word(linkType)
    }
    func record(seconds: UInt32, fraction: UInt32, _ bytes: [UInt8], claimed: UInt32? = nil) -> [UInt8] {
      word(seconds) + word(fraction) + word(claimed ?? UInt32(bytes.count)) + word(UInt32(bytes.count + 7)) + bytes
    }
  }

  @Test(arguments: Format.all) func framesComeAsWritten(_ format: Format) throws {
    let scratch = try Scratch()
    let frames = [0, 1, 60, 1514, 65_535, 262_144, 200_000, 14].map { sampleBytes($0, seed: UInt64($0)) }
    var file = format.header(linkType: 0xf000_0000 | 113)
    var offsets: [Int] = []
    for (index, frame) in frames.enumerated() {
      offsets.append(file.count)
      file += format.record(seconds: 946_684_800, fraction: UInt32(index) * 100_000, frame)
    }
    for peeking in [false, true] {
      let reading = try CaptureReading(file, scratch, peeking: peeking)
      #expect(reading.damage == nil)
      #expect(reading.frames.allSatisfy { $0.link == .linkType(113) })
      #expect(reading.readLength == file.count)
      #expect(reading.bytes == frames)
      #expect(reading.frames.map(\.offset) == offsets)
      #expect(reading.frames.map(\.number) == Array(1...frames.count))
      #expect(reading.frames.map(\.originalLength) == frames.map { $0.count + 7 })
      #expect(
        reading.frames.last?.time.timestamp
          == Timestamp(seconds: 946_684_800, nanoseconds: 700_000 * (format.isNano ? 1 : 1000)))
      #expect(reading.frames.allSatisfy { $0.time.fractionDigits == (format.isNano ? 9 : 6) && $0.stampFault == nil })
    }
  }

  @Test func everyCutGivesTheFramesBefore() throws {
    let scratch = try Scratch()
    let format = Format.all[1]
    let frames = [20, 0, 33].map { sampleBytes($0) }
    var file = format.header()
    var ends = [file.count]
    for frame in frames {
      file += format.record(seconds: 1, fraction: 2, frame)
      ends.append(file.count)
    }
    for length in 0...file.count {
      let reading = try CaptureReading(Array(file.prefix(length)), scratch)
      let whole = ends.dropFirst().count { $0 <= length }
      #expect(reading.bytes == Array(frames.prefix(whole)))
      if ends.contains(length) {
        #expect(reading.damage == nil)
      } else {
        let start = ends.last { $0 <= length } ?? 0
        // Less than the magic number could be anything.
        guard length >= 4 else {
          #expect(reading.damage?.fault == .noCapture)
          continue
        }
        #expect(reading.damage?.kind == .captureCut)
        #expect(reading.damage?.offset == start)
        guard case .cut(let needed, let available)? = reading.damage?.fault else { continue }
        #expect(available == length - start)
        #expect(needed > available)
      }
    }
  }

  @Test(arguments: [262_145, 1 << 31, UInt32.max]) func impossibleLengthsAreDamage(_ claimed: UInt32) throws {
    let scratch = try Scratch()
    let format = Format.all[3]
    let good = format.header() + format.record(seconds: 1, fraction: 0, sampleBytes(40))
    let reading = try CaptureReading(
      good + format.record(seconds: 2, fraction: 0, sampleBytes(40), claimed: claimed), scratch)
    #expect(reading.frames.count == 1)
    #expect(reading.damage?.kind == .captureDamaged)
    #expect(reading.damage?.offset == good.count)
    #expect(reading.damage?.fault == .overlongFrame(claimed: Int(claimed), cap: CaptureReader.frameCap))
  }

  @Test(arguments: Format.all) func oddFractionsAreTold(_ format: Format) throws {
    let scratch = try Scratch()
    let limit: UInt32 = format.isNano ? 1_000_000_000 : 1_000_000
    let fractions = [limit - 1, limit, UInt32.max]
    let file = fractions.reduce(format.header()) { $0 + format.record(seconds: UInt32.max, fraction: $1, [1]) }
    #expect(try CaptureReading(file, scratch).frames.map(\.stampFault) == [nil, .oddFraction, .oddFraction])
  }

  @Test func cutPackedCaptureGivesItsFramesAndThrows() throws {
    let scratch = try Scratch()
    let format = Format.all[1]
    let frame = sampleBytes(100)
    let file = (0..<50).reduce(format.header()) { all, _ in all + format.record(seconds: 1, fraction: 0, frame) }
    let packed = try scratch.pack(file, with: "gzip")
    let path = try scratch.write(Array(packed.dropLast(9)))
    var reader = try CaptureReader(try ByteSource(path: path))
    var count = 0
    #expect(throws: CaptureError.self) {
      while try reader.next() != nil { count += 1 }
    }
    #expect(count >= 49)
    #expect(try reader.next() == nil)
  }
}

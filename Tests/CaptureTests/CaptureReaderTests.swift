import Capture
import Evidence
import Foundation
import Testing

struct CaptureReaderTests {
  static let sizes = [60, 0, 1, 1514, 65_535, 262_144, 200_000, 14, 3]
  static let frames = sizes.map { sampleBytes($0, seed: UInt64($0)) }
  /// Of microseconds, so that every kind of file can tell it.
  static func time(_ index: Int) -> Timestamp {
    Timestamp(nanoseconds: 946_684_800_000_000_000 + Int64(index) * 123_456_000)
  }

  /// The same frames in a file of every kind.
  static func files(_ frames: [[UInt8]] = frames) -> [(name: String, kind: ContentKind, bytes: [UInt8])] {
    var files: [(name: String, kind: ContentKind, bytes: [UInt8])] = []
    for format in PcapReaderTests.Format.all {
      let records = frames.enumerated().flatMap { index, frame in
        let (seconds, rest) = time(index).nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return format.record(
          seconds: UInt32(seconds), fraction: UInt32(format.isNano ? rest : rest / 1000), frame)
      }
      files.append(("pcap " + format.testDescription, .pcap, format.header() + records))
    }
    for order in ByteOrder.allCases {
      let writing = PcapngWriting(order: order)
      let records = frames.enumerated().flatMap { index, frame in
        writing.enhanced(frame, time: UInt64(time(index).nanoseconds / 1000), original: frame.count + 7)
      }
      files.append(
        ("pcapng " + order.testDescription, .pcapng, writing.section() + writing.interface() + records))
    }
    let records = frames.enumerated().flatMap { index, frame in
      let (seconds, rest) = time(index).nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
      return SnoopWriting.record(
        frame, original: frame.count + 7, seconds: UInt32(seconds), microseconds: UInt32(rest / 1000))
    }
    files.append(("snoop", .snoop, SnoopWriting.header() + records))
    return files
  }

  @Test("frames read by the block are those read one by one, however the file ends", arguments: [0, 1, 70, 300_000])
  func blocks(_ missing: Int) throws {
    let scratch = try Scratch()
    let small = (0..<6000).map { sampleBytes(40 + $0 % 90, seed: UInt64($0)) }
    for (name, _, file) in Self.files(small + Self.frames + small) {
      let path = try scratch.write(Array(file.dropLast(missing)))
      let single = try CaptureReading(path: path)
      var reader = try CaptureReader(try ByteSource(path: path))
      var block = FrameBlock()
      var frames: [CapturedFrame] = []
      var bytes: [[UInt8]] = []
      var blocks = 0
      while true {
        try reader.next(into: &block)
        if block.isEmpty { break }
        blocks += 1
        for index in block.indices {
          frames.append(block[index])
          bytes.append(Bytes(block.bytes.slice(block.place(index))).array)
        }
      }
      #expect(frames == single.frames, "\(name)")
      #expect(bytes == single.bytes, "\(name)")
      #expect(reader.damage == single.damage && (reader.damage == nil) == (missing == 0), "\(name)")
      #expect(reader.readLength == single.readLength, "\(name)")
      #expect(blocks > 3 && blocks < 100, "\(name)")
    }
  }

  @Test func allKindsGiveTheSameFrames() throws {
    let scratch = try Scratch()
    for (name, kind, file) in Self.files() {
      for peeking in [false, true] {
        let reading = try CaptureReading(file, scratch, peeking: peeking)
        #expect(reading.kind == kind, "\(name)")
        #expect(reading.damage == nil, "\(name)")
        #expect(reading.bytes == Self.frames, "\(name)")
        #expect(reading.timestamps == Self.frames.indices.map { Self.time($0) }, "\(name)")
        #expect(reading.frames.map(\.number) == Array(1...Self.frames.count))
        #expect(reading.frames.map(\.originalLength) == Self.sizes.map { $0 + 7 })
        #expect(reading.frames.allSatisfy { $0.link == .linkType(1) && $0.stampFault == nil && $0.time.isDated })
        #expect(reading.readLength == file.count)
        // Records lie one behind the other, up to the file's end.
        let ends = reading.frames.map { $0.offset + $0.recordLength }
        #expect(ends.dropLast() == reading.frames.dropFirst().map(\.offset)[...], "\(name)")
        #expect(ends.last == file.count)
      }
    }
  }

  @Test func everyCutGivesTheFramesBefore() throws {
    let scratch = try Scratch()
    let frames = [20, 0, 33].map { sampleBytes($0) }
    for (name, _, file) in Self.files(frames) {
      let whole = try CaptureReading(file, scratch)
      let ends = whole.frames.map { $0.offset + $0.recordLength }
      for length in 0..<file.count {
        let reading = try CaptureReading(Array(file.prefix(length)), scratch)
        #expect(reading.bytes == Array(frames.prefix(ends.count { $0 <= length })), "\(name) at \(length)")
        #expect(reading.damage != nil || ends.contains(length) || length == whole.frames[0].offset || length == 28)
        guard let damage = reading.damage else { continue }
        #expect(damage.offset <= length && damage.offset >= reading.readLength, "\(name) at \(length)")
        if case .cut(let needed, let available) = damage.fault {
          #expect(needed > available && damage.offset + available == length, "\(name) at \(length)")
        } else {
          #expect(damage.fault == .noCapture && length < 8, "\(name) at \(length)")
        }
      }
    }
  }

  /// Whatever stands in a file, it comes to an end, and what came before the change stays.
  @Test func anyChangeLeavesWhatWasBefore() throws {
    let scratch = try Scratch()
    let frames = [20, 0, 33].map { sampleBytes($0) }
    for (name, _, file) in Self.files(frames) {
      let ends = try CaptureReading(file, scratch).frames.map { $0.offset + $0.recordLength }
      for place in 8..<file.count {
        for value in [0, 0x7f, 0xff] as [UInt8] {
          var changed = file
          changed[place] = value
          let reading = try CaptureReading(changed, scratch)
          let before = ends.count { $0 <= place }
          #expect(reading.frames.count >= before && reading.frames.count <= frames.count, "\(name) at \(place)")
          #expect(Array(reading.bytes.prefix(before)) == Array(frames.prefix(before)), "\(name) at \(place)")
        }
      }
    }
  }

  @Test func whatIsNoCaptureIsDamage() throws {
    let scratch = try Scratch()
    for bytes in [[], Array("Dec 27 15:20:35 zappa portmap: dump\n".utf8)] as [[UInt8]] {
      let reading = try CaptureReading(bytes, scratch)
      #expect(reading.frames.isEmpty)
      #expect(reading.damage == CaptureDamage(offset: 0, fault: .noCapture))
    }
  }

  @Test func cutPackedCapturesGiveTheirFramesAndThrow() throws {
    let scratch = try Scratch()
    for (name, _, file) in Self.files((0..<60).map { sampleBytes(100, seed: UInt64($0)) }) {
      let packed = try scratch.pack(file, with: "gzip")
      var reader = try CaptureReader(try ByteSource(path: try scratch.write(Array(packed.dropLast(9)))))
      var count = 0
      #expect(throws: CaptureError.self, "\(name)") {
        while try reader.next() != nil { count += 1 }
      }
      #expect(count >= 59, "\(name)")
      #expect(try reader.next() == nil)
    }
  }

  // MARK: Files that another program wrote

  static let editcap = "/usr/bin/editcap"
  static let visit = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Examples/portmapper-recon/visit.pcap").path

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: editcap), "needs editcap (wireshark-common)"),
    arguments: ["pcapng", "snoop", "nsecpcap"])
  func whatEditcapWroteIsTheSame(_ format: String) throws {
    let scratch = try Scratch()
    let converted = scratch.path + "/visit"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.editcap)
    process.arguments = ["-F", format, Self.visit, converted]
    try process.run()
    process.waitUntilExit()
    let (left, right) = (try CaptureReading(path: Self.visit), try CaptureReading(path: converted))
    #expect(right.kind.rawValue == (format == "nsecpcap" ? "pcap" : format))
    #expect(left.damage == nil && right.damage == nil)
    #expect(left.frames.count > 100)
    #expect(left.bytes == right.bytes)
    #expect(left.timestamps == right.timestamps)
    #expect(left.frames.map(\.originalLength) == right.frames.map(\.originalLength))
    #expect(left.frames.map(\.link) == right.frames.map(\.link))
  }
}

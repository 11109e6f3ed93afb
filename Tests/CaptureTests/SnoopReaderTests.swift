import Capture
import Evidence
import Testing

struct SnoopReaderTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test func datalinksAreMappedOrTold() throws {
    let links: [(UInt32, LinkNumber)] = [
      (4, .linkType(1)), (0, .linkType(1)), (8, .snoop(8)), (26, .snoop(26)), (.max, .snoop(.max)),
    ]
    for (datalink, link) in links {
      let reading = try CaptureReading(SnoopWriting.header(datalink: datalink) + SnoopWriting.record([1]), scratch)
      #expect(reading.frames.map(\.link) == [link])
      #expect(reading.damage == nil)
    }
    #expect(LinkNumber.snoop(8).linkType == nil)
  }

  @Test func dropsAreCountedFromFrameToFrame() throws {
    let records = [3, 3, 10, 2, 2].flatMap { SnoopWriting.record([1], drops: $0) }
    let reading = try CaptureReading(SnoopWriting.header() + records, scratch)
    #expect(reading.frames.map(\.drops) == [3, 0, 7, nil, 0])
  }

  @Test func oddFractionsAreTold() throws {
    let records = [999_999, 1_000_000, UInt32.max].flatMap {
      SnoopWriting.record([], seconds: .max, microseconds: $0)
    }
    let reading = try CaptureReading(SnoopWriting.header() + records, scratch)
    #expect(reading.frames.map(\.stampFault) == [nil, .oddFraction, .oddFraction])
  }

  @Test func paddingIsNoPartOfTheFrame() throws {
    let padded = SnoopWriting.record([1, 2, 3, 4, 5, 6, 7, 8], claimed: 3)
    let reading = try CaptureReading(SnoopWriting.header() + padded + SnoopWriting.record([9]), scratch)
    #expect(reading.bytes == [[1, 2, 3], [9]])
    #expect(reading.frames.map(\.recordLength) == [32, 28])
  }

  @Test func impossibleLengthsAreDamage() throws {
    let good = SnoopWriting.header() + SnoopWriting.record([1, 2])
    let cap = 320 * 1024
    let bad: [([UInt8], CaptureDamage.Fault)] = [
      (SnoopWriting.record([1], length: 0), .impossibleLength(0)),
      (SnoopWriting.record([1], length: 23), .impossibleLength(23)),
      (SnoopWriting.record([1], length: 24), .frameBeyondRecord(claimed: 1, room: 0)),
      (SnoopWriting.record([1], claimed: 5), .frameBeyondRecord(claimed: 5, room: 4)),
      (SnoopWriting.record([1], claimed: 262_145), .overlongFrame(claimed: 262_145, cap: 262_144)),
      (SnoopWriting.record([1], claimed: .max), .overlongFrame(claimed: Int(UInt32.max), cap: 262_144)),
      (SnoopWriting.record([1], length: .max), .overlongRecord(claimed: Int(UInt32.max), cap: cap)),
      (SnoopWriting.record([1], length: UInt32(cap)), .cut(needed: cap, available: 56)),
    ]
    for (record, fault) in bad {
      let reading = try CaptureReading(good + record + SnoopWriting.record([3]), scratch)
      #expect(reading.bytes == [[1, 2]])
      #expect(reading.damage == CaptureDamage(offset: good.count, fault: fault))
    }
  }

  @Test func otherVersionsAreNotRead() throws {
    for version in [0, 1, 3, UInt32.max] {
      let reading = try CaptureReading(SnoopWriting.header(version: version) + SnoopWriting.record([1]), scratch)
      #expect(reading.frames.isEmpty)
      #expect(reading.damage?.kind == .unsupportedFormat)
    }
  }
}

import Evidence

/// The records of a file that Solaris's snoop wrote, version 2 (RFC 1761): big-endian throughout, with microseconds.
struct SnoopReader {
  static let fileHeaderLength = 16
  static let recordHeaderLength = 24
  /// A record may have padding behind its frame; nobody writes more of it than this.
  private static let recordCap = CaptureReader.frameCap + 64 * 1024

  private var link = LinkNumber.snoop(0)
  /// Frames that snoop lost since it started, up to the last record.
  private var drops: UInt32 = 0

  mutating func readFileHeader(_ window: inout RecordWindow) throws(CaptureError) {
    guard try window.have(SnoopReader.fileHeaderLength) else { return }
    let version = Int(window.word(8))
    guard version == 2 else { return window.end(.unknownVersion(version)) }
    link = SnoopReader.link(window.word(12))
    window.advance(SnoopReader.fileHeaderLength)
  }

  /// RFC 1761, section 4: IEEE 802.3 and Ethernet share their header; what its type field holds tells them apart.
  private static func link(_ datalink: UInt32) -> LinkNumber {
    datalink == 0 || datalink == 4 ? .linkType(1) : .snoop(datalink)
  }

  mutating func next(_ window: inout RecordWindow) throws(CaptureError) -> CapturedFrame? {
    let header = SnoopReader.recordHeaderLength
    guard try window.haveRecord(header: header), let length = recordLength(&window), try window.have(length)
    else { return nil }
    let captured = Int(window.word(4))
    let lost = window.word(12)
    let fraction = Int64(window.word(20))
    let frame = CapturedFrame(
      offset: window.offset, recordLength: length,
      time: EventTime(
        Timestamp(nanoseconds: Int64(window.word(16)) * 1_000_000_000 + fraction * 1000), fractionDigits: 6),
      stampFault: fraction >= 1_000_000 ? .oddFraction : nil, capturedLength: captured,
      originalLength: Int(window.word(0)), link: link, drops: lost >= drops ? Int(lost - drops) : nil)
    drops = lost
    window.advance(length, frame: header..<header + captured)
    return frame
  }

  /// The length of the record, if it and the frame's can be; else that is the damage.
  private func recordLength(_ window: inout RecordWindow) -> Int? {
    let header = SnoopReader.recordHeaderLength
    let (captured, length) = (Int(window.word(4)), Int(window.word(8)))
    if captured > CaptureReader.frameCap {
      window.end(.overlongFrame(claimed: captured, cap: CaptureReader.frameCap))
    } else if length > SnoopReader.recordCap {
      window.end(.overlongRecord(claimed: length, cap: SnoopReader.recordCap))
    } else if length < header {
      window.end(.impossibleLength(length))
    } else if captured > length - header {
      window.end(.frameBeyondRecord(claimed: captured, room: length - header))
    } else {
      return length
    }
    return nil
  }
}

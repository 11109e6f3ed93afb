import Evidence

/// The records of a classic capture file (draft-ietf-opsawg-pcap), in either byte order, with micro- or nanoseconds.
struct PcapReader {
  static let fileHeaderLength = 24
  static let recordHeaderLength = 16

  private var link = LinkNumber.linkType(0)
  private var fractionDigits: UInt8 = 6

  mutating func readFileHeader(_ window: inout RecordWindow) throws(CaptureError) {
    guard try window.have(PcapReader.fileHeaderLength) else { return }
    let magic = window.word(0)
    window.isLittleEndian = magic == 0xd4c3_b2a1 || magic == 0x4d3c_b2a1
    fractionDigits = magic == 0xa1b2_3c4d || magic == 0x4d3c_b2a1 ? 9 : 6
    // The upper bits tell of a frame check sequence. The snapshot length is not used: writers lie about it.
    link = .linkType(window.word(20) & 0xffff)
    window.advance(PcapReader.fileHeaderLength)
  }

  func next(_ window: inout RecordWindow) throws(CaptureError) -> CapturedFrame? {
    let header = PcapReader.recordHeaderLength
    guard try window.haveRecord(header: header) else { return nil }
    let (seconds, fraction, length) = (window.word(0), window.word(4), window.word(12))
    let captured = Int(window.word(8))
    guard captured <= CaptureReader.frameCap else {
      window.end(.overlongFrame(claimed: captured, cap: CaptureReader.frameCap))
      return nil
    }
    guard try window.have(header + captured) else { return nil }
    let frame = self.frame(seconds, fraction, captured, originalLength: length, at: window.offset)
    window.advance(header + captured, frame: header..<header + captured)
    return frame
  }

  /// Reads the records that stand whole in the window's block, numbered on from `count`.
  func readReady(_ window: inout RecordWindow, after count: inout Int, into block: inout FrameBlock) {
    guard !window.hasEnded else { return }
    window.advance(readReady(window.rest, window, after: &count, into: &block))
  }

  /// - Returns: the length of the records.
  private func readReady(
    _ bytes: RawSpan, _ window: borrowing RecordWindow, after count: inout Int, into block: inout FrameBlock
  ) -> Int {
    let header = PcapReader.recordHeaderLength
    let (isLittleEndian, offset, start) = (window.isLittleEndian, window.offset, window.position)
    var position = 0
    while bytes.byteCount - position >= header {
      let captured = Int(PcapReader.word(bytes, position + 8, isLittleEndian))
      guard captured <= CaptureReader.frameCap, bytes.byteCount - position - header >= captured else { break }
      var frame = self.frame(
        PcapReader.word(bytes, position, isLittleEndian), PcapReader.word(bytes, position + 4, isLittleEndian),
        captured,
        originalLength: PcapReader.word(bytes, position + 12, isLittleEndian), at: offset + position)
      count += 1
      frame.number = count
      let place = start + position + header
      block.append(frame, at: place..<place + captured)
      position += header + captured
    }
    return position
  }

  @inline(__always)
  private static func word(_ bytes: RawSpan, _ offset: Int, _ isLittleEndian: Bool) -> UInt32 {
    let value = bytes.uint32(offset)
    return isLittleEndian ? value.byteSwapped : value
  }

  @inline(__always)
  private func frame(
    _ seconds: UInt32, _ fraction: UInt32, _ captured: Int, originalLength: UInt32, at offset: Int
  ) -> CapturedFrame {
    let isNano = fractionDigits == 9
    let fraction = Int64(fraction)
    // At most 2^32 seconds, and 2^32 microseconds: far from overflow.
    let nanoseconds = Int64(seconds) * 1_000_000_000 + (isNano ? fraction : fraction * 1000)
    return CapturedFrame(
      offset: offset, recordLength: PcapReader.recordHeaderLength + captured,
      time: EventTime(Timestamp(nanoseconds: nanoseconds), fractionDigits: fractionDigits),
      stampFault: fraction >= (isNano ? 1_000_000_000 : 1_000_000) ? .oddFraction : nil,
      capturedLength: captured, originalLength: Int(originalLength), link: link)
  }
}

import Capture
import Decode
import Evidence
import FuzzDriver
import Glibc

/// The surface of captures: a file of frames, down to conversations and RPC.
@main
struct FuzzCapture {
  static func main() {
    unsafe runFuzzer { start, count in
      FuzzCapture.check(unsafe bytes(start, count))
      return 0
    }
  }

  private static func check(_ input: [UInt8]) {
    checkFile(input)
    checkFrame(input)
  }

  private static func checkFile(_ input: [UInt8]) {
    var singles: [Int] = []
    read(input) { reader throws(CaptureError) in singles = try frames(&reader) }
    var blocks: [Int] = []
    read(input) { reader throws(CaptureError) in blocks = try framesOfBlocks(&reader) }
    require(singles == blocks, "blocks have other frames than the file")
  }

  /// A pipe that holds the input, read as a file on disk is.
  private static func read(_ input: [UInt8], _ body: (inout CaptureReader) throws(CaptureError) -> Void) {
    var ends: [CInt] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return }
    let descriptor = ends[0]
    defer { close(descriptor) }
    // No more than a pipe takes without a reader.
    _ = unsafe input.prefix(65_536).withUnsafeBytes { bytes in unsafe write(ends[1], bytes.baseAddress, bytes.count) }
    close(ends[1])
    do {
      var reader = try CaptureReader(try ByteSource(path: "/proc/self/fd/\(descriptor)"))
      try body(&reader)
    } catch {
      // A packed file that is damaged: said, and no trap.
    }
  }

  /// Every frame or a damage with its place, never both lost.
  /// - Returns: where the frames begin.
  private static func frames(_ reader: inout CaptureReader) throws(CaptureError) -> [Int] {
    var reassembly = PacketReassembly()
    var table = ConversationTable()
    var events: [Event] = []
    var offsets: [Int] = []
    while let frame = try reader.next() {
      offsets.append(frame.offset)
      require(reader.bytes.byteCount == frame.capturedLength, "a frame is shorter than it says")
      require(
        frame.number == offsets.count && frame.recordLength >= frame.capturedLength, "a frame is not where it should be"
      )
      guard let decoder = frame.link.linkType.flatMap({ FrameDecoder(linkType: $0) }) else { continue }
      let place = Provenance(
        input: InputID(0), place: .frame(frame.number), offset: frame.offset, length: frame.recordLength)
      guard
        let packet = try? decoder.decode(
          reader.bytes, originalLength: frame.originalLength, time: frame.time, provenance: place, &reassembly),
        !packet.isReassembled
      else { continue }
      table.push(packet.record, payload: reader.bytes.slice(packet.payload), into: &events)
    }
    table.finish(into: &events)
    if let damage = reader.damage {
      require(damage.offset >= reader.readLength, "the damage lies in what made sense")
    }
    return offsets
  }

  /// The same in blocks, as `analyze` reads them.
  private static func framesOfBlocks(_ reader: inout CaptureReader) throws(CaptureError) -> [Int] {
    var block = FrameBlock()
    var offsets: [Int] = []
    repeat {
      try reader.next(into: &block)
      for index in block.indices {
        let (frame, place) = (block[index], block.place(index))
        offsets.append(frame.offset)
        require(
          place.count == frame.capturedLength && place.upperBound <= block.bytes.byteCount,
          "a frame stands outside of its block")
      }
    } while !block.isEmpty
    return offsets
  }

  /// The input as one frame of each link layer.
  private static func checkFrame(_ input: [UInt8]) {
    let time = EventTime(Timestamp(nanoseconds: 0), fractionDigits: 6)
    let place = Provenance(input: InputID(0), place: .frame(1), offset: 0, length: input.count)
    var reassembly = PacketReassembly()
    for linkType in [UInt32(0), 1, 51, 101, 113, 276] {
      guard let decoder = FrameDecoder(linkType: linkType),
        let packet = try? decoder.decode(
          input.rawSpan, originalLength: input.count, time: time, provenance: place, &reassembly)
      else { continue }
      require(packet.payload.upperBound <= input.count, "a payload ends outside of its frame")
      var table = ConversationTable()
      var events: [Event] = []
      table.push(packet.record, payload: input.rawSpan.slice(packet.payload), into: &events)
      table.finish(into: &events)
    }
  }
}

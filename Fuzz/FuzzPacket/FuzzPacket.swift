import Decode
import Evidence
import FuzzDriver

/// The surface of frames: several of one link layer, so that fragments, segments and conversations form.
///
/// An input is a byte of settings and then frames, each behind three bytes: its captured length (16 bits), and how much
/// later it comes and what the wire had beyond it.
@main
struct FuzzPacket {
  static func main() {
    unsafe runFuzzer { start, count in
      FuzzPacket.check(unsafe bytes(start, count))
      return 0
    }
  }

  private static let linkTypes: [UInt32] = [101, 1, 0, 51, 108, 113, 276, 101]
  /// An ordinary input of the longest that libFuzzer makes takes far less in this build.
  private static let timeCap = Duration.seconds(5)

  private static func check(_ input: [UInt8]) {
    guard let first = input.first, let decoder = FrameDecoder(linkType: linkTypes[Int(first >> 2 & 7)]) else { return }
    let start = ContinuousClock.now
    var run = Run(first)
    var index = 1
    while index + 3 <= input.count {
      let length = min(Int(input[index]) << 8 | Int(input[index + 1]), input.count - index - 3)
      let frame = Array(input[index + 3..<index + 3 + length])
      run.push(frame, decoder, later: Int64(input[index + 2] >> 4), beyond: Int(input[index + 2] & 15) * 100)
      index += 3 + length
    }
    run.finish()
    require(ContinuousClock.now - start < timeCap, "it takes too long")
  }

  private struct Run {
    private var reassembly: PacketReassembly
    private var table: ConversationTable
    private var events: [Event] = []
    private var frames = 0
    private var errors = 0
    private var seconds: Int64 = 1_000_000_000

    init(_ marks: UInt8) {
      var settings = PacketReassembly.Settings()
      settings.verifiesChecksums = marks & 1 == 1
      settings.overlap = OverlapPolicies(marks & 2 == 2 ? .last : .first)
      var limits = ConversationTable.Limits()
      if marks & 32 == 32 {
        settings.limits.datagrams = 3
        settings.limits.bytes = 500
        settings.limits.piecesPerDatagram = 4
        limits.conversations = 3
        limits.bufferedBytes = 500
        limits.callsPerConversation = 3
      }
      reassembly = PacketReassembly(settings)
      table = ConversationTable(limits: limits, overlap: settings.overlap)
    }

    mutating func push(_ frame: [UInt8], _ decoder: FrameDecoder, later: Int64, beyond: Int) {
      frames += 1
      // Up to a minute and a half later, in steps that also end flows.
      seconds += later * later * later / 38
      let time = EventTime(Timestamp(seconds: seconds) ?? Timestamp(nanoseconds: 0), fractionDigits: 6)
      let place = Provenance(input: InputID(0), place: .frame(frames), offset: 0, length: frame.count)
      do {
        let packet = try decoder.decode(
          frame.rawSpan, originalLength: frame.count + beyond, time: time, provenance: place, &reassembly)
        if let packet { push(packet, frame) }
      } catch {
        errors += 1
      }
      pushLate()
    }

    private mutating func push(_ packet: FrameDecoder.Packet, _ frame: [UInt8]) {
      let bytes = packet.isReassembled ? Bytes(reassembly.datagram).array : frame
      require(packet.payload.upperBound <= bytes.count, "a payload ends outside of its frame")
      require(packet.segment.upperBound <= bytes.count, "a segment ends outside of its frame")
      require(packet.payload.count <= packet.record.payloadLength, "more payload than was on the wire")
      let span = bytes.rawSpan
      table.push(
        packet.record, payload: span.slice(packet.payload), segment: span.slice(packet.segment), into: &events)
    }

    private mutating func pushLate() {
      while let packet = reassembly.takeLate() { push(packet, []) }
    }

    mutating func finish() {
      reassembly.finish()
      pushLate()
      table.finish(into: &events)
      let packets = table.packetCounts[InputID(0)] ?? ConversationTable.PacketCounts()
      let counted = packets.understood + packets.unconcerned + packets.odd
      let other = errors + reassembly.joined + reassembly.unconcerned + reassembly.odd
      require(counted + other == frames, "\(frames) frames, of which \(counted) and \(other) are accounted for")
    }
  }
}

import Capture
import Decode
import Evidence

/// Frames of all captures and packets of all text traces, in the order of time, into one table of conversations.
struct FrameMerge {
  private(set) var events: [Event] = []
  private(set) var table = ConversationTable()
  /// What each capture gave, by its input.
  private(set) var intakes: [InputID: Intake] = [:]

  /// One capture, standing at its next frame.
  private final class Lane {
    let input: InputList.Input
    var reader: CaptureReader
    var frame: CapturedFrame?
    var intake = Intake()
    var trouble: CaptureError?
    /// The decoder of the last frame's link layer, which in most captures is that of all.
    private var decoder: FrameDecoder?
    private var link: LinkNumber?

    init(_ input: InputList.Input) throws(CaptureError) {
      self.input = input
      reader = try CaptureReader(try ByteSource(path: input.source))
      intake.tally.note(.pcap)
      intake.tally.bytes = reader.readLength
    }

    func advance() {
      do { frame = try reader.next() } catch {
        trouble = error
        frame = nil
      }
      intake.tally.bytes = reader.readLength
    }

    /// Nil for a link layer that is not read.
    func decoder(of number: LinkNumber) -> FrameDecoder? {
      if link != number {
        link = number
        decoder = number.linkType.flatMap { FrameDecoder(linkType: $0) }
      }
      return decoder
    }
  }

  /// Reads everything. Undated packets of text traces come after all dated ones.
  mutating func run(captures: [InputList.Input], packets: [PacketRecord], progress: (Int) -> Void) {
    var lanes: [Lane] = []
    for input in captures {
      do {
        let lane = try Lane(input)
        lane.advance()
        lanes.append(lane)
      } catch {
        var intake = Intake()
        intake.tally.odd = 1
        intake.oddities.note(error.oddity, FrameMerge.citation(input.id, offset: 0, error.description))
        intakes[input.id] = intake
      }
    }
    let ordered = packets.sorted { left, right in
      left.time != right.time ? left.time < right.time : left.citation.text < right.citation.text
    }
    var next = ordered.startIndex
    while let lane = FrameMerge.earliest(lanes), let frame = lane.frame {
      while next < ordered.endIndex, ordered[next].time.isDated, ordered[next].time.timestamp <= frame.time.timestamp {
        push(ordered[next])
        next += 1
      }
      push(frame, lane.reader.bytes, of: lane)
      progress(frame.recordLength)
      lane.advance()
    }
    for packet in ordered[next...] { push(packet) }
    table.finish(into: &events)
    for lane in lanes { finish(lane) }
  }

  /// The capture whose next frame comes first; most runs have one capture.
  private static func earliest(_ lanes: [Lane]) -> Lane? {
    if lanes.count == 1 { return lanes[0] }
    var earliest: Lane?
    for lane in lanes where lane.frame != nil {
      if earliest.map({ precedes(lane, $0) }) ?? true { earliest = lane }
    }
    return earliest
  }

  /// By the bare time stamp: frames that nothing dates come first, so that they hold up no others.
  private static func precedes(_ left: Lane, _ right: Lane) -> Bool {
    guard let one = left.frame, let other = right.frame else { return left.frame != nil }
    let (early, late) = (one.time.timestamp, other.time.timestamp)
    return early != late ? early < late : left.input.path < right.input.path
  }

  private mutating func push(_ packet: PacketRecord) {
    let none: [UInt8] = []
    table.push(packet, payload: none.rawSpan, into: &events)
  }

  private mutating func push(_ frame: CapturedFrame, _ bytes: RawSpan, of lane: Lane) {
    let provenance = Provenance(
      input: lane.input.id, place: .frame(frame.number), offset: frame.offset, length: frame.recordLength)
    lane.intake.tally.packets += 1
    lane.intake.tally.note(frame.time)
    if let fault = frame.stampFault {
      lane.intake.oddities.note(.stampInvalid, Citation(provenance, text: Bytes(fault.description)))
    }
    if let drops = frame.drops, drops > 0 {
      lane.intake.oddities.note(
        .packetsDropped, Citation(provenance, text: "packets that the sensor dropped before this one"), count: drops)
    }
    guard let decoder = lane.decoder(of: frame.link) else {
      lane.intake.tally.odd += 1
      lane.intake.oddities.note(
        .unsupportedFormat, Citation(provenance, text: Bytes("\(frame.link.description) is not read yet")))
      return
    }
    do {
      guard
        let packet = try decoder.decode(
          bytes, originalLength: frame.originalLength, time: frame.time, provenance: provenance)
      else {
        lane.intake.tally.unconcerned += 1
        return
      }
      table.push(packet.record, payload: bytes.slice(packet.payload), into: &events)
    } catch {
      lane.intake.tally.odd += 1
      lane.intake.oddities.note(
        error.oddity, Citation(provenance, text: Bytes(error.description)))
    }
  }

  private mutating func finish(_ lane: Lane) {
    if let damage = lane.reader.damage {
      lane.intake.tally.odd += 1
      lane.intake.oddities.note(
        damage.kind, FrameMerge.citation(lane.input.id, offset: damage.offset, damage.description))
    }
    if let trouble = lane.trouble {
      lane.intake.tally.odd += 1
      lane.intake.oddities.note(
        trouble.oddity, FrameMerge.citation(lane.input.id, offset: lane.intake.tally.bytes, trouble.description))
    }
    // Whether a packet concerned anybody is known when its conversation is over.
    lane.intake.tally.understood += table.packetCounts[lane.input.id]?.understood ?? 0
    lane.intake.tally.unconcerned += table.packetCounts[lane.input.id]?.unconcerned ?? 0
    intakes[lane.input.id] = lane.intake
  }

  private static func citation(_ input: InputID, offset: Int, _ text: String) -> Citation {
    Citation(Provenance(input: input, place: .frame(0), offset: offset, length: 0), text: Bytes(text))
  }
}

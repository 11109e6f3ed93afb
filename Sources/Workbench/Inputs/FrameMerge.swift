import Capture
import Decode
import Evidence

/// Frames of all captures and packets of all text traces, in the order of time, into one table of conversations a shard.
///
/// Several threads read the same frames, and each keeps those of its own shards: so there is no queue between them, and
/// what is counted depends on the shards alone.
struct FrameMerge: Sendable {
  private(set) var events: [Event] = []
  /// Those of other threads stay empty.
  private var tables: [ConversationTable]
  /// What each capture gave, by its input.
  private(set) var intakes: [InputID: Intake] = [:]
  /// The shards are shared out among so many threads, of which this is one.
  private let thread: Int
  private let threads: Int
  /// This thread's shards, as bits.
  private let owned: UInt8
  /// What is no packet of a flow is counted by one of them.
  private var isFirst: Bool { thread == 0 }

  private let settings: PacketReassembly.Settings

  private init(thread: Int, of threads: Int, _ settings: PacketReassembly.Settings) {
    self.thread = thread
    self.threads = threads
    self.settings = settings
    var limits = ConversationTable.Limits()
    limits.probes = settings.probes
    tables = (0..<FlowShard.count).map { _ in ConversationTable(limits: limits, overlap: settings.overlap) }
    owned = (0..<FlowShard.count).filter { $0 % threads == thread }.reduce(0) { $0 | 1 << UInt8($1) }
  }

  /// What all captures and packets gave.
  struct Outcome: Sendable {
    var events: [Event]
    var table: ConversationTable
    var intakes: [InputID: Intake]
  }

  /// Reads everything. Undated packets of text traces come after all dated ones.
  static func run(
    captures: [InputList.Input], packets: [PacketRecord], threads: Int,
    settings: PacketReassembly.Settings = PacketReassembly.Settings(), progress: @escaping @Sendable (Int) -> Void
  ) async -> Outcome {
    // An interface gives its frames once.
    let threads = captures.isEmpty || captures.contains { $0.live != nil } ? 1 : max(1, min(threads, FlowShard.count))
    let ordered = packets.sorted { left, right in
      left.time != right.time ? left.time < right.time : left.citation.text < right.citation.text
    }
    let merges = await withTaskGroup(of: FrameMerge.self) { group in
      for thread in 0..<threads {
        group.addTask {
          var merge = FrameMerge(thread: thread, of: threads, settings)
          merge.read(captures, ordered, progress)
          return merge
        }
      }
      var merges: [FrameMerge] = []
      for await merge in group { merges.append(merge) }
      return merges.sorted { $0.thread < $1.thread }
    }
    return joined(merges)
  }

  /// In the order of the shards, whoever read them.
  private static func joined(_ merges: consuming [FrameMerge]) -> Outcome {
    var table = merges[0].tables[0]
    for shard in 1..<FlowShard.count { table.merge(merges[shard % merges.count].tables[shard]) }
    var events = merges[0].events
    merges[0].events = []
    for index in merges.indices.dropFirst() { events += merges[index].events }
    table.finish(into: &events)
    var intakes = merges[0].intakes
    for merge in merges.dropFirst() {
      for (input, intake) in merge.intakes { intakes[input]?.add(intake) }
    }
    for input in intakes.keys {
      // Whether a packet concerned anybody is known when its conversation is over.
      intakes[input]?.tally.understood += table.packetCounts[input]?.understood ?? 0
      intakes[input]?.tally.unconcerned += table.packetCounts[input]?.unconcerned ?? 0
      intakes[input]?.tally.odd += table.packetCounts[input]?.odd ?? 0
    }
    return Outcome(events: events, table: table, intakes: intakes)
  }

  /// A frame that waits for its turn.
  private struct Ready {
    var frame: CapturedFrame
    /// In the reader's block.
    var place = 0..<0
    var kind = FrameDecoder.Plainness.no
    /// Meaningless where the frame is not plain.
    var packet = PlainPacket()
  }

  /// One capture, standing at its next frame.
  private final class Lane {
    /// So many frames are read before the first of them is pushed: as many as the processor can wait for at a time.
    static let batchSize = 32

    let input: InputList.Input
    var reader: CaptureReader
    /// Room for a batch, and how many frames it has.
    var batch: ContiguousArray<Ready> = []
    var count = 0
    /// The next frame's place in the batch.
    var position = 0
    var intake = Intake()
    var trouble: CaptureError?
    /// Of the frames that every thread decodes, and of those that only the thread of their shard does: among these is
    /// neither a fragment nor a tunnel.
    var common: PacketReassembly
    var own: PacketReassembly
    /// The decoder of the last frame's link layer, which in most captures is that of all.
    private var decoder: FrameDecoder?
    private var link: LinkNumber?

    init(_ input: InputList.Input, _ settings: PacketReassembly.Settings) throws(CaptureError) {
      self.input = input
      common = PacketReassembly(settings)
      own = PacketReassembly(settings)
      if let live = input.live {
        reader = try CaptureReader(live)
      } else {
        reader = try CaptureReader(try ByteSource(path: input.source))
      }
      intake.tally.note(.pcap)
      intake.tally.bytes = reader.readLength
    }

    var frame: CapturedFrame? { position < count ? batch[position].frame : nil }

    /// Reads the next frame, and those that come with it, into `batch`.
    func read(into batch: inout ContiguousArray<Ready>) {
      (position, count) = (0, 0)
      do { try Lane.read(&reader, into: &batch, &count) } catch { trouble = error }
      intake.tally.bytes = reader.readLength
    }

    private static func read(
      _ reader: inout CaptureReader, into batch: inout ContiguousArray<Ready>, _ count: inout Int
    ) throws(CaptureError) {
      repeat {
        guard let frame = try reader.next() else { return }
        if count == batch.count { batch.append(Ready(frame: frame)) } else { batch[count].frame = frame }
        batch[count].place = reader.place
        batch[count].kind = .no
        count += 1
      } while count < batchSize && reader.isNextReady
    }

    func provenance(_ frame: CapturedFrame) -> Provenance {
      Provenance(input: input.id, place: .frame(frame.number), offset: frame.offset, length: frame.recordLength)
    }

    /// Counts a frame, and notes what its record says of it.
    func count(_ frame: CapturedFrame) {
      intake.tally.packets += 1
      intake.tally.note(frame.time)
      if let fault = frame.stampFault {
        intake.oddities.note(.stampInvalid, Citation(provenance(frame), text: Bytes(fault.description)))
      }
      if let drops = frame.drops, drops > 0 {
        intake.oddities.note(
          .packetsDropped, Citation(provenance(frame), text: "packets that the sensor dropped before this one"),
          count: drops)
      }
    }

    func noteOdd(_ kind: Oddity.Kind, _ text: String, _ frame: CapturedFrame) {
      intake.tally.odd += 1
      intake.oddities.note(kind, Citation(provenance(frame), text: Bytes(text)))
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

  private mutating func read(
    _ captures: [InputList.Input], _ ordered: [PacketRecord], _ progress: (Int) -> Void
  ) {
    var lanes: [Lane] = []
    for input in captures {
      do {
        let lane = try Lane(input, settings)
        read(lane)
        lanes.append(lane)
      } catch {
        var intake = Intake()
        intake.tally.odd = 1
        intake.oddities.note(error.oddity, FrameMerge.citation(input.id, offset: 0, error.description))
        intakes[input.id] = intake
      }
    }
    var next = ordered.startIndex
    let isLive = captures.contains { $0.live != nil }
    while let lane = isLive ? awaited(lanes) : FrameMerge.earliest(lanes), let frame = lane.frame {
      while next < ordered.endIndex, ordered[next].time.isDated, ordered[next].time.timestamp <= frame.time.timestamp {
        push(ordered[next])
        next += 1
      }
      // Where nothing else waits, all that was read can go.
      let end = lanes.count == 1 && next == ordered.endIndex ? lane.count : lane.position + 1
      if isFirst { progress(count(lane.batch[lane.position..<end], of: lane)) }
      push(lane.batch[lane.position..<end], lane.reader.block, of: lane)
      lane.position = end
      if end == lane.count { read(lane) }
    }
    for lane in lanes {
      lane.common.finish()
      pushLate(of: lane)
    }
    for packet in ordered[next...] { push(packet) }
    for shard in tables.indices { tables[shard].endAll(into: &events) }
    for lane in lanes { finish(lane) }
  }

  /// The same, where interfaces are among them: one without a frame holds up no other.
  private mutating func awaited(_ lanes: [Lane]) -> Lane? {
    while true {
      for lane in lanes where lane.frame == nil && lane.reader.isOpen { read(lane) }
      if let lane = FrameMerge.earliest(lanes), lane.frame != nil { return lane }
      guard let open = lanes.first(where: { $0.reader.isOpen }) else { return nil }
      open.reader.wait()
    }
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

  private mutating func read(_ lane: Lane) {
    var batch = lane.batch
    lane.batch = []
    lane.read(into: &batch)
    prepare(&batch, lane.reader.block, of: lane)
    lane.batch = batch
  }

  /// Reads what is plain, and has its flows brought.
  private mutating func prepare(_ batch: inout ContiguousArray<Ready>, _ block: RawSpan, of lane: Lane) {
    let frames = 0..<lane.count
    for index in frames {
      guard let decoder = lane.decoder(of: batch[index].frame.link) else { continue }
      prepare(&batch[index], block, decoder)
    }
    for index in frames where batch[index].kind == .plain {
      tables[batch[index].packet.shard].fetch(batch[index].packet)
    }
    for shard in tables.indices where owns(shard) { tables[shard].fetchSources() }
  }

  private mutating func prepare(_ ready: inout Ready, _ block: RawSpan, _ decoder: FrameDecoder) {
    let frame = ready.frame
    ready.kind = decoder.readPlain(
      block.slice(ready.place), originalLength: frame.originalLength, time: frame.time, number: frame.number,
      offset: frame.offset, recordLength: frame.recordLength, owned: owned, isVerified: settings.verifiesChecksums,
      into: &ready.packet)
    if ready.kind == .plain { tables[ready.packet.shard].expect(&ready.packet) }
  }

  /// - Returns: the bytes of the frames.
  private func count(_ frames: ContiguousArray<Ready>.SubSequence, of lane: Lane) -> Int {
    var bytes = 0
    for index in frames.indices {
      lane.count(frames[index].frame)
      bytes += frames[index].frame.recordLength
    }
    return bytes
  }

  private mutating func push(_ frames: ContiguousArray<Ready>.SubSequence, _ block: RawSpan, of lane: Lane) {
    let input = lane.input.id
    for index in frames.indices {
      switch frames[index].kind {
      case .plain:
        let frame = block.slice(frames[index].place)
        tables[frames[index].packet.shard].push(frames[index].packet, of: input, frame: frame, into: &events)
      case .no: push(frames[index].frame, block.slice(frames[index].place), of: lane)
      case .foreign: break
      }
    }
  }

  private func owns(_ shard: Int) -> Bool { owned >> UInt8(truncatingIfNeeded: shard) & 1 != 0 }

  private mutating func push(_ packet: PacketRecord) {
    let shard = FlowShard.of(packet)
    guard owns(shard) else { return }
    let none: [UInt8] = []
    tables[shard].push(packet, payload: none.rawSpan, into: &events)
  }

  private mutating func push(_ frame: CapturedFrame, _ bytes: RawSpan, of lane: Lane) {
    guard let decoder = lane.decoder(of: frame.link) else {
      if isFirst {
        lane.noteOdd(.unsupportedFormat, "\(frame.link.description) is not read yet", frame)
      }
      return
    }
    let shard = threads > 1 ? decoder.peekShard(bytes) : nil
    if let shard, !owns(shard) { return }
    do {
      let packet = try decode(frame, bytes, decoder, of: lane, isOwn: shard != nil)
      if let packet {
        if packet.isReassembled { push(packet, lane.common.datagram) } else { push(packet, bytes) }
      }
    } catch {
      if isFirst || shard != nil { lane.noteOdd(error.oddity, error.description, frame) }
    }
    if lane.common.hasLate { pushLate(of: lane) }
  }

  private func decode(
    _ frame: CapturedFrame, _ bytes: RawSpan, _ decoder: FrameDecoder, of lane: Lane, isOwn: Bool
  ) throws(DecodeError) -> FrameDecoder.Packet? {
    let (length, time, provenance) = (frame.originalLength, frame.time, lane.provenance(frame))
    return isOwn
      ? try decoder.decode(bytes, originalLength: length, time: time, provenance: provenance, &lane.own)
      : try decoder.decode(bytes, originalLength: length, time: time, provenance: provenance, &lane.common)
  }

  private mutating func push(_ packet: FrameDecoder.Packet, _ bytes: RawSpan) {
    let shard = FlowShard.of(packet.record)
    guard owns(shard) else { return }
    tables[shard].push(
      packet.record, payload: bytes.slice(packet.payload), segment: bytes.slice(packet.segment), into: &events)
  }

  /// Datagrams whose other fragments did not come.
  private mutating func pushLate(of lane: Lane) {
    while let packet = lane.common.takeLate() { push(packet, lane.common.datagram) }
  }

  private mutating func finish(_ lane: Lane) {
    lane.intake.oddities.merge(lane.own.oddities)
    lane.intake.tally.unconcerned += lane.own.unconcerned
    defer { intakes[lane.input.id] = lane.intake }
    guard isFirst else { return }
    lane.intake.tally.live = lane.reader.liveCounts
    if let dropped = lane.reader.liveCounts?.dropped, dropped > 0 {
      lane.intake.oddities.note(
        .packetsDropped, FrameMerge.citation(lane.input.id, offset: 0, "packets that the kernel or the interface lost"),
        count: dropped)
    }
    lane.intake.oddities.merge(lane.common.oddities)
    lane.intake.tally.unconcerned += lane.common.unconcerned
    lane.intake.tally.understood += lane.common.joined
    lane.intake.tally.odd += lane.common.odd
    events += lane.common.events
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
  }

  private static func citation(_ input: InputID, offset: Int, _ text: String) -> Citation {
    Citation(Provenance(input: input, place: .frame(0), offset: offset, length: 0), text: Bytes(text))
  }
}

extension Intake {
  /// Adds what another thread counted of the same capture.
  fileprivate mutating func add(_ other: Intake) {
    oddities.merge(other.oddities)
    tally.unconcerned += other.tally.unconcerned
    tally.odd += other.tally.odd
  }
}

import Capture
import Decode
import Evidence

/// Frames of all captures and packets of all text traces, in the order of time, into one table of conversations a shard.
///
/// Several threads go through the same frames, and each keeps those of its own shards: so what is counted depends on the
/// shards alone.
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
  /// Frames of later days are counted and not looked at.
  private let until: Day?

  private init(thread: Int, of threads: Int, _ settings: PacketReassembly.Settings, until: Day?) {
    self.thread = thread
    self.threads = threads
    self.settings = settings
    self.until = until
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
    settings: PacketReassembly.Settings = PacketReassembly.Settings(), until: Day? = nil,
    progress: @escaping @Sendable (Int) -> Void
  ) async -> Outcome {
    // An interface gives its frames once.
    let threads = captures.isEmpty || captures.contains { $0.live != nil } ? 1 : max(1, min(threads, FlowShard.count))
    let ordered = packets.sorted { left, right in
      left.time != right.time ? left.time < right.time : left.citation.text < right.citation.text
    }
    var unreadable: [InputID: Intake] = [:]
    var feeds: [CaptureFeed] = []
    for input in captures {
      do {
        feeds.append(
          try CaptureFeed(
            input, threads: threads, verifiesChecksums: settings.verifiesChecksums, progress: progress))
      } catch {
        unreadable[input.id, default: Intake()].tally.odd = 1
        unreadable[input.id]?.oddities.note(error.oddity, citation(input.id, offset: 0, error.description))
      }
    }
    let merges = await withTaskGroup(of: FrameMerge.self) { [feeds] group in
      for thread in 0..<threads {
        group.addTask {
          var merge = FrameMerge(thread: thread, of: threads, settings, until: until)
          await merge.read(feeds, ordered)
          return merge
        }
      }
      var merges: [FrameMerge] = []
      for await merge in group { merges.append(merge) }
      return merges.sorted { $0.thread < $1.thread }
    }
    var outcome = joined(merges)
    outcome.intakes.merge(unreadable) { read, _ in read }
    return outcome
  }

  /// In the order of the shards, whoever read them.
  private static func joined(_ merges: consuming [FrameMerge]) -> Outcome {
    var table = ConversationTable()
    swap(&table, &merges[0].tables[0])
    for shard in 1..<FlowShard.count {
      // Taken out, so that nothing of it is copied.
      var other = ConversationTable()
      swap(&other, &merges[shard % merges.count].tables[shard])
      table.merge(other)
    }
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

  /// One capture, standing at its next frame.
  private final class Lane {
    let feed: CaptureFeed
    var frames = DecodedFrames()
    /// The next frame's place among them.
    var position = 0
    var intake = Intake()
    /// Of the frames that every thread decodes, and of those that only the thread of their shard does: among these is
    /// neither a fragment nor a tunnel.
    var common: PacketReassembly
    var own: PacketReassembly
    var link = LinkDecoder()

    var input: InputList.Input { feed.input }

    init(_ feed: CaptureFeed, _ settings: PacketReassembly.Settings) {
      self.feed = feed
      common = PacketReassembly(settings)
      own = PacketReassembly(settings)
    }

    var frame: CapturedFrame? { position < frames.indices.upperBound ? frames.block[position] : nil }

    /// Reads the frames that come next.
    func read(for thread: Int) async {
      // Given up first, so that its room can be used again.
      frames = DecodedFrames()
      position = 0
      frames = await feed.next(for: thread)
    }

    func noteOdd(_ kind: Oddity.Kind, _ text: String, _ frame: CapturedFrame) {
      intake.tally.odd += 1
      intake.oddities.note(kind, Citation(frame.provenance(input.id), text: Bytes(text)))
    }
  }

  private mutating func read(_ feeds: [CaptureFeed], _ ordered: [PacketRecord]) async {
    let lanes = feeds.map { Lane($0, settings) }
    for lane in lanes { await lane.read(for: thread) }
    var next = ordered.startIndex
    let isLive = feeds.contains { $0.input.live != nil }
    while let lane = isLive ? await awaited(lanes) : FrameMerge.earliest(lanes), let frame = lane.frame {
      while next < ordered.endIndex, ordered[next].time.isDated, ordered[next].time.timestamp <= frame.time.timestamp {
        push(ordered[next])
        next += 1
      }
      // Where nothing else waits, all that was read can go.
      let end = lanes.count == 1 && next == ordered.endIndex ? lane.frames.indices.upperBound : lane.position + 1
      if until == nil { push(lane.position..<end, of: lane) } else { pushKnown(lane.position..<end, of: lane) }
      lane.position = end
      if end == lane.frames.indices.upperBound { await lane.read(for: thread) }
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
  private func awaited(_ lanes: [Lane]) async -> Lane? {
    while true {
      for lane in lanes where lane.frame == nil && lane.feed.isOpen { await lane.read(for: thread) }
      if let lane = FrameMerge.earliest(lanes), lane.frame != nil { return lane }
      guard let open = lanes.first(where: { $0.feed.isOpen }) else { return nil }
      open.feed.wait()
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

  /// Packets of which memory is asked for at the same time: as many as the processor can wait for.
  private static let batchSize = 32

  /// A frame that waits for its turn.
  private struct Ready {
    let index: Int
    /// Of the packet's flow; nil where the frame is not plain.
    let hash: UInt32?
  }

  /// Those of the frames that bear no later day than the last one.
  private mutating func pushKnown(_ frames: Range<Int>, of lane: Lane) {
    for frame in frames {
      guard let until, lane.frames.block[frame].time.isLater(than: until) else {
        push(frame..<frame + 1, of: lane)
        continue
      }
      if isFirst { lane.intake.tally.unconcerned += 1 }
    }
  }

  private mutating func push(_ frames: Range<Int>, of lane: Lane) {
    let decoded = lane.frames
    var ready: ContiguousArray<Ready> = []
    ready.reserveCapacity(FrameMerge.batchSize)
    var next = frames.lowerBound
    while next < frames.upperBound {
      prepare(decoded, &next, frames.upperBound, into: &ready)
      for frame in ready { push(frame, decoded, of: lane) }
      ready.removeAll(keepingCapacity: true)
    }
  }

  /// Takes the frames that come next and are this thread's, and has their flows brought.
  private mutating func prepare(
    _ decoded: borrowing DecodedFrames, _ next: inout Int, _ end: Int, into ready: inout ContiguousArray<Ready>
  ) {
    // The span lends packets; the array would copy them.
    let packets = decoded.packets.span
    while next < end, ready.count < FrameMerge.batchSize {
      if let shard = decoded.shard(next) {
        if owns(shard) { ready.append(Ready(index: next, hash: tables[shard].expect(packets, next))) }
      } else {
        ready.append(Ready(index: next, hash: nil))
      }
      next += 1
    }
    for frame in ready {
      guard let hash = frame.hash else { continue }
      tables[packets[frame.index].shard].fetch(packets, frame.index, hash: hash)
    }
    for shard in tables.indices where owns(shard) { tables[shard].fetchSources() }
  }

  private mutating func push(_ ready: Ready, _ decoded: borrowing DecodedFrames, of lane: Lane) {
    let bytes = decoded.block.bytes.slice(decoded.block.place(ready.index))
    guard let hash = ready.hash else { return push(decoded.block[ready.index], bytes, of: lane) }
    let packets = decoded.packets.span
    let shard = packets[ready.index].shard
    tables[shard].push(packets, ready.index, hash: hash, of: lane.input.id, frame: bytes, into: &events)
  }

  private func owns(_ shard: Int) -> Bool { owned >> UInt8(truncatingIfNeeded: shard) & 1 != 0 }

  private mutating func push(_ packet: PacketRecord) {
    let shard = FlowShard.of(packet)
    guard owns(shard) else { return }
    let none: [UInt8] = []
    tables[shard].push(packet, payload: none.rawSpan, into: &events)
  }

  private mutating func push(_ frame: CapturedFrame, _ bytes: RawSpan, of lane: Lane) {
    guard let decoder = lane.link.decoder(of: frame.link) else {
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
    let (length, time, provenance) = (frame.originalLength, frame.time, frame.provenance(lane.input.id))
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
    let outcome = lane.feed.outcome
    var intake = outcome.intake
    intake.add(lane.intake)
    lane.intake = intake
    lane.intake.tally.live = outcome.live
    if let dropped = outcome.live?.dropped, dropped > 0 {
      lane.intake.oddities.note(
        .packetsDropped, FrameMerge.citation(lane.input.id, offset: 0, "packets that the kernel or the interface lost"),
        count: dropped)
    }
    if let drops = outcome.drops {
      lane.intake.oddities.note(
        .packetsDropped,
        FrameMerge.citation(
          lane.input.id, offset: drops.offset, "packets that the sensor dropped, by the statistics of its interface"),
        count: drops.count)
    }
    lane.intake.oddities.merge(lane.common.oddities)
    lane.intake.tally.unconcerned += lane.common.unconcerned
    lane.intake.tally.understood += lane.common.joined
    lane.intake.tally.odd += lane.common.odd
    events += lane.common.events
    if let damage = outcome.damage {
      lane.intake.tally.odd += 1
      lane.intake.oddities.note(
        damage.kind, FrameMerge.citation(lane.input.id, offset: damage.offset, damage.description))
    }
    if let trouble = outcome.trouble {
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
  /// Adds what a thread counted of the same capture.
  fileprivate mutating func add(_ other: Intake) {
    oddities.merge(other.oddities)
    tally.unconcerned += other.tally.unconcerned
    tally.odd += other.tally.odd
  }
}

import Capture
import Decode
import Evidence
import Synchronization

/// One capture, read once for all threads that take packets from it.
///
/// Each thread takes all blocks in their order, and the one that is ahead of the others reads the next. So no thread only
/// waits for another, unless it is far ahead, and nothing depends on which of them read.
final class CaptureFeed: Sendable {
  /// What the whole capture gave beside its packets.
  struct Outcome: Sendable {
    /// The counts and oddities of frames.
    var intake: Intake
    var live: LiveCounts?
    /// What the file tells to be lost apart from its frames.
    var drops: (count: Int, offset: Int)?
    var damage: CaptureDamage?
    /// Where the capture could not be read on.
    var trouble: CaptureError?
  }

  /// So many blocks may wait for the thread that is behind the others.
  private static let blocksAhead = 16

  let input: InputList.Input
  private let source: Mutex<FrameSource>
  private let waiting: Mutex<WaitingFrames>
  private let progress: @Sendable (Int) -> Void

  init(
    _ input: InputList.Input, threads: Int, verifiesChecksums: Bool, progress: @escaping @Sendable (Int) -> Void
  ) throws(CaptureError) {
    self.input = input
    source = Mutex(try FrameSource(input, verifiesChecksums: verifiesChecksums))
    waiting = Mutex(WaitingFrames(threads: threads))
    self.progress = progress
  }

  /// Whether an empty block says no more than that there is no frame for now.
  var isOpen: Bool { source.withLock { $0.isOpen } }
  func wait() { source.withLock { $0.wait() } }
  var outcome: Outcome { source.withLock { $0.outcome } }

  /// The next block for a thread, which has given up the one before; an empty one at the end.
  func next(for thread: Int) async -> DecodedFrames {
    waiting.withLock { $0.advance(thread) }
    while true {
      if let frames = waiting.withLock({ $0.frames(for: thread) }) { return frames }
      // Whoever is behind may be kept from its processor; the others must not read the file into memory then.
      if waiting.withLock({ $0.lead(of: thread) >= CaptureFeed.blocksAhead }) {
        try? await Task.sleep(for: .microseconds(100))
      } else {
        progress(read(for: thread))
      }
    }
  }

  /// Reads a block, unless another thread did meanwhile.
  /// - Returns: the bytes of its frames.
  private func read(for thread: Int) -> Int {
    source.withLock { source in
      guard !waiting.withLock({ $0.hasFrames(for: thread) }) else { return 0 }
      var frames = waiting.withLock { $0.room() }
      let length = source.read(into: &frames)
      waiting.withLock { $0.add(frames) }
      return length
    }
  }
}

/// A block of frames, of which those that hold plain packets are decoded.
struct DecodedFrames: Sendable {
  fileprivate(set) var block = FrameBlock()
  /// By frame; meaningless where it is not plain.
  fileprivate(set) var packets: ContiguousArray<PlainPacket> = []
  /// By frame, in few bytes: most threads pass over most frames.
  private var shards: ContiguousArray<UInt8> = []
  private static let notPlain = UInt8.max

  var indices: Range<Int> { block.indices }

  /// The shard of a frame's packet; nil for what is not plain.
  func shard(_ index: Int) -> Int? { shards[index] == DecodedFrames.notPlain ? nil : Int(shards[index]) }

  /// Decodes what is plain of the block's frames.
  fileprivate mutating func decode(_ link: inout LinkDecoder, verifiesChecksums: Bool) {
    shards.removeAll(keepingCapacity: true)
    while packets.count < block.indices.count { packets.append(PlainPacket()) }
    DecodedFrames.decode(block, &link, verifiesChecksums, into: &packets, &shards)
  }

  private static func decode(
    _ block: FrameBlock, _ link: inout LinkDecoder, _ verifiesChecksums: Bool,
    into room: inout ContiguousArray<PlainPacket>, _ shards: inout ContiguousArray<UInt8>
  ) {
    let (frames, bytes) = (block.span, block.bytes)
    var packets = room.mutableSpan
    for index in frames.indices {
      let (frame, place) = (frames[index].frame, frames[index].place)
      let isPlain =
        link.decoder(of: frame.link)?.readPlain(
          bytes.slice(place), originalLength: frame.originalLength, time: frame.time, number: frame.number,
          offset: frame.offset, recordLength: frame.recordLength, isVerified: verifiesChecksums, into: &packets[index])
        ?? false
      shards.append(isPlain ? UInt8(truncatingIfNeeded: packets[index].shard) : DecodedFrames.notPlain)
    }
  }
}

/// The decoder of the last frame's link layer, which in most captures is that of all.
struct LinkDecoder {
  private var link: LinkNumber?
  private var decoder: FrameDecoder?

  /// Nil for a link layer that is not read.
  mutating func decoder(of number: LinkNumber) -> FrameDecoder? {
    if let link, link == number { return decoder }
    link = number
    decoder = number.linkType.flatMap { FrameDecoder(linkType: $0) }
    return decoder
  }
}

/// The frames of a capture, one block after another, counted.
private struct FrameSource: ~Copyable {
  private let input: InputID
  private let verifiesChecksums: Bool
  private var reader: CaptureReader
  private var link = LinkDecoder()
  private var intake = Intake()
  private var trouble: CaptureError?

  init(_ input: InputList.Input, verifiesChecksums: Bool) throws(CaptureError) {
    self.input = input.id
    self.verifiesChecksums = verifiesChecksums
    if let live = input.live {
      reader = try CaptureReader(live)
    } else {
      reader = try CaptureReader(try ByteSource(path: input.source))
    }
    intake.tally.note(.pcap)
    intake.tally.bytes = reader.readLength
  }

  var isOpen: Bool { reader.isOpen }
  func wait() { reader.wait() }
  var outcome: CaptureFeed.Outcome {
    CaptureFeed.Outcome(
      intake: intake, live: reader.liveCounts, drops: reader.drops, damage: reader.damage, trouble: trouble)
  }

  /// - Returns: the bytes of the frames.
  mutating func read(into frames: inout DecodedFrames) -> Int {
    do { try reader.next(into: &frames.block) } catch { trouble = error }
    let before = intake.tally.bytes
    intake.tally.bytes = reader.readLength
    count(frames.block)
    frames.decode(&link, verifiesChecksums: verifiesChecksums)
    return reader.readLength - before
  }

  private mutating func count(_ block: FrameBlock) {
    let frames = block.span
    guard !frames.isEmpty else { return }
    intake.tally.packets += frames.count
    var (first, last) = (frames[0].frame.time, frames[0].frame.time)
    for index in frames.indices {
      let time = frames[index].frame.time
      if time < first { first = time }
      if last < time { last = time }
      if frames[index].frame.isRemarkable { note(frames[index].frame) }
    }
    intake.tally.note(first)
    intake.tally.note(last)
    // What lies between two moments of a day says nothing more.
    guard !last.isDated || first.timestamp.day != last.timestamp.day else { return }
    for index in frames.indices { intake.tally.note(frames[index].frame.time) }
  }

  /// Notes what a frame's record says of it.
  private mutating func note(_ frame: CapturedFrame) {
    if let fault = frame.stampFault {
      intake.oddities.note(.stampInvalid, Citation(frame.provenance(input), text: Bytes(fault.description)))
    }
    if let drops = frame.drops, drops > 0 {
      intake.oddities.note(
        .packetsDropped, Citation(frame.provenance(input), text: "packets that the sensor dropped before this one"),
        count: drops)
    }
  }
}

extension CapturedFrame {
  fileprivate var isRemarkable: Bool { stampFault != nil || drops != nil }
  func provenance(_ input: InputID) -> Provenance {
    Provenance(input: input, place: .frame(number), offset: offset, length: recordLength)
  }
}

/// Blocks that were read and that not every thread is done with; and those that can be used again.
private struct WaitingFrames: Sendable {
  private var blocks: [DecodedFrames] = []
  /// The number of the first of ``blocks``.
  private var first = 0
  private var spare: [DecodedFrames] = []
  /// The number of the block that each thread wants or has.
  private var wanted: [Int]

  init(threads: Int) { wanted = Array(repeating: -1, count: threads) }

  /// The thread is done with its block.
  mutating func advance(_ thread: Int) {
    wanted[thread] += 1
    guard let last = wanted.min(), last > first else { return }
    // It is no more than the one: no other thread was done with it before.
    spare += blocks.prefix(last - first)
    blocks.removeFirst(min(last - first, blocks.count))
    first = last
  }

  func hasFrames(for thread: Int) -> Bool { wanted[thread] - first < blocks.count }
  func frames(for thread: Int) -> DecodedFrames? { hasFrames(for: thread) ? blocks[wanted[thread] - first] : nil }
  /// By how many blocks the thread is ahead of the last one.
  func lead(of thread: Int) -> Int { wanted[thread] - first }

  mutating func room() -> DecodedFrames { spare.popLast() ?? DecodedFrames() }
  mutating func add(_ frames: DecodedFrames) { blocks.append(frames) }
}

import Evidence

/// The records of a capture, each whole in one block, however the source cuts them: what all kinds of capture file share.
///
/// Offsets of the accessors count from the start of the record at which the window stands. Trouble is noted once, as
/// ``damage``, and ends the reading.
struct RecordWindow: ~Copyable {
  /// The byte order of the file (or the section), for ``word(_:)`` and ``half(_:)``.
  var isLittleEndian = false
  private(set) var damage: CaptureDamage?
  private(set) var hasEnded = false

  private var source: ByteSource
  /// Where in the source's block the record starts, and the current frame.
  private(set) var position = 0
  private var frame = 0..<0

  init(_ source: consuming ByteSource) { self.source = source }

  /// Tells what the file is, before anything else is asked of it.
  mutating func recognise() throws(CaptureError) -> ContentKind {
    try source.peek()
    let kind = ContentKind.recognise(source.block)
    // Gives what was seen again; from here on, reading goes on behind it.
    _ = try source.read()
    return kind
  }

  /// Where in the block the current frame stands.
  var place: Range<Int> { frame }

  var block: RawSpan {
    @_lifetime(borrow self) get { source.block }
  }

  /// The bytes of the block from the record's start on.
  var rest: RawSpan {
    @_lifetime(borrow self) get { source.block.slice(position..<source.block.byteCount) }
  }

  /// Gives the block, with the frames that were read of it, for other room, in which the reading goes on.
  mutating func exchange(_ room: inout [UInt8]) {
    source.exchange(&room, keeping: available)
    position = 0
    frame = 0..<0
  }

  /// The bytes of the current frame.
  var bytes: RawSpan {
    @_lifetime(borrow self) get { source.block.slice(frame) }
  }

  /// Of the record in the unpacked file.
  var offset: Int { source.blockOffset + position }
  /// Bytes of the block from the record's start on.
  var available: Int { source.block.byteCount - position }

  /// Whether a record starts here, with a header of `length` bytes; a file that ends before one ends well.
  mutating func haveRecord(header length: Int) throws(CaptureError) -> Bool {
    guard !hasEnded else { return false }
    if available == 0, try !more() {
      hasEnded = true
      return false
    }
    return try have(length)
  }

  /// Whether `length` bytes of the record are there, in one block; if the file ends before, that is the damage.
  mutating func have(_ length: Int) throws(CaptureError) -> Bool {
    while available < length {
      guard try more() else {
        end(.cut(needed: length, available: available))
        return false
      }
    }
    return true
  }

  /// Steps over a record.
  /// - Parameter frame: where in it the frame stands, which becomes the current one.
  mutating func advance(_ length: Int, frame: Range<Int> = 0..<0) {
    self.frame = position + frame.lowerBound..<position + frame.upperBound
    position += length
  }

  /// Steps over a record of `length` bytes without holding it, down to its last `rest` bytes, which then are there.
  mutating func skip(_ length: Int, downTo rest: Int) throws(CaptureError) -> Bool {
    let start = offset
    frame = 0..<0
    var left = length - rest
    while true {
      let step = min(left, available)
      position += step
      left -= step
      if left == 0, available >= rest { return true }
      guard try more() else {
        end(.cut(needed: length, available: offset + available - start), at: start)
        return false
      }
    }
  }

  private mutating func more() throws(CaptureError) -> Bool {
    let kept = available
    frame = 0..<0
    // Whatever becomes of the reading, the block holds the kept bytes (and what follows them) from its start on.
    position = 0
    do {
      return try source.read(keeping: kept)
    } catch {
      hasEnded = true
      throw error
    }
  }

  /// The record, or the one at `start`, is damaged, and nothing behind it can be trusted.
  mutating func end(_ fault: CaptureDamage.Fault, at start: Int? = nil) {
    damage = CaptureDamage(offset: start ?? offset, fault: fault)
    hasEnded = true
    frame = 0..<0
  }

  // MARK: Fields of the record, which must be there

  /// 32 bits in the file's byte order.
  func word(_ offset: Int) -> UInt32 {
    let value = source.block.uint32(position + offset)
    return isLittleEndian ? value.byteSwapped : value
  }

  /// 16 bits in the file's byte order.
  func half(_ offset: Int) -> UInt16 {
    let value = source.block.uint16(position + offset)
    return isLittleEndian ? value.byteSwapped : value
  }

  /// 64 bits in the file's byte order.
  func long(_ offset: Int) -> UInt64 {
    let value = source.block.uint64(position + offset)
    return isLittleEndian ? value.byteSwapped : value
  }

  func byte(_ offset: Int) -> UInt8 { source.block.byte(position + offset) }

  func hasBytes(_ bytes: [UInt8]) -> Bool { source.block.hasBytes(bytes, at: position) }
}

import Evidence

/// Frames of a capture that were read together, and their bytes.
public struct FrameBlock: Sendable {
  private var entries: ContiguousArray<Entry> = []
  /// What the frames stand in.
  private(set) var room: [UInt8] = []

  public struct Entry: Sendable {
    public let frame: CapturedFrame
    /// Where in ``bytes`` the frame stands.
    public let place: Range<Int>
  }

  public init() {}

  public var indices: Range<Int> { entries.indices }
  public var isEmpty: Bool { entries.isEmpty }
  public subscript(index: Int) -> CapturedFrame { entries[index].frame }
  /// The frames, lent: the subscript copies one.
  public var span: Span<Entry> {
    @_lifetime(borrow self) get { entries.span }
  }

  /// Where in ``bytes`` the frame stands.
  public func place(_ index: Int) -> Range<Int> { entries[index].place }

  public var bytes: RawSpan {
    @_lifetime(borrow self) get { room.rawSpan }
  }

  /// Up to the end of the last frame.
  var length: Int { entries.last?.place.upperBound ?? 0 }

  mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

  /// Adds a frame that stands in the reader's own block, which will be given for ``room``.
  mutating func append(_ frame: CapturedFrame, at place: Range<Int>) {
    entries.append(Entry(frame: frame, place: place))
  }

  /// Lets somebody exchange the room for one with the frames.
  mutating func exchange(_ body: (inout [UInt8]) -> Void) { body(&room) }

  /// Adds copies of frames; of the first one on, the room has nothing else.
  mutating func append(copy frame: CapturedFrame, _ bytes: RawSpan) {
    if entries.isEmpty { room.removeAll(keepingCapacity: true) }
    entries.append(Entry(frame: frame, place: room.count..<room.count + bytes.byteCount))
    room.append(bytes)
  }
}

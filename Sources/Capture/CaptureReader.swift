public import Evidence

/// The frames of a capture file: pcap, pcapng or snoop, told by its content; or of an interface.
///
/// A damaged file gives every frame before the damage; then ``next()`` ends, and ``damage`` says where and why.
public struct CaptureReader: ~Copyable {
  /// libpcap's own bound on what a record may claim (MAXIMUM_SNAPLEN).
  public static let frameCap = 256 * 1024

  /// Frames are copied up to so many bytes at a time: enough to read many together, and few enough for the cache.
  private static let copiedLength = 64 * 1024

  public private(set) var kind = ContentKind.empty
  /// Bytes of the unpacked file that made sense so far.
  public private(set) var readLength = 0

  private var window: RecordWindow
  // Only the one of the file's kind is used. Apart, because a payload of an enumeration is not changed in its place.
  private var pcap = PcapReader()
  private var pcapng = PcapngReader()
  private var snoop = SnoopReader()
  private let live: LiveCapture?
  private var liveBytes: [UInt8] = []
  private var count = 0
  private var lastTime: EventTime?

  /// Reads the file header; what is wrong with it stands in ``damage``.
  /// - Throws: when the source cannot be read that far.
  public init(_ source: consuming ByteSource) throws(CaptureError) {
    live = nil
    window = RecordWindow(source)
    kind = try window.recognise()
    switch kind {
    case .pcap: try pcap.readFileHeader(&window)
    case .snoop: try snoop.readFileHeader(&window)
    case .pcapng: break
    default: window.end(.noCapture)
    }
    readLength = window.offset
  }

  /// Captures from an interface, from now on.
  public init(_ request: LiveRequest) throws(CaptureError) {
    live = try LiveCapture(request)
    window = RecordWindow(ByteSource())
    kind = .live
    request.hasBegun()
  }

  /// Tries whether an interface can be captured from, and ends again.
  public static func check(_ request: LiveRequest) throws(CaptureError) { _ = try LiveCapture(request) }

  public var damage: CaptureDamage? { window.damage }

  /// Whether ``next()`` gave nil only because there is no frame for now.
  public var isOpen: Bool { live.map { !$0.hasEnded } ?? false }
  /// Frames that the file says were lost, beside those that its frames tell: how many, and where it says so first.
  public var drops: (count: Int, offset: Int)? { pcapng.drops }
  /// Of a live capture that has ended.
  public var liveCounts: LiveCounts? { live?.counts }

  /// Waits a moment for a frame of the interface.
  public func wait() { live?.wait() }

  /// The bytes of the frame that ``next()`` gave.
  public var bytes: RawSpan {
    @_lifetime(borrow self) get { live == nil ? window.bytes : liveBytes.rawSpan }
  }

  /// The next frame, or nil at the end of the file or at its damage.
  /// - Throws: when the source cannot be read on; afterwards the file has ended.
  public mutating func next() throws(CaptureError) -> CapturedFrame? {
    var frame = try record()
    guard frame != nil || live == nil else { return nil }
    if live != nil { readLength += frame?.recordLength ?? 0 } else if damage == nil { readLength = window.offset }
    guard frame != nil else { return nil }
    count += 1
    frame?.number = count
    if frame?.hasOwnTime == true { lastTime = frame?.time } else if let lastTime { frame?.time = lastTime }
    return frame
  }

  /// Reads the frames that come next into `block`: those of a pcap file that stand whole in what was read of it, of other
  /// files copies of a few, and of an interface one. There are none at the end, and where ``next()`` gives none for now.
  /// - Throws: as ``next()``; the block has the frames before the trouble.
  public mutating func next(into block: inout FrameBlock) throws(CaptureError) {
    block.removeAll()
    guard kind == .pcap else { return try copy(into: &block) }
    guard let frame = try next() else { return }
    block.append(frame, at: window.place)
    pcap.readReady(&window, after: &count, into: &block)
    if damage == nil { readLength = window.offset }
    block.exchange { window.exchange(&$0) }
  }

  private mutating func copy(into block: inout FrameBlock) throws(CaptureError) {
    while block.length < CaptureReader.copiedLength, let frame = try next() {
      block.append(copy: frame, bytes)
      if kind == .live { return }
    }
  }

  private mutating func record() throws(CaptureError) -> CapturedFrame? {
    switch kind {
    case .pcap: try pcap.next(&window)
    case .pcapng: try pcapng.next(&window)
    case .snoop: try snoop.next(&window)
    case .live: try live?.next(into: &liveBytes)
    default: nil
    }
  }
}

extension ContentKind {
  /// Whether ``CaptureReader`` gives the frames.
  public var isCapture: Bool { [.pcap, .pcapng, .snoop, .live].contains(self) }
}

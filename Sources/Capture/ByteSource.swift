public import Evidence
import Glibc

/// The bytes of a file, a pipe or standard input, in blocks; what is packed comes out unpacked.
///
/// There is one path for all of them, without memory mapping: a file that somebody truncates meanwhile ends, and kills
/// nobody.
public struct ByteSource: ~Copyable {
  /// Fast enough to be bound by the disk, small enough for the cache.
  public static let blockSize = 256 * 1024
  /// What ``peek()`` gathers at least, if the input has it.
  public static let peekSize = 1024

  private enum Content {
    case nothing
    case plain(PackedInput)
    case gzip(GzipStream)
    case archive(ArchiveStream)
  }

  /// How the input is packed; nil when it is not.
  public let compression: Compression?
  /// When a regular file was last changed; nil for pipes.
  public let modified: Timestamp?
  /// As the file was when it was opened.
  private let openedState: PackedInput.State?
  /// Offset of the block's first byte in the unpacked input.
  public private(set) var blockOffset = 0

  private let content: Content
  private var storage = [UInt8](repeating: 0, count: blockSize)
  private var range = 0..<0
  /// Whether ``peek()`` filled the block and nobody read it yet.
  private var isPeeked = false
  /// Trouble that was met while peeking, for the read that comes to it.
  private var postponed: CaptureError?

  /// Opens a path, or standard input for `-`.
  public init(path: String) throws(CaptureError) {
    self.init(try Opened(path: path))
  }

  /// A source without a byte.
  init() {
    content = .nothing
    compression = nil
    modified = nil
    openedState = nil
  }

  private init(_ opened: Opened) {
    content = opened.content
    compression = opened.compression
    modified = opened.modified
    openedState = opened.state
  }

  /// Whether the file changed between its opening and its end, in words. Of what is packed the unpacking tells.
  public var change: String? {
    guard case .plain(let input) = content, let before = openedState, let after = input.state else { return nil }
    if input.offset < before.length { return "ended at byte \(input.offset), of \(before.length) when it was opened" }
    return before == after ? nil : "was written to while it was read"
  }

  /// What the last ``read(keeping:)`` or ``peek()`` brought.
  public var block: RawSpan {
    @_lifetime(borrow self) get { storage.rawSpan.slice(range) }
  }

  /// Fills ``block`` with the start of the input, which the next read gives again: at least ``peekSize`` bytes, unless the
  /// input is shorter. For telling what the input is, before anything was read.
  public mutating func peek() throws(CaptureError) {
    guard !isPeeked, range.isEmpty, blockOffset == 0 else { return }
    while range.count < ByteSource.peekSize, postponed == nil {
      let count = fillOrPostpone(at: range.upperBound)
      if count == 0 { break }
      range = 0..<range.upperBound + count
    }
    isPeeked = !range.isEmpty
    if let error = postponed, range.isEmpty { throw error }
  }

  /// Reads into somebody's own room, from `offset` to its end; ``block`` is then of no use.
  /// - Returns: how many bytes came; 0 at the end.
  /// - Throws: at the place of the trouble, after everything before it was read.
  public mutating func read(into buffer: inout [UInt8], at offset: Int) throws(CaptureError) -> Int {
    guard range.isEmpty else {
      let count = min(range.count, max(0, buffer.count - offset))
      for index in 0..<count { buffer[offset + index] = storage[range.lowerBound + index] }
      range = range.lowerBound + count..<range.upperBound
      return count
    }
    if let error = postponed { throw error }
    return switch content {
    case .nothing: 0
    case .plain(let input): try input.read(into: &buffer, at: offset, room: buffer.count - offset)
    case .gzip(let stream): try stream.read(into: &buffer, at: offset)
    case .archive(let stream): try stream.read(into: &buffer, at: offset)
    }
  }

  private mutating func fillOrPostpone(at start: Int) -> Int {
    do {
      return try fill(at: start)
    } catch {
      postponed = error
      return 0
    }
  }

  /// Reads the next block.
  /// - Parameter kept: how many bytes of the old block's end the new one starts with, for records that a block cuts.
  /// - Returns: false at the end of the input; the block then holds the kept bytes alone.
  /// - Throws: at the place of the trouble, after everything before it was read. The block then holds the kept bytes.
  public mutating func read(keeping kept: Int = 0) throws(CaptureError) -> Bool {
    if isPeeked {
      isPeeked = false
      return true
    }
    keepTail(min(max(kept, 0), range.count))
    if let error = postponed { throw error }
    let count = try fill(at: range.upperBound)
    range = 0..<range.upperBound + count
    return count > 0
  }

  /// Moves the block's last `count` bytes to the front, and makes room for a block behind them.
  private mutating func keepTail(_ count: Int) {
    let start = range.upperBound - count
    blockOffset += start - range.lowerBound
    for index in 0..<count { storage[index] = storage[start + index] }
    let room = count + ByteSource.blockSize
    if storage.count < room { storage += [UInt8](repeating: 0, count: room - storage.count) }
    range = 0..<count
  }

  /// Gives what ``block`` stands in for other room, which then holds the block's last `kept` bytes.
  mutating func exchange(_ room: inout [UInt8], keeping kept: Int) {
    if room.count < storage.count { room = [UInt8](repeating: 0, count: storage.count) }
    let start = range.upperBound - kept
    for index in 0..<kept { room[index] = storage[start + index] }
    blockOffset += start - range.lowerBound
    swap(&room, &storage)
    range = 0..<kept
  }

  private mutating func fill(at start: Int) throws(CaptureError) -> Int {
    switch content {
    case .nothing: 0
    case .plain(let input): try input.read(into: &storage, at: start, room: ByteSource.blockSize)
    case .gzip(let stream): try stream.read(into: &storage, at: start)
    case .archive(let stream): try stream.read(into: &storage, at: start)
    }
  }
}

extension ByteSource {
  /// An open file, and what its first bytes and its entry in the file system tell.
  private struct Opened {
    var content: Content
    var compression: Compression?
    var modified: Timestamp?
    var state: PackedInput.State?

    init(path: String) throws(CaptureError) {
      let isStandardInput = path == "-"
      let descriptor = isStandardInput ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .cannotOpen(reason: Opened.reason(path, errno)) }
      let input = PackedInput(descriptor: descriptor, closesAtEnd: !isStandardInput)
      modified = try Opened.modification(descriptor)
      state = modified == nil ? nil : input.state
      let prefix = try input.peek(Compression.prefixLength)
      compression = Compression.recognise(prefix.rawSpan)
      content = try Opened.content(of: input, compression)
    }

    private static func content(of input: PackedInput, _ compression: Compression?) throws(CaptureError) -> Content {
      switch compression {
      case nil: .plain(input)
      case .gzip: .gzip(try GzipStream(input))
      case .some(let other): .archive(try ArchiveStream(input, other))
      }
    }

    /// The system says of a socket only that there is no such device.
    private static func reason(_ path: String, _ number: Int32) -> String {
      var status = stat()
      let isSocket = unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
      return isSocket ? "is a socket" : PackedInput.reason(number)
    }

    private static func modification(_ descriptor: Int32) throws(CaptureError) -> Timestamp? {
      var status = stat()
      guard unsafe fstat(descriptor, &status) == 0 else { throw .cannotOpen(reason: PackedInput.reason(errno)) }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: throw .cannotOpen(reason: "is a directory")
      case S_IFREG:
        let (seconds, nanoseconds) = status.modified
        return Timestamp(seconds: Int64(seconds), nanoseconds: Int64(nanoseconds))
      default: return nil
      }
    }
  }
}

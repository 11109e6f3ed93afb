import CArchive
import Evidence

/// xz, zstd and bzip2 by libarchive, which sees the file as one raw entry behind its filters.
@safe final class ArchiveStream {
  private let compression: Compression
  private let feed: Feed
  private let archive: OpaquePointer
  /// What libarchive handed out and did not fit.
  private var rest: [UInt8] = []
  private var hasEnded = false

  init(_ input: PackedInput, _ compression: Compression) throws(CaptureError) {
    self.compression = compression
    feed = Feed(input)
    guard let archive = unsafe archive_read_new() else { throw .cannotOpen(reason: "no memory to unpack") }
    unsafe self.archive = unsafe archive
    unsafe archive_read_support_filter_xz(archive)
    unsafe archive_read_support_filter_zstd(archive)
    unsafe archive_read_support_filter_bzip2(archive)
    unsafe archive_read_support_format_raw(archive)
    unsafe archive_read_support_format_empty(archive)
    try openEntry()
  }

  deinit { unsafe archive_read_free(archive) }

  private func openEntry() throws(CaptureError) {
    let status = unsafe archive_read_open(archive, feed.context, nil, { unsafe Feed.read($1, $2) }, nil)
    guard status == ARCHIVE_OK else { throw failure }
    var entry: OpaquePointer?
    let header = unsafe archive_read_next_header(archive, &entry)
    // A magic number whose header is too short for libarchive to believe it.
    guard unsafe archive_filter_code(archive, 0) != ARCHIVE_FILTER_NONE else {
      throw .compressedDataCut(compression, offset: feed.input.offset)
    }
    switch header {
    case ARCHIVE_OK: break
    case ARCHIVE_EOF: hasEnded = true
    default: throw failure
    }
  }

  /// Fills `buffer` from `offset` on.
  /// - Returns: how many bytes; 0 at the end.
  func read(into buffer: inout [UInt8], at offset: Int) throws(CaptureError) -> Int {
    if rest.isEmpty, !hasEnded { try unpack() }
    let count = min(rest.count, buffer.count - offset)
    guard count > 0 else { return 0 }
    buffer.replaceSubrange(offset..<offset + count, with: rest.prefix(count))
    rest.removeFirst(count)
    return count
  }

  private func unpack() throws(CaptureError) {
    while rest.isEmpty {
      var block: UnsafeRawPointer?
      var length = 0
      var place: Int64 = 0
      let status = unsafe archive_read_data_block(archive, &block, &length, &place)
      if status == ARCHIVE_EOF {
        hasEnded = true
        return
      }
      guard status == ARCHIVE_OK || status == ARCHIVE_WARN else { throw failure }
      if let block = unsafe block { rest = unsafe Array(UnsafeRawBufferPointer(start: block, count: length)) }
    }
  }

  private var failure: CaptureError {
    if let error = feed.error { return error }
    let text = unsafe archive_error_string(archive)
    let reason = unsafe text.map { unsafe String(cString: $0) } ?? "unknown"
    // libarchive has no code of its own for a file that ends too soon.
    return feed.hasEnded && reason.lowercased().contains("truncated")
      ? .compressedDataCut(compression, offset: feed.input.offset)
      : .compressedDataDamaged(compression, offset: feed.input.offset, reason: reason)
  }

  /// What libarchive pulls its input from.
  @safe private final class Feed {
    let input: PackedInput
    var error: CaptureError?
    var hasEnded = false
    private var block = [UInt8](repeating: 0, count: ByteSource.blockSize)
    /// The bytes that libarchive reads; they must stay in place until its next call.
    private let window: UnsafeMutableRawBufferPointer

    init(_ input: PackedInput) {
      self.input = input
      unsafe window = .allocate(byteCount: ByteSource.blockSize, alignment: 16)
    }

    deinit { unsafe window.deallocate() }

    /// The feed as C carries it around; ``ArchiveStream`` keeps the feed alive.
    var context: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }

    /// libarchive's read callback: lends it the next bytes.
    static func read(_ context: UnsafeMutableRawPointer?, _ output: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
      guard let context = unsafe context else { return -1 }
      let feed = unsafe Unmanaged<Feed>.fromOpaque(context).takeUnretainedValue()
      unsafe output?.pointee = unsafe UnsafeRawPointer(feed.window.baseAddress)
      return feed.next()
    }

    private func next() -> Int {
      do {
        let count = try input.read(into: &block, at: 0, room: block.count)
        unsafe window.copyBytes(from: block.prefix(count))
        if count == 0 { hasEnded = true }
        return count
      } catch {
        self.error = error
        return -1
      }
    }
  }
}

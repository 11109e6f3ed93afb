import CArchive
import Evidence

/// RFC 1952 by zlib: members one after another are one stream.
///
/// libarchive reads gzip as well, but hands out whole blocks of 64 KiB only: of a cut file it loses up to that much of what
/// could still be unpacked, which of a small log is everything.
@safe final class GzipStream {
  private let input: PackedInput
  /// zlib keeps the address of its stream, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private var packed = [UInt8](repeating: 0, count: ByteSource.blockSize)
  private var start = 0
  private var end = 0
  /// Offset in the packed file of what zlib consumed.
  private var consumed = 0
  /// Whether a member has begun that has not ended.
  private var isInMember = true
  private var hasEnded = false
  /// Damage that was met after bytes that had to be handed out first.
  private var pending: CaptureError?

  init(_ input: PackedInput) throws(CaptureError) {
    self.input = input
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    guard unsafe carchive_inflate_gzip(stream) == Z_OK else { throw .cannotOpen(reason: "no memory to unpack gzip") }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Fills `buffer` from `offset` on.
  /// - Returns: how many bytes; 0 at the end.
  func read(into buffer: inout [UInt8], at offset: Int) throws(CaptureError) -> Int {
    if let pending { throw pending }
    var filled = 0
    while !hasEnded, pending == nil, offset + filled < buffer.count, try refill() {
      filled += inflate(into: &buffer, at: offset + filled)
    }
    if filled == 0, let pending { throw pending }
    return filled
  }

  /// Makes sure that there are packed bytes to unpack.
  private func refill() throws(CaptureError) -> Bool {
    while true {
      if !isInMember { skipPadding() }
      if start < end { return true }
      start = 0
      end = try input.read(into: &packed, at: 0, room: packed.count)
      if end == 0 {
        hasEnded = true
        if isInMember { pending = .compressedDataCut(.gzip, offset: consumed) }
        return false
      }
    }
  }

  /// Tapes and block devices leave zeros behind the last member.
  private func skipPadding() {
    while start < end, packed[start] == 0 {
      start += 1
      consumed += 1
    }
  }

  private func inflate(into buffer: inout [UInt8], at offset: Int) -> Int {
    if !isInMember {
      unsafe inflateReset(stream)
      isInMember = true
    }
    let (status, taken, made) = unsafe packed.withUnsafeMutableBufferPointer { packed -> (Int32, Int, Int) in
      unsafe buffer.withUnsafeMutableBufferPointer { buffer -> (Int32, Int, Int) in
        guard let input = packed.baseAddress, let output = buffer.baseAddress else { return (Z_STREAM_ERROR, 0, 0) }
        unsafe stream.pointee.next_in = input + start
        unsafe stream.pointee.avail_in = UInt32(end - start)
        unsafe stream.pointee.next_out = output + offset
        unsafe stream.pointee.avail_out = UInt32(buffer.count - offset)
        let status = unsafe CArchive.inflate(stream, Z_NO_FLUSH)
        return unsafe (
          status, end - start - Int(stream.pointee.avail_in), buffer.count - offset - Int(stream.pointee.avail_out)
        )
      }
    }
    start += taken
    consumed += taken
    switch status {
    case Z_STREAM_END: isInMember = false
    case Z_OK, Z_BUF_ERROR: break
    default: pending = .compressedDataDamaged(.gzip, offset: consumed, reason: message)
    }
    return made
  }

  private var message: String {
    guard let text = unsafe stream.pointee.msg else { return "not gzip" }
    return unsafe String(cString: text)
  }
}

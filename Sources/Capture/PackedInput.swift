import Glibc

/// The bytes of an open file as they lie there. A class, because C calls back into it while it unpacks.
final class PackedInput {
  private let descriptor: Int32
  private let closesAtEnd: Bool
  /// Bytes that were read to recognise the content and still have to be handed out.
  private var prefix: [UInt8] = []
  /// Bytes handed out.
  private(set) var offset = 0

  init(descriptor: Int32, closesAtEnd: Bool) {
    self.descriptor = descriptor
    self.closesAtEnd = closesAtEnd
  }

  /// What shows that a file was written to.
  struct State: Equatable {
    var length: Int
    var seconds: Int
    var nanoseconds: Int
  }

  /// The file's length and when it was last changed, now.
  var state: State? {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    let (seconds, nanoseconds) = status.modified
    return State(length: Int(status.st_size), seconds: seconds, nanoseconds: nanoseconds)
  }

  deinit {
    if closesAtEnd { close(descriptor) }
  }

  /// The first bytes, at least `count` of them unless the input is shorter; a pipe may bring them one by one.
  func peek(_ count: Int) throws(CaptureError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    while prefix.count < count {
      let got = try readDescriptor(&buffer, room: count - prefix.count)
      if got == 0 { break }
      prefix += buffer.prefix(got)
    }
    return prefix
  }

  /// Fills `buffer` from `start` on, with what is there, up to `room` bytes.
  /// - Returns: how many bytes; 0 at the end of the input.
  func read(into buffer: inout [UInt8], at start: Int, room: Int) throws(CaptureError) -> Int {
    guard prefix.isEmpty else {
      let count = min(prefix.count, room, buffer.count - start)
      for index in 0..<count { buffer[start + index] = prefix[index] }
      prefix.removeFirst(count)
      offset += count
      return count
    }
    let got = try readDescriptor(&buffer, at: start, room: room)
    offset += got
    return got
  }

  private func readDescriptor(_ buffer: inout [UInt8], at start: Int = 0, room: Int) throws(CaptureError) -> Int {
    while true {
      let got = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
        guard let base = bytes.baseAddress, start <= bytes.count else { return 0 }
        return unsafe Glibc.read(descriptor, base + start, min(room, bytes.count - start))
      }
      if got >= 0 { return got }
      guard errno == EINTR else { throw .cannotRead(offset: offset, reason: PackedInput.reason(errno)) }
    }
  }

  /// The system's words for an error number.
  static func reason(_ number: Int32) -> String {
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    return unsafe String(cString: text)
  }
}

import Capture
import Evidence
import Foundation
import Glibc

/// A pipe kept aside in a file without a name, so that it can be read twice: to tell the year of its stamps, which may
/// stand at its end, or to take the frames of several captures in the order of time.
enum Spool {
  /// Copies standard input, unpacked.
  static func standardInput() throws(Faults) -> String {
    let name = "standard input"
    var source: ByteSource
    do { source = try ByteSource(path: "-") } catch { throw Faults([Fault(file: name, error.description)]) }
    return try copy(&source, name: name)
  }

  /// Copies what is left of a source.
  /// - Returns: a path under which the copy can be opened as often as needed, while this process runs.
  static func copy(_ source: inout ByteSource, name: String) throws(Faults) -> String {
    let folder = FileManager.default.temporaryDirectory.path
    func fault() -> Faults {
      let reason = unsafe String(cString: strerror(errno))
      return Faults([Fault(file: name, "cannot be kept aside in \(folder): \(reason)")])
    }
    var template = Array((folder + "/watchfloor.XXXXXX").utf8CString)
    let descriptor = unsafe mkstemp(&template)
    guard descriptor >= 0 else { throw fault() }
    var isKept = false
    defer { if !isKept { close(descriptor) } }
    // No program that is started meanwhile gets it, and nobody finds it.
    guard unsafe unlink(template) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { throw fault() }
    while true {
      do { guard try source.read() else { break } } catch { throw Faults([Fault(file: name, error.description)]) }
      guard Spool.write(source.block, to: descriptor) else { throw fault() }
    }
    isKept = true
    return "/proc/self/fd/\(descriptor)"
  }

  private static func write(_ block: RawSpan, to descriptor: Int32) -> Bool {
    var start = 0
    while start < block.byteCount {
      let written = unsafe block.slice(start..<block.byteCount).withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return false }
      start += written
    }
    return true
  }
}

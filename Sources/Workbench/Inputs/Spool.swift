import Capture
import Evidence
import Glibc

/// A pipe kept aside in a file without a name, so that it can be read twice: to tell the year of its stamps, which may
/// stand at its end, or to take the frames of several captures in the order of time.
enum Spool {
  /// Copies standard input, unpacked.
  static func standardInput() throws(Faults) -> String {
    do {
      var source = try ByteSource(path: "-")
      return try copy(&source, name: "standard input")
    } catch let error as CaptureError {
      throw Faults([Fault(file: "standard input", error.description)])
    } catch let error as Faults {
      throw error
    } catch {
      throw Faults([Fault(file: "standard input", "\(error)")])
    }
  }

  /// Copies what is left of a source.
  /// - Returns: a path under which the copy can be opened as often as needed, while this process runs.
  static func copy(_ source: inout ByteSource, name: String) throws -> String {
    func fault(_ text: String) -> Faults { Faults([Fault(file: name, text)]) }
    var template = Array("/tmp/watchfloor.XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&template)
    guard descriptor >= 0 else { throw fault("cannot be kept aside: no room in /tmp") }
    _ = unsafe unlink(template)
    while try source.read() {
      guard Spool.write(source.block, to: descriptor) else { throw fault("cannot be kept aside: /tmp is full") }
    }
    return "/proc/self/fd/\(descriptor)"
  }

  private static func write(_ block: RawSpan, to descriptor: Int32) -> Bool {
    var start = 0
    while start < block.byteCount {
      let written = unsafe block.slice(start..<block.byteCount).withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      }
      guard written > 0 else { return false }
      start += written
    }
    return true
  }
}

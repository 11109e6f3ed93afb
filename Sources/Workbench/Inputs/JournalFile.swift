import Capture
import Foundation

/// A saved journal of systemd, which `journalctl` reads: its format is systemd's own.
struct JournalFile {
  private let process = Process()
  private let output = Pipe()
  private let program = "/usr/bin/journalctl"

  /// Where its text can be read.
  var path: String { "/proc/self/fd/\(output.fileHandleForReading.fileDescriptor)" }

  /// Starts the program; nil where it is not installed, or the journal cannot be kept aside for it.
  /// - Parameter source: The journal, for where it is packed or comes from a pipe.
  init?(_ path: String, _ source: inout ByteSource) {
    guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
    var file = path
    if source.compression != nil || source.modified == nil || path == "-" || path.hasPrefix("/proc/self/") {
      guard let copy = try? Spool.copy(&source, name: path) else { return nil }
      file = copy
    }
    // The other process has file descriptors of its own.
    file = file.replacing("/proc/self/", with: "/proc/\(getpid())/")
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["--file", file, "--output", "export", "--no-pager", "--quiet"]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    try? output.fileHandleForWriting.close()
  }

  /// Waits for the program; what went wrong, if anything did.
  func trouble() -> String? {
    process.waitUntilExit()
    return process.terminationStatus == 0 ? nil : "journalctl could not read all of the journal"
  }
}

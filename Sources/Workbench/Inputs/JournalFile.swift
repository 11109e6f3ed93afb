import Capture
import Evidence
import Foundation

/// A saved journal of systemd, which `journalctl` reads: its format is systemd's own.
struct JournalFile {
  private let process = Process()
  private let output = Pipe()
  private let program = "/usr/bin/journalctl"

  /// Where its text can be read.
  var path: String { "/proc/self/fd/\(output.fileHandleForReading.fileDescriptor)" }

  /// Starts the program.
  /// - Parameter source: The journal, for where it is packed or comes from a pipe.
  /// - Throws: where it is not installed, or the journal cannot be kept aside for it.
  init(_ path: String, _ source: inout ByteSource) throws(Faults) {
    func fault(_ reason: String) -> Faults { Faults([Fault(file: path, reason)]) }
    guard FileManager.default.isExecutableFile(atPath: program) else {
      throw fault("it is read where journalctl is installed")
    }
    var file = path
    if source.compression != nil || source.modified == nil || path == "-" || path.hasPrefix("/proc/self/") {
      file = try Spool.copy(&source, name: path)
    }
    // The other process has file descriptors of its own.
    file = file.replacing("/proc/self/", with: "/proc/\(getpid())/")
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["--file", file, "--output", "export", "--no-pager", "--quiet"]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch { throw fault("journalctl cannot be started: \(error.localizedDescription)") }
    try? output.fileHandleForWriting.close()
  }

  /// Waits for the program; what went wrong, if anything did.
  func trouble() -> String? {
    process.waitUntilExit()
    return process.terminationStatus == 0 ? nil : "journalctl could not read all of the journal"
  }
}

import Capture
import Evidence
import Foundation

/// A folder of its own for one test, gone afterwards.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "watchfloor-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], _ name: String = "input") throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  /// The bytes as a tool of the system packs them.
  func pack(_ bytes: [UInt8], with tool: String) throws -> [UInt8] {
    let file = try write(bytes, "to-pack")
    let output = path + "/packed"
    guard FileManager.default.createFile(atPath: output, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/" + tool)
    process.arguments = ["-c", "-q", file]
    process.standardOutput = FileHandle(forWritingAtPath: output)
    try process.run()
    process.waitUntilExit()
    return Array(try Data(contentsOf: URL(fileURLWithPath: output)))
  }
}

/// Everything that a source gives, and how it ended.
func readAll(_ path: String, peeking: Bool = false) -> (bytes: [UInt8], error: CaptureError?) {
  var bytes: [UInt8] = []
  do throws(CaptureError) {
    var source = try ByteSource(path: path)
    if peeking { try source.peek() }
    while try source.read() { bytes.append(source.block) }
    return (bytes, nil)
  } catch {
    return (bytes, error)
  }
}

/// Bytes that a compressor can do something with, but not too much: the same ones for the same seed.
func sampleBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 60) + 0x61
  }
}

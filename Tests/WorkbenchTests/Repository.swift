import Foundation

/// Where the tests find the repository that they are part of.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  static let examples = root + "/Examples"
  static let y2kWatch = examples + "/y2k-watch"
  static let recon = examples + "/portmapper-recon"

  /// The article, which is not part of the repository.
  static let article = ProcessInfo.processInfo.environment["WATCHFLOOR_ARTICLE"].flatMap { $0.isEmpty ? nil : $0 }

  static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }
  static func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  /// The files of a folder, without those in folders below it, in order.
  static func files(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { folder + "/" + $0 }
  }
}

/// A folder of its own for one test, gone afterwards.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "watchfloor-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ text: String, _ name: String) throws -> String { try write(Data(text.utf8), name) }

  @discardableResult
  func write(_ data: Data, _ name: String) throws -> String {
    let file = path + "/" + name
    try data.write(to: URL(fileURLWithPath: file))
    return file
  }
}

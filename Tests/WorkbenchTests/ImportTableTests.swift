import Foundation
import Testing

/// ARCHITECTURE.md's table of imports is the truth about the targets, and the sources keep to it.
struct ImportTableTests {
  /// Modules of the toolchain.
  private static let toolchain: Set = [
    "Swift", "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "PackagePlugin", "Testing",
    "XCTest",
  ]
  /// Web and database packages: the engine does not wait for them, and does not link them.
  private static let heavy: Set = [
    "GRDB", "Hummingbird", "Mustache", "NIO", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOSSL", "AsyncHTTPClient",
  ]
  private static let engine = [
    "Evidence", "Knowledge", "Capture", "Decode", "Detect", "Fuse", "Judge", "Respond", "Workbench", "watchfloor",
  ]

  private struct Target {
    var name: String
    var dependencies: Set<String>
  }

  /// The targets as the package manager sees them. With a scratch path of its own: the lock of `swift test` is taken.
  private func targets() async throws -> [Target] {
    let scratch = try Scratch()
    let result = try await Program.run(
      ["swift", "package", "dump-package", "--scratch-path", scratch.path], executable: "/usr/bin/env")
    try #require(result.status == 0, "\(result.errorText)")
    return try result.json()["targets"].items.map { target in
      let names = target["dependencies"].items.compactMap { dependency in
        ["byName", "product", "target"].compactMap { dependency[$0].items.first?.text }.first
      }
      return Target(name: try #require(target["name"].text), dependencies: Set(names))
    }
  }

  /// The rows of the table headed `| target | imports |`: several targets may share one, in backticks.
  private func table() throws -> [String: Set<String>] {
    let lines = try Repository.text(Repository.root + "/ARCHITECTURE.md").components(separatedBy: "\n")
    let start = try #require(lines.firstIndex { cells($0) == ["target", "imports"] })
    var table: [String: Set<String>] = [:]
    for line in lines.dropFirst(start + 2).prefix(while: { $0.hasPrefix("|") }) {
      let row = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      guard row.count >= 4 else { continue }
      for name in names(row[1]) { table[name] = Set(names(row[2])) }
    }
    return table
  }

  private func cells(_ line: String) -> [String] {
    line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
  }
  /// `A`, B: names with backticks or without; a dash stands for none.
  private func names(_ cell: String) -> [String] {
    cell.split { ", `".contains($0) }.map(String.init).filter { $0 != "-" }
  }

  @Test("the table of ARCHITECTURE.md says what the package says")
  func tableIsTrue() async throws {
    let table = try table()
    let targets = try await targets().filter {
      FileManager.default.fileExists(atPath: Repository.root + "/Sources/" + $0.name)
    }
    let ours = Set(targets.map(\.name))
    #expect(ours.count > 8)
    for target in targets {
      let row = try #require(table[target.name], "\(target.name) has no row")
      // What comes from outside stands below the table; SwiftPM checks it.
      #expect(row == target.dependencies.intersection(ours), "\(target.name)")
    }
    #expect(Set(table.keys) == ours)
  }

  @Test("no file imports what its target does not declare")
  func importsAreDeclared() async throws {
    let expression = try NSRegularExpression(
      pattern:
        #"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:package|public|internal|private|fileprivate)\s+)?import\s+(?:(?:struct|class|enum|func|typealias|protocol|var|let)\s+)?(\w+)"#,
      options: [.anchorsMatchLines])
    var files = 0
    for target in try await targets() {
      let folder = Repository.root + "/Sources/" + target.name
      for name in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? []
      where name.hasSuffix(".swift") {
        let text = try Repository.text(folder + "/" + name)
        files += 1
        for match in expression.matches(in: text, range: NSRange(text.startIndex..., in: text)) {
          let module = (text as NSString).substring(with: match.range(at: 1))
          let isDeclared = ImportTableTests.toolchain.contains(module) || target.dependencies.contains(module)
          #expect(isDeclared, "\(target.name)/\(name) imports \(module)")
        }
      }
    }
    #expect(files > 80)
  }

  @Test("the engine neither imports nor links web and database packages")
  func engineIsLight() async throws {
    let all = try await targets()
    for name in ImportTableTests.engine {
      var reached: Set<String> = []
      var open: Set = [name]
      while let next = open.popFirst() {
        guard reached.insert(next).inserted else { continue }
        open.formUnion(all.first { $0.name == next }?.dependencies ?? [])
      }
      #expect(
        reached.isDisjoint(with: ImportTableTests.heavy), "\(name): \(reached.intersection(ImportTableTests.heavy))")
    }
  }
}

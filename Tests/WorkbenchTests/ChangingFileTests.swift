import Decode
import Evidence
import Foundation
import Knowledge
import Synchronization
import Testing
import Workbench

/// A log that is cut off, or goes on, while it is read.
struct ChangingFileTests {
  /// More than two blocks of a source.
  private static let lineCount = 9000
  private static func lines(_ count: Int) -> String {
    String(
      repeating:
        "2000-01-05T10:00:00Z marlin rpcbind[5]: connect from 192.0.2.66 to dump(): request from unauthorized host\n",
      count: count)
  }

  /// Reads a log to which something is done after its first block.
  private static func reading(_ meddle: @escaping @Sendable (FileHandle) throws -> Void) async throws -> InputReading {
    let scratch = try Scratch()
    let path = try scratch.write(lines(lineCount), "messages")
    let isDone = Mutex(false)
    let reader = InputReader(
      formats: try KnowledgeBase(.embedded).formats, asOf: nil, zone: .utc, digestSeed: nil,
      progress: { _ in
        guard
          isDone.withLock({ done in
            defer { done = true }
            return !done
          }), let file = FileHandle(forUpdatingAtPath: path)
        else { return }
        #expect(throws: Never.self) { try meddle(file) }
        try? file.close()
      })
    var faults: [Fault] = []
    let list = InputList(paths: [path], faults: &faults)
    return await reader.read(try #require(list.inputs.first))
  }

  @Test("a log that nobody touches is no oddity") func untouched() async throws {
    let reading = try await Self.reading { _ in }
    #expect(reading.intake.oddities.isEmpty && reading.intake.tally.understood == Self.lineCount)
  }

  @Test("a log that is cut off while it is read ends, and that is said", arguments: [0, 1, 300_001, 600_000])
  func truncated(length: Int) async throws {
    let reading = try await Self.reading { try $0.truncate(atOffset: UInt64(length)) }
    #expect(reading.intake.oddities.count(of: .fileChanged) == 1)
    let said = reading.intake.oddities.counts[.fileChanged]?.first.text.notation ?? ""
    #expect(said.contains("of \(Self.lines(Self.lineCount).utf8.count) when it was opened"), "\(said)")
    // What was there before is read.
    let understood = reading.intake.tally.understood
    #expect(understood > 2000 && understood < Self.lineCount)
    // The line at which it ends may be a piece of one.
    #expect(reading.intake.events.count - understood == reading.intake.tally.odd)
  }

  @Test("a log that goes on while it is read is read to its new end, and that is said")
  func growing() async throws {
    let reading = try await Self.reading {
      try $0.seekToEnd()
      try $0.write(contentsOf: Data(Self.lines(50).utf8))
    }
    #expect(reading.intake.oddities.count(of: .fileChanged) == 1)
    #expect(reading.intake.tally.understood == Self.lineCount + 50)
  }

  @Test("a log whose start is written anew while it is read is said to have changed") func rewritten() async throws {
    let reading = try await Self.reading {
      // Behind the clock's granularity for times of files.
      Thread.sleep(forTimeInterval: 0.05)
      try $0.write(contentsOf: Data("x".utf8))
    }
    #expect(reading.intake.oddities.count(of: .fileChanged) == 1)
  }
}

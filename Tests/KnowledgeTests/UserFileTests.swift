import Evidence
import Foundation
import Knowledge
import Testing

/// Files that the user names: what is wrong with one is said.
struct UserFileTests {
  private static func reason(_ path: String, cap: Int = 1 << 20) -> String {
    do {
      _ = try UserFile.text(path, cap: cap)
      return ""
    } catch {
      return error.list.map(\.description).joined(separator: "; ")
    }
  }

  @Test func aFaultSaysWhy() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "watchfloor-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    try Data([0x61, 0xff]).write(to: URL(filePath: file))
    #expect(UserFileTests.reason(file) == "\(file): is not UTF-8 text")
    #expect(UserFileTests.reason(file, cap: 1).hasPrefix("\(file): is larger than 1 bytes"))
    #expect(UserFileTests.reason("/nowhere/at-all") == "/nowhere/at-all: cannot be read: No such file or directory")
    #expect(UserFileTests.reason("/tmp") == "/tmp: cannot be read: Is a directory")
    #expect(UserFileTests.reason("/dev/zero").hasPrefix("/dev/zero: is larger"))
  }

  @Test func textIsReadWhole() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "watchfloor-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    for text in ["", "a: b\n", "ä\r\n", String(repeating: "long ", count: 100_000)] {
      try Data(text.utf8).write(to: URL(filePath: file))
      #expect(try UserFile.text(file) == text)
    }
  }
}

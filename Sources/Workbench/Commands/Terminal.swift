import Evidence
import Foundation
import Synchronization

/// What the terminal is like, and what goes to standard error.
enum Terminal {
  static func output(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
  static func error(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

  /// Colour on a terminal only, and not where `NO_COLOR` is set (https://no-color.org).
  static var wantsColour: Bool {
    let environment = ProcessInfo.processInfo.environment
    return isatty(STDOUT_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }
}

/// Bytes read so far, on standard error, when that is a terminal and the work is long.
final class Progress: Sendable {
  private struct State {
    var bytes = 0
    var shown: ContinuousClock.Instant?
  }
  private let state = Mutex(State())
  private let started = ContinuousClock.now
  private let isShown = isatty(STDERR_FILENO) == 1

  func add(_ bytes: Int) {
    guard isShown else { return }
    let line: String? = state.withLock { state in
      state.bytes += bytes
      let now = ContinuousClock.now
      guard now - started > .seconds(1), now - (state.shown ?? started) > .milliseconds(200) else { return nil }
      state.shown = now
      return "\r\(state.bytes >> 20) MiB read"
    }
    if let line { FileHandle.standardError.write(Data(line.utf8)) }
  }

  func finish() {
    guard isShown, state.withLock({ $0.shown != nil }) else { return }
    FileHandle.standardError.write(Data("\r\u{1b}[K".utf8))
  }
}

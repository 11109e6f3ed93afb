import Dispatch
import Foundation
import Synchronization

/// A wish to end: Ctrl-C or a service manager's SIGTERM. The first is noted, a second one ends the process.
final class Interruption: Sendable {
  private let wished = Atomic<Bool>(false)
  var isWished: Bool { wished.load(ordering: .relaxed) }

  /// Notes signals for as long as the returned sources live.
  func watch() -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        self.wished.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
      source.resume()
      return source
    }
  }
}

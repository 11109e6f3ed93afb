/// An interface to capture from, and for how long.
package struct LiveRequest: Sendable {
  package var interface: String
  /// In libpcap's syntax; nil for everything.
  package var filter: String?
  /// From the opening on; nil until somebody stops it.
  package var duration: Duration?
  /// Asked between frames, and at least ten times a second.
  package var shouldStop: @Sendable () -> Bool
  /// Told when the capture has begun.
  package var hasBegun: @Sendable () -> Void

  package init(
    interface: String, filter: String? = nil, duration: Duration? = nil,
    shouldStop: @escaping @Sendable () -> Bool = { false }, hasBegun: @escaping @Sendable () -> Void = {}
  ) {
    self.interface = interface
    self.filter = filter
    self.duration = duration
    self.shouldStop = shouldStop
    self.hasBegun = hasBegun
  }
}

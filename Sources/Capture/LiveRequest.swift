/// An interface to capture from, and for how long.
public struct LiveRequest: Sendable {
  public var interface: String
  /// In libpcap's syntax; nil for everything.
  public var filter: String?
  /// From the opening on; nil until somebody stops it.
  public var duration: Duration?
  /// Asked between frames, and at least ten times a second.
  public var shouldStop: @Sendable () -> Bool
  /// Told when the capture has begun.
  public var hasBegun: @Sendable () -> Void

  public init(
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

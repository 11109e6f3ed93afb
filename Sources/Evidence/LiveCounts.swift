/// What a live capture says of itself.
public struct LiveCounts: Hashable, Sendable {
  /// Frames that passed the filter, as the kernel counts them.
  public var received: Int
  /// Those of them that the kernel or the interface lost: what is counted of the others is a lower bound.
  public var dropped: Int
  public init(received: Int, dropped: Int) {
    self.received = received
    self.dropped = dropped
  }
}

/// The two ends of a flow as the evidence names them, in an order that does not depend on who sends. Shared by all that is
/// told of the flow.
public final class FlowEnds: Sendable {
  public let transport: Transport
  public let low: Endpoint
  public let high: Endpoint

  public init(_ transport: Transport, low: Endpoint, high: Endpoint) {
    self.transport = transport
    self.low = low
    self.high = high
  }
}

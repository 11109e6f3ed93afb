/// The two ends of a flow as the evidence names them, in an order that does not depend on who sends. Shared by all that is
/// told of the flow.
package final class FlowEnds: Sendable {
  package let transport: Transport
  package let low: Endpoint
  package let high: Endpoint

  package init(_ transport: Transport, low: Endpoint, high: Endpoint) {
    self.transport = transport
    self.low = low
    self.high = high
  }
}

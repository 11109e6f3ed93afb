import Decode
import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// tcpdump's text counts bytes from the SYN (as 1), or gives the numbers of the wire (-S). What passed is the same.
struct SequenceNumberTests {
  /// A DUMP that is answered with an empty list, without the close: a trace may end before.
  private func trace(_ client: UInt32, _ server: UInt32, isAbsolute: Bool) -> String {
    func span(_ first: UInt32, _ offset: UInt32, _ length: UInt32) -> String {
      let start = isAbsolute ? first &+ offset : offset
      return "\(start):\(start &+ length)(\(length))"
    }
    func ack(_ first: UInt32, _ offset: UInt32) -> String { "ack \(isAbsolute ? first &+ offset : offset)" }
    let (prober, host) = ("203.0.113.77.1011", "harbour.111")
    return """
      22:41:07.120331 \(prober) > \(host): S \(client):\(client)(0) win 5840 <mss 1460> (ttl 50, id 101)
      22:41:07.121002 \(host) > \(prober): S \(server):\(server)(0) ack \(client &+ 1) win 8760 <mss 1460> (ttl 60, id 9)
      22:41:07.161802 \(prober) > \(host): . \(ack(server, 1)) win 5840 (ttl 50, id 102)
      22:41:07.162519 \(prober) > \(host): P \(span(client, 1, 44)) \(ack(server, 1)) win 5840 (ttl 50, id 103)
      22:41:07.170011 \(host) > \(prober): P \(span(server, 1, 32)) \(ack(client, 45)) win 8760 (ttl 60, id 10)

      """
  }

  private static let numbers: [UInt32] = [
    0, 1, 771, 64_000, 5_021_144, 16_777_200, 831_851_235, 1 << 31, .max - 16_777_000, .max - 40, .max,
  ]

  @Test("any first sequence number, counted from the SYN or as on the wire", arguments: numbers, [false, true])
  func anyNumber(_ first: UInt32, _ isAbsolute: Bool) async throws {
    for server in [first, first &+ 77_777, 4_000_000_000 &- first] {
      let analysis = try await Analysing.run(text: trace(first, server, isAbsolute: isAbsolute))
      let exchange = try #require(analysis.incidents.first?.incident)
      let conversation = try #require(exchange.events.first?.conversation)
      #expect(conversation.initiator.payloadBytes == 44)
      #expect(conversation.responder.payloadBytes == 32)
      #expect(exchange.outcome == .empty)
    }
  }
}

import Decode
import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// What is said where answers come from elsewhere, or one side of a conversation was not captured.
struct OneSideReportTests {
  private typealias Call = WireCapture.Call
  private static func word(_ value: UInt32) -> [UInt8] { WireCapture.word(value) }
  private static let entry = [1, 100_005, 3, 17, 635].flatMap { word($0) }
  private static let dump = Call(program: 100_000, version: 2, procedure: 4, results: entry + entry + word(0))
  private static let ping = Call(program: 100_000, version: 2, procedure: 0)
  private static let exports = Call(
    program: 100_005, version: 3, procedure: 5, results: word(1) + WireCapture.string("/home") + word(0) + word(0),
    port: 635)

  private static func analyse(
    threads: Int = 1, _ write: (inout WireCapture) -> Void
  ) async throws -> Analysis {
    var capture = WireCapture()
    write(&capture)
    let scratch = try Scratch()
    return try await Analysing.run(
      [try scratch.write(Data(capture.bytes), "side.pcap")], asOf: "2001-09-09", threads: threads)
  }

  private static func deductions(_ analysis: Analysis) -> [String] {
    analysis.incidents.flatMap(\.incident.deductions).map { "\($0.confidence.rawValue) \($0.text)" }
  }

  @Test("an answer from another address is told as one, and is that address's disclosure", arguments: [1, 4])
  func elsewhere(_ threads: Int) async throws {
    let analysis = try await Self.analyse(threads: threads) { capture in
      for client in 20..<24 {
        capture.udp(client, 700, 10, 111, Self.dump.message(7))
        capture.udp(300, 111, client, 700, Self.dump.reply(7) ?? [])
      }
    }
    #expect(analysis.incidents.count == 4 && analysis.incidents.allSatisfy { $0.incident.outcome == .answered })
    let incident = try #require(analysis.incidents.first?.incident)
    #expect(incident.disclosed == ["198.51.100.44's portmapper listed 2 services"])
    #expect(
      Self.deductions(analysis).contains {
        $0.hasPrefix("certain The call to 192.0.2.10 was answered from 198.51.100.44")
      })
    #expect(analysis.rpc.rows.map { [$0.calls, $0.replies] } == [[4, 4]])
  }

  /// Two answers of 24 bytes are no DUMP of one entry, neither with the calls nor by the sizes of headers alone.
  @Test("answers of several hosts to one call are not read as one long answer")
  func several() async throws {
    let analysis = try await Self.analyse { capture in
      capture.udp(20, 700, 255, 111, Self.ping.message(7))
      for server in [10, 11] { capture.udp(server, 111, 20, 700, Self.ping.reply(7) ?? []) }
      // Retransmitted, answered twice by the host itself.
      for _ in 0..<2 { capture.udp(Self.ping, from: 21, to: 12) }
    }
    #expect(analysis.incidents.flatMap(\.incident.disclosed).isEmpty)
    #expect(Self.deductions(analysis).contains { $0.contains("answered from 192.0.2.10 and 192.0.2.11") })
  }

  @Test("a datagram is a message: sizes of several are not added up to one", arguments: [1, 2])
  func sizes(_ answers: Int) async throws {
    let answer = "15:00:00.02 IP 192.0.2.10.111 > 192.0.2.20.700: UDP, length \(answers == 1 ? 48 : 24)\n"
    let text =
      "15:00:00.01 IP 192.0.2.20.700 > 192.0.2.10.111: UDP, length 40\n" + String(repeating: answer, count: answers)
    let analysis = try await Analysing.run(text: text)
    let told = Self.deductions(analysis).filter { $0.contains("DUMP answered with 1 entry") }
    #expect(analysis.incidents.count == 1 && told.isEmpty == (answers > 1))
    #expect(analysis.incidents.flatMap(\.incident.disclosed).isEmpty == (answers > 1))
  }

  @Test("a mountd's list is no portmapper's")
  func lists() async throws {
    let analysis = try await Self.analyse { $0.udp(Self.exports, from: 20) }
    #expect(analysis.incidents.first?.incident.disclosed == ["192.0.2.10's mountd listed 1 export"])
  }

  @Test("a stream of which the host's side is missing is not called unanswered")
  func callsAlone() async throws {
    let analysis = try await Self.analyse { capture in
      capture.tcp(20, 700, 10, 111, flags: 2, 1000, 0)
      capture.tcp(20, 700, 10, 111, flags: 0x10, 1001, 5001)
      capture.tcp(20, 700, 10, 111, flags: 0x18, 1001, 5001, Self.word(0x8000_0028) + Self.dump.message(7))
      capture.tcp(20, 700, 10, 111, flags: 0x10, 1045, 5077)
    }
    #expect(analysis.incidents.map(\.incident.outcome) == [.unknown])
    #expect(Self.deductions(analysis).contains { $0.contains("whether the calls were answered is not known") })
    #expect(analysis.oddities.count(of: .halfConversation) == 1)
  }

  @Test("of calls over UDP it is said that nothing came back", arguments: [true, false])
  func silence(_ isSilent: Bool) async throws {
    let analysis = try await Self.analyse { capture in
      capture.udp(20, 700, 10, 111, Self.dump.message(7))
      if !isSilent { capture.udp(Self.ping, xid: 8, from: 20, port: 701) }
    }
    #expect(Self.deductions(analysis).contains { $0.contains("No packet of 192.0.2.10") } == isSilent)
  }

  @Test("replies without calls are told as such, by what their form tells")
  func repliesAlone() async throws {
    let analysis = try await Self.analyse { capture in
      capture.udp(10, 111, 20, 700, Self.dump.reply(7) ?? [])
      capture.udp(10, 40_123, 21, 700, Self.exports.reply(8) ?? [])
      capture.udp(10, 111, 22, 700, Self.ping.reply(9) ?? [])
    }
    #expect(analysis.rpc.repliesAlone == 3 && analysis.rpc.rows.isEmpty)
    let report = try analysis.json()
    #expect(report["rpc_replies_without_calls"].number == 3)
    #expect(analysis.oddities.count(of: .halfConversation) == 3)
    // A reply without results tells nothing of what was asked.
    #expect(
      Set(analysis.incidents.flatMap(\.incident.patterns)) == [
        "portmapper dump, by its reply alone", "mountd list, by its reply alone",
      ])
    let told = Self.deductions(analysis)
    #expect(told.contains { $0.hasPrefix("likely A reply has the form of an answer to the portmapper's DUMP") })
    #expect(told.contains { $0.hasPrefix("likely A reply has the form of an answer to mountd's EXPORT") })
    #expect(
      Set(analysis.incidents.flatMap(\.incident.disclosed)) == [
        "192.0.2.10 listed 2 services, by the form of its reply",
        "192.0.2.10 listed 1 export, by the form of its reply",
      ])
  }
}

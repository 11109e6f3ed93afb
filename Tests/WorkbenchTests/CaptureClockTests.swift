import Evidence
import Foundation
import Testing
import Workbench

/// What is said of the clocks of captures, from packets on.
struct CaptureClockTests {
  /// The packets of a capture that ``WireCapture`` wrote: its file header, then each record.
  private func records(_ capture: [UInt8]) -> (head: [UInt8], records: [[UInt8]]) {
    var records: [[UInt8]] = []
    var place = 24
    while place + 16 <= capture.count {
      let length = capture[(place + 8)..<(place + 12)].reduce(0) { $0 << 8 | Int($1) }
      records.append(Array(capture[place..<(place + 16 + length)]))
      place += 16 + length
    }
    return (Array(capture[..<24]), records)
  }

  /// Later by so many milliseconds.
  private func moved(_ record: [UInt8], _ milliseconds: UInt32) -> [UInt8] {
    func word(_ place: Int) -> UInt32 { record[place..<(place + 4)].reduce(0) { $0 << 8 | UInt32($1) } }
    let micros = word(4) + milliseconds % 1000 * 1000
    return WireCapture.word(word(0) + milliseconds / 1000 + micros / 1_000_000) + WireCapture.word(micros % 1_000_000)
      + record[8...]
  }

  private func clocks(_ captures: [[UInt8]]) async throws -> [String] {
    let scratch = try Scratch()
    let paths = try captures.enumerated().map { try scratch.write(Data($1), "\($0).pcap") }
    let analysis = try await Analysing.run(paths)
    return try analysis.json()["capture_clocks"].items.map { clock in
      let text = try #require(clock["text"].text)
      let found = try #require(text.firstMatch(of: /is (?<apart>.+) ahead of .+, by (?<votes>\d+ \w+) that both saw/))
      return "\(found.apart), \(found.votes)"
    }
  }

  private static let lookup = WireCapture.Call(
    program: 100_000, version: 2, procedure: 3, argument: [100_005, 3, 17, 0].flatMap { WireCapture.word($0) },
    results: WireCapture.word(635))

  /// Clients that ask again by a timer: nobody answers some, others at last; and monitors that ask by a timer.
  private func timers() -> [UInt8] {
    var unanswered = CaptureClockTests.lookup
    unanswered.results = nil
    var capture = WireCapture()
    for round in 0..<4 {
      for client in 0..<8 {
        let port = UInt16(700 + client)
        capture.udp(unanswered, xid: UInt32(500 + client), from: 20 + client, port: port)
        let isLast = round == 3
        capture.udp(
          isLast ? CaptureClockTests.lookup : unanswered, xid: UInt32(900 + client), from: 40 + client, port: port)
        capture.udp(CaptureClockTests.lookup, xid: UInt32(100 * round + client), from: 60 + client, port: port)
      }
      capture.wait(5000)
    }
    return capture.bytes
  }

  @Test("a capture with retransmissions, cut anywhere, says nothing of clocks")
  func cutAnywhere() async throws {
    let (head, packets) = records(timers())
    #expect(packets.count == 3 * 32 + 40)
    // Rounds begin at multiples of 32: in the middle both parts have as much of each client.
    for cut in stride(from: 4, to: packets.count, by: 4) {
      let parts = [packets[..<cut], packets[cut...]].map { head + $0.joined() }
      #expect(try await clocks(parts).isEmpty, "cut at \(cut)")
    }
  }

  /// Connections of several calls each, longer than what a conversation keeps of its packets.
  private func connections(_ calls: Int) -> [UInt8] {
    var capture = WireCapture()
    for number in 0..<6 {
      let (client, port) = (20, UInt16(700 + number))
      var (here, there): (UInt32, UInt32) = (1001, 5001)
      capture.tcp(client, port, 10, 111, flags: 2, 1000, 0)
      capture.tcp(10, 111, client, port, flags: 0x12, 5000, here)
      capture.tcp(client, port, 10, 111, flags: 0x10, here, there)
      for call in 0..<calls {
        let lookup = CaptureClockTests.lookup
        let asked = lookup.message(UInt32(call))
        let answered = lookup.reply(UInt32(call)) ?? []
        let (request, reply) = (mark(asked), mark(answered))
        capture.tcp(client, port, 10, 111, flags: 0x18, here, there, request)
        here += UInt32(request.count)
        capture.tcp(10, 111, client, port, flags: 0x18, there, here, reply)
        there += UInt32(reply.count)
        capture.wait(1000)
      }
      capture.wait(60_000)
    }
    return capture.bytes
  }
  private func mark(_ message: [UInt8]) -> [UInt8] { WireCapture.word(UInt32(message.count) | 1 << 31) + message }

  @Test("two captures of the same connections tell how far their clocks are apart", arguments: [2, 7, 20])
  func skewed(_ calls: Int) async throws {
    let capture = connections(calls)
    let (head, packets) = records(capture)
    let late = head + packets.map { moved($0, 2500) }.joined()
    #expect(try await clocks([capture, late]) == ["2.5 s, 6 conversations"])
    #expect(try await clocks([capture, head + packets.map { moved($0, 300) }.joined()]).isEmpty)
  }
}

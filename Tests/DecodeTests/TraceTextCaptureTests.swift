import Capture
import Evidence
import Foundation
import Testing

@testable import Decode

/// The text that tcpdump prints of a capture tells the conversations that the capture holds.
struct TraceTextCaptureTests {
  private static let tcpdump = "/usr/bin/tcpdump"
  private static let capture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Examples/portmapper-recon/visit.pcap").path

  static var isPossible: Bool {
    FileManager.default.isExecutableFile(atPath: tcpdump) && FileManager.default.fileExists(atPath: capture)
  }

  /// What text and capture must agree on.
  private struct Facts: Hashable {
    var source: Endpoint
    var target: Endpoint
    var transport: Transport?
    var action: Event.Action
    var time: String
    var handshake: Conversation.Handshake
    var close: Conversation.Close
    var packets: Int
    var asked: Int
    var answered: Int
    var syn: SYNFacts?
    var turns: [Conversation.Turn]
    var ttl: [UInt8?]
    var ids: [UInt16?]
  }

  /// - Parameter hasHeader: Whether the text tells the IP header, as with `-v`.
  private func facts(_ packets: [PacketRecord], hasHeader: Bool) -> [Facts] {
    var table = ConversationTable()
    var events: [Event] = []
    let nothing: [UInt8] = []
    for packet in packets { table.push(packet, payload: nothing.rawSpan, into: &events) }
    table.finish(into: &events)
    let facts = events.compactMap { event -> Facts? in
      guard let conversation = event.conversation else { return nil }
      var syn = conversation.syn
      if !hasHeader {
        syn?.ttl = nil
        syn?.ipID = nil
        syn?.dontFragment = false
      }
      let sides = hasHeader ? [conversation.initiator, conversation.responder] : []
      return Facts(
        source: event.source, target: event.target, transport: event.transport, action: event.action,
        time: event.time.timeOfDayDescription, handshake: conversation.handshake, close: conversation.close,
        packets: conversation.packetCount, asked: conversation.initiator.payloadBytes,
        answered: conversation.responder.payloadBytes,
        syn: syn, turns: conversation.exchange, ttl: sides.map(\.ttl),
        ids: sides.flatMap { [$0.firstIPID, $0.lastIPID] })
    }
    return facts.sorted {
      ($0.time, $0.source.notation, $0.target.notation) < ($1.time, $1.source.notation, $1.target.notation)
    }
  }

  /// TCP and UDP of the capture. ICMP errors refine what became of a datagram, and text does not tell what they quote.
  private func captured() throws -> [PacketRecord] {
    var reader = try CaptureReader(try ByteSource(path: TraceTextCaptureTests.capture))
    let decoder = try #require(FrameDecoder(linkType: 1))
    var reassembly = PacketReassembly()
    var packets: [PacketRecord] = []
    while let frame = try reader.next() {
      let provenance = Provenance(
        input: InputID(0), place: .frame(frame.number), offset: frame.offset, length: frame.recordLength)
      if let packet = try decoder.decode(
        reader.bytes, originalLength: frame.originalLength, time: frame.time, provenance: provenance, &reassembly)
      {
        packets.append(packet.record)
      }
    }
    return packets.filter(TraceTextCaptureTests.isCompared)
  }

  /// tcpdump decodes datagrams of some ports itself and then prints no length.
  private static func isCompared(_ packet: PacketRecord) -> Bool {
    packet.transport == .tcp || (packet.transport == .udp && packet.target.port != 2049 && packet.source.port != 2049)
  }

  @Test(
    .enabled(if: isPossible, "needs tcpdump and the example's capture"),
    arguments: [
      [], ["-v"], ["-vv", "-x"], ["-tttt"], ["-v", "-tttt"], ["-e"], ["-e", "-vv", "-x"], ["-e", "-tttt"],
    ])
  func textTellsTheSameConversations(_ options: [String]) throws {
    let text = try #require(
      output(of: TraceTextCaptureTests.tcpdump, ["-n"] + options + ["-r", TraceTextCaptureTests.capture]))
    let lines = text.split(separator: 0x0a, omittingEmptySubsequences: false).map { Array($0) }
    let intake = TextReading.read(lines: lines)
    #expect(intake.oddities.isEmpty)
    #expect(intake.tally.packets > 300)
    let hasHeader = !options.filter { $0.hasPrefix("-v") }.isEmpty
    let fromText = facts(intake.packets.filter(TraceTextCaptureTests.isCompared), hasHeader: hasHeader)
    let fromCapture = facts(try captured(), hasHeader: hasHeader)
    #expect(fromCapture.count > 30)
    #expect(fromText.count == fromCapture.count)
    for (one, other) in zip(fromText, fromCapture) { #expect(one == other) }
    #expect(intake.packets.allSatisfy { $0.time.isDated == options.contains("-tttt") })
  }

  /// The dump beside the text is of the same packet: its sums are right, its ends are the text's. (Of HTTP tcpdump prints
  /// the payload's text between the two, so its dumps are not found.)
  @Test(.enabled(if: isPossible, "needs tcpdump and the example's capture"), arguments: ["-x", "-xx", "-X", "-XX"])
  func theDumpAgreesWithTheText(_ dump: String) throws {
    let text = try #require(
      output(of: TraceTextCaptureTests.tcpdump, ["-n", "-vv", dump, "-r", TraceTextCaptureTests.capture]))
    let intake = TextReading.read(
      lines: text.split(separator: 0x0a, omittingEmptySubsequences: false).map { Array($0) })
    let checks = intake.packets.compactMap(\.hexCheck)
    let unchecked = intake.packets.filter { $0.hexCheck == nil && $0.source.port != 80 && $0.target.port != 80 }.map(
      \.citation.text.notation)
    #expect(unchecked.isEmpty, "\(unchecked.prefix(3))")
    #expect(checks.count > 300)
    #expect(checks.allSatisfy { !$0.disagrees && $0.ipChecksumDifference == 0 })
  }

  /// A mailer wraps the text of a trace as it wraps everything.
  @Test(.enabled(if: isPossible, "needs tcpdump and the example's capture"), arguments: [60, 72, 78])
  func wrappedTextTellsTheSamePackets(_ width: Int) throws {
    let text = try #require(
      output(of: TraceTextCaptureTests.tcpdump, ["-n", "-r", TraceTextCaptureTests.capture, "tcp and not port 80"]))
    let lines = text.split(separator: 0x0a).map { Array($0) }
    let whole = TextReading.read(lines: lines)
    let wrapped = TextReading.read(lines: lines.flatMap { wrap($0, at: width) })
    #expect(whole.packets.count == lines.count && lines.count > 200)
    #expect(wrapped.packets.map(PacketFacts.init) == whole.packets.map(PacketFacts.init))
  }

  private func wrap(_ line: [UInt8], at width: Int) -> [[UInt8]] {
    var rest = line[...]
    var pieces: [[UInt8]] = []
    while rest.count > width, let blank = rest.prefix(width).lastIndex(of: 0x20), blank > rest.startIndex {
      pieces.append(Array(rest[..<blank]))
      rest = rest[(blank + 1)...]
    }
    return pieces + [Array(rest)]
  }
}

import Capture
import Decode
import Evidence
import Foundation
import Knowledge
import TestNumbers
import Testing
import Workbench

/// A text longer than a block: how it is cut, which of its lines are screened, and how many threads read it, does not show.
struct BlockReadingTests {
  /// Several blocks of ordinary lines, with what concerns somebody, lines that speak of the line before, carriage returns,
  /// lines longer than a block, and no line feed at the end.
  private static func text(_ seed: UInt64) -> [UInt8] {
    var numbers = SeededNumbers(seed)
    var text: [UInt8] = []
    for number in 0..<12_000 {
      let second = number / 7
      let stamp = "Dec 27 1\(second / 600):\(second / 60 % 10 + 10):\(second % 60 / 10)\(second % 10)"
      let host = ["marlin", "zappa", "build-03", "a.long.name.example.org"].randomElement(using: &numbers) ?? ""
      let message =
        switch Int.random(in: 0..<40, using: &numbers) {
        case 0: "rpcbind: refused connect from 192.0.2.\(number % 250) to dump()"
        case 1: "last message repeated 2 times"
        case 2: "kernel: rpc.mountd[812]: segfault at 0 ip 00007f1 sp 00007ffd error 4 in libc.so.6"
        case 3: "portsentry[7]: something that no format knows"
        case 4: "rpcbind: connect from lo"
        default: "CRON[\(number)]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly # \(number))"
        }
      text += Array("\(stamp) \(host) \(message)".utf8)
      if number == 5000 { text += [UInt8](repeating: 0x78, count: 600_000) }
      text += number % 11 == 0 ? [0x0d, 0x0a] : [0x0a]
    }
    return text + Array("Dec 27 18:59:59 marlin rpcbind: refused connect from 192.0.2.99 to dump()".utf8)
  }

  /// What waits for the end of the evidence is told one by one.
  private static func events(_ intake: Intake) -> [Event] {
    var events = intake.events
    let crowd = intake.crowd
    crowd?.finish(CrowdSettings(), into: &events)
    Event.sort(&events)
    return events
  }

  private static func account(_ intake: Intake) -> [String] {
    let tally = intake.tally
    return (events(intake) + intake.sums.summed()).map { "\($0.citation) \($0.action) \($0.count) \($0.time)" }
      + intake.oddities.counts.map { "\($0.key) \($0.value.count) \($0.value.first)" }.sorted()
      + ["\(tally.records) \(tally.understood) \(tally.unconcerned) \(tally.yearlessRecords)"]
  }

  @Test(arguments: [1, 2, 5])
  func blocksAndThreadsDoNotShow(_ threads: Int) async throws {
    let knowledge = try KnowledgeBase(.embedded)
    let asOf = try #require(Day("2000-01-06"))
    let text = Self.text(UInt64(threads))
    let scratch = try Scratch()
    var faults: [Fault] = []
    let list = InputList(paths: [try scratch.write(Data(text), "messages")], faults: &faults)
    let input = try #require(list.inputs.first)
    let reader = InputReader(
      formats: knowledge.formats, asOf: asOf, zone: .utc, digestSeed: 1, threads: threads, progress: { _ in })
    let reading = await reader.read(input)

    var decoder = TextDecoder(input: input.id, library: knowledge.formats, asOf: asOf, zone: .utc)
    var splitter = LineSplitter()
    var intake = Intake()
    intake.crowd = CrowdLedger()
    splitter.push(text.rawSpan) { line, place in
      decoder.push(line, number: place.number, offset: place.offset, into: &intake)
    }
    splitter.finish { line, place in decoder.push(line, number: place.number, offset: place.offset, into: &intake) }
    decoder.finish(into: &intake)
    #expect(Self.account(reading.intake) == Self.account(intake))
    #expect(Self.events(reading.intake).count > 500 && reading.intake.tally.bytes == text.count)
    var digest = ContentDigest(seed: 1)
    digest.add(text.rawSpan)
    #expect(reading.digest == digest)
  }
}

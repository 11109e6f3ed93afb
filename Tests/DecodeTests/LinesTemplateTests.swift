import Evidence
import TestNumbers
import Testing

@testable import Decode

/// Lines of watched programs that no format takes.
struct LinesTemplateTests {
  private func logs(_ lines: [String]) -> [Event] {
    let intake = TextReading.read(lines: lines.map { Array($0.utf8) })
    #expect(intake.tally.records == lines.count)
    return intake.sums.summed().filter { $0.action == .log }
  }
  private func line(_ message: String) -> String { "Mar  1 10:00:00 files rpc.cmsd[9]: " + message }

  @Test func variablePartsAreOne() throws {
    let events = logs([
      line("client 192.0.2.1 sent 17 bytes to /var/spool/calendar (\"a b\")"),
      line("client 192.0.2.2 sent 18 bytes to /var/spool/other (\"c\")"),
    ])
    let event = try #require(events.first)
    #expect(events.count == 1 && event.count == 2)
    #expect(
      event.detail == "client * sent * bytes to *" && event.observer == "rpc.cmsd" && event.rpc?.program == 100_068)
  }

  /// Names look like fixed words; that they vary shows in their number.
  @Test func wordsThatVaryAreFound() {
    let names = ["anna", "bob", "carl", "dora", "emil"]
    #expect(logs(names.map { line("no calendar of \($0) here") }).map(\.detail) == ["no calendar of * here"])
    #expect(logs(names.prefix(2).map { line("no calendar of \($0) here") }).count == 2)
  }

  /// Neither the order nor the split of the lines shows.
  @Test func orderDoesNotShow() {
    var dice = SeededNumbers(9)
    let words = ["open", "closed", "lost", "calendar", "of", "user", "anna", "bob", "17", "/tmp/x"]
    let lines = (0..<400).map { _ in
      line((0...dice.roll(5)).map { _ in words[dice.roll(words.count)] }.joined(separator: " "))
    }
    let expected = logs(lines)
    for _ in 0..<5 {
      let shuffled = lines.map { ($0, dice.roll(1 << 30)) }.sorted { $0.1 < $1.1 }.map(\.0)
      let cut = dice.roll(lines.count)
      var sums = TextReading.read(lines: shuffled[..<cut].map { Array($0.utf8) }).sums
      sums.merge(TextReading.read(lines: shuffled[cut...].map { Array($0.utf8) }).sums)
      let found = sums.summed()
      #expect(found.map(\.detail) == expected.map(\.detail) && found.map(\.count) == expected.map(\.count))
    }
    #expect(expected.reduce(0) { $0 + $1.count } == lines.count)
  }

  /// Any number of templates stays within the cap, and that it was reached is said.
  @Test func theTableHasACap() {
    var sums = EventSums(cap: 100)
    for number in 0..<20_000 {
      let place = Provenance(input: InputID(0), place: .lines(first: number, last: number), offset: 0, length: 0)
      let time = EventTime(Timestamp(nanoseconds: Int64(number) * 1_000_000_000), fractionDigits: 0)
      sums.add(
        Event(
          time: time, view: .host, action: .log, outcome: .unknown, detail: Bytes("template \(number) a b"),
          citation: Citation(place, text: "")), by: .day)
    }
    let kept = sums.summed().count
    #expect(kept <= 200)
    #expect((sums.evicted?.count ?? 0) >= 19_800)
  }

  /// Kinds of one moment and one wording, as of lines that were cut: no more of them stay than of others.
  @Test func theTableHasACapWhereNothingButTheKindDiffers() {
    for order in [Array(0..<2000), (0..<2000).reversed()] {
      var sums = EventSums(cap: 100)
      for number in order {
        let place = Provenance(input: InputID(0), place: .lines(first: number, last: number), offset: 0, length: 0)
        sums.add(
          Event(
            time: EventTime(Timestamp(nanoseconds: 0), fractionDigits: 0), view: .network, action: .probe,
            outcome: .unanswered, source: Endpoint(host: .address(IPAddress(v4: UInt32(number)))),
            citation: Citation(place, text: "cut")), by: .moment)
      }
      let kept = sums.summed()
      #expect(kept.count <= 200 && kept.count + (sums.evicted?.count ?? 0) == 2000)
    }
  }

  @Test func longLinesGiveShortTemplates() {
    let message = (0..<5000).map { "word\(["a", "b"][$0 % 2])" }.joined(separator: " ")
    #expect(logs([line(message)]).allSatisfy { $0.detail.count <= 300 })
    #expect(logs([line(String(repeating: "x", count: 100_000))]).allSatisfy { $0.detail.count <= 300 })
  }
}

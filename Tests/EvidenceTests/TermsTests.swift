import Evidence
import TestNumbers
import Testing

/// Orders and counts of the vocabulary.
struct TermsTests {
  @Test func outcomesRankAsReportsDo() {
    let order: [Outcome] = [
      .crashed, .answered, .allowed, .connected, .unknown, .unanswered, .reset, .empty, .rejected, .refused, .blocked,
    ]
    #expect(order.sorted() == order && Set(order) == Set(Outcome.allCases))
    #expect(order.filter(\.isHeld) == [.reset, .empty, .rejected, .refused, .blocked])
  }

  @Test func actionsRankAsTheyAreListed() {
    #expect(Event.Action.allCases.map(\.rank) == Array(Event.Action.allCases.indices))
  }

  /// Two readers' tallies give the same, whichever is added to the other.
  @Test func mergingDoesNotDependOnTheOrder() throws {
    var dice = SeededNumbers(9)
    for _ in 0..<200 {
      var readers: [OddityTally] = []
      for input in 0..<4 {
        var tally = OddityTally()
        for _ in 0..<Int.random(in: 0..<6, using: &dice) {
          let kind = try #require(Oddity.Kind.allCases.prefix(3).randomElement(using: &dice))
          tally.note(
            kind, .fixture(input: input, line: Int.random(in: 1..<5, using: &dice)),
            count: Int.random(in: 1..<3, using: &dice))
        }
        readers.append(tally)
      }
      var forward = OddityTally()
      for reader in readers { forward.merge(reader) }
      var backward = OddityTally()
      for reader in readers.reversed() { backward.merge(reader) }
      for kind in Oddity.Kind.allCases {
        #expect(forward.count(of: kind) == readers.reduce(0) { $0 + $1.count(of: kind) })
        #expect(forward.counts[kind]?.count == backward.counts[kind]?.count)
        #expect(forward.counts[kind]?.first.provenance == backward.counts[kind]?.first.provenance)
        // The first is that of the first input that has one.
        #expect(forward.counts[kind]?.first == readers.lazy.compactMap { $0.counts[kind]?.first }.first)
      }
    }
  }

  @Test func aFaultSaysWhereItIs() {
    #expect(Fault(file: "a.yaml", line: 3, column: 7, "wrong").description == "a.yaml:3:7: wrong")
    #expect(Fault(file: "a.yaml", line: 3, "wrong").description == "a.yaml:3: wrong")
    #expect(Fault(file: "a.yaml", "wrong").description == "a.yaml: wrong")
  }

  @Test func endpointsReadAsPeopleWriteThem() throws {
    let v6 = Endpoint(host: .address(try #require(IPAddress("2001:db8::1"))), port: 111)
    #expect(v6.notation == "[2001:db8::1]:111")
    #expect(Endpoint(host: .address(IPAddress(v4: 0xc000_0201)), port: 111).notation == "192.0.2.1:111")
    #expect(Endpoint(host: .local("")).notation == "local" && Endpoint.unknown.notation == "unknown")
  }

  /// Every field has a name of its own, and an event without facts has no fields of facts.
  @Test func anEventSaysOnlyWhatItKnows() {
    let event = Event(
      time: EventTime(Timestamp(nanoseconds: 0), fractionDigits: 0), view: .network, action: .probe, outcome: .unknown,
      citation: .fixture())
    let known = FieldName.allCases.filter { event[$0] != nil }
    #expect(known == [.timestamp, .eventAction, .eventOutcome, .eventCount, .observerType, .sourceKind, .message])
  }
}

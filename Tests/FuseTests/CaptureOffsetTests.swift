import Evidence
import Testing

@testable import Fuse

/// Captures of the same exchanges whose clocks disagree: told, and nothing is moved.
struct CaptureOffsetTests {
  /// An exchange as a capture has it.
  private func sight(_ xid: UInt32, at seconds: Double, input: Int) -> Event {
    var event = Event.wire("dump", at: seconds, line: Int(xid))
    event.source.port = 1000 &+ UInt16(truncatingIfNeeded: xid)
    event.rpc?.xid = xid
    event.citation.provenance.input = InputID(input)
    return event
  }

  private func estimate(_ events: [Event]) -> [CaptureOffset] {
    CaptureOffset.estimate(events.sorted(by: Event.precedes))
  }

  private static let times = [0.0, 3, 700, 701, 9000, 12_345, 40_000]

  @Test(arguments: [1, 5.25, 3600, 34_560_000, -5.25, -86_400]) func thatTheyDisagreeIsFound(_ offset: Double) {
    let events = CaptureOffsetTests.times.enumerated().flatMap { number, at in
      [sight(UInt32(number), at: at, input: 3), sight(UInt32(number), at: at + offset + 0.001, input: 8)]
    }
    let found = estimate(events)
    #expect(found.map(\.exchanges) == [7])
    #expect(found.map(\.early) == [InputID(offset > 0 ? 3 : 8)] && found.map(\.late) == [InputID(offset > 0 ? 8 : 3)])
    #expect(found.allSatisfy { abs($0.seconds - abs(offset)) < 0.01 })
  }

  /// Clocks that agree, few exchanges, differences of all sizes, and one capture alone say nothing.
  @Test func whatDoesNotTellIsNotTold() {
    func pairs(_ count: Int, _ offset: (Int) -> Double, inputs: (Int, Int) = (0, 1)) -> [Event] {
      CaptureOffsetTests.times.prefix(count).enumerated().flatMap { number, at in
        [
          sight(UInt32(number), at: at, input: inputs.0),
          sight(UInt32(number), at: at + offset(number), input: inputs.1),
        ]
      }
    }
    #expect(estimate(pairs(7) { _ in 0.2 }).isEmpty)
    #expect(estimate(pairs(4) { _ in 60 }).isEmpty)
    #expect(estimate(pairs(7) { Double($0 * $0) * 17 + 2 }).isEmpty)
    #expect(estimate(pairs(7, { _ in 60 }, inputs: (4, 4))).isEmpty)
    #expect(estimate([]).isEmpty)
  }

  /// A client that gets no answer asks again by a timer: that two captures have its calls tells nothing of their clocks.
  @Test(arguments: [Outcome.unanswered, .unknown, .connected, .reset, .blocked])
  func whatWasNotAnsweredHasNoVote(_ outcome: Outcome) {
    let events = CaptureOffsetTests.times.enumerated().flatMap { number, at in
      [at, at + 60].enumerated().map { input, at in
        var event = sight(UInt32(number), at: at, input: input)
        event.outcome = outcome
        return event
      }
    }
    #expect(estimate(events).isEmpty)
  }

  /// However many calls a conversation has, it votes once; and what comes again is held against what comes again.
  @Test func aConversationVotesOnce() {
    let (one, other) = (Conversation.fixture(), Conversation.fixture())
    func call(_ xid: Int, _ conversation: Conversation, at seconds: Double, input: Int) -> Event {
      var event = sight(UInt32(xid), at: seconds, input: input)
      (event.source.port, event.conversation) = (900, conversation)
      return event
    }
    let calls = (0..<40).flatMap { number in
      [call(number, one, at: Double(number), input: 0), call(number, other, at: Double(number) + 60, input: 1)]
    }
    #expect(estimate(calls).isEmpty)
    // Asked again after 40 s, and seen by two captures 100 s apart.
    let again = CaptureOffsetTests.times.enumerated().flatMap { number, at in
      [0, 40].flatMap { later in
        [
          sight(UInt32(number), at: at + later, input: 0), sight(UInt32(number), at: at + later + 100, input: 1),
        ]
      }
    }
    #expect(estimate(again).map { ($0.seconds * 10).rounded() } == [1000])
  }

  /// A minority that agrees by chance does not outvote the rest.
  @Test func theMajorityDecides() {
    let events = (0..<20).flatMap { number -> [Event] in
      let at = Double(number) * 777
      return [
        sight(UInt32(number), at: at, input: 0),
        sight(UInt32(number), at: at + (number < 6 ? 90 : Double(number * number)), input: 1),
      ]
    }
    #expect(estimate(events).isEmpty)
  }
}

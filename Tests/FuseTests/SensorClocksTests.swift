import Evidence
import TestNumbers
import Testing

@testable import Fuse

/// Clock offsets from calls that both views saw: planted, drifting, in noise, and where nothing decides.
struct SensorClocksTests {
  /// What was planted: which record belongs to which packet, by their lines.
  struct Planted {
    var events: [Event] = []
    var truth: [Int: Int] = [:]
    var offset = 0.0
    var drift = 0.0
  }

  private static let day = 86_400.0
  private static let procedures = ["dump", "null", "set", "unset"]

  /// - Parameters:
  ///   - pairs: Calls that both views have.
  ///   - noise: Records, and packets, whose other view is not there.
  private func plant(
    _ dice: inout SeededNumbers, pairs: Int, noise: Int, days: Double, offset: Double, drift: Double
  ) -> Planted {
    var planted = Planted(offset: offset, drift: drift)
    var line = 0
    func moment(_ dice: inout SeededNumbers) -> Double {
      Double(dice.roll(1_000_000_000)) / 1e9 * days * SensorClocksTests.day
    }
    func caller(_ dice: inout SeededNumbers) -> (String, String) {
      ("192.0.2.\(60 + dice.roll(12))", SensorClocksTests.procedures[dice.roll(4)])
    }
    /// What the host's clock shows, to the second.
    func shown(_ moment: Double) -> Double { (moment + offset + drift * moment).rounded(.down) }
    for _ in 0..<pairs {
      let (at, call) = (moment(&dice), caller(&dice))
      planted.events.append(.wire(call.1, at: at, from: call.0, line: line))
      // A record is written within a tenth of a second.
      planted.events.append(
        .fixture(at: shown(at + Double(dice.roll(100)) / 1000), from: call.0, procedure: call.1, line: line + 1))
      planted.truth[line + 1] = line
      line += 2
    }
    for _ in 0..<noise {
      let (first, second) = (caller(&dice), caller(&dice))
      planted.events.append(.wire(first.1, at: moment(&dice), from: first.0, line: line))
      planted.events.append(.fixture(at: shown(moment(&dice)), from: second.0, procedure: second.1, line: line + 1))
      line += 2
    }
    planted.events.sort(by: Event.precedes)
    return planted
  }

  private var identities: Identities {
    var identities = Identities(directory: HostDirectory())
    identities.join(.name("marlin"), host("192.0.2.10"), reason: "test", confidence: .certain)
    return identities
  }

  /// The clocks, and the pairs that are found with them, by line.
  private func found(_ planted: Planted) -> (clocks: [ClockOffset], pairs: [(record: Int, packet: Int, pair: Pair)]) {
    var events = planted.events
    let clocks = SensorClocks(settings: .plain).align(&events)
    events.sort(by: Event.precedes)
    let known = Dictionary(
      clocks.filter(\.isDecided).map { (identities.resolve($0.host), $0) }, uniquingKeysWith: { first, _ in first })
    let pairs = Pairing(tolerance: 120, clocks: known).pairs(events, identities: identities)
    return (clocks, pairs.map { (record: $0.host.provenance.ordinal, packet: $0.network.provenance.ordinal, pair: $0) })
  }

  /// Offsets of up to 400 days either way and drifts of up to 50 ppm: at least 99 of 100 pairs are found, and none of ten
  /// thousand is wrong.
  @Test(.timeLimit(.minutes(5))) func plantedPairsAreFound() {
    var dice = SeededNumbers(6)
    var (planted, recovered, wrong, undecided) = (0, 0, 0, 0)
    while planted < 10_000 {
      let scales: [Double] = [1, 60, 3600, 86_400, 34_560_000]
      let scale = scales[dice.roll(5)]
      let offset = (Double(dice.roll(2_000_001)) / 1e6 - 1) * scale
      let drift = (Double(dice.roll(2001)) / 1000 - 1) * 50e-6
      let case_ = plant(
        &dice, pairs: 5 + dice.roll(60), noise: dice.roll(60), days: 0.5 + Double(dice.roll(200)) / 10, offset: offset,
        drift: drift)
      let result = found(case_)
      planted += case_.truth.count
      if !result.clocks.contains(where: { $0.isDecided }) {
        undecided += 1
        continue
      }
      for pair in result.pairs {
        if case_.truth[pair.record] == pair.packet { recovered += 1 } else { wrong += 1 }
      }
      for clock in result.clocks where clock.isDecided {
        // The offset that was planted, at the middle of the evidence on the host's clock.
        let moment = (clock.reference.seconds(since: start) - offset) / (1 + drift)
        let truth = offset + drift * moment
        #expect(abs(clock.offset - truth) < 1.6, "\(clock) for \(offset), \(drift)")
      }
    }
    #expect(Double(recovered) >= 0.99 * Double(planted), "\(recovered) of \(planted), \(undecided) undecided")
    #expect(wrong == 0)
  }

  /// A pair says how far the clocks were apart, also where the records were set.
  @Test(arguments: [0, 7, -95, 3600, -34_344_000, 34_560_000] as [Double])
  func thePairsTellTheOffset(_ offset: Double) throws {
    var dice = SeededNumbers(11)
    let result = found(plant(&dice, pairs: 20, noise: 20, days: 3, offset: offset, drift: 0))
    #expect(result.pairs.count >= 20)
    let clock = try #require(result.clocks.first { $0.isDecided })
    #expect(clock.isApplied == (abs(offset) > 60))
    for pair in result.pairs {
      #expect(abs(pair.pair.offset - offset) <= 1.5 && pair.pair.bounds.overlaps(offset...offset + 0.1))
    }
  }

  /// A clock that was set in between has no one offset: what is found is true, and what is not is not guessed.
  @Test(arguments: [(3600.0, 0.5), (-7200, 0.5), (86_400, 0.3), (34_560_000, 0.8), (90, 0.5)])
  func aClockThatJumpsGivesNoWrongPair(_ jump: Double, _ share: Double) {
    for seed in 1...8 {
      var dice = SeededNumbers(UInt64(seed))
      var planted = plant(&dice, pairs: 40, noise: 20, days: 4, offset: 30, drift: 0)
      let moment = share * 4 * SensorClocksTests.day + 30
      for index in planted.events.indices
      where planted.events[index].view == .host && planted.events[index].time.timestamp.seconds(since: start) >= moment
      {
        planted.events[index].time.timestamp.nanoseconds += Int64(jump) * 1_000_000_000
      }
      planted.events.sort(by: Event.precedes)
      let result = found(planted)
      #expect(result.pairs.allSatisfy { planted.truth[$0.record] == $0.packet })
      #expect(result.clocks.allSatisfy { !$0.isDecided || $0.pairs <= 40 })
    }
  }

  /// The same calls by the clock fit as well when they are moved by a period.
  @Test func aPeriodDecidesNothing() {
    var events: [Event] = []
    for number in 0..<30 {
      let source = "192.0.2.\(60 + number % 2)"
      let at = Double(number) * 300
      events.append(.wire("dump", at: at + 0.4, from: source, line: number * 2))
      if number > 3 { events.append(.fixture(at: at + 5000, from: source, line: number * 2 + 1)) }
    }
    let clocks = SensorClocks(settings: .plain).estimate(events.sorted(by: Event.precedes))
    #expect(clocks.count == 1 && clocks.allSatisfy { !$0.isDecided })
  }

  @Test func fewCallsOrOneKindDecideNothing() {
    func clock(_ events: [Event]) -> ClockOffset? {
      SensorClocks(settings: .plain).estimate(events.sorted(by: Event.precedes)).first
    }
    let times = [0.0, 700, 1900, 2500, 8000, 12_345]
    func calls(_ count: Int, procedures: [String]) -> [Event] {
      times.prefix(count).enumerated().flatMap { number, at -> [Event] in
        let procedure = procedures[number % procedures.count]
        return [
          .wire(procedure, at: at + 0.3, line: number),
          .fixture(at: at + 100_000, procedure: procedure, line: number + 100),
        ]
      }
    }
    #expect(clock(calls(4, procedures: ["dump", "null"]))?.isDecided == false)
    #expect(clock(calls(6, procedures: ["dump"]))?.isDecided == false)
    #expect(clock(calls(6, procedures: ["dump", "null"]))?.isDecided == true)
    #expect(clock([]) == nil && clock([.fixture(at: 0)]) == nil)
  }

  /// Wrong pairs do not move the estimate, and the order of the events does not show.
  @Test func theOrderDoesNotShow() {
    var dice = SeededNumbers(21)
    for _ in 0..<20 {
      let planted = plant(&dice, pairs: 12, noise: 40, days: 5, offset: 12_345, drift: 20e-6)
      let one = SensorClocks(settings: .plain).estimate(planted.events)
      var shuffled = planted.events
      for index in shuffled.indices.dropLast() { shuffled.swapAt(index, index + dice.roll(shuffled.count - index)) }
      #expect(SensorClocks(settings: .plain).estimate(shuffled.sorted(by: Event.precedes)) == one)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aFloodIsEstimatedInTime() {
    let events = (0..<60_000).flatMap { number in
      [
        Event.fixture(at: Double(number / 10), from: "192.0.2.\(number % 200)", line: number),
        .wire("dump", at: Double(number / 10), from: "192.0.2.\(number % 200)", line: number),
      ]
    }.sorted(by: Event.precedes)
    #expect(SensorClocks(settings: .plain).estimate(events).count <= 1)
  }
}

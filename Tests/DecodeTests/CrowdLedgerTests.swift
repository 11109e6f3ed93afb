import Evidence
import TestNumbers
import Testing

@testable import Decode

/// Records of hosts that wait for what becomes of their sources.
struct CrowdLedgerTests {
  private func read(
    _ lines: [String], _ ledger: CrowdLedger?, from first: Int = 0, offset start: Int = 0
  ) -> Intake {
    var decoder = TextDecoder(input: InputID(0), library: TextReading.library, asOf: TextReading.asOf, zone: .utc)
    var intake = Intake()
    intake.crowd = ledger
    var offset = start
    for (number, line) in lines.enumerated() {
      let bytes = Array(line.utf8)
      decoder.push(bytes.rawSpan, number: first + number + 1, offset: offset, into: &intake)
      offset += bytes.count + 1
    }
    decoder.finish(into: &intake)
    return intake
  }

  /// All that an Event says.
  private func facts(_ event: Event) -> [String] {
    [
      event.time.description, event.action.rawValue, event.outcome.rawValue, event.source.notation,
      event.target.notation, event.transport?.rawValue ?? "", "\(event.rpc?.program ?? 0)",
      event.rpc?.procedureName.notation ?? "", event.rpc?.argument.notation ?? "", "\(event.rpc?.procedure ?? 0)",
      event.rpc?.argumentForm?.rawValue ?? "", "\(event.rpc?.argumentProgram ?? 0)", event.observer.notation,
      "\(event.observerPID ?? -1)", event.process?.name.notation ?? "", "\(event.process?.pid ?? -1)",
      event.detail.notation, "\(event.count)", "\(event.isAboutPacket)", event.citation.text.notation,
      "\(event.citation.provenance)",
    ]
  }

  private func refusals(_ sources: Range<Int>, _ call: String = "dump()", at hour: Int = 7) -> [String] {
    sources.map {
      "Dec 27 0\(hour):\(10 + $0 / 60 % 50):\(10 + $0 % 50) marlin rpcbind[\($0 + 1)]: connect from "
        + "10.\($0 / 250).1.\($0 % 250 + 1) to \(call): request from unauthorized host"
    }
  }

  /// Every line that any format takes, several times and repeated: what waits comes out as what does not wait is.
  @Test("a record that waited is the Event that it would have been")
  func sameEvents() throws {
    let lines = (0..<3).flatMap { _ in TextReading.samples.flatMap { [$0, repetition(of: $0)] } }
    let direct = read(lines, nil)
    var limits = CrowdLimits()
    limits.singly = .max
    var waited = read(lines, CrowdLedger(limits: limits))
    #expect(waited.events.count < direct.events.count)
    let ledger = try #require(waited.crowd)
    ledger.finish(CrowdSettings(), into: &waited.events)
    #expect(direct.tally.understood == waited.tally.understood)
    let (left, right) = (direct.events.map(facts), waited.events.map(facts))
    #expect(Set(left) == Set(right) && left.count == right.count)
  }

  /// Once a line was read, others that differ in addresses, process id and port are read by its outline: each must come
  /// out as a decoder reads it that never saw another. Some addresses are written in other ways, and text of others'
  /// stands beside them.
  @Test("a line that is read by its outline says what it says by itself", arguments: 0..<4)
  func outlines(seed: UInt64) throws {
    var numbers = SeededNumbers(seed)
    var lines: [String] = []
    for sample in TextReading.samples where !sample.contains("repeated") && !sample.contains("\n") {
      for _ in 0..<12 { lines.append(varied(sample, &numbers)) }
    }
    lines.shuffle(using: &numbers)
    var limits = CrowdLimits()
    limits.singly = .max
    var together = read(lines, CrowdLedger(limits: limits))
    try #require(together.crowd).finish(CrowdSettings(), into: &together.events)
    var (alone, sums) = ([Event](), EventSums())
    var offset = 0
    for (number, line) in lines.enumerated() {
      let intake = read([line], nil, from: number, offset: offset)
      alone += intake.events
      sums.merge(intake.sums)
      offset += line.utf8.count + 1
    }
    let (left, right) = (alone.map(facts), together.events.map(facts))
    #expect(left.count > 500)
    #expect(Set(left).symmetricDifference(right) == [])
    #expect(left.count == right.count)
    #expect(sums.summed().map(facts) == together.sums.summed().map(facts))
  }

  /// A line with other addresses, process id and port, now and then with what looks nearly like one.
  private func varied(_ line: String, _ numbers: inout SeededNumbers) -> String {
    let address =
      numbers.roll(30) == 0
      ? ["127.0.0.1", "010.1.2.3", "10.1.2.300", "10.1.2.3x", "::ffff:10.1.2.3", "1.2.3.4.5", "a-10.1.2.3"][
        numbers.roll(7)]
      : "10.\(numbers.roll(256)).\(numbers.roll(3)).\(numbers.roll(200) + 1)"
    let pid = numbers.roll(20) == 0 ? "[007]" : "[\(numbers.roll(99_999) + 1)]"
    let port = " port \(numbers.roll(20) == 0 ? 70_000 : numbers.roll(65_535) + 1)"
    var varied = line.replacing(/[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/, with: address)
    varied = varied.replacing(/\[[0-9]+\]/, with: pid).replacing(/\ port\ [0-9]+/, with: port)
    if numbers.roll(10) == 0 { varied = varied.replacing("root", with: "x from 10.9.9.9 port 22") }
    return varied
  }

  /// The host's line that says that the line before was repeated.
  private func repetition(of line: String) -> String {
    let words = line.split(separator: " ", omittingEmptySubsequences: true)
    guard words.count > 4, line.hasPrefix("Dec") || line.hasPrefix("Mar") else { return line }
    return words[0..<4].joined(separator: " ") + " last message repeated 3 times"
  }

  @Test("up to the limit each source is told by itself, and one more makes a crowd")
  func limit() throws {
    for (sources, isCrowd) in [(20, false), (21, true)] {
      var limits = CrowdLimits()
      limits.singly = 20
      var intake = read(refusals(0..<sources), CrowdLedger(limits: limits))
      let ledger = try #require(intake.crowd)
      ledger.finish(CrowdSettings(), into: &intake.events)
      #expect(intake.events.count == (isCrowd ? 1 : sources))
      #expect(intake.events.reduce(0) { $0 + $1.count } == sources)
      #expect(intake.events.first?.crowd?.sourceCount == (isCrowd ? sources : nil))
      #expect(intake.events.first?.crowd?.words == (isCrowd ? "21 sources" : nil))
    }
  }

  /// Of one source: a record that says how often it was, or one and that it was repeated, and 20 others that are quiet.
  private func repeated(_ count: Int, inBrackets: Bool) -> [String] {
    let head = "Dec 27 07:20:20 marlin "
    let message = "connect from 10.0.1.200 to dump(): request from unauthorized host"
    let heavy =
      inBrackets
      ? [head + "rpcbind[9]: message repeated \(count) times: [ \(message)]"]
      : [head + "rpcbind[9]: \(message)", head + "last message repeated \(count - 1) times"]
    return refusals(0..<10) + heavy + refusals(10..<20)
  }

  @Test(
    "a record that says how often it was counts as often", arguments: [true, false],
    [(8, 0), (9, 9), (65, 65), (5000, 5000)])
  func repetitions(_ inBrackets: Bool, _ heavy: (count: Int, apart: Int)) throws {
    var limits = CrowdLimits()
    limits.singly = 2
    var intake = read(repeated(heavy.count, inBrackets: inBrackets), CrowdLedger(limits: limits))
    // What came more than 64 times does not wait for the others.
    #expect(intake.events.isEmpty == (heavy.count <= 64))
    let ledger = try #require(intake.crowd)
    ledger.finish(CrowdSettings(), into: &intake.events)
    let apart = intake.events.filter { $0.crowd == nil }
    #expect(apart.reduce(0) { $0 + $1.count } == heavy.apart)
    #expect(apart.allSatisfy { $0.source.host == .address(IPAddress(v4: 0x0a00_01c8)) })
    #expect(intake.events.reduce(0) { $0 + $1.count } == 20 + heavy.count)
    #expect(intake.events.compactMap(\.crowd).map(\.roll.most) == [heavy.apart == 0 ? heavy.count : 1])
  }

  @Test("one Event tells of each kind and hour, in their order")
  func hours() throws {
    var limits = CrowdLimits()
    limits.singly = 2
    let lines = refusals(0..<5, at: 5) + refusals(0..<5, at: 3) + refusals(5..<9, "getport(nfs)", at: 3)
    var intake = read(lines, CrowdLedger(limits: limits))
    let ledger = try #require(intake.crowd)
    ledger.finish(CrowdSettings(), into: &intake.events)
    let told = intake.events.map { "\($0.time.description.prefix(13)) \($0.rpc?.procedureName.notation ?? "")" }
    #expect(told == ["1999-12-27T03 dump", "1999-12-27T03 getport", "1999-12-27T05 dump"])
    #expect(intake.events.map(\.count) == [5, 4, 5])
  }

  @Test("what is forgotten takes no more sums than there may be, whatever the stamps", arguments: [1, 2, 40])
  func forgottenSums(hourly: Int) throws {
    var limits = CrowdLimits()
    limits.singly = 2
    limits.sources = 4
    limits.hourly = hourly
    // A day each, and two hours of each day.
    let lines = (1...28).flatMap { day in
      [3, 5].map { hour in
        "Dec \(day < 10 ? " " : "")\(day) 0\(hour):10:00 marlin rpcbind[7]: connect from 10.1.\(day).\(hour) to dump(): "
          + "request from unauthorized host"
      }
    }
    var intake = read(lines, CrowdLedger(limits: limits))
    let one = try #require(intake.crowd)
    #expect(one.forgotten.count <= max(1, hourly) && one.forgotten.count > 0)
    var both = one
    both.merge(one, into: &intake.events)
    #expect(both.forgotten.count <= max(1, hourly))
    for (ledger, records) in [(one, 56), (both, 112)] {
      for needsHours in [true, false] {
        var settings = CrowdSettings()
        settings.needsHours = needsHours
        var events: [Event] = []
        ledger.finish(settings, into: &events)
        #expect(events.reduce(0) { $0 + $1.count } == records)
      }
    }
  }

  @Test("too many sums by the hour become sums by the day, unless hours are asked for", arguments: [true, false])
  func days(needsHours: Bool) throws {
    var limits = CrowdLimits()
    limits.singly = 2
    limits.hourly = 2
    let lines = refusals(0..<5, at: 5) + refusals(0..<5, at: 3) + refusals(5..<9, "getport(nfs)", at: 3)
    var intake = read(lines, CrowdLedger(limits: limits))
    let ledger = try #require(intake.crowd)
    var settings = CrowdSettings()
    settings.needsHours = needsHours
    ledger.finish(settings, into: &intake.events)
    let told = intake.events.map { "\($0.time.description.prefix(13)) \($0.rpc?.procedureName.notation ?? "")" }
    let hours = ["1999-12-27T03 dump", "1999-12-27T03 getport", "1999-12-27T05 dump"]
    #expect(told == (needsHours ? hours : Array(hours.prefix(2))))
    #expect(intake.events.map(\.count) == (needsHours ? [5, 4, 5] : [10, 4]))
    #expect(intake.events.compactMap(\.crowd).map(\.visitCount) == (needsHours ? [5, 4, 5] : [10, 4]))
  }

  @Test("visits are parted by the pause, and a source with more records is no crowd's")
  func visits() throws {
    var limits = CrowdLimits()
    limits.singly = 2
    let lines =
      refusals(0..<5, at: 3) + refusals(0..<5, at: 5) + refusals(0..<2, "getport(nfs)", at: 3)
      + (0..<9).map { _ in refusals(9..<10)[0] }
    var intake = read(lines, CrowdLedger(limits: limits))
    #expect(intake.events.isEmpty)
    let ledger = try #require(intake.crowd)
    ledger.finish(CrowdSettings(), into: &intake.events)
    #expect(intake.events.count { $0.crowd == nil && $0.source.host == .address(IPAddress(v4: 0x0a00_010a)) } == 9)
    #expect(intake.events.count { $0.crowd == nil } == 9)
    let crowds = intake.events.compactMap(\.crowd)
    #expect(crowds.map(\.sourceCount).sorted() == [2, 5, 5] && crowds.map(\.visitCount).sorted() == [2, 5, 5])
    #expect(Crowd.union(crowds)?.visitCount == 10 && Crowd.union(crowds)?.sourceCount == 5)
    #expect(crowds.first?.roll.most == 3)
    #expect(crowds.allSatisfy { $0.roll.sources.count == 5 })
  }

  @Test("a source that comes back often and does little each time is of the crowd, until it came very often")
  func returning() throws {
    for (visits, isApart) in [(4, false), (7, true)] {
      var limits = CrowdLimits()
      (limits.singly, limits.many) = (2, 16)
      let often = (0..<visits).flatMap { visit in (0..<3).map { _ in refusals(9..<10, at: visit + 1)[0] } }
      var intake = read(refusals(0..<5) + often, CrowdLedger(limits: limits))
      let ledger = try #require(intake.crowd)
      var settings = CrowdSettings()
      settings.pause = 1_800_000_000_000
      ledger.finish(settings, into: &intake.events)
      #expect(intake.events.count { $0.crowd == nil } == (isApart ? 3 * visits : 0))
    }
  }

  @Test("who was there right before a service failed stands by itself", arguments: [(-1, 0), (0, 1), (30, 1), (31, 0)])
  func beforeFailure(_ gap: Int, _ apart: Int) throws {
    var limits = CrowdLimits()
    limits.singly = 2
    var intake = read(refusals(0..<5), CrowdLedger(limits: limits))
    let ledger = try #require(intake.crowd)
    let last = try #require(intake.crowd?.event(at: 4, era: 0))
    var settings = CrowdSettings()
    settings.failures[last.target.host] = [last.time.timestamp.nanoseconds + Int64(gap) * 1_000_000_000]
    settings.failureReach = 0
    if gap > 0 { settings.failureReach = 30_000_000_000 }
    // The other records are as near, or nearer.
    ledger.finish(settings, into: &intake.events)
    let told = intake.events.filter { $0.crowd == nil }.map(\.source)
    #expect(told.contains(last.source) == (apart == 1))
  }

  @Test("of more sources than the cap the older go, and their records are counted and said", arguments: [10, 17, 40])
  func forgets(_ cap: Int) throws {
    var limits = CrowdLimits()
    limits.sources = cap
    limits.singly = 4
    var intake = read(refusals(0..<200) + (0..<9).map { _ in refusals(3..<4)[0] }, CrowdLedger(limits: limits))
    let ledger = try #require(intake.crowd)
    ledger.finish(CrowdSettings(), into: &intake.events)
    #expect(intake.events.reduce(0) { $0 + $1.count } == 209)
    let crowd = try #require(Crowd.union(intake.events.compactMap(\.crowd)))
    #expect(crowd.sourceCount <= cap && crowd.forgotten > 0 && crowd.forgotten + crowd.sourceCount >= 199)
    #expect(crowd.words.hasPrefix("at least "))
    #expect(ledger.oddities.count(of: .tableFull) == crowd.forgotten)
    #expect(intake.events.count { $0.crowd == nil } >= 9)
  }

  @Test("which cap was reached is said")
  func whichCap() throws {
    for (isText, words) in [(false, "more than 10 sources"), (true, "more than 2000 bytes")] {
      var limits = CrowdLimits()
      if isText { limits.text = 2000 } else { limits.sources = 10 }
      let ledger = try #require(read(refusals(0..<100), CrowdLedger(limits: limits)).crowd)
      let first = try #require(ledger.oddities.counts[.tableFull]?.first.text.notation)
      #expect(first.hasPrefix(words), "\(first)")
    }
  }

  @Test("what busy sources wrote makes no quiet one be forgotten")
  func textOfTold() throws {
    var limits = CrowdLimits()
    (limits.singly, limits.many, limits.text) = (4, 9, 10_000)
    // Ten records of each busy source, between those of the quiet.
    var lines: [String] = []
    for busy in 0..<60 {
      for _ in 0..<10 { lines += refusals(100 + busy..<101 + busy) }
      lines += refusals(busy / 3..<busy / 3 + 1)
    }
    #expect(lines.prefix(110).reduce(0) { $0 + $1.utf8.count } > limits.text)
    var intake = read(lines, CrowdLedger(limits: limits))
    let ledger = try #require(intake.crowd)
    #expect(intake.events.count == 600 && ledger.oddities.isEmpty)
    ledger.finish(CrowdSettings(), into: &intake.events)
    let crowd = try #require(intake.events.compactMap(\.crowd).first)
    #expect(crowd.sourceCount == 20 && crowd.forgotten == 0)
    #expect(intake.events.reduce(0) { $0 + $1.count } == lines.count)
  }

  /// Any number of programs may be asked for, and any host named.
  private var manyKinds: [String] {
    (0..<400).map { number in
      refusals(number..<number + 1, "getport(\(200_000 + number))")[0]
        .replacing("marlin", with: number < 200 ? "marlin" : "host\(number)")
    }
  }

  @Test("of more kinds than the cap records lose what makes them different, and wait as others do")
  func kinds() throws {
    var limits = CrowdLimits()
    (limits.singly, limits.kinds) = (2, 8)
    var intake = read(manyKinds, CrowdLedger(limits: limits))
    #expect(intake.events.isEmpty)
    let ledger = try #require(intake.crowd)
    ledger.finish(CrowdSettings(), into: &intake.events)
    #expect(intake.events.allSatisfy { $0.crowd != nil } && intake.events.reduce(0) { $0 + $1.count } == 400)
    #expect(ledger.oddities.count(of: .tableFull) == 392)
    // Four times the cap, and one kind that leaves all out.
    #expect(Set(intake.events.map { "\($0.target.notation) \($0.rpc?.argument.notation ?? "")" }).count <= 33)
    let folded = try #require(intake.events.first { $0.rpc?.argumentForm == nil && $0.target.host == .name("marlin") })
    #expect(folded.count == 192 && folded.rpc?.procedureName == "getport" && folded.outcome == .refused)
    #expect(folded.rpc?.argumentProgram == nil && folded.citation.text.notation.contains("getport(2000"))
  }

  @Test("kinds that are too many only together are folded when ledgers are put together")
  func kindsOfSeveral() throws {
    var limits = CrowdLimits()
    (limits.singly, limits.kinds) = (2, 300)
    var events: [Event] = []
    var ledger = try #require(read(Array(manyKinds.prefix(250)), CrowdLedger(limits: limits)).crowd)
    let other = try #require(read(Array(manyKinds.dropFirst(250)), CrowdLedger(limits: limits)).crowd)
    #expect(ledger.oddities.isEmpty && other.oddities.isEmpty)
    ledger.merge(other, into: &events)
    #expect(events.isEmpty && ledger.oddities.count(of: .tableFull) == 100)
    ledger.finish(CrowdSettings(), into: &events)
    #expect(events.reduce(0) { $0 + $1.count } == 400 && events.allSatisfy { $0.crowd != nil })
  }

  @Test("of those who were there before failures the nearest stand apart, so many of each and of all")
  func manyFailures() throws {
    for (failures, expected) in [(1, 16), (3, 48), (60, 100)] {
      var limits = CrowdLimits()
      limits.singly = 100
      let lines = (0..<18_000).map(visit)
      var intake = read(lines.shuffled(), CrowdLedger(limits: limits))
      let ledger = try #require(intake.crowd)
      let start = try #require(Day(year: 1999, month: 12, day: 27)?.start).nanoseconds + 7 * 3_600_000_000_000
      var settings = CrowdSettings()
      settings.failures[.name("marlin")] = (1...failures).map { start + Int64($0) * 29_000_000_000 }
      ledger.finish(settings, into: &intake.events)
      let apart = intake.events.filter { $0.crowd == nil }
      #expect(apart.count == expected)
      #expect(intake.events.reduce(0) { $0 + $1.count } == 18_000)
      // The nearest: within the last four seconds before a failure.
      let moments = settings.failures[.name("marlin")] ?? []
      for event in apart {
        let gaps: [Int64] = moments.map { $0 - event.time.timestamp.nanoseconds }
        #expect((gaps.filter { $0 >= 0 }.min() ?? .max) <= 3_000_000_000)
      }
      guard failures == 1 else { continue }
      let nearest = Set((135..<150).map { IPAddress(v4: 0x0a00_0101 + UInt32($0)) })
      #expect(nearest.isSubset(of: Set(apart.compactMap(\.source.host.address))))
    }
  }

  /// Five a second for an hour, each of another source.
  private func visit(_ number: Int) -> String {
    let (minute, second) = (number / 300, number / 5 % 60)
    let time = "07:\(minute / 10)\(minute % 10):\(second / 10)\(second % 10)"
    let source = "10.\(number / 250).1.\(number % 250 + 1)"
    return "Dec 27 \(time) marlin rpcbind: refused connect from \(source) to dump()"
  }

  @Test("two ledgers put together are one of all records, whatever the order")
  func merges() throws {
    var limits = CrowdLimits()
    limits.singly = 2
    let lines = refusals(0..<30) + refusals(10..<40, "getport(nfs)", at: 8) + (0..<9).map { _ in refusals(5..<6)[0] }
    var found: [Set<[String]>] = []
    for cut in [0, 1, 25, 50, 66, lines.count] {
      var first = read(Array(lines[..<cut]), CrowdLedger(limits: limits))
      let second = read(Array(lines[cut...]), CrowdLedger(limits: limits))
      var events = first.events + second.events
      var ledger = try #require(first.crowd)
      first.crowd = nil
      ledger.merge(try #require(second.crowd), into: &events)
      ledger.finish(CrowdSettings(), into: &events)
      found.append(
        Set(
          events.map {
            Array(facts($0).dropLast()) + ["\($0.crowd?.sourceCount ?? 0)", "\($0.crowd?.visitCount ?? 0)"]
          }))
    }
    #expect(found.allSatisfy { $0 == found[0] } && found[0].count == 3)
  }

  /// Many lines of one second, whose first is told by their wording: as each read by itself.
  @Test("logins of one moment come to the same in any order", arguments: [UInt64](1...5))
  func loginsOfAMoment(_ seed: UInt64) {
    var chance = SeededNumbers(seed)
    let lines = (0..<60).map { number in
      "Dec 27 01:10:0\(number % 2) marlin sshd[\(number % 5)]: Failed password for root from 10.0.0.\(number % 2 + 1) "
        + "port \([4000, 40, 40_000, 5][Int.random(in: 0..<4, using: &chance)]) ssh2"
    }.shuffled(using: &chance)
    var single = EventSums()
    for line in lines { single.merge(read([line], nil).sums) }
    func told(_ sums: EventSums) -> [[String]] { sums.summed().map { facts($0).dropLast() + [] } }
    #expect(told(read(lines, nil).sums) == told(single))
    #expect(read(lines, nil).sums.summed().map(\.count) == [30, 30])
  }

  /// The first line of a kind is read as an Event, and the others are not.
  @Test("logins come to the same, read together and each by itself")
  func logins() {
    let lines = (0..<300).map { number in
      "Dec 27 0\(number % 3 + 1):\(10 + number % 50):01 marlin sshd[\(number)]: "
        + "\(number % 7 == 0 ? "Accepted" : "Failed") password for \(number % 5 == 0 ? "root" : "joe") from "
        + "10.0.0.\(number % 11 + 1) port \(4000 + number) ssh2"
    }
    var single = EventSums()
    for line in lines { single.merge(read([line], nil).sums) }
    func told(_ sums: EventSums) -> [[String]] {
      sums.summed().map { event in facts(event).dropLast() + [] }
    }
    let together = told(read(lines, nil).sums)
    #expect(together == told(single) && !together.isEmpty)
    #expect(read(lines, nil).sums.summed().reduce(0) { $0 + $1.count } == lines.count)
    #expect(told(read(lines.reversed(), nil).sums) == together)
  }

  /// Of lines of one wording only what differs is kept.
  @Test("a login is quoted as its line stood")
  func quotedLogins() {
    let lines =
      (0..<400).map { number in
        "Dec 27 01:\(10 + number % 50):01 marlin sshd[\(number + 1)]: Accepted publickey for joe from "
          + "10.0.\(number % 3 * 100).\(number / 3) port \([1, 80, 443, 40_000, 65_535][number % 5]) ssh2: RSA SHA256:xNQm"
      }
      + (0..<200).map { number in
        "Dec 27 01:\(10 + number % 50):01 marlin sshd[\(number + 1)]: Accepted password for joe from "
          + "10.1.\(number % 3 * 100).\(number / 3) port \([9, 10, 999, 1000, 9999][number % 5]) ssh2"
      }
    let quoted = read(lines, nil).sums.summed().map(\.citation.text.notation)
    #expect(quoted.sorted() == lines.sorted())
  }
}

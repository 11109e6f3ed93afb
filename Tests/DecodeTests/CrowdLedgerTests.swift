import Evidence
import Testing

@testable import Decode

/// Records of hosts that wait for what becomes of their sources.
struct CrowdLedgerTests {
  private func read(_ lines: [String], _ ledger: CrowdLedger?) -> Intake {
    var decoder = TextDecoder(input: InputID(0), library: TextReading.library, asOf: TextReading.asOf, zone: .utc)
    var intake = Intake()
    intake.crowd = ledger
    var offset = 0
    for (number, line) in lines.enumerated() {
      let bytes = Array(line.utf8)
      decoder.push(bytes.rawSpan, number: number + 1, offset: offset, into: &intake)
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
    var ledger = try #require(waited.crowd)
    ledger.finish(CrowdSettings(), into: &waited.events)
    #expect(direct.tally.understood == waited.tally.understood)
    let (left, right) = (direct.events.map(facts), waited.events.map(facts))
    #expect(Set(left) == Set(right) && left.count == right.count)
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
      var ledger = try #require(intake.crowd)
      ledger.finish(CrowdSettings(), into: &intake.events)
      #expect(intake.events.count == (isCrowd ? 1 : sources))
      #expect(intake.events.reduce(0) { $0 + $1.count } == sources)
      #expect(intake.events.first?.crowd?.sourceCount == (isCrowd ? sources : nil))
      #expect(intake.events.first?.crowd?.words == (isCrowd ? "21 sources" : nil))
    }
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
    var ledger = try #require(intake.crowd)
    ledger.finish(CrowdSettings(), into: &intake.events)
    #expect(intake.events.count { $0.crowd == nil && $0.source.host == .address(IPAddress(v4: 0x0a00_010a)) } == 9)
    #expect(intake.events.count { $0.crowd == nil } == 9)
    let crowds = intake.events.compactMap(\.crowd)
    #expect(crowds.map(\.sourceCount).sorted() == [2, 5] && crowds.map(\.visitCount).sorted() == [2, 10])
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
      var ledger = try #require(intake.crowd)
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
    var ledger = try #require(intake.crowd)
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
    var ledger = try #require(intake.crowd)
    ledger.finish(CrowdSettings(), into: &intake.events)
    #expect(intake.events.reduce(0) { $0 + $1.count } == 209)
    let crowd = try #require(Crowd.union(intake.events.compactMap(\.crowd)))
    #expect(crowd.sourceCount <= cap && crowd.forgotten > 0 && crowd.forgotten + crowd.sourceCount >= 199)
    #expect(crowd.words.hasPrefix("at least "))
    #expect(ledger.oddities.count(of: .tableFull) == crowd.forgotten)
    #expect(intake.events.count { $0.crowd == nil } >= 9)
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
}

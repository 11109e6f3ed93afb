import Evidence
import Testing

@testable import Fuse
@testable import Judge

/// The four terms of an incident, and where each comes from.
struct SeverityTests {
  private func severity(_ incident: Incident, _ estate: Estate = Estate()) -> Severity {
    SeverityJudge(estate: estate).severity(of: incident)
  }
  private func asset(_ name: Bytes = "marlin", criticality: Int? = nil, system: Int? = nil, network: Int? = nil)
    -> Estate.Asset
  {
    Estate.Asset(
      name: name, addresses: [IPAddress(v4: 0xc000_020a)], criticality: criticality.map { Severity.Term($0, "c") },
      systemCountermeasures: system.map { Severity.Term($0, "s") },
      networkCountermeasures: network.map { Severity.Term($0, "n") })
  }

  @Test func theConfigurationDecidesWhereItSpeaks() {
    let found = severity(.fixture(), Estate(assets: [asset(criticality: 5, system: 2, network: 4)]))
    #expect(found.criticality == Severity.Term(5, "c") && found.systemCountermeasures == Severity.Term(2, "s"))
    #expect(found.networkCountermeasures == Severity.Term(4, "n") && found.lethality == Severity.Term(2, "because"))
    #expect(found.score == 5 + 2 - 2 - 4 && found.range == 1...1)
  }

  /// The configuration's value stands, and what happened all the same is said with it.
  @Test(arguments: Outcome.allCases) func defencesThatDidNotHoldAreSaid(_ outcome: Outcome) {
    for value in 1...5 {
      let term = severity(.fixture(outcome: outcome), Estate(assets: [asset(system: value)])).systemCountermeasures
      let isFailure = value >= 3 && [.crashed, .answered, .allowed].contains(outcome)
      #expect(term.value == value && term.why.hasPrefix("s") && term.why.contains("all the same") == isFailure)
    }
    let local = severity(.fixture(outcome: .allowed, source: .local("")), Estate(assets: [asset(system: 5)]))
    #expect(local.systemCountermeasures.why == "s")
  }

  /// Each deed is weighed with what became of it, and an exploit that was turned down is no sign of exploitation.
  @Test func aRefusedExploitBesideAnAnsweredCallIsRefused() throws {
    func deed(_ stage: Stage, _ lethality: Int, _ outcome: Outcome?) -> IncidentFinding {
      var finding = Incident.fixture(stage: stage, lethality: lethality, pattern: stage.rawValue).findings[0]
      finding.outcome = outcome
      return finding
    }
    var incident = Incident.fixture(outcome: .answered, stage: .exploitation)
    incident.findings = [deed(.reconnaissance, 2, .answered), deed(.exploitation, 5, .refused)]
    let found = severity(incident)
    #expect(found.lethality.value == 5 && found.systemCountermeasures.value == 4)
    #expect(incident.exploitOutcome == .refused)
    incident.findings[1].outcome = .answered
    #expect(severity(incident).systemCountermeasures.value == 1 && incident.exploitOutcome == .answered)
    // What no record tells of an exploit, a crash beside it does.
    incident.findings[1].outcome = .unknown
    #expect(severity(incident).systemCountermeasures.assumed)
    incident.outcome = .crashed
    #expect(severity(incident).systemCountermeasures.value == 1 && incident.exploitOutcome == .crashed)
  }

  @Test func theConfigurationKnowsNamesAndAddresses() {
    let address = Host.address(IPAddress(v4: 0xc000_020a))
    for incident in [
      Incident.fixture(target: .name("MARLIN")), .fixture(target: address),
      .fixture(target: .name("other"), alias: address),
    ] {
      #expect(!severity(incident, Estate(assets: [asset(criticality: 5)])).criticality.assumed)
    }
    #expect(severity(.fixture(target: .name("zappa")), Estate(assets: [asset(criticality: 5)])).criticality.assumed)
  }

  /// Of several targets the most critical and the least protected count.
  @Test func theWorstOfTheTargetsCounts() {
    let estate = Estate(assets: [
      asset(criticality: 2, system: 5, network: 5), asset(criticality: 4, system: 1, network: 2),
    ])
    let found = severity(.fixture(), estate)
    #expect(
      found.criticality.value == 4 && found.systemCountermeasures.value == 1 && found.networkCountermeasures.value == 2)
  }

  @Test(arguments: [
    (Outcome.refused, 4, false), (.rejected, 4, false), (.empty, 4, false), (.blocked, 4, false), (.reset, 4, false),
    (.crashed, 1, false),
    (.answered, 1, false), (.allowed, 1, false), (.connected, 3, true), (.unknown, 3, true), (.unanswered, 3, true),
  ])
  func theEvidenceTellsTheHostsDefences(_ outcome: Outcome, _ value: Int, _ assumed: Bool) {
    let term = severity(.fixture(outcome: outcome)).systemCountermeasures
    #expect(term.value == value && term.assumed == assumed && !term.why.isEmpty)
  }

  /// Where the end is open at one host alone, that host is named; the value stays assumed.
  @Test func theOpenPartIsNamed() {
    var incident = Incident.fixture(outcome: .unknown)
    #expect(severity(incident).systemCountermeasures.why == "the evidence does not show how the host met it")
    let other = Incident.fixture(outcome: .refused, target: .name("zappa"))
    incident.events += other.events
    incident.targets += other.targets
    let term = severity(incident).systemCountermeasures
    #expect(term.assumed && term.why == "the evidence does not show how marlin met it; zappa turned it away")
    incident.events[1].target = incident.events[0].target
    #expect(severity(incident).systemCountermeasures.why.hasSuffix("met all of it; some of it was turned away"))
  }

  @Test func aStoppedTryCounts() {
    #expect(severity(.fixture(outcome: .crashed, action: .stackExecution)).systemCountermeasures.value == 3)
  }

  @Test func theNetworkLetThroughWhatArrived() {
    #expect(severity(.fixture()).networkCountermeasures == Severity.Term(1, "it reached the host"))
    #expect(severity(.fixture(outcome: .unanswered, view: .network)).networkCountermeasures.assumed)
    #expect(!severity(.fixture(outcome: .reset, view: .network)).networkCountermeasures.assumed)
    #expect(severity(.fixture(source: .unknown)).networkCountermeasures.assumed)
    let local = severity(.fixture(outcome: .allowed, source: .local("loopback(1)")))
    #expect(local.networkCountermeasures.assumed && local.systemCountermeasures.assumed)
  }

  /// What a report tells of one source's packets it tells of a crowd's.
  @Test func reportsSpeakOfACrowdToo() {
    let day = monday.advanced(by: 0)
    let shut = ShutPorts(
      host: "marlin", address: nil, transport: .tcp, ports: 111...111, state: .filtered, day: day,
      citation: Citation(
        Provenance(input: InputID(7), place: .lines(first: 1, last: 1), offset: 0, length: 1), text: "x"))
    let estate = Estate(reports: ReportedServices(shut: [shut]))
    func incident(_ source: Host, _ crowd: Crowd?) -> Incident {
      var incident = Incident.fixture(outcome: .unknown, source: source, action: .probe)
      for index in incident.events.indices { incident.events[index].isAboutPacket = true }
      incident.targets[0].services = [Service(.tcp, 111)]
      incident.crowd = crowd
      return incident
    }
    let sources = (1...3).map { IPAddress(v4: 0xc000_0200 + $0) }
    let single = incident(.address(sources[0]), nil)
    let crowd = Crowd(
      roll: CrowdRoll(sources: sources, visits: [0, 1, 2], most: 1), visits: [0, 1, 2], last: single.last, forgotten: 0)
    let found = severity(incident(.unknown, crowd), estate).networkCountermeasures
    #expect(found == severity(single, estate).networkCountermeasures && found.value == 4)
    #expect(severity(incident(.unknown, nil), estate).networkCountermeasures.assumed)
  }

  @Test func lethalityIsThatOfTheWorstFinding() {
    var incident = Incident.fixture(lethality: 2)
    incident.findings += Incident.fixture(stage: .exploitation, lethality: 5).findings
    #expect(severity(incident).lethality.value == 5)
    // What nobody explained may be anything up to what is known to be worse.
    incident.findings =
      Incident.fixture(lethality: 2).findings + Incident.fixture(stage: .unexplained, lethality: nil).findings
    #expect(severity(incident).lethality.assumed)
    incident.findings += Incident.fixture(stage: .exploitation, lethality: 4).findings
    #expect(severity(incident).lethality == Severity.Term(4, "because"))
    incident.findings = Incident.fixture(stage: .response, lethality: 5).findings
    #expect(severity(incident).lethality.assumed)
  }

  /// Every severity lies in its range, and the range in -8...8.
  @Test func theRangeHoldsTheScore() {
    for outcome in Outcome.allCases {
      for lethality in [nil, 1, 3, 5] as [Int?] {
        for configured in [nil, 1, 5] as [Int?] {
          for source in [Host.unknown, .local(""), .name("x")] {
            let found = severity(
              .fixture(outcome: outcome, lethality: lethality, source: source),
              Estate(assets: [asset(criticality: configured, system: configured, network: nil)]))
            #expect(found.range.contains(found.score))
            #expect(found.range.lowerBound >= -8 && found.range.upperBound <= 8)
            let assumed = [
              found.criticality, found.lethality, found.systemCountermeasures, found.networkCountermeasures,
            ].count(where: \.assumed)
            #expect(found.range.count == assumed * 4 + 1)
            #expect(
              [found.criticality, found.lethality, found.systemCountermeasures, found.networkCountermeasures].allSatisfy
              { !$0.assumed || $0.value == 3 })
          }
        }
      }
    }
  }

  @Test func termsStayOnTheScale() {
    #expect(Severity.Term(9, "").value == 5 && Severity.Term(-9, "").value == 1)
  }

  /// Score, then outcome, then time, then id.
  @Test func theWorstComesFirst() {
    let orders: [[Incident]] = [
      [.fixture("b", outcome: .refused, lethality: 5), .fixture("a", outcome: .refused, lethality: 2)],
      // Equal scores: 4 for each of these defences.
      [
        .fixture("d", outcome: .reset), .fixture("c", outcome: .empty), .fixture("b", outcome: .rejected),
        .fixture("a", outcome: .refused),
      ],
      [.fixture("b", days: [0]), .fixture("a", days: [1])],
      [.fixture("a"), .fixture("b")],
    ]
    for expected in orders {
      let judged = expected.map { JudgedIncident(incident: $0, severity: severity($0)) }
      #expect(judged.reversed().sorted(by: JudgedIncident.precedes).map(\.incident.id) == expected.map(\.id))
      for (one, other) in zip(judged, judged.dropFirst()) { #expect(!JudgedIncident.precedes(other, one)) }
    }
  }
}

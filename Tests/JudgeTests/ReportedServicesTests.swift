import Evidence
import Testing

@testable import Fuse
@testable import Judge

/// What nmap and rpcinfo say of a target moves the terms that nothing else decides, and says from which report.
struct ReportedServicesTests {
  private let address = IPAddress(v4: 0xc000_020a)

  /// An incident at a port that nothing answered, or with another outcome.
  private func incident(
    _ outcome: Outcome = .unanswered, ports: [UInt16] = [111], source: Host = .address(IPAddress(v4: 0xc000_0242)),
    action: Event.Action = .probe, view: View = .network, days: [Int] = [0]
  ) -> Incident {
    var incident = Incident.fixture(
      days: days, outcome: outcome, source: source, alias: .address(address), view: view, action: action)
    incident.targets[0].services = ports.map { Service(.tcp, $0) }
    return incident
  }

  private func citation(_ text: String) -> Citation {
    Citation(Provenance(input: InputID(7), place: .lines(first: 1, last: 1), offset: 0, length: 1), text: Bytes(text))
  }

  private func open(_ port: UInt16, day: Int? = 0, transport: Transport = .tcp, state: Bytes = "open") -> Exposure {
    var exposure = Exposure(
      report: .nmap, address: address, transport: transport, port: port, state: state, citation: citation("\(port)"))
    exposure.day = day.map { monday.advanced(by: $0) }
    return exposure
  }

  private func shut(_ ports: ClosedRange<UInt16>, _ state: ShutPorts.State, day: Int? = 0) -> ShutPorts {
    ShutPorts(
      host: "", address: address, transport: .tcp, ports: ports, state: state,
      day: day.map { monday.advanced(by: $0) }, citation: citation("\(ports) \(state)"))
  }

  private func registered(_ programs: [UInt32], whole: Bool = true) -> [Exposure] {
    programs.map { program in
      var row = Exposure(
        report: .rpcinfo, host: "MARLIN", transport: .tcp, port: 32_771, program: program, version: 1,
        citation: citation("\(program)"))
      row.isOfTable = whole
      return row
    }
  }

  private func severity(
    _ incident: Incident, _ exposures: [Exposure] = [], _ shut: [ShutPorts] = [], asset: Estate.Asset? = nil,
    at day: Day? = nil
  ) -> Severity {
    let estate = Estate(
      assets: asset.map { [$0] } ?? [], reports: ReportedServices(exposures: exposures, shut: shut))
    return SeverityJudge(estate: estate).severity(of: incident, at: day)
  }

  @Test func anOpenPortSpeaksAgainstBothDefences() {
    let found = severity(incident(), [open(111)])
    #expect(found.systemCountermeasures.value == 2 && !found.systemCountermeasures.assumed)
    #expect(found.networkCountermeasures.value == 2 && !found.networkCountermeasures.assumed)
    #expect(found.systemCountermeasures.why.contains("nmap's report of 2000-01-03, of the same day,"))
    #expect(found.systemCountermeasures.why.contains("shows tcp/111 of marlin open"))
    #expect(found.systemCountermeasures.evidence == [citation("111")])
  }

  @Test func aClosedPortSpeaksForTheHostAndAgainstTheFilter() {
    let found = severity(incident(), [], [shut(1...200, .closed)])
    #expect(found.systemCountermeasures.value == 4 && found.networkCountermeasures.value == 2)
  }

  @Test func aFilteredPortSpeaksForTheFilterAndSaysNothingOfTheHost() {
    let found = severity(incident(), [], [shut(1...200, .filtered)])
    #expect(found.systemCountermeasures.assumed && found.networkCountermeasures.value == 4)
    #expect(found.networkCountermeasures.why.contains("from where it stood"))
  }

  /// Held means all of what was tried; one open port is enough to speak against it.
  @Test func oneOpenPortOutweighsTheClosedOnes() {
    let two = incident(ports: [111, 2049])
    #expect(severity(two, [open(2049)], [shut(1...200, .closed)]).systemCountermeasures.value == 2)
    #expect(severity(two, [], [shut(1...200, .closed)]).systemCountermeasures.assumed)
    #expect(severity(two, [], [shut(1...200, .filtered)]).networkCountermeasures.assumed)
    let scan = incident(action: .scan)
    #expect(severity(scan, [], [shut(1...200, .closed)]).systemCountermeasures.assumed)
  }

  /// Without a report of what was tried the assumed value stays.
  @Test func otherReportsSayNothing() {
    let plain = severity(incident())
    #expect(severity(incident(), [open(22)]) == plain && severity(incident(), [], [shut(1...110, .closed)]) == plain)
    #expect(severity(incident(), [open(111, transport: .udp)]) == plain)
    var other = open(111)
    other.address = IPAddress(v4: 0xc000_020b)
    #expect(severity(incident(), [other]) == plain)
    #expect(severity(incident(), [open(111, state: "open|filtered")]) == plain)
    #expect(plain.systemCountermeasures.assumed && plain.networkCountermeasures.assumed)
  }

  /// Whatever the report says, the configuration and what happened stand.
  @Test(arguments: Outcome.allCases)
  func whatHappenedStands(_ outcome: Outcome) {
    let incident = incident(outcome, view: .host)
    for (exposures, shut) in [([open(111)], []), ([], [shut(1...200, .filtered)]), ([], [shut(1...200, .closed)])] {
      let (found, plain) = (severity(incident, exposures, shut), severity(incident))
      #expect(plain.systemCountermeasures.assumed || found.systemCountermeasures == plain.systemCountermeasures)
      #expect(found.networkCountermeasures == plain.networkCountermeasures && found.lethality == plain.lethality)
    }
    let asset = Estate.Asset(
      name: "marlin", addresses: [address], criticality: Severity.Term(2, "c"),
      systemCountermeasures: Severity.Term(5, "s"), networkCountermeasures: Severity.Term(5, "n"))
    let told = severity(incident, [open(111), open(53)], asset: asset)
    #expect(told == severity(incident, asset: asset))
    #expect(told.systemCountermeasures.value == 5 && told.systemCountermeasures.why.hasPrefix("s"))
    #expect(told.criticality.why == "c" && told.networkCountermeasures.why == "n")
  }

  @Test func aLocalCallerIsNoMatterOfReports() {
    let local = incident(.allowed, source: .local("loopback(1)"), view: .host)
    #expect(severity(local, [open(111)]) == severity(local))
    let nobody = severity(incident(.unknown, source: .unknown, view: .host), [open(111)])
    #expect(nobody.networkCountermeasures.assumed && nobody.systemCountermeasures.value == 2)
  }

  @Test func rpcinfoTellsWhatIsRegisteredAndWhatIsNot() {
    var call = incident(.unknown, ports: [], action: .daemonError, view: .host)
    call.programs = [Incident.ProgramUse(number: 100_083, procedures: [])]
    let there = severity(call, registered([100_000, 100_083])).systemCountermeasures
    #expect(there.value == 2 && there.why.contains("lists program 100083 of marlin as registered"))
    #expect(there.why.contains("which has no date"))
    let gone = severity(call, registered([100_000, 100_003])).systemCountermeasures
    #expect(gone.value == 4 && gone.why.contains("does not list program 100083 of marlin"))
    // Part of a table says nothing of what it does not list.
    #expect(severity(call, registered([100_000, 100_003], whole: false)).systemCountermeasures.assumed)
    #expect(severity(call, registered([100_003])).systemCountermeasures.assumed)
    // It says nothing of the network: the portmapper may have been asked on the host itself.
    #expect(severity(incident(ports: []), registered([100_000])).networkCountermeasures.assumed)
  }

  @Test func aPortmappersLogNamesNoPort() {
    var call = incident(.unknown, ports: [], action: .rpcCall, view: .host)
    call.programs = [Incident.ProgramUse(number: 100_000, procedures: ["dump"])]
    #expect(severity(call, [open(111)]).systemCountermeasures.value == 2)
    #expect(severity(call, [], [shut(111...111, .closed)]).systemCountermeasures.value == 4)
  }

  @Test func aRoleIsTakenFromWhatIsServed() {
    #expect(severity(incident()).criticality.assumed)
    var (files, names) = (open(2049), open(53))
    (files.program, files.isRecognised) = (100_003, true)
    (names.name, names.isRecognised) = ("domain", true)
    #expect(severity(incident(), [files]).criticality.value == 4)
    #expect(severity(incident(), [files, names]).criticality.value == 5)
    #expect(severity(incident(), registered([100_003])).criticality.why.contains("it serves files"))
    // nmap names a port by its number where it did not ask.
    names.isRecognised = false
    #expect(severity(incident(), [names, open(2049), open(25), open(80)]).criticality.assumed)
    #expect(severity(incident(), [], [shut(53...53, .closed)]).criticality.assumed)
  }

  /// Of another day is said; of long ago does not count, and that is said.
  @Test(arguments: [(-40, false), (-30, true), (-1, true), (1, true), (30, true), (31, false)])
  func theDayOfTheReportIsSaid(_ day: Int, _ counts: Bool) {
    let found = severity(incident(), [open(111, day: day)]).systemCountermeasures
    #expect(found.assumed != counts)
    #expect(found.why.contains("\(monday.advanced(by: day))"))
    let words = counts ? (day < 0 ? "before it" : "after it") : "does not count"
    #expect(found.why.contains(words), "\(found.why)")
  }

  /// The report nearest in time; one without a date last.
  @Test func theNearestReportDecides() {
    let found = severity(incident(), [open(111, day: -9)], [shut(111...111, .closed, day: -2)]).systemCountermeasures
    #expect(found.value == 4)
    #expect(
      severity(incident(), [open(111, day: nil)], [shut(111...111, .closed, day: -20)]).systemCountermeasures.value == 4
    )
    #expect(severity(incident(), [open(111)], [shut(111...111, .closed)]).systemCountermeasures.value == 2)
  }

  /// Every term that a stale report could have filled says so, and names the nearest; of equally near ones the latest.
  @Test func staleReportsAreSaidInEachTerm() {
    var name = open(53, day: -50)
    (name.name, name.isRecognised) = ("domain", true)
    let found = severity(incident(), [open(111, day: -40), name, open(111, day: -60), open(111, day: 40)])
    for term in [found.systemCountermeasures, found.networkCountermeasures] {
      #expect(term.assumed && term.why.contains("\(monday.advanced(by: 40)) is 40 days younger"), "\(term.why)")
    }
    #expect(found.criticality.assumed && found.criticality.why.contains("\(monday.advanced(by: -50)) is 50 days older"))
    let ports = severity(incident(ports: [111, 2049]), [open(111, day: -60), open(2049, day: -40)])
    #expect(ports.networkCountermeasures.why.contains("40 days older"))
    #expect(severity(incident(), [open(111, day: nil)]).networkCountermeasures.value == 2)
  }

  /// Judged at a day, a later report was not known.
  @Test func laterReportsWereNotKnown() {
    let judged = severity(incident(), [open(111, day: 3)], at: monday.advanced(by: 2))
    #expect(judged == severity(incident()))
    #expect(severity(incident(), [open(111, day: 3)], at: monday.advanced(by: 3)).systemCountermeasures.value == 2)
  }

  /// As far as an incident was known on a day, only what had been tried by then counts.
  @Test func whatWasTriedLaterDoesNotCount() throws {
    var incident = incident(ports: [111, 2049], days: [0, 1])
    for index in incident.events.indices {
      incident.events[index].target.port = index == 0 ? 111 : 2049
      incident.events[index].transport = .tcp
    }
    let known = try #require(incident.known(at: monday))
    #expect(known.targets.map(\.services) == [[Service(.tcp, 111)]])
    var course = IncidentCourse(incident)
    #expect(course.known(at: monday)?.targets == known.targets)
    #expect(severity(known, [open(2049)]).systemCountermeasures.assumed)
    #expect(severity(incident, [open(2049)]).systemCountermeasures.value == 2)
  }
}

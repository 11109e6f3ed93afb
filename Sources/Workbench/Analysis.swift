public import Capture
public import Decode
import Detect
public import Evidence
public import Fuse
public import Judge

/// The whole path of `analyze`: inputs, records, events in order, findings, incidents, judgement.
public struct Analysis: Sendable {
  public struct Options: Sendable {
    public var asOf: Day?
    public var situationAt: Day?
    public var zone = ZoneTable.utc
    public var threads = 1
    public var decoding = PacketReassembly.Settings()
    /// When sources of turned-down requests are a crowd.
    public var crowd = CrowdLimits()
    /// How wide the windows of ``Analysis/spans`` are.
    public var window = WindowWidth.day
    /// Patterns that an earlier report has: they are not new.
    public var history: Set<String> = []
    /// Tell only what touches this site of the configuration.
    public var site: String?
    public init() {}
  }

  /// What one input gave, as the report lists it.
  public struct InputSummary: Sendable {
    public var id: InputID
    public var path: String
    public var kind: ContentKind
    public var compression: Compression?
    public var tally: Tally
    public var duplicateOf: String?
    /// The day from which its year-less stamps were counted back, where it had any.
    public var yearlessAsOf: Day?
  }

  public var asOf: Day
  public var inputs: [InputSummary]
  public var emptyFolders: [String]
  public var eventCount: Int
  public var findingCount: Int
  public var incidents: [JudgedIncident]
  public var waves: [Waves.Wave]
  public var situation: Situation
  /// How far the hosts' clocks are from that of the network's sensors.
  public var clocks: [ClockOffset] = []
  /// Captures whose clocks disagree with each other.
  public var captureClocks: [CaptureOffset] = []
  /// The site that the incidents, the days and the condition are of; nil for all.
  public var site: String?
  public var exposures: [Exposure]
  public var risks: [String]
  public var mentions: [Mention]
  public var rpc: RPCTally
  public var oddities: OddityTally
  public var programs: ProgramTable
  /// What the evidence covers, for saying why a view is missing.
  public var coverage: Coverage
  /// For judging other days.
  public var judgement: Judgement
  /// In order; findings refer to them by their places.
  public var events: [Event]
  /// The site's, as the configuration names them.
  public var ownNetworks: [IPNetwork] = []
  /// What was taken for own, since the configuration names none.
  public var assumedNetworks: [IPNetwork] = []
  /// The networks by which rules told the direction of an Event.
  public var judgedAsOwn: [IPNetwork] { ownNetworks + assumedNetworks }
  public var findings: [Finding]
  /// Windows of the width that was asked for, where that is not a day.
  public var window: WindowWidth
  public var spans: [Span]
  /// The same by site, where the configuration has sites.
  public var sites: [Span]

  public var hostRecords: Int { inputs.reduce(0) { $0 + $1.tally.hostRecords } }
  public var packets: Int { inputs.reduce(0) { $0 + $1.tally.packets } }
  /// Dated incidents that began after the day whose condition is recommended, and have no part in it.
  public var laterIncidents = 0
  /// The day after which nothing was known; nil where all evidence is told.
  public var knownAt: Day?
  public var isDamaged: Bool { oddities.counts.keys.contains(where: \.isDamage) }
}

/// Runs an analysis.
public struct Analyst: Sendable {
  public var knowledge: KnowledgeBase
  public var configuration: Configuration
  public var options: Analysis.Options
  public var progress: @Sendable (Int) -> Void

  public init(
    knowledge: KnowledgeBase, configuration: Configuration, options: Analysis.Options,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    self.knowledge = knowledge
    self.configuration = configuration
    self.options = options
    self.progress = progress
  }

  /// - Throws: ``Faults`` when a year-less pipe needs a day that nobody gave.
  public func analyse(_ list: InputList) async throws(Faults) -> Analysis {
    var readings = await read(list.inputs, asOf: options.asOf)
    try await resolveYears(&readings)
    await followRotations(&readings)
    await followClocks(&readings)
    markDuplicates(&readings)
    let analysis = await judge(readings, emptyFolders: list.emptyFolders)
    guard let day = options.situationAt else { return analysis }
    return await known(at: day, readings, whole: analysis)
  }

  /// What the evidence up to the end of a day tells: a clock, a name, a day or a wave that later records tell was not
  /// known, so what was there is judged by itself. Of the whole it says what was read, and how much came later.
  private func known(at day: Day, _ readings: [InputReading], whole: Analysis) async -> Analysis {
    var analysis = whole
    // An interface gives its frames once.
    if whole.inputs.contains(where: { $0.tally.last?.isLater(than: day) ?? false }), !readings.contains(where: \.isLive)
    {
      let known = readings.map { reading in
        var reading = reading
        reading.intake = reading.intake.known(at: day)
        return reading
      }
      analysis = await judge(known, emptyFolders: whole.emptyFolders, until: day)
      (analysis.inputs, analysis.oddities) = (whole.inputs, whole.oddities)
      analysis.laterIncidents = whole.laterIncidents
    }
    analysis.knownAt = day
    return analysis
  }

  // MARK: Reading

  /// Reads the inputs side by side; each gives the same whoever reads it.
  private func read(
    _ inputs: [InputList.Input], asOf: Day?, after hours: RepeatedHours = RepeatedHours()
  ) async -> [InputReading] {
    let lanes = max(1, min(options.threads, inputs.count))
    var reader = InputReader(
      formats: knowledge.formats, asOf: asOf, zone: options.zone, zones: configuration.zones,
      digestSeed: inputs.count > 1 ? UInt64.random(in: .min ... .max) : nil,
      threads: max(1, options.threads / lanes), crowd: options.crowd, progress: progress)
    reader.repeatedHours = hours
    let readerOfAll = reader
    return await withTaskGroup(of: [InputReading].self) { group in
      for lane in 0..<lanes {
        let share = stride(from: lane, to: inputs.count, by: lanes).map { inputs[$0] }
        group.addTask {
          var readings: [InputReading] = []
          for input in share { readings.append(await readerOfAll.read(input)) }
          return readings
        }
      }
      var readings: [InputReading] = []
      for await share in group { readings += share }
      return readings.sorted { $0.input.id < $1.input.id }
    }
  }

  /// A pipe with year-less stamps takes its day from its newest record that carries a year.
  private func resolveYears(_ readings: inout [InputReading]) async throws(Faults) {
    var faults: [Fault] = []
    for index in readings.indices where readings[index].needsAsOf {
      let path = readings[index].input.path
      guard let newest = readings[index].intake.tally.newestWithYear else {
        faults.append(
          Fault(
            file: path == "-" ? "standard input" : path,
            "stamps without a year: say with --as-of from which day they count back"))
        continue
      }
      let again = await read([readings[index].input], asOf: newest.timestamp.day)
      if let reading = again.first { readings[index] = reading }
    }
    guard faults.isEmpty else { throw Faults(faults) }
  }

  /// Of a rotated log each file ends where the next one begins, which tells the year of stamps that have none.
  private func followRotations(_ readings: inout [InputReading]) async {
    for series in Rotation.series(readings.map(\.input.path)) {
      for (newer, older) in zip(series, series.dropFirst()) {
        guard readings[older].intake.tally.yearlessRecords > 0, let last = readings[older].intake.tally.last,
          let first = readings[newer].intake.tally.first, first.isDated, last.isDated,
          last.timestamp.day > first.timestamp.day
        else { continue }
        let again = await read([readings[older].input], asOf: options.zone.day(of: first.timestamp))
        guard var reading = again.first else { continue }
        reading.digest = readings[older].digest
        readings[older] = reading
      }
    }
  }

  /// Of a rotated log that was cut within an hour that its clocks show twice, a file goes on where the older one ended.
  private func followClocks(_ readings: inout [InputReading]) async {
    for series in Rotation.series(readings.map(\.input.path)) {
      for (newer, older) in zip(series, series.dropFirst()).reversed() {
        let hours = readings[older].repeatedHours
        guard readings[newer].input.hasOwnTime, hours.meets(readings[newer].repeatedHours),
          var reading = await read([readings[newer].input], asOf: readings[newer].asOf, after: hours).first
        else { continue }
        reading.digest = readings[newer].digest
        readings[newer] = reading
      }
    }
  }

  /// The same bytes given twice count once; of twins the first by path is kept.
  private func markDuplicates(_ readings: inout [InputReading]) {
    var known: [ContentDigest: String] = [:]
    for index in readings.indices {
      guard let digest = readings[index].digest, digest.length > 0 else { continue }
      guard let first = known[digest] else {
        known[digest] = readings[index].input.path
        continue
      }
      readings[index].duplicateOf = first
      let bytes = readings[index].intake.tally.bytes
      readings[index].intake = Intake()
      readings[index].intake.tally.bytes = bytes
      let place = Provenance(
        input: readings[index].input.id, place: .lines(first: 0, last: 0), offset: 0, length: bytes)
      readings[index].intake.oddities.note(
        .sameBytes, Citation(place, text: Bytes("the same bytes as \(first); counted once")))
    }
  }

  // MARK: Judging

  /// - Parameter until: The last day of which captured frames count; nil where all do.
  private func judge(_ readings: [InputReading], emptyFolders: [String], until: Day? = nil) async -> Analysis {
    var readings = readings
    var intake = Intake()
    var crowd = CrowdLedger(limits: options.crowd)
    for index in readings.indices {
      if let records = readings[index].intake.crowd { crowd.merge(records, into: &intake.events) }
      readings[index].intake.crowd = nil
    }
    for reading in readings {
      intake.events += reading.intake.events
      intake.packets += reading.intake.packets
      intake.exposures += reading.intake.exposures
      intake.merge(shut: reading.intake.shutPorts)
      intake.sums.merge(reading.intake.sums)
      intake.mentions += reading.intake.mentions
      intake.hostFacts += reading.intake.hostFacts
      intake.oddities.merge(reading.intake.oddities)
    }
    let captures = readings.filter { $0.kind.isCapture && $0.duplicateOf == nil }.map(\.input)
    var decoding = options.decoding
    decoding.overlap = configuration.overlap
    decoding.probes.own = configuration.directory.ownNetworks
    decoding.probes.pause = Int64(knowledge.policy.incidentGap) * 1_000_000_000
    var merge = await FrameMerge.run(
      captures: captures, packets: intake.packets, threads: options.threads, settings: decoding, until: until,
      progress: progress)
    if intake.events.isEmpty { swap(&intake.events, &merge.events) } else { intake.events += merge.events }
    intake.oddities.merge(merge.table.oddities)
    var summaries = readings.map { summary($0) }
    for index in summaries.indices {
      guard let frames = merge.intakes[summaries[index].id] else { continue }
      intake.oddities.merge(frames.oddities)
      summaries[index].tally = frames.tally
    }

    if let gone = intake.sums.evicted { intake.oddities.note(.tableFull, gone.first, count: gone.count) }
    var events = intake.events
    intake.events = []
    events += intake.sums.summed()
    tell(&crowd, &events, &intake.oddities)
    Event.sort(&events)
    var oddities = intake.oddities
    let fused = await fuse(consume events, intake, &oddities)
    intake.oddities = oddities
    var analysis = report(fused, intake, summaries, emptyFolders, merge.table.rpcTally)
    if summaries.count(where: { $0.tally.packets > 0 }) > 1 {
      analysis.captureClocks = CaptureOffset.estimate(fused.events)
    }
    return analysis
  }

  /// What the records of all days, or of those up to one, come to.
  private struct Fused {
    var events: [Event]
    var findings: [Finding]
    var incidents: [Incident]
    var clocks: [ClockOffset]
    var directory: HostDirectory
  }

  /// - Parameter events: In order. There may be millions, so they are taken and not copied.
  private func fuse(_ events: consuming [Event], _ intake: Intake, _ oddities: inout OddityTally) async -> Fused {
    var settings = fusionSettings()
    Witnesses.merge(&events)
    let before = events.indices.count { events[$0].time.isDated }
    Dating(settings: settings).date(&events)
    if events.indices.count(where: { events[$0].time.isDated }) != before { Event.sort(&events) }
    settings.clocks = SensorClocks(settings: settings).align(&events)
    if settings.clocks.contains(where: \.isApplied) { Event.sort(&events) }
    settings.directory.assumeNetworks(servedIn: events)
    let directory = settings.directory
    let (findings, lost) = await knowledge.rules.findings(
      in: events, own: directory.ownNetworks + directory.assumedNetworks, threads: options.threads)
    oddities.merge(lost)
    let context = Fusion.Context(exposures: intake.exposures, mentions: intake.mentions, hostFacts: intake.hostFacts)
    var incidents = Fusion(settings: settings).incidents(events: events, findings: findings, context: context)
    if let site = options.site {
      incidents.removeAll { $0.part(at: site, of: configuration.directory) == nil }
    }
    return Fused(
      events: events, findings: findings, incidents: incidents, clocks: settings.clocks, directory: directory)
  }

  /// Decides which sources of turned-down requests are a crowd, now that all evidence is known.
  private func tell(_ crowd: inout CrowdLedger, _ events: inout [Event], _ oddities: inout OddityTally) {
    guard !crowd.isEmpty else { return }
    var settings = CrowdSettings()
    let directory = configuration.directory
    settings.own = directory.ownNetworks
    settings.resolve = { directory.resolved($0) }
    settings.pause = Int64(knowledge.policy.incidentGap) * 1_000_000_000
    settings.failureReach = Int64(fusionSettings().failureReach * 1e9)
    for index in events.indices {
      if events[index].isOrphanedFailure, events[index].time.isDated {
        settings.failures[directory.resolved(events[index].target.host), default: []]
          .append(events[index].time.timestamp.nanoseconds)
      }
      switch events[index].source.host {
      // What a defence did is no deed of the source's.
      case .address(let address) where events[index].action == .response:
        guard events[index].outcome == .blocked, events[index].time.isDated else { break }
        settings.blocked[address, default: []].append(
          (directory.resolved(events[index].target.host), events[index].time.timestamp.nanoseconds))
      case _ where events[index].action == .response: break
      case .address(let address) where events[index].action == .authentication: settings.known.insert(address)
      case .address(let address): settings.apart.insert(address)
      case .name(let name): settings.apart.formUnion(directory.address(of: name).map { [$0] } ?? [])
      case .local, .unknown: break
      }
    }
    settings.needsHours = options.window == .hour
    for host in settings.failures.keys { settings.failures[host]?.sort() }
    let rules = knowledge.rules
    let (limits, pause) = (crowd.limits, settings.pause)
    // What a rule counts within a pause lies within a visit.
    settings.mustStandAlone = { kind in
      rules.asksOfEach(kind) { timespan in timespan <= pause ? limits.busy : limits.many }
    }
    crowd.finish(settings, into: &events)
    oddities.merge(crowd.oddities)
    crowd = CrowdLedger()
  }

  private func fusionSettings() -> FusionSettings {
    var settings = FusionSettings(programs: knowledge.programs)
    settings.directory = configuration.directory
    settings.incidentGap = knowledge.policy.incidentGap
    return settings
  }

  private func report(
    _ fused: Fused, _ intake: Intake, _ summaries: [Analysis.InputSummary], _ emptyFolders: [String], _ rpc: RPCTally
  ) -> Analysis {
    let incidents = fused.incidents
    let own =
      options.site.map { site in incidents.compactMap { $0.part(at: site, of: configuration.directory) } } ?? incidents
    let estate = Estate(
      assets: configuration.assets, facts: intake.hostFacts,
      reports: ReportedServices(exposures: intake.exposures, shut: intake.shutPorts))
    let severity = SeverityJudge(estate: estate)
    let covered = summaries.reduce(into: Set<Day>()) { $0.formUnion($1.tally.coveredDays) }
    let asOf = options.asOf ?? covered.max() ?? summaries.compactMap(\.yearlessAsOf).max() ?? Day.today
    let judgement = Judgement(
      severity: severity, situation: SituationJudge(policy: knowledge.policy, severity: severity, clocks: fused.clocks),
      covered: covered,
      history: options.history)
    let situation = judgement.situation.situation(
      own, covered: covered, asOf: options.situationAt ?? asOf, history: options.history)
    let tally = SpanTally(own.compactMap { $0.known(at: situation.asOf) }, history: options.history)
    let judged = incidents.map {
      JudgedIncident(incident: $0, severity: severity.severity(of: $0, at: options.situationAt))
    }
    .sorted(by: JudgedIncident.precedes)
    let reading = ExposureReading(programs: knowledge.programs, events: fused.events)
    let exposures = reading.distinct(intake.exposures)
    var analysis = Analysis(
      asOf: asOf, inputs: summaries, emptyFolders: emptyFolders, eventCount: fused.events.count,
      findingCount: fused.findings.count,
      incidents: judged, waves: Waves(settings: fusionSettings()).waves(incidents), situation: situation,
      exposures: exposures, risks: exposures.map { reading.risk($0) }, mentions: intake.mentions, rpc: rpc,
      oddities: intake.oddities, programs: knowledge.programs,
      coverage: coverage(summaries, fused.events, intake.oddities),
      judgement: judgement, events: fused.events, findings: fused.findings,
      window: options.window,
      spans: options.window == .day
        ? [] : tally.windows(options.window, covered: covered.filter { $0 <= situation.asOf }),
      sites: configuration.directory.sites.isEmpty ? [] : tally.sites(configuration.directory))
    analysis.laterIncidents = incidents.count { $0.first.isLater(than: situation.asOf) }
    analysis.clocks = fused.clocks
    analysis.site = options.site
    analysis.ownNetworks = fused.directory.ownNetworks
    analysis.assumedNetworks = fused.directory.assumedNetworks
    return analysis
  }

  private func coverage(_ inputs: [Analysis.InputSummary], _ events: [Event], _ oddities: OddityTally) -> Coverage {
    let wire = inputs.filter(\.kind.isCapture).compactMap { input -> ClosedRange<Timestamp>? in
      guard let first = input.tally.first, let last = input.tally.last, first.isDated, last.isDated,
        options.situationAt.map({ !first.isLater(than: $0) }) ?? true
      else { return nil }
      return first.timestamp...max(first.timestamp, last.timestamp)
    }
    return Coverage(wire: wire, events: events, drops: oddities.counts[.packetsDropped]?.count ?? 0)
  }

  private func summary(_ reading: InputReading) -> Analysis.InputSummary {
    Analysis.InputSummary(
      id: reading.input.id, path: reading.input.path, kind: reading.kind, compression: reading.compression,
      tally: reading.intake.tally, duplicateOf: reading.duplicateOf,
      yearlessAsOf: reading.intake.tally.yearlessRecords > 0 ? reading.asOf : nil)
  }
}

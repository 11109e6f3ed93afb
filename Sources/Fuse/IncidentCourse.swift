public import Evidence

/// A dated incident day by day, for judging each day from what was known on it.
///
/// Cut once: a walk over all days takes time in proportion to the events, not to days times events.
public struct IncidentCourse: Sendable {
  public let incident: Incident
  /// The days on which it shows something that had been found by then, in order.
  public let days: [Day]

  private var chapters: [Day: Chapter] = [:]
  private let places: [Host: Int]
  /// Of a crowd those who came on each day.
  private let crowds: [Day: Crowd]
  /// What became of the events of which both views have a record of the same day.
  private let settled: Settlement
  /// Number of the next day to be learned.
  private var next = 0
  private var learned = Learned()
  private var calendar: [Day] = []

  /// What a day adds.
  private struct Chapter: Sendable {
    /// The day's own events that were known on it.
    var events: [Int] = []
    /// Findings that stand by then and have events on the day.
    var findings: [IncidentFinding] = []
    /// Events that became remarkable on this day, of this day or before.
    var news: [Int] = []
    /// The findings that stand for the first time or grew, and how many events each has by now.
    var standing: [(finding: Int, count: Int, new: ArraySlice<Int>)] = []
    var pairs: [Pair] = []
  }

  /// What the days up to now have shown, without repetitions.
  private struct Learned: Sendable {
    struct Kind: Hashable {
      var view: View
      var action: Event.Action
      var outcome: Outcome
      /// What the other view makes of it.
      var settled: Outcome?
      var isEcho: Bool
      var isEveryday: Bool
      var isAboutPacket: Bool
      var hasArrived: Bool
      /// Its host, where that matters: what one host blocked is open at the others.
      var place: Int?
    }
    struct Deed: Hashable {
      var signature: String
      var pattern: String
    }
    var kinds: Set<Kind> = []
    var events: [Event] = []
    /// What the other view makes of those.
    var settled = Settlement()
    var deeds: [Deed: Int] = [:]
    /// What became of them.
    var outcomes: [Deed: Outcome] = [:]
    var tried = TriedServices()
    var programs: Set<UInt32> = []
    /// Programs that a finding's events call; two are enough to know that it is not one.
    var called: [Int: Set<UInt32>] = [:]
    var lead: (finding: Int, count: Int)?
    var first: EventTime?
    var last: EventTime?
    var crowd: Crowd?
    var snapshot: Incident?
  }

  public init(_ incident: Incident) {
    self.incident = incident
    places = incident.targetPlaces
    let events = incident.events
    let dayOf = events.map(\.time.timestamp.day)
    let crowded = events.filter { $0.crowd != nil }
    crowds = Dictionary(grouping: crowded, by: \.time.timestamp.day).compactMapValues {
      Crowd.union($0.compactMap(\.crowd))
    }
    /// The first day on which an event was known to matter; without a finding its own.
    var since: [Day?] = Array(repeating: nil, count: events.count)
    for (number, finding) in incident.findings.enumerated() where finding.sufficient > 0 {
      let start = dayOf[finding.events[finding.sufficient - 1]]
      for event in finding.events {
        let day = max(start, dayOf[event])
        since[event] = min(since[event] ?? day, day)
      }
      var low = 0
      while low < finding.events.count {
        let day = max(start, dayOf[finding.events[low]])
        var high = low + 1
        while high < finding.events.count, max(start, dayOf[finding.events[high]]) == day { high += 1 }
        let new = finding.events[low..<high]
        chapters[day, default: Chapter()].standing.append((number, high, new))
        chapters[day, default: Chapter()].findings.append(
          IncidentFinding(
            signature: finding.signature, pattern: finding.pattern, events: new.filter { dayOf[$0] == day }))
        low = high
      }
    }
    for index in events.indices {
      let day = since[index] ?? dayOf[index]
      chapters[day, default: Chapter()].news.append(index)
      if day == dayOf[index] { chapters[day, default: Chapter()].events.append(index) }
    }
    let pairs = incident.pairs.filter { dayOf[$0.hostEvent] == dayOf[$0.networkEvent] }
    settled = Settlement(pairs, events)
    for pair in pairs {
      chapters[dayOf[pair.hostEvent], default: Chapter()].pairs.append(pair)
    }
    calendar = chapters.keys.sorted()
    let cut = chapters
    days = calendar.filter { day in cut[day].map { !$0.events.isEmpty } ?? false }
  }

  /// What the incident did on a day, as far as that was known at its end.
  public func part(of day: Day) -> Incident? {
    guard let chapter = chapters[day] else { return nil }
    if chapter.events.count == incident.events.count { return incident }
    return incident.excerpt(chapter.events, findings: chapter.findings, pairs: chapter.pairs, places: places)
  }

  /// Those of a crowd who came on some days.
  public func crowd(from first: Day, to last: Day) -> Crowd? {
    Crowd.union(crowds.filter { first <= $0.key && $0.key <= last }.map(\.value))
  }

  /// What was done on a day, as far as that was known at its end.
  public func patterns(of day: Day) -> [String] {
    let seen = Set((chapters[day]?.findings ?? []).map(\.pattern))
    return incident.patterns.filter { seen.contains($0) }
  }

  /// The incident as it was known at the end of a day, with one event of each kind and one finding of each deed instead
  /// of all: stage, outcome, title, targets and patterns are those of ``Incident/known(at:)``.
  ///
  /// The days must come in order: what is known is never forgotten.
  public mutating func known(at day: Day) -> Incident? {
    let before = next
    while next < calendar.count, calendar[next] <= day {
      if let chapter = chapters[calendar[next]] { learn(chapter) }
      next += 1
    }
    if next > before { learned.snapshot = snapshot() }
    return learned.snapshot
  }

  private mutating func learn(_ chapter: Chapter) {
    if incident.crowd != nil {
      let crowds = chapter.news.compactMap { incident.events[$0].crowd }
      learned.crowd = Crowd.union((learned.crowd.map { [$0] } ?? []) + crowds)
    }
    for index in chapter.news {
      let event = incident.events[index]
      learned.tried.add(event, places)
      if let program = event.rpc?.program { learned.programs.insert(program) }
      if let asked = event.rpc?.argumentProgram { learned.programs.insert(asked) }
      learned.first = min(learned.first ?? event.time, event.time)
      learned.last = max(learned.last ?? event.time, event.time)
      let kind = Learned.Kind(
        view: event.view, action: event.action, outcome: event.outcome, settled: settled.outcomes[index],
        isEcho: settled.echoes.contains(index), isEveryday: event.isEveryday, isAboutPacket: event.isAboutPacket,
        hasArrived: event.hasArrived,
        place: event.isProbe || event.isBlocking ? places[event.target.host] : nil)
      guard learned.kinds.insert(kind).inserted else { continue }
      learned.settled.note(kind.settled, isEcho: kind.isEcho, at: learned.events.count)
      learned.events.append(event)
    }
    for (number, count, new) in chapter.standing {
      let finding = incident.findings[number]
      let deed = Learned.Deed(signature: finding.signature.id, pattern: finding.pattern)
      learned.deeds[deed] = min(learned.deeds[deed] ?? number, number)
      if let outcome = finding.outcome(of: new, incident.events, settled) {
        learned.outcomes[deed] = min(learned.outcomes[deed] ?? outcome, outcome)
      }
      for index in new where (learned.called[number]?.count ?? 0) < 3 {
        if let program = incident.events[index].rpc?.program { learned.called[number, default: []].insert(program) }
      }
      if leads(number, count) { learned.lead = (number, count) }
    }
  }

  private func leads(_ number: Int, _ count: Int) -> Bool {
    guard let lead = learned.lead, lead.finding != number else { return true }
    let (one, other) = (incident.findings[number].signature, incident.findings[lead.finding].signature)
    if IncidentFinding.precedes(one, count, other, lead.count) { return true }
    return number < lead.finding && !IncidentFinding.precedes(other, lead.count, one, count)
  }

  private func snapshot() -> Incident? {
    guard let last = learned.last, let first = learned.first, let lead = learned.lead else { return nil }
    var known = incident
    known.events = learned.events
    known.findings = learned.deeds.values.sorted().map { number in
      let finding = incident.findings[number]
      var deed = IncidentFinding(signature: finding.signature, pattern: finding.pattern, events: [])
      deed.outcome = learned.outcomes[Learned.Deed(signature: finding.signature.id, pattern: finding.pattern)]
      return deed
    }
    known.pairs = []
    let seen = Set(known.findings.map(\.pattern))
    known.patterns = incident.patterns.filter { seen.contains($0) }
    known.targets = learned.tried.places.sorted().map { learned.tried.narrowed(incident.targets[$0], at: $0) }
    known.programs = incident.programs.filter { learned.programs.contains($0.number) }
    known.views = Set(known.events.map(\.view))
    known.crowd = learned.crowd
    (known.first, known.last) = (first, last)
    // With everything known it is the incident itself.
    guard next < calendar.count else { return known }
    let signature = incident.findings[lead.finding].signature
    known.outcome = Incident.outcome(of: known.events, learned.settled, places: places)
    known.stage = signature.stage
    known.title = known.title(signature, programs: learned.called[lead.finding] ?? [])
    return known
  }
}

public import Evidence

/// Everything that one input gave, or several together.
public struct Intake: Sendable {
  public var events: [Event] = []
  /// Packets of text traces, which conversations are made of once all inputs are read.
  public var packets: [PacketRecord] = []
  public var exposures: [Exposure] = []
  public private(set) var shutPorts: [ShutPorts] = []
  public var mentions: [Mention] = []
  public var hostFacts: [HostFact] = []
  /// Events of which only the number matters.
  public var sums = EventSums()
  /// Where records of hosts wait that may be a crowd's; nil makes each an Event at once.
  public var crowd: CrowdLedger?
  public var oddities = OddityTally()
  public var tally = Tally()
  public init() {}

  /// Ranges of shut ports that are kept; some bytes of a report make one. Twice as many stand before room is made.
  private static let shutCap = 1 << 17

  /// Keeps a range of shut ports; of too many the oldest go, all at once, and that is told.
  public mutating func note(_ shut: ShutPorts) {
    shutPorts.append(shut)
    guard shutPorts.count >= 2 * Intake.shutCap else { return }
    oddities.note(.tableFull, shutPorts[0].citation, count: Intake.shutCap)
    shutPorts.removeFirst(Intake.shutCap)
  }

  /// Adds what another input tells of shut ports.
  public mutating func merge(shut: [ShutPorts]) { shutPorts += shut }

  /// What was there at the end of a day: without all that bears a later one, as if it had not been read. What was read is
  /// counted all the same.
  public func known(at day: Day) -> Intake {
    var known = self
    known.events.removeAll { $0.time.isLater(than: day) }
    known.packets.removeAll { $0.time.isLater(than: day) }
    known.exposures.removeAll { $0.day.map { $0 > day } ?? false }
    known.shutPorts.removeAll { $0.day.map { $0 > day } ?? false }
    known.sums = sums.known(at: day)
    known.crowd = crowd?.known(at: day, &known.events)
    return known
  }
}

/// What was read of an input. `records = understood + unconcerned + odd`, always.
public struct Tally: Sendable {
  public var bytes = 0
  public var understood = 0
  /// Read, and none of our business: prose, other programs' lines, ordinary traffic.
  public var unconcerned = 0
  public var odd = 0
  public var hostRecords = 0
  public var packets = 0
  public var first: EventTime?
  public var last: EventTime?
  public private(set) var kinds: Set<RecordKind> = []
  private var lastKind: RecordKind?
  /// Days of which there is any dated record: the others are without evidence, not quiet.
  public var coveredDays: Set<Day> = []
  /// The moments of the last record's day: its neighbours share it.
  private var lastDay: Range<Int64> = 0..<0
  /// From the earliest to the latest time of that day that was noted since the day changed.
  private var lastSpan: Range<Int64> = 0..<0
  /// What a live capture says of itself.
  public var live: LiveCounts?
  /// Stamps without a year, which need a day to count back from.
  public var yearlessRecords = 0
  /// The newest record that carries a year.
  public var newestWithYear: EventTime?

  public init() {}

  /// Notes what kind of record was read; runs of one kind are the rule.
  public mutating func note(_ kind: RecordKind) {
    guard kind != lastKind else { return }
    kinds.insert(kind)
    lastKind = kind
  }

  public var records: Int { understood + unconcerned + odd }

  public mutating func note(_ time: EventTime) {
    // Within what was noted before of its day there is nothing new.
    let moment = time.timestamp.nanoseconds
    if lastSpan.contains(moment), time.isDated { return }
    if let last, last < time, last.isDated, time.isDated, lastDay.contains(moment) {
      self.last = time
      lastSpan = lastSpan.lowerBound..<moment + 1
    } else {
      noteFurther(time)
    }
  }

  private mutating func noteFurther(_ time: EventTime) {
    guard time.isTimed else { return }
    // Where dates are known, times of day without one say nothing about the span.
    let isFirstDated = time.isDated && last?.isDated == false
    guard time.isDated || last?.isDated != true else { return }
    if isFirstDated || first.map({ time < $0 }) ?? true { first = time }
    if isFirstDated || last.map({ $0 < time }) ?? true { last = time }
    guard time.isDated else { return }
    let moment = time.timestamp.nanoseconds
    if !lastDay.contains(moment) {
      let day = time.timestamp.day
      coveredDays.insert(day)
      lastDay = (day.start?.nanoseconds ?? .min)..<(day.advanced(by: 1).start?.nanoseconds ?? .max)
      lastSpan = moment..<moment
    }
    // To the next nanosecond, since a range has no end of its own; the last one there is stays outside.
    lastSpan = min(lastSpan.lowerBound, moment)..<max(lastSpan.upperBound, moment == .max ? moment : moment + 1)
  }
}

/// What kinds of record an input holds; more than one makes it mixed.
public enum RecordKind: String, Sendable, Hashable {
  case syslog
  case journal, audit
  /// Suricata's eve.json and Zeek's logs.
  case sensor
  case traceText = "trace_text"
  case rpcinfo, nmap, uname, script
  case programTable = "program_table"
  case prose
  case pcap
}

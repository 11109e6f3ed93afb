public import Evidence

/// What a ``CrowdLedger`` keeps, and when sources are a crowd.
public struct CrowdLimits: Sendable {
  /// Sources that are no Events yet, of each input and of all together; of more, the older half is forgotten.
  public var sources = 1 << 18
  /// Bytes of their records, likewise. Half as many of what became Events may stand beside them.
  public var text = 64 << 20
  /// Different kinds of records, of each input and of all together; of further ones ``KindFold`` leaves something out.
  public var kinds = 4096
  /// Of up to so many sources each is told by itself; a queue of triage tells as many in one entry. The same holds of
  /// those of them of which there are logins.
  public var singly = 1024
  /// Sources that are told by themselves since they were there right before a service failed, of each failure; of all
  /// failures together ``singly``.
  public var beforeFailure = 16
  /// Where sums by the hour would be more than so many, they are by the day. What was forgotten is summed up to its kind
  /// where days would be more too.
  public var hourly = 4096
  /// A source with more records in one visit, or with so many in all, does more than a crowd does.
  public var busy = 8
  public var many = 64
  public init() {}
}

/// Who is told by itself in any case, and how the others are put together.
public struct CrowdSettings: Sendable {
  /// Sources of which there is other evidence too.
  public var apart: Set<IPAddress> = []
  /// When services of a host failed, in order: who was there right before may have been the cause.
  public var failures: [Host: [Int64]] = [:]
  /// The host of ``failures`` that is meant by another of its names.
  public var resolve: @Sendable (Host) -> Host = { $0 }
  /// A failure follows its cause within so many nanoseconds.
  public var failureReach: Int64 = 30_000_000_000
  /// Sources of which there are logins: each is told by itself as long as they are few.
  public var known: Set<IPAddress> = []
  /// When hosts blocked sources, as their defences say.
  public var blocked: [IPAddress: [(host: Host, time: Int64)]] = [:]
  /// A site's own hosts are no part of a crowd.
  public var own: [IPNetwork] = []
  /// Nanoseconds of silence that part two visits of a source; the pause that parts incidents.
  public var pause: Int64 = 3_600_000_000_000
  /// Sums are by the hour, however many: somebody asked for windows of an hour.
  public var needsHours = false
  /// Whether rules ask of such a record what a sum does not tell.
  public var mustStandAlone: @Sendable (Event) -> Bool = { _ in false }
  public init() {}

  /// Whether the silence between two records of a source parts two visits.
  func isPause(from last: Int64, to next: Int64) -> Bool {
    let (silence, overflow) = next.subtractingReportingOverflow(last)
    return overflow || silence > pause
  }

  /// The first failure from a moment on, of those in order, and how long it came after it; nil when that is too long.
  func failure(of failures: [Int64], after moment: Int64) -> (number: Int, gap: Int64)? {
    let number = failures.partitionIndex { $0 >= moment }
    guard number < failures.count else { return nil }
    let (gap, overflow) = failures[number].subtractingReportingOverflow(moment)
    return overflow || gap > failureReach ? nil : (number, gap)
  }
}

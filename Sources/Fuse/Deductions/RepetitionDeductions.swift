import Evidence

/// What the times between equal records tell: a library's retries, a program's schedule.
extension Deducer {
  /// Equal records no further apart than this are one attempt.
  private static let attemptGap = 60.0

  private struct Deed: Hashable {
    var source: Host
    var target: Host
    var program: UInt32?
    var procedure: Bytes
    var argument: Bytes
  }

  func repetition() -> [Deduction] {
    let dated = calls.filter { $0.view == .host && $0.time.isDated && !$0.source.host.isLocal }
    let groups = Dictionary(grouping: dated) {
      Deed(
        source: $0.source.host, target: $0.target.host, program: $0.rpc?.program,
        procedure: $0.rpc?.procedureName ?? "",
        argument: $0.rpc?.argument ?? "")
    }
    let ordered = groups.values.sorted { ($0[0].time, $0[0].target.host) < ($1[0].time, $1[0].target.host) }
    return ordered.flatMap { retries($0) + schedule($0) }
  }

  private func gaps(_ events: [Event]) -> [Double] {
    zip(events, events.dropFirst()).map { $1.time.timestamp.seconds(since: $0.time.timestamp) }
  }

  private func retries(_ events: [Event]) -> [Deduction] {
    guard events.first?.rpc?.procedureName == "getport" else { return [] }
    let repeats = Retries.count(events.map(\.time))
    guard repeats > 0 else { return [] }
    return [
      Deduction(
        "Equal records exactly 5 s apart fit the RPC library's retry: \(counted(events.count - repeats, "call", "calls")) "
          + "rather than \(events.count)", .likely, cite(events))
    ]
  }

  /// The same attempt, repeated in the same way.
  private func schedule(_ events: [Event]) -> [Deduction] {
    var attempts: [[Event]] = []
    for event in events {
      if let last = attempts.last?.last, event.time.timestamp.seconds(since: last.time.timestamp) <= Deducer.attemptGap
      {
        attempts[attempts.count - 1].append(event)
      } else {
        attempts.append([event])
      }
    }
    guard attempts.count >= 2, let shape = attempts.first.map(gaps), !shape.isEmpty,
      attempts.allSatisfy({ gaps($0) == shape })
    else { return [] }
    let pauses = gaps(attempts.compactMap(\.first)).map { duration($0) }
    let between = Set(pauses).count == 1 ? Array(pauses.prefix(1)) : pauses
    var deductions = [
      Deduction(
        "\(attempts.count) attempts, each repeated after \(listed(shape.map { duration($0) })), and "
          + "\(listed(between)) apart: a schedule or a program rather than a hand", .likely, cite(events))
    ]
    let writers = Set(events.compactMap(\.observerPID))
    if writers.count == events.count, events.count > 2 {
      deductions.append(
        Deduction(
          "Each record has a process id of its own, as where a child process writes it: the ids do not tell callers apart",
          .likely, cite(events)))
    }
    return deductions
  }
}

/// The RPC library's retries: over UDP it sends a look-up again after 5 seconds without an answer, and gives up after 60.
enum Retries {
  private static let interval = 5.0
  private static let limit = 12

  /// How many of equal look-ups repeat the one before. A run longer than the library's patience is a schedule.
  static func count(_ times: [EventTime]) -> Int {
    let times = times.sorted()
    var (total, run) = (0, 0)
    for (one, next) in zip(times, times.dropFirst()) {
      if next.timestamp.seconds(since: one.timestamp) == interval {
        run += 1
      } else {
        total += run < limit ? run : 0
        run = 0
      }
    }
    return total + (run < limit ? run : 0)
  }
}

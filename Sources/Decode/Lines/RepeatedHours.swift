import Evidence

/// Which showing of an hour that a clock shows twice a host's stamps are of, by the order of its lines in one log.
///
/// A stamp that names no zone does not tell. But a log is written in the order of time: where a host's stamps go back
/// within that hour, its clock was set back, and from there on they are of the second showing.
public struct RepeatedHours: Sendable {
  private struct Entry {
    var hour: ZoneTable.RepeatedHour
    var latest: Int64
    var isSecond = false
  }

  private var entries: [Host.Key: Entry] = [:]
  /// Of more hosts in one log all stamps are read as of the first showing.
  private static let cap = 65_536
  /// Seconds that lines of one host may be out of order by, on their way through other hands.
  private static let slack: Int64 = 300

  public init() {}

  /// Whether the logs that gave both have stamps of one such hour, so that the later of them goes on with it.
  public func meets(_ other: RepeatedHours) -> Bool {
    let hours = Set(entries.values.map(\.hour))
    return !hours.isEmpty && other.entries.values.contains { hours.contains($0.hour) }
  }

  /// Whether a stamp of the hour is of its second showing. To ask again about the same line changes nothing.
  mutating func isSecond(_ local: Int64, of hour: ZoneTable.RepeatedHour, at host: Host.Key) -> Bool {
    guard var entry = entries[host], entry.hour == hour else {
      if entries[host] != nil || entries.count < RepeatedHours.cap {
        entries[host] = Entry(hour: hour, latest: local)
      }
      return false
    }
    if local < entry.latest - RepeatedHours.slack { entry.isSecond = true }
    entry.latest = max(entry.latest, local)
    entries[host] = entry
    return entry.isSecond
  }
}

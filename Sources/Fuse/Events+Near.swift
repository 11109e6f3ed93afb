import Evidence

extension [Event] {
  /// Of events in order of time, those within `tolerance` seconds of a moment.
  func near(_ time: EventTime, within tolerance: Double) -> ArraySlice<Event> {
    let low = partitionIndex { $0.time.timestamp.seconds(since: time.timestamp) >= -tolerance }
    let high = partitionIndex { $0.time.timestamp.seconds(since: time.timestamp) > tolerance }
    return self[low..<Swift.max(low, high)]
  }
}

import Evidence

extension [Event] {
  /// Of events in order of time, those within `tolerance` seconds of a moment.
  func near(_ time: EventTime, within tolerance: Double) -> ArraySlice<Event> {
    let low = partitionIndex { $0.time.timestamp.seconds(since: time.timestamp) >= -tolerance }
    let high = partitionIndex { $0.time.timestamp.seconds(since: time.timestamp) > tolerance }
    return self[low..<Swift.max(low, high)]
  }
}

extension Array {
  /// The first index from which on `isBehind` holds, in an array that is ordered by it.
  func partitionIndex(_ isBehind: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension Array {
  /// The first index from which on `isBehind` holds, in an array that is ordered by it; in as many steps as the count has
  /// binary digits.
  @inlinable public func partitionIndex(_ isBehind: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension Array {
  /// Sorts large elements. A small key of each decides nearly always; `precedes` decides among those whose keys are the
  /// same. So keys are sorted, and then each element is moved once, without a copy.
  @inlinable public mutating func sort<Key: Comparable>(
    on key: (borrowing Element) -> Key, then precedes: (borrowing Element, borrowing Element) -> Bool
  ) {
    var order = places(key, precedes)
    // The span moves elements; the array would copy them.
    var elements = mutableSpan
    for start in order.indices {
      var place = start
      // Along a circle of elements that stand in each other's places.
      while order[place] != start {
        let next = order[place]
        elements.swapAt(place, next)
        order[place] = place
        place = next
      }
      order[place] = place
    }
  }

  /// For each place the one from where its element comes.
  @inlinable func places<Key: Comparable>(
    _ key: (borrowing Element) -> Key, _ precedes: (borrowing Element, borrowing Element) -> Bool
  ) -> [Int] {
    let elements = span
    var keyed: [(key: Key, place: Int)] = []
    keyed.reserveCapacity(count)
    for place in elements.indices { keyed.append((key(elements[place]), place)) }
    keyed.sort { left, right in
      if left.key < right.key { return true }
      if right.key < left.key { return false }
      return precedes(elements[left.place], elements[right.place])
    }
    return keyed.map(\.place)
  }
}

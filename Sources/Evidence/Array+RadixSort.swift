extension Array {
  /// Sorts by a number, in as many steps for each element as the numbers have digits, and not by comparing: from the last
  /// digit to the first, elements are put to those of the same digit, and stay there in the order that the digits behind
  /// have given them. A digit that all share, such as those before IPv4 addresses, takes no step.
  @inlinable public mutating func sort(onBits bits: (Element) -> UInt128) {
    guard let some = first.map(bits) else { return }
    let differing = reduce(UInt128(0)) { $0 | bits($1) ^ some }
    var next = self
    for shift in stride(from: 0, to: 128, by: RadixDigit.width) where RadixDigit.of(differing, shift) != 0 {
      func digit(_ element: Element) -> Int { RadixDigit.of(bits(element), shift) }
      put(into: &next, RadixDigit.places(in: self, digit), digit)
      swap(&self, &next)
    }
  }

  /// - Parameter places: For each digit where its elements begin.
  @inlinable func put(into next: inout [Element], _ places: [Int], _ digit: (Element) -> Int) {
    var places = places
    var room = next.mutableSpan
    for element in self {
      let digit = digit(element)
      room[places[digit]] = element
      places[digit] += 1
    }
  }
}

/// Three of these are an IPv4 address, and their counters fit into the nearest cache.
@usableFromInline enum RadixDigit {
  @usableFromInline static var width: Int { 11 }
  @usableFromInline static var count: Int { 1 << 11 }

  @inlinable static func of(_ bits: UInt128, _ shift: Int) -> Int {
    Int(truncatingIfNeeded: bits &>> UInt128(truncatingIfNeeded: shift)) & (count - 1)
  }

  /// For each digit where the elements that have it will begin.
  @inlinable static func places<Element>(in elements: [Element], _ digit: (Element) -> Int) -> [Int] {
    var places = [Int](repeating: 0, count: count + 1)
    for element in elements { places[digit(element) + 1] += 1 }
    for digit in 0..<count { places[digit + 1] += places[digit] }
    return places
  }
}

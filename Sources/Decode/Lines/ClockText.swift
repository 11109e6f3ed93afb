import Evidence

// Numbers and times of day, as logs and traces write them.

/// Up to the largest count of `digits`; nil when there are fewer than its smallest.
public func number(_ line: RawSpan, _ cursor: inout Int, digits: ClosedRange<Int>) -> Int? {
  var value = 0
  let start = cursor
  while cursor < line.byteCount, cursor - start < digits.upperBound, line.byte(cursor).isDigit {
    value = value * 10 + Int(line.byte(cursor) - 0x30)
    cursor += 1
  }
  guard cursor - start >= digits.lowerBound else {
    cursor = start
    return nil
  }
  return value
}

/// `15:20:35` as seconds since midnight; 60 is allowed for a leap second.
public func clock(_ line: RawSpan, _ cursor: inout Int) -> Int? {
  let start = cursor
  guard line.byteCount - cursor >= 8, line.byte(cursor + 2) == 0x3a, line.byte(cursor + 5) == 0x3a,
    let hours = number(line, &cursor, digits: 2...2)
  else { return nil }
  cursor += 1
  guard let minutes = number(line, &cursor, digits: 2...2) else { return nil }
  cursor += 1
  guard let seconds = number(line, &cursor, digits: 2...2), hours < 24, minutes < 60, seconds <= 60 else {
    cursor = start
    return nil
  }
  return hours * 3600 + minutes * 60 + seconds
}

/// Whether two digits stand three times with colons between: hour 24 is a clock that is wrong, and no other text.
func hasClockShape(_ line: RawSpan, _ start: Int) -> Bool {
  line.byteCount - start >= 8
    && (0..<8).allSatisfy { $0 % 3 == 2 ? line.byte(start + $0) == 0x3a : line.byte(start + $0).isDigit }
}

/// `.513401` as nanoseconds, and its digits; further digits than nine are passed over.
public func fraction(_ line: RawSpan, _ cursor: inout Int) -> (nanoseconds: Int64, digits: UInt8) {
  guard cursor + 1 < line.byteCount, line.byte(cursor) == 0x2e || line.byte(cursor) == 0x2c,
    line.byte(cursor + 1).isDigit
  else { return (0, 0) }
  cursor += 1
  var value: Int64 = 0
  var digits: UInt8 = 0
  while cursor < line.byteCount, line.byte(cursor).isDigit {
    if digits < 9 {
      value = value * 10 + Int64(line.byte(cursor) - 0x30)
      digits += 1
    }
    cursor += 1
  }
  for _ in digits..<9 { value *= 10 }
  return (value, digits)
}

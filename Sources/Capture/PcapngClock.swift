import Evidence

/// What the time stamps of a pcapng interface count, and from when (`if_tsresol` and `if_tsoffset`, section 4.2).
struct PcapngClock {
  /// Digits of a second that the steps of the clock tell apart, of the nine that are kept.
  let fractionDigits: UInt8
  /// Seconds to add.
  private let offset: Int64
  /// Nanoseconds of a step, where they are whole.
  private let step: UInt64?
  /// A second has 2^exponent steps; else it has ``stepsOfSecond``.
  private let exponent: Int?
  /// Nil for more than 10^38, of which no 64 bits fill a nanosecond.
  private let stepsOfSecond: UInt128?

  /// - Parameter resolution: the exponent n of 10^-n seconds, or of 2^-n with the highest bit set; microseconds if nothing
  ///   is said.
  init(resolution: UInt8 = 6, offset: Int64 = 0) {
    self.offset = offset
    let power = Int(resolution & 0x7f)
    if resolution & 0x80 != 0 {
      exponent = power
      stepsOfSecond = nil
      step = nil
      // The decimal digits of 2^power, less the last, which is not whole.
      fractionDigits = UInt8(min(power * 30_103 / 100_000, 9))
    } else {
      exponent = nil
      stepsOfSecond = PcapngClock.powerOfTen(power)
      step = power <= 9 ? PcapngClock.powerOfTen(9 - power).map { UInt64($0) } : nil
      fractionDigits = UInt8(min(power, 9))
    }
  }

  private static func powerOfTen(_ power: Int) -> UInt128? {
    power <= 38 ? (0..<power).reduce(1) { product, _ in product * 10 } : nil
  }

  /// Nil when 64 bits of nanoseconds do not hold the moment.
  func time(_ count: UInt64) -> Timestamp? {
    if let step, offset == 0 {
      let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: step)
      return overflow ? nil : Int64(exactly: nanoseconds).map { Timestamp(nanoseconds: $0) }
    }
    // Below 2^94, and 2^63 * 10^9 is below 2^93: no sum of them overflows.
    let sum = Int128(nanoseconds(count)) + Int128(offset) * 1_000_000_000
    return Int64(exactly: sum).map { Timestamp(nanoseconds: $0) }
  }

  private func nanoseconds(_ count: UInt64) -> UInt128 {
    let scaled = UInt128(count) * 1_000_000_000
    if let exponent { return scaled >> exponent }
    return stepsOfSecond.map { scaled / $0 } ?? 0
  }
}

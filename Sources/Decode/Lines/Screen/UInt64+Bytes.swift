/// Words of eight bytes of a line, the first byte uppermost.
extension UInt64 {
  /// How many digits the word begins with.
  @inline(__always) var leadingDigits: Int {
    let values = byteSwapped ^ 0x3030_3030_3030_3030
    let others = ((values & 0x7f7f_7f7f_7f7f_7f7f) &+ 0x7676_7676_7676_7676 | values) & 0x8080_8080_8080_8080
    return others.trailingZeroBitCount / 8
  }

  /// The seconds since midnight that `15:20:35` says; nil for other text, and in a leap second.
  var secondsOfClock: Int64? {
    let values = self ^ 0x3030_3a30_303a_3030
    // Of each digit the bits that a larger one has, and all of a colon's.
    guard values & 0xf0f0_fff0_f0ff_f0f0 == 0 else { return nil }
    func number(at shift: UInt64) -> Int64 {
      Int64(truncatingIfNeeded: values >> (shift + 8) & 0xff) * 10 + Int64(truncatingIfNeeded: values >> shift & 0xff)
    }
    let (hours, minutes, seconds) = (number(at: 48), number(at: 24), number(at: 0))
    guard leadingDigits == 2, (self << 24).leadingDigits == 2, (self << 48).leadingDigits == 2 else { return nil }
    return hours < 24 && minutes < 60 && seconds < 60 ? hours * 3600 + minutes * 60 + seconds : nil
  }

  /// The bits of the first `count` bytes; all or none beyond.
  @inline(__always) static func firstBytes(_ count: Int) -> UInt64 {
    // In two steps, since a shift by all bits is none; and without a branch that names of all lengths would take in turn.
    let half = UInt64(truncatingIfNeeded: 4 &* Swift.min(Swift.max(count, 0), 8))
    return ~((.max &>> half) &>> half)
  }
}

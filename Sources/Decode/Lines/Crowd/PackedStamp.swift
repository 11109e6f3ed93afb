import Evidence

/// A stamp as syslogd writes it (RFC 3164, section 4.1.2), `Dec  7 04:05:06` or `Dec 07 04:05:06`, in four bytes.
struct PackedStamp: Sendable {
  /// Its month from 0 in the uppermost four, whether its day has a zero before it, the day in five, and behind that the
  /// seconds since midnight.
  let bits: UInt32

  init(bits: UInt32) { self.bits = bits }

  /// The stamp of its minute's first second.
  var minute: PackedStamp { PackedStamp(bits: bits - (bits & PackedStamp.seconds) % 60) }
  /// The stamp of a later second of the minute that this one begins.
  @inline(__always) func adding(second: Int64) -> PackedStamp {
    PackedStamp(bits: bits &+ UInt32(truncatingIfNeeded: second))
  }

  private static let seconds: UInt32 = 0x3f_ffff
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].map {
    Array($0.utf8)
  }

  /// Nil for all that ``text`` would not write in the same way again.
  /// - Parameter end: Where the line's stamp ends.
  init?(_ line: RawSpan, end: Int) {
    guard end == KnownStamp.length, line.byteCount >= KnownStamp.length,
      let month = SyslogReader.month(line, at: 0), line.byte(3) == 0x20, line.byte(6) == 0x20,
      line.byte(5).isDigit, let seconds = line.uint64(7).secondsOfClock
    else { return nil }
    let tens = line.byte(4)
    guard tens == 0x20 || tens >= 0x30 && tens <= 0x33 else { return nil }
    let day = (tens == 0x20 ? 0 : UInt32(tens - 0x30) * 10) + UInt32(line.byte(5) - 0x30)
    guard day < 32 else { return nil }
    let isPadded: UInt32 = tens == 0x30 ? 1 : 0
    bits = UInt32(month - 1) << 28 | isPadded << 27 | day << 22 | UInt32(truncatingIfNeeded: seconds)
  }

  /// The stamp as it stood in the line.
  var text: [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(KnownStamp.length)
    func add(_ value: UInt32, behind byte: UInt8, pad: UInt8 = 0x30) {
      text.append(byte)
      text.append(value < 10 ? pad : 0x30 + UInt8(value / 10))
      text.append(0x30 + UInt8(value % 10))
    }
    text += PackedStamp.months[min(Int(bits >> 28), PackedStamp.months.count - 1)]
    let seconds = min(bits & PackedStamp.seconds, 86_399)
    add(bits >> 22 & 31, behind: 0x20, pad: bits >> 27 & 1 == 1 ? 0x30 : 0x20)
    add(seconds / 3600, behind: 0x20)
    add(seconds / 60 % 60, behind: 0x3a)
    add(seconds % 60, behind: 0x3a)
    return text
  }
}

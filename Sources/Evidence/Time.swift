/// A moment, in nanoseconds since 1970-01-01T00:00:00Z. It reaches from 1678 to 2261.
public struct Timestamp: Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  @inlinable @inline(__always) public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  /// Nil when the moment lies outside what 64 bits of nanoseconds hold.
  public init?(seconds: Int64, nanoseconds: Int64 = 0) {
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = scaled.addingReportingOverflow(nanoseconds)
    guard !overflow, !carry else { return nil }
    self.nanoseconds = sum
  }

  @inlinable @inline(__always) public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
  /// Seconds from `other` to this moment.
  public func seconds(since other: Timestamp) -> Double { Double(nanoseconds &- other.nanoseconds) / 1e9 }
  /// The day in UTC.
  public var day: Day {
    let (days, rest) = nanoseconds.quotientAndRemainder(dividingBy: 86_400_000_000_000)
    return Day(number: Int(rest < 0 ? days - 1 : days))
  }
  /// The number of the hour in UTC, from 1970-01-01T00 on; earlier ones are negative.
  public var hour: Int64 {
    let (hours, rest) = nanoseconds.quotientAndRemainder(dividingBy: 3_600_000_000_000)
    return rest < 0 ? hours - 1 : hours
  }
}

/// A calendar day (proleptic Gregorian), as days since 1970-01-01.
public struct Day: Hashable, Comparable, Sendable {
  public var number: Int

  public init(number: Int) { self.number = number }
  /// Nil when there is no such day, such as February 30.
  public init?(year: Int, month: Int, day: Int) {
    guard (1...12).contains(month), day >= 1, day <= Day.length(ofMonth: month, year: year) else { return nil }
    // Howard Hinnant's days_from_civil: years start in March, so that a leap day is the last of its year.
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    number = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
  /// A day as `YYYY-MM-DD`.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
      text.utf8.allSatisfy({ $0.isDigit || $0 == 0x2d }),
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  public var civil: (year: Int, month: Int, day: Int) {
    let shifted = number + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthOfYear = (5 * dayOfYear + 2) / 153
    let month = monthOfYear < 10 ? monthOfYear + 3 : monthOfYear - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthOfYear + 2) / 5 + 1)
  }

  public static func < (left: Day, right: Day) -> Bool { left.number < right.number }
  public func advanced(by days: Int) -> Day { Day(number: number + days) }
  /// Nil for days that a ``Timestamp`` cannot hold.
  public var start: Timestamp? { Timestamp(seconds: Int64(number) * 86_400) }

  public static func length(ofMonth month: Int, year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

extension Day: CustomStringConvertible {
  public var description: String {
    let (year, month, day) = civil
    return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2)
  }
}

/// `number` with leading zeros up to `width` digits.
public func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// When something was recorded, as exactly as the evidence says it: with the digits that it had, and perhaps without
/// a date, as in the text of tcpdump.
public struct EventTime: Hashable, Sendable {
  /// The moment; for an undated time the time of day on 1970-01-01.
  public var timestamp: Timestamp
  /// Digits after the second: 0 for syslog, 6 for tcpdump.
  public var fractionDigits: UInt8
  public var isDated: Bool

  @inlinable @inline(__always) public init(_ timestamp: Timestamp, fractionDigits: UInt8, isDated: Bool = true) {
    self.timestamp = timestamp
    self.fractionDigits = fractionDigits
    self.isDated = isDated
  }

  /// Of a record that tells neither day nor time of day.
  public static var unknown: EventTime {
    EventTime(Timestamp(nanoseconds: 0), fractionDigits: untimed, isDated: false)
  }
  /// Stands for ``fractionDigits`` where there is not even a second: a further property would make each packet larger.
  private static let untimed = UInt8.max
  /// Whether the record tells a time of day at all.
  public var isTimed: Bool { isDated || fractionDigits != EventTime.untimed }

  /// Whether the record bears a later day. What has no date is known whenever it is read.
  public func isLater(than day: Day) -> Bool { isDated && timestamp.day > day }

  /// The finest step that the evidence tells, in seconds: what is written as 20:35 happened in [20:35, 20:36).
  public var resolution: Double {
    guard isTimed else { return 86_400 }
    var step = 1.0
    for _ in 0..<fractionDigits { step /= 10 }
    return step
  }

  /// Nanoseconds since midnight UTC.
  public var timeOfDay: Int64 {
    let day: Int64 = 86_400_000_000_000
    let rest = timestamp.nanoseconds % day
    return rest < 0 ? rest + day : rest
  }

  /// `2000-01-01T19:04:51Z`, with the digits that the evidence had; an undated time is its time of day.
  public var description: String {
    isDated ? timestamp.day.description + "T" + timeOfDayDescription + "Z" : timeOfDayDescription
  }

  /// `19:04:51`, with the digits that the evidence had.
  public var timeOfDayDescription: String {
    guard isTimed else { return "an unknown time" }
    let seconds = Int(timeOfDay / 1_000_000_000)
    var text = padded(seconds / 3600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2)
    if fractionDigits > 0 {
      text += "." + padded(Int(timeOfDay % 1_000_000_000), 9).prefix(Int(min(fractionDigits, 9)))
    }
    return text
  }
}

extension EventTime: Comparable {
  /// Dated before undated, then by time.
  @inlinable @inline(__always) public static func < (left: EventTime, right: EventTime) -> Bool {
    if left.isDated != right.isDated { return left.isDated }
    return left.timestamp < right.timestamp
  }
}

/// The offsets of a time zone over the years, as a table, so that no stage asks the system.
public struct ZoneTable: Sendable {
  /// From `localSeconds` (local wall time as seconds since 1970) on, UTC is local time minus `offset` seconds.
  public var steps: [(localSeconds: Int64, offset: Int64)]
  public var name: String

  public static let utc = ZoneTable(name: "UTC", steps: [(Int64.min, 0)])
  public init(name: String, steps: [(localSeconds: Int64, offset: Int64)]) {
    self.name = name
    self.steps = steps
  }

  /// Whether its clocks are ever set forward or back.
  public var isShifting: Bool { steps.count > 1 }

  /// An hour that a clock shows twice, since it is set back.
  public struct RepeatedHour: Hashable, Sendable {
    /// Where it ends, in local seconds since 1970.
    public var end: Int64
    /// How many seconds later the second showing is.
    public var shift: Int64
  }

  /// The hour that a wall-clock time lies in, if a clock shows it twice.
  public func repeatedHour(at local: Int64) -> RepeatedHour? {
    let next = place(of: local)
    guard next > 0, next < steps.count else { return nil }
    let shift = steps[next - 1].offset &- steps[next].offset
    let end = steps[next].localSeconds
    return shift > 0 && local >= end &- shift ? RepeatedHour(end: end, shift: shift) : nil
  }

  /// The day on the zone's calendar.
  public func day(of moment: Timestamp) -> Day {
    let utc = moment.nanoseconds / 1_000_000_000
    let step = steps.last { $0.localSeconds == .min || utc >= $0.localSeconds &- $0.offset } ?? (0, 0)
    let local = utc &+ step.offset
    return Day(number: Int(local >= 0 ? local / 86_400 : (local - 86_399) / 86_400))
  }

  /// Seconds since 1970 in UTC of a wall-clock time given as seconds since 1970; of one that a clock shows twice, the
  /// first. One that a clock skips is read as if it had not been set forward.
  public func utc(local: Int64) -> Int64 {
    let next = place(of: local)
    return local &- (next == 0 ? (steps.first?.offset ?? 0) : steps[next - 1].offset)
  }

  /// The place of the first step behind a wall-clock time.
  private func place(of local: Int64) -> Int {
    var low = 0
    var high = steps.count
    while low < high {
      let middle = (low + high) / 2
      if steps[middle].localSeconds <= local { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

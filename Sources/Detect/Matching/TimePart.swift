import Evidence

/// A part of a date, as Sigma's time modifiers ask for it. Times are UTC, as all times of events are.
enum TimePart: String, Sendable, CaseIterable {
  case minute, hour, day, week, month, year

  /// What a rule can ask for.
  var range: ClosedRange<Int64> {
    switch self {
    case .minute: 0...59
    case .hour: 0...23
    case .day: 1...31
    // ISO 8601 has a week 53 in some years.
    case .week: 1...53
    case .month: 1...12
    case .year: 0...9999
    }
  }

  /// The part of a time such as `2000-01-01T19:04:51Z`, or `19:04:51` where no date is known; nil where the text has no
  /// such part.
  func value(in text: Bytes) -> Int64? {
    let span = text.array.rawSpan
    let clock = TimePart.date(in: span) == nil ? 0 : 11
    switch self {
    case .minute: return TimePart.clock(in: span, at: clock)?.minute
    case .hour: return TimePart.clock(in: span, at: clock)?.hour
    case .day: return TimePart.date(in: span).map { Int64($0.civil.day) }
    case .week: return TimePart.date(in: span).map { Int64(TimePart.week(of: $0)) }
    case .month: return TimePart.date(in: span).map { Int64($0.civil.month) }
    case .year: return TimePart.date(in: span).map { Int64($0.civil.year) }
    }
  }

  private static func digits(_ count: Int, in span: RawSpan, at offset: Int) -> Int64? {
    guard offset + count <= span.byteCount else { return nil }
    var number: Int64 = 0
    for index in offset..<(offset + count) {
      guard span.byte(index).isDigit else { return nil }
      number = number * 10 + Int64(span.byte(index) - 0x30)
    }
    return number
  }

  private static func date(in span: RawSpan) -> Day? {
    guard let year = digits(4, in: span, at: 0), let month = digits(2, in: span, at: 5),
      let day = digits(2, in: span, at: 8), span.byte(4) == 0x2d, span.byte(7) == 0x2d
    else { return nil }
    return Day(year: Int(year), month: Int(month), day: Int(day))
  }

  /// `HH:MM`.
  private static func clock(in span: RawSpan, at offset: Int) -> (hour: Int64, minute: Int64)? {
    guard let hour = digits(2, in: span, at: offset), let minute = digits(2, in: span, at: offset + 3),
      span.byte(offset + 2) == 0x3a, hour < 24, minute < 60
    else { return nil }
    return (hour, minute)
  }

  /// The week of ISO 8601: weeks begin on Monday, and the first has the year's first Thursday.
  private static func week(of day: Day) -> Int {
    // 1970-01-01 was a Thursday; Monday is 0 here.
    let weekday = ((day.number + 3) % 7 + 7) % 7
    let thursday = day.advanced(by: 3 - weekday)
    guard let newYear = Day(year: thursday.civil.year, month: 1, day: 1) else { return 1 }
    return (thursday.number - newYear.number) / 7 + 1
  }
}

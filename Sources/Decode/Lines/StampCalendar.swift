public import Evidence

/// Which year a stamp without one belongs to.
///
/// By itself such a stamp belongs to the twelve months that end with a known day, whatever order the lines stand in. A
/// log that is longer than a year tells by the order of its lines: where December is followed by January, a year begins.
public struct StampCalendar: Sendable {
  private enum Plan: Sendable {
    case twelveMonths(upTo: Day)
    /// The lines stand in the order of time, and the first is of this year.
    case sequence(year: Int)
  }
  private var plan: Plan
  private var lastMonth: Int?
  /// New Years that the stamps passed so far: steps back by more than half a year, less those forward.
  public private(set) var newYears = 0
  /// The first and the last stamp, as month and day.
  public private(set) var first: (month: Int, day: Int)?
  public private(set) var last: (month: Int, day: Int)?

  public init(asOf: Day) { plan = .twelveMonths(upTo: asOf) }
  public init(sequenceFrom year: Int) { plan = .sequence(year: year) }

  /// Months further apart than this are on both sides of a New Year.
  private static let halfYear = 6

  /// Nil when there was no such day.
  mutating func day(month: Int, day: Int) -> Day? {
    let year = follow(month)
    guard let found = date(month, day, year) else { return nil }
    if first == nil { first = (month, day) }
    last = (month, day)
    return found
  }

  /// Goes on to the month of the next stamp; gives the New Years up to it.
  private mutating func follow(_ month: Int) -> Int {
    if let lastMonth {
      if lastMonth - month > StampCalendar.halfYear { newYears += 1 }
      if month - lastMonth > StampCalendar.halfYear { newYears -= 1 }
    }
    lastMonth = month
    return newYears
  }

  private func date(_ month: Int, _ day: Int, _ newYears: Int) -> Day? {
    switch plan {
    case .sequence(let year): return Day(year: year + newYears, month: month, day: day)
    case .twelveMonths(let asOf):
      let year = asOf.civil.year
      for candidate in [year, year - 1] {
        if let date = Day(year: candidate, month: month, day: day), date <= asOf, asOf.number - date.number <= 366 {
          return date
        }
      }
      return nil
    }
  }

  /// The year of the first stamp, when the lines in their order cover more than the twelve months up to a day; nil when
  /// those are enough.
  public func firstYear(endingBy asOf: Day) -> Int? {
    guard newYears > 0, let first, let last else { return nil }
    let year = asOf.civil.year
    guard
      let end = [year, year - 1].lazy.compactMap({ Day(year: $0, month: last.month, day: last.day) }).first(where: {
        $0 <= asOf
      }),
      let start = Day(year: end.civil.year - newYears, month: first.month, day: first.day)
    else { return nil }
    return end.number - start.number > 366 || start.advanced(by: 366) < asOf ? end.civil.year - newYears : nil
  }
}

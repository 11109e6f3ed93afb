package import Evidence
import Fuse

/// How wide the windows of a picture are.
package enum WindowWidth: String, Sendable, CaseIterable {
  case hour, day, week

  /// The number of the window that a moment lies in; weeks begin on Monday, days and hours are UTC's.
  package func number(of moment: Timestamp) -> Int {
    switch self {
    case .hour: return Int(moment.hour)
    case .day: return moment.day.number
    case .week: return week(of: moment.day)
    }
  }

  /// The windows of a day.
  func numbers(of day: Day) -> ClosedRange<Int> {
    switch self {
    case .hour: day.number * 24...day.number * 24 + 23
    case .day: day.number...day.number
    case .week: week(of: day)...week(of: day)
    }
  }

  /// Day 0 is a Thursday, so Monday's week begins three days before it.
  private func week(of day: Day) -> Int {
    let (weeks, rest) = (day.number + 3).quotientAndRemainder(dividingBy: 7)
    return rest < 0 ? weeks - 1 : weeks
  }

  /// `1999-12-27`, or `1999-12-27T15:00Z` for an hour.
  package func start(of number: Int) -> String {
    switch self {
    case .hour:
      let (days, rest) = number.quotientAndRemainder(dividingBy: 24)
      let day = Day(number: rest < 0 ? days - 1 : days)
      return "\(day)T\(padded(rest < 0 ? rest + 24 : rest, 2)):00Z"
    case .day: return Day(number: number).description
    case .week: return Day(number: number * 7 - 3).description
    }
  }
}

/// Depth, breadth, spread and share held of one window of time, or of one site.
package struct Span: Sendable, Hashable {
  /// When it begins, or the site's name.
  package var label: String
  package var incidents = 0
  package var events = 0
  package var hostRecords = 0
  package var patterns: [String] = []
  /// Never seen before in the evidence, nor in the history that was given.
  package var novel: [String] = []
  package var unexplained: [String] = []
  package var sources = 0
  package var targets = 0
  /// Share of the incidents that defences or the service held; nil without incidents.
  package var held: Double?
  package var trend = Trend.unknown
}

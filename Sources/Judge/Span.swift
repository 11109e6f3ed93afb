public import Evidence
import Fuse

/// How wide the windows of a picture are.
public enum WindowWidth: String, Sendable, CaseIterable {
  case hour, day, week

  /// The number of the window that a moment lies in; weeks begin on Monday, days and hours are UTC's.
  public func number(of moment: Timestamp) -> Int {
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
  public func start(of number: Int) -> String {
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
public struct Span: Sendable, Hashable {
  /// When it begins, or the site's name.
  public var label: String
  public var incidents = 0
  public var events = 0
  public var hostRecords = 0
  public var patterns: [String] = []
  /// Never seen before in the evidence, nor in the history that was given.
  public var novel: [String] = []
  public var unexplained: [String] = []
  public var sources = 0
  public var targets = 0
  /// Share of the incidents that defences or the service held; nil without incidents.
  public var held: Double?
  public var trend = Trend.unknown
}

import Evidence
import FoundationEssentials

extension Day {
  /// The day in UTC, by the one look at the clock: for a report on nothing, and for stamps that nothing else dates.
  static var today: Day { Day(number: Int((Date().timeIntervalSince1970 / 86_400).rounded(.down))) }
}

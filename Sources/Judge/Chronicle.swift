import Evidence
import Fuse

/// The dated incidents by day, so that judging a day looks at its own and not at all.
struct Chronicle {
  private var courses: [IncidentCourse]
  private var byDay: [Day: [Int]] = [:]
  /// When each pattern was first known.
  private(set) var firstDay: [String: Day] = [:]

  /// Days of which there is any record.
  let covered: Set<Day>

  /// - Parameter history: Patterns that were seen before the evidence begins.
  init(_ incidents: [Incident], covered: Set<Day>, history: Set<String>) {
    self.covered = covered
    for pattern in history { firstDay[pattern] = Chronicle.before }
    courses = incidents.filter(\.isDated).map { IncidentCourse($0) }
    for (index, course) in courses.enumerated() {
      for day in course.days {
        byDay[day, default: []].append(index)
        for pattern in course.patterns(of: day) { firstDay[pattern] = min(firstDay[pattern] ?? day, day) }
      }
    }
  }

  /// Earlier than any evidence.
  private static let before = Day(number: -200_000)

  var days: Set<Day> { Set(byDay.keys) }

  /// What the day's incidents did on it.
  func parts(of day: Day) -> [Incident] { (byDay[day] ?? []).compactMap { courses[$0].part(of: day) } }

  /// The incidents that touch the days, each once, in order, as they were known on the last of them.
  ///
  /// The last days must come in order.
  mutating func known(from first: Day, to last: Day) -> [Incident] {
    touching(from: first, to: last).compactMap { courses[$0].known(at: last) }
  }

  /// How many incidents touch the days.
  func count(from first: Day, to last: Day) -> Int { touching(from: first, to: last).count }

  func coveredDays(from first: Day, to last: Day) -> Int {
    guard first <= last else { return 0 }
    return (0...last.number - first.number).count {
      let day = first.advanced(by: $0)
      return covered.contains(day) || byDay[day] != nil
    }
  }

  private func touching(from first: Day, to last: Day) -> [Int] {
    guard first <= last else { return [] }
    let span = last.number - first.number + 1
    let days =
      span < byDay.count ? (0..<span).map { first.advanced(by: $0) } : byDay.keys.filter { $0 >= first && $0 <= last }
    return Set(days.flatMap { byDay[$0] ?? [] }).sorted()
  }
}

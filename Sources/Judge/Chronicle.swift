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
  /// - Parameter isMeant: Asked of each as it was known, before its crowd is cut to the days.
  mutating func known(from first: Day, to last: Day, where isMeant: (Incident) -> Bool = { _ in true }) -> [Incident] {
    touching(from: first, to: last).compactMap { index in
      guard var known = courses[index].known(at: last), isMeant(known) else { return nil }
      if known.crowd != nil { known.crowd = courses[index].crowd(from: first, to: last) }
      return known
    }
  }

  /// How many incidents touch the days; a crowd stands for as many as its sources would be, told one by one.
  func depth(from first: Day, to last: Day) -> Int {
    touching(from: first, to: last).map { index in
      var incident = courses[index].incident
      if incident.crowd != nil { incident.crowd = courses[index].crowd(from: first, to: last) }
      return incident
    }.depth
  }

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

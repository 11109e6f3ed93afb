public import Evidence
import Foundation

extension ZoneTable {
  /// The offsets of a zone of the system's database (`Europe/Berlin`), or of a fixed one (`+01:00`, `UTC`); nil when there
  /// is none of that name.
  public init?(identifier: String) {
    if let seconds = ZoneTable.fixed(identifier) {
      self.init(name: identifier, steps: [(Int64.min, seconds)])
      return
    }
    guard let zone = TimeZone(identifier: identifier) else { return nil }
    // Logs are younger than 1970; beyond 2100 nobody knows the rules.
    var date = Date(timeIntervalSince1970: 0)
    var steps: [(localSeconds: Int64, offset: Int64)] = [(Int64.min, Int64(zone.secondsFromGMT(for: date)))]
    while let next = zone.nextDaylightSavingTimeTransition(after: date), next.timeIntervalSince1970 < 4_102_444_800,
      steps.count < 1000
    {
      let before = steps[steps.count - 1].offset
      let offset = Int64(zone.secondsFromGMT(for: next))
      // In the hour that a clock shows twice the first reading holds; which it is, the order of a host's lines tells.
      steps.append((Int64(next.timeIntervalSince1970) + max(before, offset), offset))
      date = next
    }
    self.init(name: identifier, steps: steps)
  }

  private static func fixed(_ text: String) -> Int64? {
    if text == "UTC" || text == "GMT" || text == "Z" { return 0 }
    guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
    let digits = text.dropFirst().filter { $0 != ":" }
    guard digits.utf8.count == 4, digits.utf8.allSatisfy(\.isDigit), let number = Int64(digits), number / 100 < 24,
      number % 100 < 60
    else { return nil }
    let seconds = number / 100 * 3600 + number % 100 * 60
    return sign == "-" ? -seconds : seconds
  }
}

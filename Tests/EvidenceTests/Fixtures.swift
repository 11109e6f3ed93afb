import Evidence
import Foundation

extension Citation {
  /// A place in an input, with a text that tells it apart.
  static func fixture(input: Int = 0, line: Int = 1) -> Citation {
    Citation(
      Provenance(input: InputID(input), place: .lines(first: line, last: line), offset: 0, length: 1),
      text: Bytes("\(input):\(line)"))
  }
}

extension ZoneTable {
  /// The table of a zone as Foundation knows it, from 1999 to 2001: each step stands where the later of the two clocks
  /// shows the change, so that the first reading of a repeated hour holds.
  static func fixture(_ zone: TimeZone) -> ZoneTable {
    var date = Date(timeIntervalSince1970: 915_148_800)
    var steps: [(localSeconds: Int64, offset: Int64)] = [(Int64.min, Int64(zone.secondsFromGMT(for: date)))]
    while let next = zone.nextDaylightSavingTimeTransition(after: date), next.timeIntervalSince1970 < 1_009_843_200 {
      let (before, after) = (steps[steps.count - 1].offset, Int64(zone.secondsFromGMT(for: next)))
      steps.append((Int64(next.timeIntervalSince1970) + max(before, after), after))
      date = next
    }
    return ZoneTable(name: zone.identifier, steps: steps)
  }
}

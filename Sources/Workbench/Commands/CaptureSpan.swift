import ArgumentParser
import Evidence

/// How long to capture: `60s`, `5m`, `2h`, or seconds alone.
struct CaptureSpan: ExpressibleByArgument {
  let duration: Duration
  /// A year; whoever wants more stops it himself.
  private static let secondCap = 366 * 86_400

  init?(argument: String) {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
    let unit = argument.last.flatMap { units[$0] }
    let digits = unit == nil ? argument[...] : argument.dropLast()
    guard !digits.isEmpty, digits.utf8.allSatisfy(\.isDigit), let number = Int(digits), number > 0,
      number <= CaptureSpan.secondCap / (unit ?? 1)
    else { return nil }
    duration = .seconds(number * (unit ?? 1))
  }
}

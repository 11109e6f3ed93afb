/// Whether a window holds more or fewer incidents than the windows before it.
///
/// The method: the mean of up to seven covered windows before, and two standard deviations of a Poisson count (the square
/// root of the mean) either side. It is simple, needs no season and no history, and says nothing before three windows.
public enum Trend: String, Sendable, Hashable {
  case rising, falling, level
  /// Fewer than three windows before.
  case unknown

  public static let method =
    "against the mean of up to 7 windows before, two standard deviations of a Poisson count either side"
  private static let most = 7
  private static let least = 3

  /// - Parameter before: The counts of the covered windows before, in order.
  public init(_ count: Int, before: some Collection<Int>) {
    let last = before.suffix(Trend.most)
    guard last.count >= Trend.least else {
      self = .unknown
      return
    }
    let mean = Double(last.reduce(0, +)) / Double(last.count)
    // Below one the root would call a single incident a rise.
    let deviation = 2 * max(1, mean).squareRoot()
    self = Double(count) > mean + deviation ? .rising : Double(count) < mean - deviation ? .falling : .level
  }
}

/// How much the correlations may keep of what attackers can make up.
public struct Caps: Sendable {
  /// Groups of a correlation; beyond it the one that was quiet for longest goes.
  public var groups = 100_000
  /// Events that a group keeps, and entries of its window. No threshold may lie above.
  public var entries = 10_000
  /// Different values of a group's window. No threshold may lie above.
  public var values = 4096
  /// Entries of all groups of a correlation together: some 100 MB.
  public var total = 2_000_000

  public static let standard = Caps()
  public init() {}
}

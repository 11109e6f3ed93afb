/// How much the correlations may keep of what attackers can make up.
package struct Caps: Sendable {
  /// Groups of a correlation; beyond it the one that was quiet for longest goes.
  package var groups = 100_000
  /// Events that a group keeps, and entries of its window. No threshold may lie above.
  package var entries = 10_000
  /// Different values of a group's window. No threshold may lie above.
  package var values = 4096
  /// Entries of all groups of a correlation together: some 100 MB.
  package var total = 2_000_000

  package static let standard = Caps()
  package init() {}
}

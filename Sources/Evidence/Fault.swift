/// A mistake in what a user wrote: a configuration, a rule, a format, an argument. Faults are collected, and all are
/// reported at once.
package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
  package var file: String
  /// Counted from 1; 0 when the whole file is meant.
  package var line: Int
  package var column: Int
  package var message: String

  package init(file: String, line: Int = 0, column: Int = 0, _ message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  package var description: String {
    file + (line > 0 ? ":\(line)" + (column > 0 ? ":\(column)" : "") : "") + ": " + message
  }
}

/// All the faults that a loading met.
package struct Faults: Error, Sendable {
  package var list: [Fault]
  package init(_ list: [Fault]) { self.list = list }

  /// What is wrong, where the place is known already.
  package var reasons: String { list.map(\.message).joined(separator: "; ") }
}

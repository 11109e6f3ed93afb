/// A mistake in what a user wrote: a configuration, a rule, a format, an argument. Faults are collected, and all are
/// reported at once.
public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
  public var file: String
  /// Counted from 1; 0 when the whole file is meant.
  public var line: Int
  public var column: Int
  public var message: String

  public init(file: String, line: Int = 0, column: Int = 0, _ message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  public var description: String {
    file + (line > 0 ? ":\(line)" + (column > 0 ? ":\(column)" : "") : "") + ": " + message
  }
}

/// All the faults that a loading met.
public struct Faults: Error, Sendable {
  public var list: [Fault]
  public init(_ list: [Fault]) { self.list = list }

  /// What is wrong, where the place is known already.
  public var reasons: String { list.map(\.message).joined(separator: "; ") }
}

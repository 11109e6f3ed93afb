import ArgumentParser
import Evidence

/// An option's value as it was written. The parser takes any, so that one that is none is a fault beside the others of
/// the run, and hides none of them.
struct Given<Value: ExpressibleByArgument & Sendable>: ExpressibleByArgument, Sendable {
  private let text: String
  private let value: Value?

  init(argument: String) { (text, value) = (argument, Value(argument: argument)) }
  init(_ value: Value) { (text, self.value) = (value.defaultValueDescription, value) }

  /// - Parameter isRight: Whether a value is one that the option takes.
  /// - Returns: nil, and a fault, when it is none.
  func value(
    of option: String, expected: String, _ faults: inout [Fault], where isRight: (Value) -> Bool = { _ in true }
  ) -> Value? {
    if let value, isRight(value) { return value }
    faults.append(Fault(file: option, "'\(text)' is not \(expected)"))
    return nil
  }

  // MARK: What the help says

  static var allValueStrings: [String] { Value.allValueStrings }
  static var defaultCompletionKind: CompletionKind { Value.defaultCompletionKind }
  var defaultValueDescription: String { text }
}

extension Given where Value: CaseIterable, Value: RawRepresentable, Value.RawValue == String {
  /// One of those that the option has.
  func value(of option: String, _ faults: inout [Fault]) -> Value? {
    value(of: option, expected: "one of: " + Value.allCases.map(\.rawValue).joined(separator: ", "), &faults)
  }
}

extension Given<Day> {
  func value(of option: String, _ faults: inout [Fault]) -> Day? {
    value(of: option, expected: "a day such as 2000-01-31", &faults)
  }
}

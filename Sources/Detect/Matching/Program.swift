import Evidence

/// Expressions as steps that lead on to each other, for the hot path: most steps are plain numbers, so that an event
/// passes many rules without touching a reference count.
struct Program: Sendable {
  private enum Check: Sendable {
    /// One of these bits of the ``WordSet``.
    case words(UInt64)
    case present(FieldName)
    case equals(FieldName, Int64)
    case comparison(FieldName, ValueMatcher.Comparison, Int64)
    case network(FieldName, IPNetwork)
    /// A line with text, by its place in ``Program/tests``.
    case test(FieldName, Int)
    /// The same, where a text must begin with one of these bytes. Most do not, and are done with.
    case begins(FieldName, ByteSet, Int)
  }
  /// Where to go on: a step that stands before this one, so that every way ends, or an end.
  private struct Step: Sendable {
    var check: Check
    var onTrue: Int
    var onFalse: Int
  }
  private static let accepted = -1
  private static let rejected = -2

  private var steps: [Step] = []
  private var tests: [FieldTest] = []

  /// - Returns: where the expression begins, for ``matches(from:_:_:)``.
  mutating func append(_ expression: Expression) -> Int {
    append(expression, onTrue: Program.accepted, onFalse: Program.rejected)
  }

  private mutating func append(_ expression: Expression, onTrue: Int, onFalse: Int) -> Int {
    switch expression {
    case .selection(_, let part): append(part, onTrue: onTrue, onFalse: onFalse)
    case .not(let part): append(part, onTrue: onFalse, onFalse: onTrue)
    case .all(let parts):
      parts.cheapestFirst.reversed().reduce(onTrue) { append($1, onTrue: $0, onFalse: onFalse) }
    case .any(let parts):
      parts.cheapestFirst.reversed().reduce(onFalse) { append($1, onTrue: onTrue, onFalse: $0) }
    case .test(let test) where test.isNegated: append(test, onTrue: onFalse, onFalse: onTrue)
    case .test(let test): append(test, onTrue: onTrue, onFalse: onFalse)
    }
  }

  /// A line, whatever its sign.
  private mutating func append(_ test: FieldTest, onTrue: Int, onFalse: Int) -> Int {
    if let range = Words.range(of: test.field), !test.readsOtherFields {
      let mask = range.mask { test.mayMatch($0) != test.isNegated }
      return append(.words(mask), onTrue, onFalse)
    }
    guard test.isCheap else {
      let plain = FieldTest(field: test.field, matchers: test.asRun, needsAll: test.needsAll, isNegated: false)
      tests.append(plain)
      let check = test.firstBytes.map { Check.begins(test.field, $0, tests.count - 1) }
      return append(check ?? .test(test.field, tests.count - 1), onTrue, onFalse)
    }
    return test.matchers.reversed().reduce(test.needsAll ? onTrue : onFalse) { next, matcher in
      append(matcher, test.field, test.needsAll ? next : onTrue, test.needsAll ? onFalse : next)
    }
  }

  private mutating func append(_ matcher: ValueMatcher, _ field: FieldName, _ onTrue: Int, _ onFalse: Int) -> Int {
    switch matcher {
    case .absent, .exists(false): append(.present(field), onFalse, onTrue)
    case .exists(true): append(.present(field), onTrue, onFalse)
    case .comparison(let comparison, let bound): append(.comparison(field, comparison, bound), onTrue, onFalse)
    case .network(let network): append(.network(field, network), onTrue, onFalse)
    case .text(let text): append(.equals(field, text.number ?? 0), onTrue, onFalse)
    // None of these is cheap.
    case .expression, .reference, .timePart, .any, .literals: onFalse
    }
  }

  private mutating func append(_ check: Check, _ onTrue: Int, _ onFalse: Int) -> Int {
    steps.append(Step(check: check, onTrue: onTrue, onFalse: onFalse))
    return steps.count - 1
  }

  // MARK: Running

  /// Whether the expression that begins at `start` holds; `words` are those of `fields`.
  func matches(from start: Int, _ fields: some FieldSource, _ words: WordSet) -> Bool {
    var place = start
    while place >= 0 {
      let step = steps[place]
      place = holds(step.check, fields, words) ? step.onTrue : step.onFalse
    }
    return place == Program.accepted
  }

  // MARK: Of events that differ

  /// What an expression says of events that differ in some fields.
  enum Truth { case yes, no, open }

  /// - Parameter differing: In what the events differ; in the others `fields` stands for all of them.
  func truth(from start: Int, _ fields: some FieldSource, _ words: WordSet, differing: DifferingFields) -> Truth {
    var (isAccepted, isRejected) = (false, false)
    // A step about what differs leads on both ways; several ways may lead to it.
    var ways = [start]
    var seen: Set<Int> = []
    while var place = ways.popLast() {
      while place >= 0 {
        let step = steps[place]
        guard isOpen(step.check, differing) else {
          place = holds(step.check, fields, words) ? step.onTrue : step.onFalse
          continue
        }
        guard seen.insert(place).inserted else { break }
        ways.append(step.onTrue)
        place = step.onFalse
      }
      if place == Program.accepted { isAccepted = true }
      if place == Program.rejected { isRejected = true }
    }
    return isAccepted && isRejected ? .open : isAccepted ? .yes : .no
  }

  private func isOpen(_ check: Check, _ differing: DifferingFields) -> Bool {
    switch check {
    case .words(let mask): mask & differing.words != 0
    case .present(let field), .equals(let field, _), .comparison(let field, _, _), .network(let field, _):
      differing.contains(field)
    case .test(let field, let number), .begins(let field, _, let number):
      differing.contains(field) || tests[number].readsOtherFields
    }
  }

  // MARK: One step

  private func holds(_ check: Check, _ fields: some FieldSource, _ words: WordSet) -> Bool {
    switch check {
    case .words(let mask): words.bits & mask != 0
    case .present(let field): fields.value(of: field) != nil
    case .equals(let field, let number): fields.value(of: field)?.number == number
    case .comparison(let field, let comparison, let bound):
      fields.value(of: field)?.number.map { comparison.holds($0, bound) } ?? false
    case .network(let field, let network): fields.value(of: field)?.address.map { network.contains($0) } ?? false
    case .test(let field, let number): tests[number].matches(fields.value(of: field), in: fields)
    case .begins(let field, let bytes, let number): holds(fields.value(of: field), bytes, number, fields)
    }
  }

  private func holds(_ value: FieldValue?, _ bytes: ByteSet, _ number: Int, _ fields: some FieldSource) -> Bool {
    guard let value else { return false }
    if case .text(let text) = value {
      guard let first = text.array.first, bytes.contains(first) else { return false }
    }
    return tests[number].matches(value, in: fields)
  }
}

/// Fields in which events differ that are meant together.
struct DifferingFields: Sendable {
  private let isMember: @Sendable (FieldName) -> Bool
  /// The bits of the closed ones among them.
  fileprivate let words: UInt64

  init(where isMember: @escaping @Sendable (FieldName) -> Bool) {
    self.isMember = isMember
    words = Words.ranges.reduce(0) { isMember($1.field) ? $0 | $1.mask { _ in true } : $0 }
  }

  func contains(_ field: FieldName) -> Bool { isMember(field) }
}

extension FieldTest {
  /// Whether all values are compared as plain numbers.
  fileprivate var isCheap: Bool {
    matchers.allSatisfy { matcher in
      switch (matcher, FieldDomain(field)) {
      case (.absent, _), (.exists, _), (.comparison, _), (.network, _): true
      case (.text(let text), .number): text.number != nil
      case (.text, _), (.expression, _), (.reference, _), (.timePart, _), (.any, _), (.literals, _): false
      }
    }
  }
  /// The bytes with which a text must begin for this line to hold; nil when it may begin with any or be missing.
  fileprivate var firstBytes: ByteSet? {
    var union = ByteSet()
    for matcher in matchers {
      guard case .text(let text) = matcher, let bytes = text.pattern.firstBytes else { return nil }
      union.formUnion(bytes)
    }
    return union
  }
}

extension Array where Element == Expression {
  /// The order of `and` and `or` means nothing, so what is quickly told is asked first.
  fileprivate var cheapestFirst: [Expression] {
    enumerated().map { (cost: $0.element.cost, place: $0.offset) }.sorted { $0 < $1 }.map { self[$0.place] }
  }
}

extension FieldValue {
  fileprivate var number: Int64? {
    if case .number(let number) = self { number } else { nil }
  }
  fileprivate var address: IPAddress? {
    if case .address(let address) = self { address } else { nil }
  }
}

import Evidence

/// One value of a rule, parsed once into what it is compared with.
enum ValueMatcher: Sendable {
  enum Comparison: String, Sendable {
    case less = "lt"
    case lessOrEqual = "lte"
    case greater = "gt"
    case greaterOrEqual = "gte"
  }
  /// A value without a type of its own: as text, and where it can be read so as a number or an address.
  struct Text: Sendable {
    let pattern: TextPattern
    let number: Int64?
    let address: IPAddress?

    init(_ value: String, anchoring: TextPattern.Anchoring, isCased: Bool) {
      pattern = TextPattern(value, anchoring: anchoring, isCased: isCased)
      number = anchoring == .whole ? Int64(value) : nil
      address = anchoring == .whole ? IPAddress(value) : nil
    }
  }

  /// `null`: the evidence does not say.
  case absent
  case exists(Bool)
  case text(Text)
  case network(IPNetwork)
  case comparison(Comparison, Int64)

  func matches(_ value: FieldValue?) -> Bool {
    switch (self, value) {
    case (.absent, _): value == nil
    case (.exists(let expected), _): (value != nil) == expected
    case (_, nil): false
    case (.text(let text), .some(let value)): text.matches(value)
    case (.network(let network), .address(let address)): network.contains(address)
    case (.comparison(let comparison, let bound), .number(let number)): comparison.holds(number, bound)
    case (.network, _), (.comparison, _): false
    }
  }
}

extension ValueMatcher.Text {
  /// A number or an address is put into words only for a pattern with wildcards; that is the one case that allocates.
  func matches(_ value: FieldValue) -> Bool {
    switch value {
    case .text(let text): pattern.matches(text)
    case .number(let other): number.map { $0 == other } ?? (!pattern.isLiteral && pattern.matches(value.text))
    case .address(let other): address.map { $0 == other } ?? (!pattern.isLiteral && pattern.matches(value.text))
    }
  }
}

extension ValueMatcher.Comparison {
  func holds(_ number: Int64, _ bound: Int64) -> Bool {
    switch self {
    case .less: number < bound
    case .lessOrEqual: number <= bound
    case .greater: number > bound
    case .greaterOrEqual: number >= bound
    }
  }
}

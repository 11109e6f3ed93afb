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

    init(_ value: ValueText, isCased: Bool) {
      pattern = TextPattern(value, isCased: isCased)
      let text: String? =
        switch value.pieces.first {
        case .literal(let bytes) where value.pieces.count == 1: String(decoding: bytes, as: UTF8.self)
        default: nil
        }
      number = text.flatMap { Int64($0) }
      address = text.flatMap { IPAddress($0) }
    }
  }
  /// `fieldref`: the value of another field of the same event.
  struct Reference: Sendable {
    let field: FieldName
    let anchoring: TextPattern.Anchoring
    let isCased: Bool
  }

  /// `null`: the evidence does not say.
  case absent
  case exists(Bool)
  case text(Text)
  case network(IPNetwork)
  case comparison(Comparison, Int64)
  case expression(RegularExpression)
  case reference(Reference)
  case timePart(TimePart, Int64)
  /// What one value expands to, of which any is enough, also where `all` asks for all values.
  case any([ValueMatcher])
  /// Many values without wildcards, of which any is enough: what a line is run as, not how it is read.
  case literals(LiteralSet)

  func matches(_ value: FieldValue?, in fields: some FieldSource) -> Bool {
    switch self {
    case .absent: value == nil
    case .exists(let expected): (value != nil) == expected
    case .any(let matchers): matchers.contains { $0.matches(value, in: fields) }
    default: value.map { matches($0, in: fields) } ?? false
    }
  }

  private func matches(_ value: FieldValue, in fields: some FieldSource) -> Bool {
    switch self {
    case .text(let text): return text.matches(value)
    case .expression(let expression): return expression.matches(value.text)
    case .reference(let reference): return reference.matches(value, in: fields)
    case .literals(let set): return set.matches(value.text)
    case .network(let network):
      guard case .address(let address) = value else { return false }
      return network.contains(address)
    case .comparison(let comparison, let bound):
      guard case .number(let number) = value else { return false }
      return comparison.holds(number, bound)
    case .timePart(let part, let number):
      guard case .text(let text) = value else { return false }
      return part.value(in: text) == number
    case .absent, .exists, .any: return false
    }
  }

  /// Whether the matcher looks at other fields too.
  var isReference: Bool {
    switch self {
    case .reference: true
    case .any(let matchers): matchers.contains(where: \.isReference)
    default: false
    }
  }
}

extension ValueMatcher.Reference {
  /// Values of the same kind are compared as such, others as text.
  func matches(_ value: FieldValue, in fields: some FieldSource) -> Bool {
    guard let other = fields.value(of: field) else { return false }
    if anchoring == .whole, value == other { return true }
    let pattern = TextPattern(
      ValueText(pieces: [.literal(other.text.array)]), anchoring: anchoring, isCased: isCased)
    return pattern.matches(value.text)
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

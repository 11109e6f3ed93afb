package import Evidence

/// What a rule is held against: an event, or in tests and explanations a plain dictionary.
package protocol FieldSource {
  /// Nil where the evidence does not say.
  func value(of field: FieldName) -> FieldValue?
  /// The closed fields at once.
  var wordSet: WordSet { get }
}

extension Dictionary: FieldSource where Key == FieldName, Value == FieldValue {
  package func value(of field: FieldName) -> FieldValue? { self[field] }
  package var wordSet: WordSet { WordSet(of: self) }
}

extension Event: FieldSource {
  package func value(of field: FieldName) -> FieldValue? { self[field] }
}

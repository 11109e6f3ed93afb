import Evidence
import Knowledge

extension YAMLNode {
  /// The text of a scalar and whether it was written without quotes; nil for a list or a map.
  var scalar: (text: String, isPlain: Bool)? {
    if case .scalar(let text, let isPlain) = content { (text, isPlain) } else { nil }
  }

  /// YAML's null: `null`, `~` or nothing at all. In quotes these are text.
  var isNull: Bool { scalar.map { $0.isPlain && ["", "~", "null", "Null", "NULL"].contains($0.text) } ?? false }

  func boolean(_ faults: inout [Fault]) -> Bool? {
    switch scalar?.text.lowercased() {
    case "true": return true
    case "false": return false
    default:
      faults.append(fault("expected true or false"))
      return nil
    }
  }

  /// The one of `words` that stands here.
  func word(of words: [String], called name: String, _ faults: inout [Fault]) -> String? {
    guard let text = string(&faults) else { return nil }
    if words.contains(text) { return text }
    faults.append(fault("unknown \(name) '\(text)'; expected one of: \(words.joined(separator: ", "))"))
    return nil
  }

  func field(_ faults: inout [Fault]) -> FieldName? {
    guard let text = string(&faults) else { return nil }
    if let field = FieldName(rawValue: text) { return field }
    faults.append(fault("unknown field '\(text)'"))
    return nil
  }

  /// A fault inside a scalar. Quotes and folded lines shift the text by what is no longer known, so only text without
  /// quotes has a column of its own.
  func fault(_ message: String, at offset: Int) -> Fault {
    guard let scalar, scalar.isPlain else { return fault(message) }
    return Fault(file: file, line: line, column: column + offset, message)
  }
}

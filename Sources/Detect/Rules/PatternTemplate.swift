import Evidence
import Knowledge

/// How a rule words what was done: text with the names of fields in braces, `portmap {rpc.procedure}`.
struct PatternTemplate: Sendable {
  private enum Part: Sendable {
    case text(Bytes)
    /// The place of the value in ``PatternTemplate/fields``.
    case value(Int)
  }
  private let parts: [Part]
  /// The fields, in the order of their braces.
  let fields: [FieldName]

  init(text: String) {
    parts = [.text(Bytes(text))]
    fields = []
  }

  /// A brace without its partner and an unknown field are faults.
  init(_ node: YAMLNode, _ faults: inout [Fault]) {
    var parts: [Part] = []
    var fields: [FieldName] = []
    var rest = Substring(node.string(&faults) ?? "")
    while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
      guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else {
        faults.append(node.fault("a brace without its partner in the pattern"))
        break
      }
      let name = String(rest[rest.index(after: open)..<close])
      parts.append(.text(Bytes(rest[..<open])))
      if let field = FieldName(rawValue: name) {
        parts.append(.value(fields.count))
        fields.append(field)
      } else {
        faults.append(node.fault("unknown field '\(name)' in the pattern"))
      }
      rest = rest[rest.index(after: close)...]
    }
    self.parts = parts + [.text(Bytes(rest))]
    self.fields = fields
  }

  /// The text for an event; what the evidence does not say is left empty.
  func rendered(_ source: some FieldSource) -> String {
    rendered { source.value(of: fields[$0]) }
  }

  /// The text for the values of ``fields``.
  func rendered(_ values: [FieldValue?]) -> String {
    rendered { $0 < values.count ? values[$0] : nil }
  }

  private func rendered(_ value: (Int) -> FieldValue?) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(PatternTemplate.usualLength)
    for part in parts {
      switch part {
      case .text(let piece): text += piece.array
      case .value(let index): if let value = value(index) { value.text.appendNotation(to: &text) }
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
  private static let usualLength = 64
}

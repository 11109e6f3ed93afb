import Evidence
import Knowledge

/// How a rule words what was done: text with the names of fields in braces, `portmap {rpc.procedure}`.
struct PatternTemplate: Sendable {
  private enum Part: Sendable {
    case text(String)
    /// The place of the value in ``PatternTemplate/fields``.
    case value(Int)
  }
  private let parts: [Part]
  /// The fields, in the order of their braces.
  let fields: [FieldName]

  init(text: String) {
    parts = [.text(text)]
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
      parts.append(.text(String(rest[..<open])))
      if let field = FieldName(rawValue: name) {
        parts.append(.value(fields.count))
        fields.append(field)
      } else {
        faults.append(node.fault("unknown field '\(name)' in the pattern"))
      }
      rest = rest[rest.index(after: close)...]
    }
    self.parts = parts + [.text(String(rest))]
    self.fields = fields
  }

  /// The text for an event; what the evidence does not say is left empty.
  func rendered(_ source: some FieldSource) -> String { rendered(fields.map { source.value(of: $0) }) }

  /// The text for the values of ``fields``.
  func rendered(_ values: [FieldValue?]) -> String {
    parts.reduce(into: "") { text, part in
      switch part {
      case .text(let piece): text += piece
      case .value(let index): text += index < values.count ? values[index]?.text.notation ?? "" : ""
      }
    }
  }
}

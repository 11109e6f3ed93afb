/// HTML as it is written, escaped by construction.
///
/// Names of elements and attributes are literals of the program, and all other text passes ``escape(_:into:)``: what the
/// evidence says can become neither a tag, nor an attribute, nor a script.
struct Markup {
  typealias Attribute = (name: StaticString, value: String)

  private(set) var text = ""

  mutating func element(_ name: StaticString, _ attributes: Attribute..., body: (inout Markup) -> Void) {
    open(name, attributes)
    body(&self)
    text += "</\(name)>"
  }

  mutating func element(_ name: StaticString, _ attributes: Attribute..., text content: String) {
    open(name, attributes)
    Markup.escape(content, into: &text)
    text += "</\(name)>"
  }

  /// An element without content, such as `meta`.
  mutating func void(_ name: StaticString, _ attributes: Attribute...) { open(name, attributes) }

  /// Text of any origin.
  mutating func words(_ content: String) { Markup.escape(content, into: &text) }

  /// Text of the program itself that is markup already: the document's type, the style sheet.
  mutating func constant(_ content: StaticString) { text += content.description }

  mutating func line() { text += "\n" }

  private mutating func open(_ name: StaticString, _ attributes: [Attribute]) {
    text += "<\(name)"
    for (name, value) in attributes {
      text += " \(name)=\""
      Markup.escape(value, into: &text)
      text += "\""
    }
    text += ">"
  }

  /// Escapes what has a meaning in text or in a quoted attribute.
  private static func escape(_ content: String, into text: inout String) {
    for scalar in content.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      // Control characters have no place in HTML; evidence comes without them, this is for what else may come.
      case "\n": text += "\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f: text += "\u{fffd}"
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}

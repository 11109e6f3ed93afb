/// A page of text for a terminal or a file: wrapped lines with hanging indents, coloured only where that is wanted.
struct Page {
  enum Style: String {
    case bold = "1"
    case faint = "2"
    case red = "31"
    case yellow = "33"
    case green = "32"
    case cyan = "36"
  }

  private(set) var text = ""
  private let isColoured: Bool
  private let width: Int

  init(isColoured: Bool, width: Int = 100) {
    self.isColoured = isColoured
    self.width = width
  }

  func styled(_ text: String, _ styles: Style...) -> String {
    guard isColoured, !styles.isEmpty else { return text }
    return "\u{1b}[" + styles.map(\.rawValue).joined(separator: ";") + "m" + text + "\u{1b}[0m"
  }

  mutating func line(_ content: String = "") { text += content + "\n" }

  mutating func heading(_ title: String) {
    line()
    line(styled(title, .bold))
  }

  /// A paragraph behind a label: the label's column is `indent` wide, and further lines stand under the first word.
  mutating func item(_ label: String, indent: Int, style: Style? = nil, _ content: String) {
    let room = max(20, width - indent)
    let lead = String(repeating: " ", count: max(0, indent - label.count))
    let shown = style.map { styled(label, $0) } ?? label
    // An attacker's text may be megabytes long; JSON has it whole.
    let isLong = content.utf8.count > Page.itemCap
    for (number, part) in Page.wrap(isLong ? content.prefix(Page.itemCap) + "..." : content, room).enumerated() {
      line((number == 0 ? shown + lead : String(repeating: " ", count: indent)) + part)
    }
  }

  /// An item shows at most so many characters.
  private static let itemCap = 8192

  /// Breaks at blanks; a word that is longer than the room is broken too. Blanks within a line stay as they are, since
  /// quoted records have runs of them.
  static func wrap(_ content: String, _ room: Int) -> [String] {
    var lines: [String] = []
    var current = ""
    for word in content.split(separator: " ", omittingEmptySubsequences: false) {
      var word = Substring(word)
      if !current.isEmpty, current.count + 1 + word.count > room {
        lines.append(current)
        current = ""
      } else if !current.isEmpty {
        current += " "
      }
      while word.count > room {
        lines.append(String(word.prefix(room)))
        word = word.dropFirst(room)
      }
      current += word
    }
    if !current.isEmpty || lines.isEmpty { lines.append(current) }
    return lines
  }
}

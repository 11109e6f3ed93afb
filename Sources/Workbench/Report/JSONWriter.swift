import Evidence

/// Writes JSON in the order in which it is told, straight into bytes.
///
/// Foundation's encoder builds a tree of the whole document first, sorts or shuffles its keys, and took more time than all
/// the analysis on a log with thousands of incidents.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private var depth = 0
  /// On one line, without blanks.
  private let isCompact: Bool
  /// Whether the innermost object or array has an element yet.
  private var isEmpty = true

  init(isCompact: Bool = false) { self.isCompact = isCompact }

  // MARK: Values

  mutating func object(_ body: (inout JSONWriter) -> Void) { nest(0x7b, 0x7d, body) }
  mutating func list(_ items: [String]) {
    nest(0x5b, 0x5d) { writer in
      for item in items {
        writer.separate()
        writer.value(item)
      }
    }
  }
  /// Ends a document of its own, such as a line of JSON lines.
  mutating func endLine() {
    bytes.append(0x0a)
    isEmpty = true
  }

  mutating func value(_ text: String) {
    bytes.append(0x22)
    defer { bytes.append(0x22) }
    let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c && $0 != 0x7f }
    if isPlain { return bytes.append(contentsOf: text.utf8) }
    for byte in text.utf8 {
      switch byte {
      case 0x22, 0x5c: bytes += [0x5c, byte]
      case 0x0a: bytes += [0x5c, 0x6e]
      case 0x09: bytes += [0x5c, 0x74]
      case 0..<0x20, 0x7f: bytes += Array(("\\u00" + hexadecimal(byte)).utf8)
      default: bytes.append(byte)
      }
    }
  }
  mutating func value(_ number: some BinaryInteger) { bytes.append(contentsOf: String(number).utf8) }
  /// A finite number; anything else has no place in JSON and is written as null.
  mutating func value(_ number: Double) {
    guard number.isFinite else { return null() }
    let isWhole = number == number.rounded() && abs(number) < 1e15
    bytes += Array((isWhole ? String(Int64(number)) : String(number)).utf8)
  }
  mutating func value(_ flag: Bool) { bytes += Array((flag ? "true" : "false").utf8) }
  mutating func null() { bytes += Array("null".utf8) }

  // MARK: Fields

  mutating func field(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
    separate()
    // Names are ours, and need no escape.
    bytes.append(0x22)
    name.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    bytes += isCompact ? [0x22, 0x3a] : [0x22, 0x3a, 0x20]
    body(&self)
  }
  /// A field whose name is known only when it is written, such as a part of an event's field.
  mutating func field(named name: String, _ body: (inout JSONWriter) -> Void) {
    separate()
    value(name)
    bytes += isCompact ? [0x3a] : [0x3a, 0x20]
    body(&self)
  }
  mutating func field(_ name: StaticString, _ text: String) { field(name) { $0.value(text) } }
  mutating func field(_ name: StaticString, _ number: some BinaryInteger) { field(name) { $0.value(number) } }
  mutating func field(_ name: StaticString, _ number: Double) { field(name) { $0.value(number) } }
  mutating func field(_ name: StaticString, _ flag: Bool) { field(name) { $0.value(flag) } }
  mutating func field(_ name: StaticString, _ list: [String]) { field(name, list) { $0.value($1) } }
  /// A field that is there with `null` when it has no value.
  mutating func field(_ name: StaticString, orNull text: String?) {
    field(name) { writer in text.map { writer.value($0) } ?? writer.null() }
  }
  mutating func field(_ name: StaticString, orNull number: (some BinaryInteger)?) {
    field(name) { writer in number.map { writer.value($0) } ?? writer.null() }
  }
  /// A field that is left out when it has no value.
  mutating func field(_ name: StaticString, ifAny text: String?) {
    if let text { field(name, text) }
  }
  mutating func object(_ name: StaticString, _ body: (inout JSONWriter) -> Void) { field(name) { $0.object(body) } }
  mutating func field<Item>(_ name: StaticString, _ list: some Sequence<Item>, _ body: (inout JSONWriter, Item) -> Void)
  {
    field(name) { writer in
      writer.nest(0x5b, 0x5d) { writer in
        for item in list {
          writer.separate()
          body(&writer, item)
        }
      }
    }
  }
  mutating func objects<Item>(
    _ name: StaticString, _ list: some Sequence<Item>, _ body: (inout JSONWriter, Item) -> Void
  ) {
    field(name, list) { writer, item in writer.object { body(&$0, item) } }
  }

  // MARK: Layout

  private mutating func nest(_ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void) {
    let wasEmpty = isEmpty
    bytes.append(open)
    depth += 1
    isEmpty = true
    body(&self)
    depth -= 1
    if !isEmpty { indent() }
    bytes.append(close)
    isEmpty = wasEmpty
  }

  private mutating func separate() {
    if !isEmpty { bytes.append(0x2c) }
    isEmpty = false
    indent()
  }

  private mutating func indent() {
    guard !isCompact else { return }
    bytes.append(0x0a)
    for _ in 0..<depth { bytes += [0x20, 0x20] }
  }
}

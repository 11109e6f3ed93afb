import Evidence

/// One JSON object (RFC 8259) as a flat list of its values, by the path of their keys (`flow.bytes_toserver`).
///
/// What follows from a log's line: strings are bytes with their escapes resolved, numbers stay as written, of equal keys
/// the first counts. Depth and number of values are capped; what is beyond the caps is not read.
struct JSONRecord {
  enum Value: Equatable {
    case text(Bytes)
    /// Digits as written.
    case number(Bytes)
    case truth(Bool)
    case null
  }

  private var values: [Bytes: Value] = [:]
  private static let depthCap = 8
  private static let valueCap = 512
  /// A longer line is no record.
  static let lengthCap = 1 << 20

  /// Nil when the text is no JSON object, or a longer one than is read.
  init?(_ text: RawSpan) {
    guard text.byteCount <= JSONRecord.lengthCap else { return nil }
    var cursor = 0
    JSONRecord.skipBlanks(text, &cursor)
    guard cursor < text.byteCount, text.byte(cursor) == 0x7b, readObject(text, &cursor, path: [], depth: 0) else {
      return nil
    }
    JSONRecord.skipBlanks(text, &cursor)
    guard cursor == text.byteCount else { return nil }
  }

  func text(_ key: Bytes) -> Bytes? {
    if case .text(let text)? = values[key] { text } else { nil }
  }
  /// A number, or a text that is one.
  func digits(_ key: Bytes) -> Bytes? {
    switch values[key] {
    case .number(let text)?, .text(let text)?: text
    default: nil
    }
  }
  func integer(_ key: Bytes) -> UInt64? { digits(key)?.decimal }
  func has(_ key: Bytes) -> Bool { values[key] != nil }

  private mutating func keep(_ value: Value, _ path: [UInt8]) {
    guard values.count < JSONRecord.valueCap, values[Bytes(path)] == nil else { return }
    values[Bytes(path)] = value
  }

  private mutating func readObject(_ text: RawSpan, _ cursor: inout Int, path: [UInt8], depth: Int) -> Bool {
    guard depth < JSONRecord.depthCap else { return false }
    cursor += 1
    JSONRecord.skipBlanks(text, &cursor)
    if cursor < text.byteCount, text.byte(cursor) == 0x7d {
      cursor += 1
      return true
    }
    while cursor < text.byteCount {
      JSONRecord.skipBlanks(text, &cursor)
      guard let key = JSONRecord.string(text, &cursor) else { return false }
      JSONRecord.skipBlanks(text, &cursor)
      guard cursor < text.byteCount, text.byte(cursor) == 0x3a else { return false }
      cursor += 1
      let inner = path.isEmpty ? key : path + [0x2e] + key
      guard readValue(text, &cursor, path: inner, depth: depth + 1) else { return false }
      JSONRecord.skipBlanks(text, &cursor)
      guard cursor < text.byteCount else { return false }
      cursor += 1
      switch text.byte(cursor - 1) {
      case 0x2c: continue
      case 0x7d: return true
      default: return false
      }
    }
    return false
  }

  /// Of a list the first value counts; a list of small numbers is bytes, as journald writes what is no UTF-8.
  private mutating func readArray(_ text: RawSpan, _ cursor: inout Int, path: [UInt8], depth: Int) -> Bool {
    guard depth < JSONRecord.depthCap else { return false }
    cursor += 1
    JSONRecord.skipBlanks(text, &cursor)
    if cursor < text.byteCount, text.byte(cursor) == 0x5d {
      cursor += 1
      return true
    }
    if let bytes = JSONRecord.byteList(text, &cursor) {
      keep(.text(Bytes(bytes)), path)
      return true
    }
    while cursor < text.byteCount {
      guard readValue(text, &cursor, path: path, depth: depth + 1) else { return false }
      JSONRecord.skipBlanks(text, &cursor)
      guard cursor < text.byteCount else { return false }
      cursor += 1
      switch text.byte(cursor - 1) {
      case 0x2c: continue
      case 0x5d: return true
      default: return false
      }
    }
    return false
  }

  private static func byteList(_ text: RawSpan, _ cursor: inout Int) -> [UInt8]? {
    var index = cursor
    var bytes: [UInt8] = []
    while index < text.byteCount {
      skipBlanks(text, &index)
      guard let value = Decode.number(text, &index, digits: 1...3), let byte = UInt8(exactly: value) else { return nil }
      bytes.append(byte)
      skipBlanks(text, &index)
      guard index < text.byteCount else { return nil }
      index += 1
      if text.byte(index - 1) == 0x5d {
        cursor = index
        return bytes
      }
      guard text.byte(index - 1) == 0x2c else { return nil }
    }
    return nil
  }

  private mutating func readValue(_ text: RawSpan, _ cursor: inout Int, path: [UInt8], depth: Int) -> Bool {
    JSONRecord.skipBlanks(text, &cursor)
    guard cursor < text.byteCount else { return false }
    switch text.byte(cursor) {
    case 0x7b: return readObject(text, &cursor, path: path, depth: depth)
    case 0x5b: return readArray(text, &cursor, path: path, depth: depth)
    case 0x22:
      guard let string = JSONRecord.string(text, &cursor) else { return false }
      keep(.text(Bytes(string)), path)
      return true
    default: return readWord(text, &cursor, path)
    }
  }

  private mutating func readWord(_ text: RawSpan, _ cursor: inout Int, _ path: [UInt8]) -> Bool {
    let start = cursor
    while cursor < text.byteCount, !JSONRecord.endsWord(text.byte(cursor)) { cursor += 1 }
    let word = Bytes(text.slice(start..<cursor))
    switch word {
    case "true": keep(.truth(true), path)
    case "false": keep(.truth(false), path)
    case "null": keep(.null, path)
    default:
      guard let first = word.array.first, first.isDigit || first == 0x2d else { return false }
      keep(.number(word), path)
    }
    return true
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x2c, 0x5d, 0x7d, 0x20, 0x09, 0x0d: true
    default: false
    }
  }

  private static func skipBlanks(_ text: RawSpan, _ cursor: inout Int) {
    while cursor < text.byteCount, text.byte(cursor).isBlank || text.byte(cursor) == 0x0d { cursor += 1 }
  }

  private static func string(_ text: RawSpan, _ cursor: inout Int) -> [UInt8]? {
    guard cursor < text.byteCount, text.byte(cursor) == 0x22 else { return nil }
    var index = cursor + 1
    var bytes: [UInt8] = []
    while index < text.byteCount {
      let byte = text.byte(index)
      index += 1
      switch byte {
      case 0x22:
        cursor = index
        return bytes
      case 0x5c:
        guard let unescaped = escape(text, &index) else { return nil }
        bytes += unescaped
      default: bytes.append(byte)
      }
    }
    return nil
  }

  /// What stands behind a backslash, as UTF-8.
  private static func escape(_ text: RawSpan, _ index: inout Int) -> [UInt8]? {
    guard index < text.byteCount else { return nil }
    let byte = text.byte(index)
    index += 1
    switch byte {
    case 0x62: return [0x08]
    case 0x66: return [0x0c]
    case 0x6e: return [0x0a]
    case 0x72: return [0x0d]
    case 0x74: return [0x09]
    case 0x75:
      guard let high = unit(text, &index) else { return nil }
      var scalar = UInt32(high)
      // A pair of surrogates is one character; one alone is none.
      if (0xd800..<0xdc00).contains(scalar), text.hasBytes([0x5c, 0x75], at: index) {
        var after = index + 2
        if let low = unit(text, &after), (0xdc00..<0xe000).contains(low) {
          scalar = 0x10000 + (scalar - 0xd800) << 10 + (UInt32(low) - 0xdc00)
          index = after
        }
      }
      return Array(String(Unicode.Scalar(scalar).map(Character.init) ?? "\u{fffd}").utf8)
    default: return [byte]
    }
  }

  private static func unit(_ text: RawSpan, _ index: inout Int) -> UInt16? {
    guard text.byteCount - index >= 4 else { return nil }
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = text.byte(index).hexDigit else { return nil }
      value = value << 4 | UInt16(digit)
      index += 1
    }
    return value
  }
}

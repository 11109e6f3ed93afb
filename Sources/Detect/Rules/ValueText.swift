import Evidence

/// A text value of a rule while its modifiers are applied: literal bytes, wildcards and placeholders.
struct ValueText: Hashable, Sendable {
  enum Piece: Hashable, Sendable {
    case literal([UInt8])
    /// `?`: one character of UTF-8, or one byte that is none.
    case anyCharacter
    /// `*`: any text, also none.
    case anyText
    /// `%name%`, for a pipeline to fill in.
    case placeholder(String)
  }

  private(set) var pieces: [Piece]

  init(pieces: [Piece]) { self.pieces = pieces }

  /// Sigma's escapes: `\*`, `\?` and `\\` stand for the second character, any other backslash for itself.
  init(_ text: some StringProtocol) {
    let value = Array(text.utf8)
    let backslash = UInt8(ascii: "\\")
    pieces = []
    var literal: [UInt8] = []
    var index = 0
    while index < value.count {
      let byte = value[index]
      if let wildcard = ValueText.wildcard(byte) {
        append(literal)
        append(wildcard)
        literal = []
      } else {
        let next = index + 1 < value.count ? value[index + 1] : 0
        if byte == backslash, next == backslash || ValueText.wildcard(next) != nil {
          literal.append(next)
          index += 1
        } else {
          literal.append(byte)
        }
      }
      index += 1
    }
    append(literal)
  }

  private static func wildcard(_ byte: UInt8) -> Piece? {
    switch byte {
    case UInt8(ascii: "*"): .anyText
    case UInt8(ascii: "?"): .anyCharacter
    default: nil
    }
  }

  var hasWildcards: Bool { pieces.contains { $0 == .anyText || $0 == .anyCharacter } }
  var placeholders: [String] {
    pieces.compactMap { if case .placeholder(let name) = $0 { name } else { nil } }
  }
  /// The bytes of a value without wildcards.
  private var bytes: [UInt8] { pieces.flatMap { if case .literal(let bytes) = $0 { bytes } else { [UInt8]() } } }

  // MARK: Building

  private mutating func append(_ literal: [UInt8]) {
    if !literal.isEmpty { append(.literal(literal)) }
  }
  /// Neighbours that say one thing become one.
  private mutating func append(_ piece: Piece) {
    switch (pieces.last, piece) {
    case (.anyText, .anyText): break
    case (.literal(let bytes), .literal(let more)): pieces[pieces.count - 1] = .literal(bytes + more)
    default: pieces.append(piece)
    }
  }

  /// With `*` before it, behind it, or both.
  func open(atStart: Bool, atEnd: Bool) -> ValueText {
    var result = ValueText(pieces: atStart ? [.anyText] : [])
    for piece in pieces { result.append(piece) }
    if atEnd { result.append(.anyText) }
    return result
  }

  private func mapLiterals(_ body: ([UInt8]) -> [UInt8]) -> ValueText {
    ValueText(pieces: pieces.map { if case .literal(let bytes) = $0 { .literal(body(bytes)) } else { $0 } })
  }

  // MARK: Placeholders

  /// With `%name%` as a placeholder; `\%` stands for the character.
  func withPlaceholders() -> ValueText {
    var result = ValueText(pieces: [])
    for piece in pieces {
      if case .literal(let bytes) = piece { result.appendPlaceholders(of: bytes) } else { result.append(piece) }
    }
    return result
  }

  private mutating func appendPlaceholders(of bytes: [UInt8]) {
    let percent = UInt8(ascii: "%")
    var literal: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count, bytes[index + 1] == percent {
        literal.append(percent)
        index += 2
        continue
      }
      let name = bytes[(index + 1)...].prefix { $0.isDigit || $0.isASCIILetter || $0 == UInt8(ascii: "_") }
      if bytes[index] == percent, !name.isEmpty, name.endIndex < bytes.count, bytes[name.endIndex] == percent {
        append(literal)
        append(.placeholder(String(decoding: name, as: UTF8.self)))
        literal = []
        index = name.endIndex + 1
      } else {
        literal.append(bytes[index])
        index += 1
      }
    }
    append(literal)
  }

  /// Every text that comes of putting one of its values in the place of each placeholder; nil when these are more than
  /// `cap`.
  func expanded(cap: Int, _ values: (String) -> [ValueText]) -> [ValueText]? {
    var results = [ValueText(pieces: [])]
    for piece in pieces {
      guard case .placeholder(let name) = piece else {
        for index in results.indices { results[index].append(piece) }
        continue
      }
      let values = values(name)
      guard results.count * values.count <= cap else { return nil }
      results = results.flatMap { result in
        values.map { value in value.pieces.reduce(into: result) { $0.append($1) } }
      }
    }
    return results
  }
}

// MARK: Transformations

extension ValueText {
  enum Width { case littleEndian, bigEndian }

  /// UTF-16 (RFC 2781), with a byte order mark or without.
  func utf16(_ width: Width, mark: Bool = false) -> ValueText {
    let wide = mapLiterals { bytes in
      String(decoding: bytes, as: UTF8.self).utf16.flatMap { unit -> [UInt8] in
        let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xff))
        return width == .littleEndian ? [low, high] : [high, low]
      }
    }
    guard mark else { return wide }
    var result = ValueText(pieces: [.literal([0xff, 0xfe])])
    for piece in wide.pieces { result.append(piece) }
    return result
  }

  /// Base64 (RFC 4648, section 4).
  func base64() -> ValueText { ValueText(pieces: [.literal(ValueText.base64(bytes))]) }

  /// The three texts of which one stands in the Base64 of anything that contains the value: with no, one or two bytes
  /// before it. The characters at the ends that depend on the neighbours are left off.
  func base64Offsets() -> [ValueText] {
    let bytes = bytes
    return (0..<3).map { shift in
      let encoded = ValueText.base64([UInt8](repeating: 0x20, count: shift) + bytes)
      let start = [0, 2, 3][shift]
      let end = encoded.count - [0, 3, 2][(bytes.count + shift) % 3]
      return ValueText(pieces: [.literal(start < end ? Array(encoded[start..<end]) : [])])
    }
  }

  private static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var encoded: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let word = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for position in 0..<4 {
        encoded.append(position <= group.count ? alphabet[word >> (18 - 6 * position) & 63] : UInt8(ascii: "="))
      }
    }
    return encoded
  }

  private static let dashes = ["-", "/", "\u{2013}", "\u{2014}", "\u{2015}"]

  /// All texts in which a dash or slash that begins a word is any of the signs that Windows takes for a flag's; nil
  /// when these are more than `cap`. A dash within a word stays as it is.
  func dashVariants(cap: Int) -> [ValueText]? {
    let name = "windash"
    var marked = ValueText(pieces: [])
    for piece in pieces {
      guard case .literal(let bytes) = piece else {
        marked.append(piece)
        continue
      }
      var before: Unicode.Scalar?
      let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
      for (index, scalar) in scalars.enumerated() {
        let isDash = ValueText.dashes.contains(String(scalar))
        let beginsWord = index + 1 < scalars.count && scalars[index + 1].isWordCharacter
        if isDash, beginsWord, before?.isWordCharacter != true {
          marked.append(.placeholder(name))
        } else {
          marked.append(Array(String(scalar).utf8))
        }
        before = scalar
      }
    }
    return marked.expanded(cap: cap) { _ in ValueText.dashes.map { ValueText(pieces: [.literal(Array($0.utf8))]) } }
  }
}

extension Unicode.Scalar {
  fileprivate var isWordCharacter: Bool { self == "_" || properties.isAlphabetic || properties.numericType != nil }
}

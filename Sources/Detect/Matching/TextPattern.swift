import Evidence

/// A text value of a rule with Sigma's wildcards, compiled.
///
/// Sigma compares without regard to case, which here means ASCII's letters: evidence has no promised encoding.
struct TextPattern: Hashable, Sendable {
  /// Where in the field's text the value stands.
  enum Anchoring: Sendable { case whole, start, end, anywhere }

  /// The common shapes have a case of their own, because one comparison or one search decides them.
  private enum Form: Hashable, Sendable {
    case whole([UInt8])
    case start([UInt8])
    case end([UInt8])
    case anywhere([UInt8])
    case anything
    /// With the longest literal among them, which a text nearly always lacks.
    case pieces([ValueText.Piece], longest: [UInt8])
  }

  private let form: Form
  let isCased: Bool

  init(_ value: ValueText, anchoring: Anchoring = .whole, isCased: Bool = false) {
    let open = value.open(
      atStart: anchoring == .end || anchoring == .anywhere, atEnd: anchoring == .start || anchoring == .anywhere)
    form = TextPattern.form(
      of: open.pieces.map { piece in
        if case .literal(let bytes) = piece, !isCased { .literal(Bytes(bytes).lowercased.array) } else { piece }
      })
    self.isCased = isCased
  }

  init(_ value: String, anchoring: Anchoring = .whole, isCased: Bool = false) {
    self.init(ValueText(value), anchoring: anchoring, isCased: isCased)
  }

  /// Neither wildcards nor an open end: the value is compared as it stands.
  var isLiteral: Bool { if case .whole = form { true } else { false } }
  var matchesEverything: Bool { form == .anything }

  /// What lies between its wildcards, each of which is looked for behind the one before.
  var searches: Int {
    guard case .pieces(let pieces, _) = form else { return 1 }
    return max(1, pieces.count { if case .literal = $0 { true } else { false } })
  }

  /// A value without wildcards in its midst, and where in the text it stands.
  var anchoredLiteral: (bytes: [UInt8], anchoring: Anchoring)? {
    switch form {
    case .whole(let bytes): (bytes, .whole)
    case .start(let bytes): (bytes, .start)
    case .end(let bytes): (bytes, .end)
    case .anywhere(let bytes): (bytes, .anywhere)
    case .anything, .pieces: nil
    }
  }

  /// The bytes with which a text that matches can begin; nil when that may be any, or none at all.
  var firstBytes: ByteSet? {
    let first: UInt8? =
      switch form {
      case .whole(let bytes), .start(let bytes): bytes.first
      case .pieces(let pieces, _): if case .literal(let bytes) = pieces.first { bytes.first } else { nil }
      case .end, .anywhere, .anything: nil
      }
    guard let first else { return nil }
    var set = ByteSet()
    set.insert(first)
    if !isCased, first.isASCIILetter { set.insert(first & ~0x20) }
    return set
  }

  /// The longest text that every match contains, in lower case; nil when there is none.
  var literal: [UInt8]? {
    let bytes: [UInt8]? =
      switch form {
      case .whole(let bytes), .start(let bytes), .end(let bytes), .anywhere(let bytes): bytes
      case .anything: nil
      case .pieces(_, let longest): longest.isEmpty ? nil : longest
      }
    return bytes.map { Bytes($0).lowercased.array }
  }

  private static func form(of merged: [ValueText.Piece]) -> Form {
    switch (merged.count, merged.first, merged.dropFirst().first, merged.dropFirst(2).first) {
    case (0, _, _, _): .whole([])
    case (1, .literal(let bytes), _, _): .whole(bytes)
    case (1, .anyText, _, _): .anything
    case (2, .literal(let bytes), .anyText, _): .start(bytes)
    case (2, .anyText, .literal(let bytes), _): .end(bytes)
    case (3, .anyText, .literal(let bytes), .anyText): .anywhere(bytes)
    default:
      .pieces(
        merged,
        longest: merged.compactMap { if case .literal(let bytes) = $0 { bytes } else { nil } }.max {
          $0.count < $1.count
        } ?? [])
    }
  }

  // MARK: Matching

  func matches(_ text: Bytes) -> Bool {
    let array = text.array
    let span = array.rawSpan
    return switch form {
    case .anything: true
    case .whole(let bytes): bytes.count == span.byteCount && stands(bytes, in: span, at: 0)
    case .start(let bytes): stands(bytes, in: span, at: 0)
    case .end(let bytes): stands(bytes, in: span, at: span.byteCount - bytes.count)
    case .anywhere(let bytes): isFound(bytes, in: span)
    case .pieces(let pieces, let longest): isFound(longest, in: span) && matches(pieces, span)
    }
  }

  private func stands(_ bytes: [UInt8], in span: RawSpan, at offset: Int) -> Bool {
    if isCased { return span.hasBytes(bytes, at: offset) }
    guard offset >= 0, bytes.count <= span.byteCount - offset else { return false }
    for index in bytes.indices where span.byte(offset + index).caseFolded != bytes[index] { return false }
    return true
  }

  private func isFound(_ bytes: [UInt8], in span: RawSpan) -> Bool {
    if isCased { return span.firstIndex(of: bytes) != nil }
    guard let first = bytes.first, bytes.count <= span.byteCount else { return bytes.isEmpty }
    for offset in 0...(span.byteCount - bytes.count)
    where span.byte(offset).caseFolded == first && stands(bytes, in: span, at: offset) { return true }
    return false
  }

  /// Only the last `*` is ever widened, so the time is at most the product of both lengths, whatever the text.
  private func matches(_ pieces: [ValueText.Piece], _ span: RawSpan) -> Bool {
    var piece = 0
    var offset = 0
    var lastStar: (piece: Int, offset: Int)?
    while true {
      if piece == pieces.count {
        if offset == span.byteCount { return true }
      } else {
        switch pieces[piece] {
        case .anyText:
          piece += 1
          lastStar = (piece, offset)
          continue
        case .anyCharacter where offset < span.byteCount:
          piece += 1
          offset += span.characterLength(at: offset)
          continue
        case .literal(let bytes) where stands(bytes, in: span, at: offset):
          piece += 1
          offset += bytes.count
          continue
        case .anyCharacter, .literal, .placeholder: break
        }
      }
      guard let star = lastStar, star.offset < span.byteCount else { return false }
      piece = star.piece
      offset = star.offset + span.characterLength(at: star.offset)
      lastStar = (piece, offset)
    }
  }
}

extension UInt8 {
  /// ASCII letters in lower case.
  fileprivate var caseFolded: UInt8 { isASCIIUppercase ? self | 0x20 : self }
}

extension RawSpan {
  /// Bytes of the UTF-8 character at `offset` (RFC 3629, section 3); 1 where there is none.
  fileprivate func characterLength(at offset: Int) -> Int {
    let length =
      switch byte(offset) {
      case 0xc2...0xdf: 2
      case 0xe0...0xef: 3
      case 0xf0...0xf4: 4
      default: 1
      }
    guard length <= byteCount - offset else { return 1 }
    for index in 1..<max(length, 1) where byte(offset + index) & 0xc0 != 0x80 { return 1 }
    return length
  }
}

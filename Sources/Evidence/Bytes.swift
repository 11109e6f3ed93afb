/// Text as a sensor wrote it: bytes, of no promised encoding.
///
/// Logs carry what attackers sent; it stays bytes until somebody reads it, and ``notation`` is the one way to print it.
public struct Bytes: Hashable, Sendable, Comparable {
  public private(set) var array: [UInt8]

  /// No byte.
  public static let none = Bytes()

  public init(_ array: [UInt8] = []) { self.array = array }
  public init(_ string: some StringProtocol) { array = Array(string.utf8) }
  public init(_ span: RawSpan) {
    array = []
    array.append(span)
  }

  public var isEmpty: Bool { array.isEmpty }
  public var count: Int { array.count }

  public static func < (left: Bytes, right: Bytes) -> Bool { left.array.lexicographicallyPrecedes(right.array) }

  /// ASCII letters in lower case; other bytes as they are.
  public var lowercased: Bytes { Bytes(array.map { $0.isASCIIUppercase ? $0 | 0x20 : $0 }) }

  /// The bytes as readable text: printable text as it stands, everything else as `\xHH`.
  ///
  /// Escaped are control bytes, bytes that are not UTF-8, and characters that change how their neighbours are shown
  /// (bidirectional overrides, zero-width and other format characters). A backslash stays as it is, because logs
  /// already write bytes as `\000` or `^?`.
  public var notation: String {
    if isPlain { return String(decoding: array, as: UTF8.self) }
    var text = ""
    var rest = array[...]
    while let first = rest.first {
      let (scalar, length) = Bytes.scalar(at: rest)
      if let scalar, Bytes.isPrintable(scalar) {
        text.unicodeScalars.append(scalar)
        rest = rest.dropFirst(length)
      } else {
        text += "\\x" + hexadecimal(first)
        rest = rest.dropFirst()
      }
    }
    return text
  }

  /// Adds the ``notation`` to a text in UTF-8.
  public func appendNotation(to text: inout [UInt8]) {
    if isPlain { text += array } else { text += Array(notation.utf8) }
  }

  /// Whether all bytes are ASCII that is printed.
  private var isPlain: Bool { array.allSatisfy { $0 >= 0x20 && $0 < 0x7f } }

  /// The well-formed UTF-8 character at the start of `bytes`, and its length.
  private static func scalar(at bytes: ArraySlice<UInt8>) -> (Unicode.Scalar?, Int) {
    var iterator = bytes.prefix(4).makeIterator()
    var decoder = UTF8()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return (nil, 1) }
    return (scalar, UTF8.width(scalar))
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }
}

extension Bytes: ExpressibleByStringLiteral {
  public init(stringLiteral value: StaticString) {
    array = value.withUTF8Buffer { buffer in unsafe Array(buffer) }
  }
}

/// Two lower-case hexadecimal digits.
public func hexadecimal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16)
  return digits.count == 1 ? "0" + digits : digits
}

extension UInt8 {
  @inlinable @inline(__always) public var isDigit: Bool { self &- 0x30 < 10 }
  @inlinable @inline(__always) public var isASCIIUppercase: Bool { self &- 0x41 < 26 }
  @inlinable @inline(__always) public var isASCIILetter: Bool { (self | 0x20) &- 0x61 < 26 }
  @inlinable @inline(__always) public var isBlank: Bool { self == 0x20 || self == 0x09 }
  /// The value of a hexadecimal digit.
  @inlinable @inline(__always) public var hexDigit: UInt8? {
    if isDigit { return self - 0x30 }
    let lower = self | 0x20
    return lower &- 0x61 < 6 ? lower - 0x61 + 10 : nil
  }
}

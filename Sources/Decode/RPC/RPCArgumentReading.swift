import Evidence

/// Reads the arguments of a call by the layout of its procedure, and looks for signs of an attack.
struct RPCArgumentReading {
  private(set) var details = RPCDetails()
  private let procedure: RPCProcedure

  init(_ procedure: RPCProcedure) { self.procedure = procedure }

  /// Strings longer than this are kept by their start.
  private static let textCap = 256
  /// Of bytes without a layout so many are looked at.
  private static let lookCap = 1 << 14
  /// An argument of no known layout that is no longer holds no exploit.
  private static let lookFloor = 32
  /// A string may declare so much more than its message has before it is called absurd: an allocation that hurts.
  private static let absurd = 1 << 16
  /// Without a layout, strings of this length are not what a service of that kind is sent.
  private static let longString = 1024

  /// Reads all of the argument.
  @_lifetime(reader: copy reader) mutating func read(_ reader: inout XDRReader) {
    let isNull = procedure.procedure == 0
    if procedure.isCompound {
      CompoundReading.read(&reader, into: &self)
    } else if let signature = RPCSignatures.signature(of: procedure) {
      for item in signature.argument where reader.end == nil { read(item, &reader) }
      if !procedure.isNFS { look(&reader) }
    } else if procedure.isWorthALook || isNull {
      look(&reader)
    }
    details.traits.formUnion(RPCArgumentReading.signs(of: reader.end))
  }

  /// What it tells of an argument why its reading ended.
  static func signs(of end: XDRReader.End?) -> RPCTraits {
    switch end {
    case .declared(let beyond) where beyond >= absurd: .absurdLength
    case .declared, .message: .malformedArgument
    case .captured, nil: RPCTraits()
    }
  }

  // MARK: Items

  @_lifetime(reader: copy reader) mutating func read(_ item: XDRItem, _ reader: inout XDRReader) {
    switch item {
    case .words(let count): _ = reader.skip(words: count)
    case .opaque: _ = reader.text()
    case .bitmap:
      // NFSv4 has three words today; what claims far more is no bit map.
      guard let count = reader.word(), count <= 64 else { return reader.skipToEnd() }
      _ = reader.skip(words: Int(count))
    case .text(let limit):
      guard let text = name(&reader, limit: limit) else { return }
      RPCArgumentReading.append(text, to: &details.text)
    case .path(let limit):
      guard let path = name(&reader, limit: limit) else { return }
      RPCArgumentReading.append(path, to: &details.path)
    case .shell(let limit):
      guard let range = string(&reader, limit: limit) else { return }
      inspect(shell: reader.bytes.slice(range))
      RPCArgumentReading.append(reader.copy(RPCArgumentReading.head(range)), to: &details.text)
    case .fileName(let limit):
      guard let range = string(&reader, limit: limit) else { return }
      details.traits.formUnion(RPCTraits.reading(fileName: reader.bytes.slice(range)))
      RPCArgumentReading.append(reader.copy(RPCArgumentReading.head(range)), to: &details.path)
    case .data: reader.skipToEnd()
    case .unknown: look(&reader)
    }
  }

  /// A string that names something, with its protocol's limit: what is kept of it.
  @_lifetime(reader: copy reader) mutating func name(_ reader: inout XDRReader, limit: Int) -> Bytes? {
    guard let range = string(&reader, limit: limit) else { return nil }
    inspect(name: reader.bytes.slice(range))
    return reader.copy(RPCArgumentReading.head(range))
  }

  /// A string with its protocol's limit.
  @_lifetime(reader: copy reader)
  private mutating func string(_ reader: inout XDRReader, limit: Int) -> Range<Int>? {
    guard let (declared, range) = reader.text() else { return nil }
    note(length: declared)
    if declared > limit, reader.end == nil || reader.end == .captured { details.traits.insert(.oversizedString) }
    return range
  }

  private mutating func note(length: Int) {
    details.longest = max(details.longest ?? 0, UInt32(clamping: length))
  }

  private mutating func inspect(name bytes: RawSpan) {
    details.traits.formUnion(RPCTraits.reading(bytes))
    if RPCTraits.isBinary(bytes) { details.traits.insert(.binaryName) }
  }

  /// Every change of a password sends the login shell along; only what makes a shell do more than start is a sign.
  private mutating func inspect(shell bytes: RawSpan) {
    let known = details.traits
    inspect(name: bytes)
    if RPCTraits.isPlainPath(bytes), !known.contains(.shellText) { details.traits.remove(.shellText) }
  }

  private static func head(_ range: Range<Int>) -> Range<Int> {
    range.lowerBound..<min(range.upperBound, range.lowerBound + textCap)
  }

  /// Strings of one argument stand side by side, up to a cap.
  private static func append(_ text: Bytes, to whole: inout Bytes) {
    guard !text.isEmpty, whole.count < 4 * textCap else { return }
    whole = whole.isEmpty ? text : Bytes(whole.array + [0x20] + text.array)
  }

  // MARK: No layout

  /// Looks at what follows without knowing what it is.
  @_lifetime(reader: copy reader) private mutating func look(_ reader: inout XDRReader) {
    guard reader.end == nil, reader.remaining > RPCArgumentReading.lookFloor else { return }
    let start = min(reader.position, reader.bytes.byteCount)
    let bytes = reader.bytes.slice(start..<min(reader.bytes.byteCount, start + RPCArgumentReading.lookCap))
    details.traits.formUnion(RPCTraits.reading(bytes))
    if let longest = RPCArgumentReading.longestString(bytes, remaining: reader.remaining) {
      note(length: longest)
      if longest > RPCArgumentReading.longString { details.traits.insert(.oversizedString) }
    }
    reader.skipToEnd()
  }

  /// The longest thing that can be a string: a word that fits as the length of what follows, and zeros as its padding.
  private static func longestString(_ bytes: RawSpan, remaining: Int) -> Int? {
    var longest: Int?
    var place = 0
    while place <= bytes.byteCount - 8 {
      let length = Int(bytes.uint32(place))
      let end = place + 4 + length
      let isString =
        length >= 4 && length <= remaining - place - 4 && isPadded(bytes, from: end, to: (end + 3) & ~3)
        && isText(bytes, from: place + 4, to: min(end, place + 12, bytes.byteCount))
      if isString, length > longest ?? 0 { longest = length }
      place = isString ? (end + 3) & ~3 : place + 4
    }
    return longest
  }

  private static func isPadded(_ bytes: RawSpan, from start: Int, to end: Int) -> Bool {
    (start..<max(start, end)).allSatisfy { $0 >= bytes.byteCount || bytes.byte($0) == 0 }
  }

  /// Strings do not begin with zeros, as integers do.
  private static func isText(_ bytes: RawSpan, from start: Int, to end: Int) -> Bool {
    (start..<max(start, end)).allSatisfy { bytes.byte($0) != 0 }
  }

  // MARK: NFSv4

  /// Notes an operation of a COMPOUND.
  mutating func note(operation: Bytes) {
    RPCArgumentReading.append(operation, to: &details.operations)
  }
}

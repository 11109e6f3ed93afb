import Evidence

extension RPCTraits {
  /// The signs of an attack in a string or in bytes of no known layout.
  static func reading(_ bytes: RawSpan) -> RPCTraits {
    var traits = RPCTraits()
    if hasNOPRun(bytes) { traits.insert(.nopRun) }
    if isFormatString(bytes) { traits.insert(.formatString) }
    let characters = Characters(bytes)
    if shellWords.contains(where: { $0.stands(in: bytes, of: characters) }) { traits.insert(.shellText) }
    if twoStepsUp.stands(in: bytes, of: characters) { traits.insert(.pathTraversal) }
    return traits
  }

  /// The same of a file's name, which users choose: only what no name is by chance.
  static func reading(fileName bytes: RawSpan) -> RPCTraits {
    var traits = RPCTraits()
    if hasNOPRun(bytes) { traits.insert(.nopRun) }
    if hasWritingDirective(bytes) { traits.insert(.formatString) }
    // A name is one step; a client takes a path apart before it asks.
    if bytes.firstIndex(of: stepUp) != nil { traits.insert(.pathTraversal) }
    return traits
  }

  /// The characters of ASCII that a text has.
  private struct Characters {
    private var bits: UInt128 = 0

    init(_ bytes: RawSpan) {
      for index in 0..<bytes.byteCount where bytes.byte(index) < 0x80 {
        bits |= 1 &<< UInt128(truncatingIfNeeded: bytes.byte(index))
      }
    }

    func contains(_ others: Characters) -> Bool { others.bits & ~bits == 0 }
  }

  /// A word that is searched for only where all of its characters are: most texts lack one of each.
  private struct Word {
    private let bytes: [UInt8]
    private let characters: Characters

    init(_ text: String) {
      let bytes = Array(text.utf8)
      (self.bytes, characters) = (bytes, Characters(bytes.rawSpan))
    }

    func stands(in text: RawSpan, of textCharacters: Characters) -> Bool {
      textCharacters.contains(characters) && text.firstIndex(of: bytes) != nil
    }
  }

  private static let stepUp = Array("../".utf8)
  private static let twoStepsUp = Word("../..")
  /// The shells that shell code and commands in arguments call, and the stack pushes that spell `/bin/sh` in x86 code.
  private static let shellWords = [
    "/bin/sh", "/bin/ksh", "/bin/csh", "/bin/bash", "/bin//sh", "inetd -s", "|sh", "| sh", ";sh", "; sh", ";/bin/",
    "; /bin/", "h//sh", "hn/sh",
  ].map { Word($0) }

  // MARK: Format strings

  /// A directive of printf that takes an argument off the stack.
  private struct Directive {
    /// Where its `%` stands.
    var start: Int
    var isWriting: Bool
    /// `%hn` or `%12$x`: somebody counts arguments.
    var isCounting: Bool
  }

  /// One directive may be chance (`100%natural`); together they are not.
  private static func isFormatString(_ bytes: RawSpan) -> Bool {
    var (place, count, writes) = (0, 0, 0)
    while let directive = directive(bytes, from: &place) {
      if directive.isWriting, directive.isCounting { return true }
      count += 1
      if directive.isWriting { writes += 1 }
      if count >= 4 || writes > 0 && count >= 2 { return true }
    }
    return false
  }

  /// The same of a host's name, in which a lone directive is still chance (`fe80::1%net0`, an escape of a URL), but two in
  /// a row are none.
  static func isFormatString(name bytes: RawSpan) -> Bool {
    if isFormatString(bytes) { return true }
    var place = 0
    var end: Int?
    while let directive = directive(bytes, from: &place) {
      let goesOn = place < bytes.byteCount && (bytes.byte(place).isASCIILetter || bytes.byte(place).isDigit)
      if directive.isWriting, !goesOn { return true }
      // `%08x.%08x`, `%x %x`
      if let end, directive.start - end <= 1 { return true }
      end = place
    }
    return false
  }

  /// `%hn` or `%12$n`.
  private static func hasWritingDirective(_ bytes: RawSpan) -> Bool {
    var place = 0
    while let directive = directive(bytes, from: &place) {
      if directive.isWriting, directive.isCounting { return true }
    }
    return false
  }

  /// The next directive at or after `place`, which moves behind it.
  private static func directive(_ bytes: RawSpan, from place: inout Int) -> Directive? {
    while let percent = bytes.firstIndex(of: UInt8(ascii: "%"), from: place) {
      var index = percent + 1
      while index < bytes.byteCount, bytes.byte(index).isDigit || isFlag(bytes.byte(index)) { index += 1 }
      var isCounting = false
      if index < bytes.byteCount, bytes.byte(index) == UInt8(ascii: "$") {
        isCounting = true
        index += 1
        while index < bytes.byteCount, bytes.byte(index).isDigit { index += 1 }
      }
      while index < bytes.byteCount, isSize(bytes.byte(index)) {
        isCounting = isCounting || bytes.byte(index) == UInt8(ascii: "h")
        index += 1
      }
      // A blank in a URL is no width of 20.
      let isBlank = bytes.hasBytes(Array("%20".utf8), at: percent)
      place = isBlank ? percent + 3 : max(index, percent + 1)
      guard !isBlank, index < bytes.byteCount, isConversion(bytes.byte(index)) else { continue }
      place = index + 1
      return Directive(
        start: percent, isWriting: bytes.byte(index) == UInt8(ascii: "n"), isCounting: isCounting)
    }
    return nil
  }

  private static func isFlag(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#") || byte == UInt8(ascii: ".")
  }
  private static func isSize(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "h") || byte == UInt8(ascii: "l") }
  private static func isConversion(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "p"), UInt8(ascii: "s"), UInt8(ascii: "d"),
      UInt8(ascii: "u"), UInt8(ascii: "n"), UInt8(ascii: "c"):
      true
    default: false
    }
  }

  // MARK: NOPs

  /// Instructions that do nothing, as exploits use them: x86's one byte four times, SPARC's `nop` and two that change
  /// nothing without a zero byte, MIPS' `addu` and `li` to unused registers, PowerPC's `ori` and `cror`, PA-RISC's.
  private static let nops: Set<UInt32> = [
    0x9090_9090, 0x0100_0000, 0x801c_4011, 0xa61c_c013, 0xac15_a16e, 0x03e0_f825, 0x240f_1234, 0x6000_0000,
    0x4fff_fb82, 0x0b39_0280, 0x0821_0280,
  ]
  /// A run of so many bytes, which is eight instructions, is none by chance.
  private static let nopBytes = 32

  private static func hasNOPRun(_ bytes: RawSpan) -> Bool {
    guard bytes.byteCount >= nopBytes else { return false }
    var run = 4
    for index in 4..<bytes.byteCount {
      guard bytes.byte(index) == bytes.byte(index - 4) else {
        run = 4
        continue
      }
      run += 1
      // Where in the instruction the run begins is not known.
      if run == nopBytes, isNOP(bytes.uint32(index - 3)) { return true }
    }
    return false
  }

  private static func isNOP(_ word: UInt32) -> Bool {
    var rotated = word
    for _ in 0..<4 {
      if nops.contains(rotated) { return true }
      rotated = rotated << 8 | rotated >> 24
    }
    return false
  }

  // MARK: Names

  /// Whether it names a program and does nothing else: an absolute path without an argument or a shell's metacharacter.
  static func isPlainPath(_ bytes: RawSpan) -> Bool {
    bytes.hasBytes([UInt8(ascii: "/")], at: 0)
      && (0..<bytes.byteCount).allSatisfy { isPathByte(bytes.byte($0)) }
  }

  private static func isPathByte(_ byte: UInt8) -> Bool {
    byte.isDigit || byte.isASCIILetter || Array("/._+-".utf8).contains(byte)
  }

  /// Whether a name has bytes that nobody types: control bytes, or many that are no UTF-8.
  static func isBinary(_ bytes: RawSpan) -> Bool {
    var odd = 0
    for index in 0..<bytes.byteCount {
      let byte = bytes.byte(index)
      if byte < 0x20 || byte == 0x7f { odd += 4 }
      if byte >= 0x80 { odd += 1 }
      if odd >= 4 { break }
    }
    guard odd >= 4 else { return false }
    return String(validating: Bytes(bytes).array, as: UTF8.self).map { $0.utf8.contains { $0 < 0x20 || $0 == 0x7f } }
      ?? true
  }
}

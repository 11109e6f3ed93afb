import CRE2
import Evidence

/// A regular expression of a rule, in the syntax of RE2: matching takes time linear in the text, whoever wrote the
/// text. What would need backtracking (look-around, back-references) does not compile.
@safe final class RegularExpression: Sendable {
  struct Flags: OptionSet, Sendable {
    let rawValue: Int32
    static let ignoreCase = Flags(rawValue: 1)
    static let multiLine = Flags(rawValue: 2)
    static let dotAll = Flags(rawValue: 4)
  }
  /// What is wrong with an expression, and with which part of it.
  struct Mistake: Error {
    var reason: String
    var part: String
  }

  /// Longer than any person writes; compiling it would take the more time the longer it is.
  static let lengthCap = 8192

  /// RE2's own objects are immutable once they are compiled, and may be used by many threads at once.
  private nonisolated(unsafe) let handle: OpaquePointer
  /// Literals in lower case, one of which stands in every text that matches; none when that cannot be said.
  let literals: [[UInt8]]

  init(_ pattern: String, flags: Flags) throws(Mistake) {
    let bytes = Array(pattern.utf8)
    guard bytes.count <= RegularExpression.lengthCap else {
      throw Mistake(reason: "longer than \(RegularExpression.lengthCap) bytes", part: "")
    }
    let compiled = unsafe bytes.withUnsafeBytes { buffer in
      unsafe cre2_new(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, flags.rawValue)
    }
    guard let compiled = unsafe compiled else { throw Mistake(reason: "it cannot be compiled", part: "") }
    if let error = unsafe cre2_error(compiled) {
      let mistake = unsafe Mistake(
        reason: String(cString: error), part: cre2_error_part(compiled).map { unsafe String(cString: $0) } ?? "")
      unsafe cre2_free(compiled)
      throw mistake
    }
    unsafe handle = compiled
    let ignoresCase = flags.contains(.ignoreCase) || pattern.contains("(?")
    // RE2 puts them in lower case by Unicode, which makes ASCII of what is none: the dotted I, the Kelvin sign.
    let isASCII = bytes.allSatisfy { $0 < 0x80 } && !["\\x", "\\p", "\\P"].contains { pattern.contains($0) }
    literals =
      isASCII
      ? RegularExpression.prefilter(unsafe RegularExpression.literals(of: compiled), ignoresCase: ignoresCase) : []
  }

  deinit { unsafe cre2_free(handle) }

  /// The instructions that it compiled to; a text's byte costs at most some time for each.
  var size: Int { Int(unsafe cre2_size(handle)) }

  func matches(_ text: Bytes) -> Bool {
    unsafe text.array.withUnsafeBytes { buffer in
      unsafe cre2_matches(handle, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
    }
  }

  // MARK: Literals

  private static func literals(of handle: OpaquePointer) -> [[UInt8]] {
    (0..<(unsafe cre2_literal_count(handle))).map { index in
      var length = 0
      let start = unsafe cre2_literal(handle, index, &length)
      return unsafe UnsafeRawBufferPointer(start: start, count: length).map { $0 }
    }
  }

  /// What of RE2's literals can be looked for in text of which only ASCII's letters are put in lower case: nothing
  /// beyond ASCII, and where case is ignored no `k` and no `s`, for which the Kelvin sign and the long s stand too.
  private static func prefilter(_ literals: [[UInt8]], ignoresCase: Bool) -> [[UInt8]] {
    var usable: [[UInt8]] = []
    for literal in literals {
      guard literal.allSatisfy({ $0 < 0x80 }) else { return [] }
      let parts = literal.split { ignoresCase && [UInt8(ascii: "k"), UInt8(ascii: "s")].contains($0) }
      guard let longest = parts.max(by: { $0.count < $1.count }) else { return [] }
      usable.append(Array(longest))
    }
    return usable
  }
}

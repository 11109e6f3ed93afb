import Evidence
import TestNumbers
import Testing

@testable import Detect

/// What a text must hold for an expression to match, by which rules are found.
struct RegularExpressionTests {
  private func literals(_ pattern: String) throws -> [String] {
    try RegularExpression(pattern, flags: []).literals.map { String(decoding: $0, as: UTF8.self) }.sorted()
  }

  @Test func theLongestOfWhatEveryMatchHasIsTold() throws {
    #expect(try literals("session[0-9]+ .*session_ab12") == ["session_ab12"])
    #expect(try literals("connect.*(accepted|refused)") == ["connect"])
    #expect(try literals("(accepted|refused) by") == ["accepted by", "refused by"])
    #expect(try literals("(accepted|refused)") == ["accepted", "refused"])
    #expect(try literals("abc") == [])
    #expect(try literals("(long_word)?x") == [])
    #expect(try literals("[0-9]+") == [])
    // In lower case these are ASCII, and their texts are not.
    #expect(try literals("\u{130}zmirli") == [])
    #expect(try literals("\\x{212a}elvin") == [])
  }

  /// No text that an expression matches lacks all of them.
  @Test func noMatchIsWithoutThem() throws {
    var numbers = SeededNumbers(5)
    let words = ["mount", "export", "rpcbind", "x", "io", "stat"]
    func pattern(_ depth: Int) -> String {
      switch numbers.roll(depth > 0 ? 6 : 2) {
      case 0, 1: return words[numbers.roll(words.count)]
      case 2: return pattern(depth - 1) + "[0-9]*" + pattern(depth - 1)
      case 3: return "(" + pattern(depth - 1) + "|" + pattern(depth - 1) + ")"
      case 4: return "(" + pattern(depth - 1) + ")?" + pattern(depth - 1)
      default: return pattern(depth - 1) + ".*" + pattern(depth - 1)
      }
    }
    var (matches, told) = (0, 0)
    for _ in 0..<400 {
      let source = pattern(3)
      let expression = try RegularExpression(source, flags: [])
      let literals = expression.literals.map { String(decoding: $0, as: UTF8.self) }
      told += literals.isEmpty ? 0 : 1
      for _ in 0..<30 {
        let parts = (0..<numbers.roll(7)).map { _ in words[numbers.roll(words.count)] }
        let text = parts.joined(separator: numbers.roll(2) == 0 ? "" : "7")
        guard expression.matches(Bytes(text)) else { continue }
        matches += 1
        #expect(literals.isEmpty || literals.contains { text.contains($0) }, "\(source) \(text) \(literals)")
      }
    }
    #expect(matches > 500 && told > 100, "\(matches) \(told)")
  }
}

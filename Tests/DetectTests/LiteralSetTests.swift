import Evidence
import TestNumbers
import Testing

@testable import Detect

/// Many literals at once give what each gives alone, at a price that does not grow with their number.
struct LiteralSetTests {
  private static let anchorings: [TextPattern.Anchoring] = [.whole, .start, .end, .anywhere]

  private static func word(_ random: inout SeededNumbers, _ length: ClosedRange<Int>) -> String {
    String((0..<Int.random(in: length, using: &random)).map { _ in "aAbBé".randomElement(using: &random) ?? "a" })
  }

  @Test(arguments: UInt64(1)...60) func agreesWithEachAlone(seed: UInt64) {
    var random = SeededNumbers(seed)
    let isCased = Bool.random(using: &random)
    let patterns = (0..<Int.random(in: 1...12, using: &random)).map { _ in
      TextPattern(
        Self.word(&random, 1...5), anchoring: Self.anchorings.randomElement(using: &random) ?? .whole,
        isCased: isCased)
    }
    let set = LiteralSet(patterns.compactMap(\.anchoredLiteral), isCased: isCased)
    for _ in 0..<200 {
      let text = Bytes(Self.word(&random, 0...9))
      #expect(set.matches(text) == patterns.contains { $0.matches(text) }, "\(text.notation)")
    }
  }

  @Test func anEmptyLiteralIsAnEmptyText() {
    let set = LiteralSet([([], .whole), (Array("x".utf8), .whole)], isCased: false)
    #expect(set.matches("") && set.matches("X") && !set.matches("xx") && !set.matches("a"))
  }

  /// What is hardest: all literals begin alike, and the text nearly is one of them again and again.
  @Test func theirNumberCostsNothing() {
    for count in [16, 1000, 10_000] {
      let literals = (0..<count).map { (Array((String(repeating: "e", count: 40) + "\($0)x").utf8), anywhere) }
      let set = LiteralSet(literals, isCased: false)
      let text = Bytes(String(repeating: "e", count: 4000) + "1")
      var steps = 0
      #expect(!set.matches(text, steps: &steps))
      #expect(steps <= 2 * text.count)
    }
  }
  private let anywhere = TextPattern.Anchoring.anywhere

  /// Through a whole rule: as a list, with a modifier before each, with exceptions.
  @Test func aLongListIsAList() throws {
    let values = (0..<40).map { "v\($0)w" }.joined(separator: ", ")
    let set = try rules(
      rule("a:\n  rpc.argument|contains: [\(values)]\nb:\n  rpc.argument|endswith: [\(values)]\ncondition: a and not b")
    )
    let rule = try #require(set.rules.first)
    func places(_ texts: [String]) -> [Int] {
      findings(set, texts.enumerated().map { call("p", at: Double($0), argument: $1) }).flatMap(\.events)
    }
    let texts = ["xv7wx", "v7w", "xV39W", "v40w", "", "v3wv4", "V3Wv41w"]
    #expect(places(texts) == [0, 5, 6])
    #expect(texts.indices.filter { rule.matches([.rpcArgument: text(texts[$0])]) } == [0, 5, 6])
  }
}

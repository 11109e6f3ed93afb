import Detect
import Evidence
import Knowledge
import Testing

/// Modifiers where SQLite cannot be asked; the others are compared with it in SigmaDifferentialTests.
@Suite struct ModifierTests {
  @Test(
    arguments: [
      ("utf16le", "cmd", [0x63, 0, 0x6d, 0, 0x64, 0]), ("wide", "cmd", [0x63, 0, 0x6d, 0, 0x64, 0]),
      ("utf16be", "cmd", [0, 0x63, 0, 0x6d, 0, 0x64]), ("utf16", "cmd", [0xff, 0xfe, 0x63, 0, 0x6d, 0, 0x64, 0]),
      ("utf16le", "\u{1f600}", [0x3d, 0xd8, 0, 0xde]), ("base64", "cmd", Array("Y21k".utf8)),
      ("base64", "c", Array("Yw==".utf8)), ("utf16le|base64", "cmd", Array("YwBtAGQA".utf8)),
    ] as [(String, String, [UInt8])])
  func encodings(modifiers: String, value: String, bytes: [UInt8]) throws {
    let selection = "{rpc.argument|\(modifiers): '\(value)'}"
    #expect(try matches(selection, [.rpcArgument: .text(Bytes(bytes))]))
    #expect(try !matches(selection, [.rpcArgument: .text(Bytes(bytes + [0x21]))]))
    #expect(try !matches(selection, [.rpcArgument: text(value)]))
    #expect(try matches("{rpc.argument|\(modifiers)|contains: '\(value)'}", [.rpcArgument: .text(Bytes([1] + bytes))]))
  }

  /// Wherever a text stands in what was encoded, one of the three offsets finds it.
  @Test(arguments: 0..<9, ["x", "foo", "ab", "Zm9v", "\u{fc}ber"]) func base64Offset(before: Int, value: String) throws
  {
    let plain = [UInt8](repeating: 0x7e, count: before) + Array(value.utf8) + [0x7e, 0x7e, 0x7e]
    let encoded = base64(plain)
    guard value.utf8.count > 1 else { return }
    #expect(
      try matches("{rpc.argument|base64offset|contains|cased: '\(value)'}", [.rpcArgument: text(encoded)]), "\(encoded)"
    )
  }

  private func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    let bits = bytes.flatMap { byte in (0..<8).map { byte >> UInt8(7 - $0) & 1 } }
    var text = ""
    for start in stride(from: 0, to: bits.count, by: 6) {
      let group = Array(bits[start..<min(start + 6, bits.count)]) + [0, 0, 0, 0, 0]
      text.append(alphabet[group.prefix(6).reduce(0) { $0 << 1 | Int($1) }])
    }
    return text
  }

  @Test(arguments: [
    ("-x", ["-x", "/x", "\u{2013}x", "\u{2014}x", "\u{2015}x"], ["x", "_x"]),
    ("\u{2014}x -y", ["/x /y", "-x \u{2015}y"], ["x y"]), ("a-b", ["a-b"], ["a/b"]), ("--x", ["-/x"], ["//x"]),
  ])
  func windash(value: String, hits: [String], misses: [String]) throws {
    for (list, expected) in [(hits, true), (misses, false)] {
      for word in list {
        #expect(try matches("{rpc.argument|windash: '\(value)'}", [.rpcArgument: text(word)]) == expected, "\(word)")
      }
    }
  }

  /// Public rules write modifiers in any order; what an order means follows from applying each to what the one before gave.
  @Test(arguments: [
    ("contains|windash: '-x'", ["a /x b", "\u{2014}x"], ["x", "-y"]),
    ("windash|contains: '-x'", ["a /x b", "\u{2014}x"], ["x", "-y"]),
    ("contains|all|windash: ['-x', '/y']", ["a /x -y"], ["a /x", "y x"]),
    ("all|contains: [x, y]", ["ayx"], ["x"]), ("startswith|windash: '-x'", ["/xy"], [" -x"]),
    ("endswith|windash: '-x'", ["y/x"], ["-x "]), ("cased|contains: 'aB'", ["xaBx"], ["xabx"]),
    ("cased|windash|startswith: '-X'", ["/Xy"], ["/xy"]), ("startswith|endswith: 'x'", ["axa"], ["a"]),
    ("contains|wide|cased: 'ab'", ["xa\0b\0y"], ["xab"]), ("contains|wide: 'a'", ["xa\0y"], ["xa"]),
    ("base64offset|contains|cased: 'foobar'", ["xx" + "Zm9vYmFy"], ["foobar"]),
    ("wide|base64offset|contains: 'ab'", ["x" + "YQBiA"], ["ab"]), ("neq|contains: x", ["a"], ["axa"]),
    ("re|contains: 'o{2}'", ["xoox"], ["o"]), ("re|startswith: 'a|b'", ["ax", "bx"], ["xa", "xb"]),
    ("re|i|endswith: 'a|b'", ["xA", "xB"], ["ax", "bx"]), ("re|m|startswith: '^b'", ["b"], ["a\nb"]),
    ("re|ignorecase|multiline: '^b'", ["a\nB"], ["ab"]), ("re|dotall: 'a.b'", ["a\nb"], ["a\n\nb"]),
    ("fieldref|startswith|endswith: rpc.reply.status", ["xSTATUSx"], ["x"]),
  ])
  func orders(line: String, hits: [String], misses: [String]) throws {
    for (list, expected) in [(hits, true), (misses, false)] {
      for word in list {
        let record: [FieldName: FieldValue] = [.rpcArgument: text(word), .rpcReplyStatus: text("STATUS")]
        #expect(
          try matches("{'rpc.argument|\(line.replacing(": ", with: "': ", maxReplacements: 1))}", record) == expected,
          "\(word)")
      }
    }
  }

  /// The mark stands where the text begins: behind an anchor that is before the wildcard, as pySigma has it too.
  @Test func byteOrderMarkBehindAnAnchor() throws {
    let marked = Bytes([0xff, 0xfe, 0x78, 0x61, 0, 0x79])
    #expect(try matches("{rpc.argument|contains|utf16: a}", [.rpcArgument: .text(marked)]))
    #expect(
      try !matches("{rpc.argument|contains|utf16: a}", [.rpcArgument: .text(Bytes(Array(marked.array.dropFirst(2))))]))
  }

  @Test(
    arguments: [
      ("2000-01-01T19:04:51Z", "week", 52), ("2001-01-01T00:00:00Z", "week", 1), ("2004-12-31T00:00:00Z", "week", 53),
      ("2005-01-02T00:00:00Z", "week", 53), ("2000-02-29T23:59:59Z", "day", 29), ("2000-02-29T23:59:59Z", "minute", 59),
      ("19:04:51", "hour", 19), ("19:04:51", "day", nil), ("", "hour", nil), ("2000-02-30T00:00:00Z", "day", nil),
    ] as [(String, String, Int?)])
  func timeParts(time: String, part: String, expected: Int?) throws {
    for number in [expected ?? 1, (expected ?? 1) + 1] where part != "week" || number < 54 {
      guard part != "day" || number < 32, part != "minute" || number < 60 else { continue }
      let holds = try matches("{'@timestamp|\(part)': \(number)}", [.timestamp: text(time)])
      #expect(holds == (number == expected), "\(number)")
    }
  }

  @Test func networksOfIPv6() throws {
    let address = try #require(IPAddress("2001:db8::ff"))
    #expect(try matches("{source.ip|cidr: '2001:0db8:0::/120'}", [.sourceIP: .address(address)]))
    #expect(try !matches("{source.ip|cidr: '2001:db8::/121'}", [.sourceIP: .address(address)]))
  }

  // MARK: Regular expressions

  @Test(arguments: [
    ("a.c", "xabcx", true), ("^abc$", "abc", true), ("^abc$", "abc\n", false), ("a.c", "aüc", true),
    ("ü", "für", true), ("(?i)FOO", "foo", true), ("FOO", "foo", false), ("a{2}", "aab", true), ("", "", true),
  ])
  func expressions(pattern: String, value: String, expected: Bool) throws {
    #expect(try matches("{rpc.argument|re: '\(pattern)'}", [.rpcArgument: text(value)]) == expected)
  }

  /// A byte that is no text must not hide what stands beside it.
  @Test func expressionsOverBytes() throws {
    let bytes = Bytes(Array("GET".utf8) + [0xff, 0x80] + Array("passwd".utf8))
    #expect(try matches("{rpc.argument|re: 'GET.*passwd'}", [.rpcArgument: .text(bytes)]))
    #expect(try matches("{rpc.argument|re: 'GET..passwd'}", [.rpcArgument: .text(bytes)]))
  }

  /// The Kelvin sign is a `k` where case is ignored; the index must not lose it.
  @Test func indexKeepsUnicodeCase() throws {
    let set = try rules(rule("s: {rpc.argument|re|i: 'kelvinsky'}\ncondition: s"))
    #expect(findings(set, [call("a", at: 0, argument: "\u{212a}elvin\u{17f}ky")]).count == 1)
    #expect(findings(set, [call("a", at: 0, argument: "KELVINSKY")]).count == 1)
    #expect(findings(set, [call("a", at: 0, argument: "kelvin")]).isEmpty)
  }

  @Test(arguments: [
    ("re: a(?=b)", 23, "look-around"), ("re: (a)\\1", 25, "back-references"), ("re: '(?<!a)b'", 22, "look-around"),
    ("re: a[b", 23, "missing ]"), ("re: x{1001}", 23, "repetition size"),
    ("re: ((a{100}){100}){100}", 25, "repetition"),
    ("contains|re: a", 5, "'re' must stand before 'contains'"), ("contains|i: a", 5, "behind 're' only"),
    ("re|startswith: a)|(b", 33, "unexpected )"),
    ("i|re: a", 5, "behind 're'"),
    ("base64|re: a", 5, "do not go together"), ("contains|base64: a", 5, "must stand before"),
    ("base64: 'a*'", 26, "with wildcards"), ("windash: -a -b -c -d", 27, "more than three dashes"),
    ("expand: '%nobody%'", 26, "no pipeline has values for the placeholder '%nobody%'"),
    ("fieldref: nothing", 28, "unknown field 'nothing'"), ("hour: 24", 24, "from 0 to 23"),
    ("fieldref|lt: rpc.xid", 5, "do not go together"), ("startswith|base64offset: a", 5, "must stand before"),
    ("lt|contains: 5", 5, "do not go together"),
  ])
  func faults(line: String, column: Int, message: String) throws {
    let (_, faults) = try load(
      "title: T\nid: r\ndetection:\n  selection:\n    rpc.argument|\(line)\n  condition: selection\n")
    let fault = try #require(faults.first)
    #expect(faults.count == 1 && fault.message.contains(message), "\(faults)")
    #expect((fault.line, fault.column) == (5, column), "\(fault)")
  }

  // MARK: Cost

  /// Rules that a backtracking engine would never end on cost an event as much as any.
  @Test func hostileTextsCostNoMore() throws {
    let hostile = try rules(
      rule(
        """
        a: {message|re: '(x+x+)+y'}
        b: {message|re: '^(a|a)*$'}
        c: {message|contains: '*x*x*x*x*x*x*y'}
        condition: a or b or c
        """))
    let plain = try rules(rule("a: {message|re: 'foo.*bar'}\ncondition: a"))
    func seconds(_ set: RuleSet, _ text: String) throws -> Double {
      let compiled = try #require(set.rules.first)
      let clock = ContinuousClock()
      let best =
        (0..<5).map { _ in
          clock.measure { for _ in 0..<20 { _ = compiled.matches([.message: .text(Bytes(text))]) } }
        }.min() ?? .zero
      return Double(best.components.attoseconds) / 1e18 + Double(best.components.seconds)
    }
    let text = String(repeating: "x", count: 4096)
    _ = try seconds(plain, text)
    // Polynomial, and in a debug build: that it ends within a second says that nothing exponential is at work.
    #expect(try seconds(hostile, text) < 20)
    #expect(try seconds(hostile, String(repeating: "a", count: 4096)) < 20)
  }
}

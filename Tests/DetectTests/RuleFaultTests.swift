import Detect
import Evidence
import Knowledge
import TestNumbers
import Testing

@Suite struct RuleFaultTests {
  /// A line of a selection, what is wrong with it, and where: line 5 of the file, which begins in column 5.
  @Test(arguments: [
    ("rpc.programm: 1", 5, "unknown field 'rpc.programm'"), ("rpc.program|rex: x", 17, "unknown modifier 'rex'"),
    ("rpc.program|lt|foo: 1", 20, "unknown modifier 'foo'"), ("rpc.program|lt|gt: 1", 5, "do not go together"),
    ("rpc.argument|cased|cased: x", 24, "stands twice"),
    ("source.ip|cidr|cased: 10.0.0.0/8", 5, "'cased' goes with text"),
    ("rpc.argument|all|neq: [x, y]", 5, "do not go together"), ("rpc.argument|all: x", 23, "needs a list"),
    ("rpc.argument|exists: maybe", 26, "true or false"), ("rpc.argument|exists|neq: true", 5, "'neq' goes with"),
    ("rpc.argument|exists: [true, true]", 26, "true or false"), ("rpc.argument: []", 19, "empty list"),
    ("rpc.argument: {a: b}", 19, "expected a text"), ("rpc.program|gt: many", 21, "whole number"),
    ("rpc.argument|contains: null", 28, "null goes without"), ("rpc.argument|contains: ''", 28, "matches every text"),
    ("source.ip|cidr: 10.0.0.0/33", 21, "no network"), ("rpc.argument|cidr: 10.0.0.0/8", 24, "not an address"),
    ("rpc.argument|lt: 5", 22, "not a number"), ("rpc.program: portmap", 18, "is a number"),
    ("source.ip: host", 16, "is an address"), ("event.action: rpc_call", 19, "is one of: rpc-call"),
    ("event.outcome: [refused, denied]", 30, "is one of: crashed"),
    ("observer.type|contains: x", 29, "is one of: host, network"),
    ("tcp.close: gone", 16, "graceful, reset-by-initiator, reset-by-responder, open"),
  ])
  func selections(line: String, column: Int, message: String) throws {
    let (set, faults) = try load("title: T\nid: r\ndetection:\n  selection:\n    \(line)\n  condition: selection\n")
    #expect(set.rules.isEmpty)
    let fault = try #require(faults.first)
    #expect(faults.count == 1 && fault.message.contains(message), "\(faults)")
    #expect(fault.file == "a.yaml" && (fault.line, fault.column) == (5, column), "\(fault)")
  }

  /// An event that a rule is held against costs a few times an ordinary one at most.
  @Test(arguments: [
    ("rpc.argument: [%]", "'*a*x#*o*'", 70, true), ("rpc.argument: [%]", "'*a*x#*o*'", 300, false),
    ("rpc.argument|re: [%]", "'a.*b#'", 70, true), ("rpc.argument|re: [%]", "'a.*b#'", 150, false),
    ("rpc.argument: [%]", "'*a*b*c*d*e*f*g*h*i*x#*'", 20, true),
    ("rpc.argument: [%]", "'*a*b*c*d*e*f*g*h*i*x#*'", 40, false),
    ("rpc.argument|re: [%]", "'x#.{0,900}y'", 2, true), ("rpc.argument|re: [%]", "'x#.{0,900}y'", 9, false),
    ("rpc.argument|contains: [%]", "'text#'", 20_000, true), ("source.ip: [%]", "10.0.@", 10_000, true),
    ("source.ip|cidr: [%]", "10.@.0/24", 5000, true), ("source.ip|cidr: [%]", "10.@.0/24", 12_000, false),
    ("rpc.argument|contains|all: [%]", "'text#'", 100, true), ("rpc.argument: [%]", "text#", 15, true),
    ("rpc.argument|contains|all: [%]", "'text#'", 300, false),
  ])
  func slowRules(line: String, value: String, count: Int, isRead: Bool) throws {
    let values = (0..<count).map { number in
      value.replacing("#", with: "\(number)").replacing("@", with: "\(number / 250).\(number % 250)")
    }
    let written = line.replacing("%", with: values.joined(separator: ", "))
    let (set, faults) = try load("title: T\nid: r\ndetection:\n  selection:\n    \(written)\n  condition: selection\n")
    #expect(set.rules.count == (isRead ? 1 : 0))
    #expect(faults.isEmpty == isRead)
    for fault in faults { #expect(fault.message.contains("too slow") && fault.line == 4, "\(fault)") }
  }

  @Test(arguments: [
    ("titel: T\nid: r", 1, 1, "unknown key 'titel'"), ("id: r", 1, 1, "a rule needs a title"),
    ("title: T\nid: ''", 2, 5, "a rule needs an id"),
    ("title: T\nid: r\nlevel: bad", 3, 8, "unknown level 'bad'"),
    ("title: T\nid: r\nstatus: done", 3, 9, "unknown status"),
    ("title: T\nid: r\nwatchfloor: {stage: attack}", 3, 21, "unknown stage 'attack'"),
    ("title: T\nid: r\nwatchfloor: {lethality: 6}", 3, 25, "from 1 to 5"),
    ("title: T\nid: r\nwatchfloor: {harm: 6}", 3, 14, "unknown key 'harm'"),
    ("title: T\nid: r\nwatchfloor: {pattern: 'a {rpc.port}'}", 3, 23, "unknown field 'rpc.port'"),
    ("title: T\nid: r\nwatchfloor: {pattern: 'a {rpc.program'}", 3, 23, "without its partner"),
    ("title: T\nid: r\nwatchfloor: {pattern: 'a }'}", 3, 23, "without its partner"),
    ("title: T\nid: r\nlogsource: {kind: x}", 3, 13, "unknown key 'kind'"),
    ("title: T\nid: r\ngenerate: 1", 3, 11, "true or false"), ("title: [T]\nid: r", 1, 8, "expected text"),
  ])
  func headers(head: String, line: Int, column: Int, message: String) throws {
    let (_, faults) = try load(head + "\ndetection: {a: {rpc.program: 1}, condition: a}\n")
    let matching = faults.filter { $0.message.contains(message) && ($0.line, $0.column) == (line, column) }
    #expect(matching.count == 1, "\(faults)")
  }

  @Test(arguments: [
    ("detection: {a: {rpc.program: 1}}", "needs a condition"), ("detection: {a: {}, condition: a}", "empty map"),
    ("detection: {a: [], condition: a}", "empty list"),
    ("detection: {a: null, condition: a}", "expected a map or a list"),
    ("detection: x", "expected a map"),
    ("detection: {a: {rpc.program: 1}, b: {rpc.program: 1}, condition: a}", "does not use 'b'"),
    ("status: test", "needs a detection or a correlation"),
    ("detection: {a: [['']], condition: a}", "matches every text"),
  ])
  func detections(body: String, message: String) throws {
    let (_, faults) = try load("title: T\nid: r\n" + body)
    #expect(faults.count == 1 && faults[0].message.contains(message), "\(faults)")
  }

  @Test(arguments: [
    ("type: count, rules: [r], timespan: 1s", "unknown type of correlation"),
    ("rules: [r], timespan: 1s", "needs 'type'"),
    ("type: event_count, timespan: 1s, condition: {gte: 1}", "needs 'rules'"),
    ("type: event_count, rules: [r], condition: {gte: 1}", "needs 'timespan'"),
    ("type: event_count, rules: [r], timespan: 1s", "event_count needs a condition"),
    ("type: value_count, rules: [r], timespan: 1s, condition: {gte: 1}", "needs a field"),
    ("type: value_count, rules: [r], timespan: 1s, condition: {field: x, gte: 1}", "unknown field 'x'"),
    ("type: event_count, rules: [r], timespan: 1s, condition: {lt: 1}", "from 2 to 10001"),
    ("type: event_count, rules: [r], timespan: 1s, condition: {eq: 1, gte: 1}", "eq alone"),
    ("type: event_count, rules: [r], timespan: 1s, condition: {lt: 5, lte: 4}", "one of each"),
    ("type: event_count, rules: [r], timespan: 1s, condition: {neq: 5}", "unknown key 'neq'"),
    ("type: value_avg, rules: [r], timespan: 1s, condition: {gt: 1}", "needs a field"),
    ("type: value_avg, rules: [r], timespan: 1s, condition: {gt: x, field: rpc.xid}", "expected a number"),
    ("type: value_sum, rules: [r], timespan: 1s, condition: {gt: 1, field: rpc.argument}", "rpc.argument is none"),
    ("type: value_percentile, rules: [r], timespan: 1s, condition: {gt: 1, field: rpc.xid}", "needs a percentile"),
    (
      "type: value_percentile, rules: [r], timespan: 1s, condition: {gt: 1, field: rpc.xid, percentile: 101}",
      "from 0 to 100"
    ),
    ("type: temporal, rules: [r, c], timespan: 1s, condition: r or d", "speaks of 'd'"),
    ("type: temporal, rules: [r, c], timespan: 1s, condition: r", "does not use 'c'"),
    ("type: temporal, rules: [r, c], timespan: 1s, condition: (r or c", "')' is missing"),
    ("type: temporal, rules: [r, c], timespan: 1s, condition: not r and not c", "one rule that must match"),
    ("type: temporal, rules: [r, c], timespan: 1s, condition: c and not r", "stands first"),
    ("type: event_count, rules: [r], timespan: 1s, condition: {}", "gt or gte"),
    ("type: event_count, rules: [r], timespan: 1s, condition: {gt: 1, gte: 1}", "gt or gte"),
    ("type: event_count, rules: [r], timespan: 1s, condition: {gte: 0}", "from 1 to 10000"),
    ("type: value_count, rules: [r], timespan: 1s, condition: {field: rpc.xid, gt: 4096}", "from 0 to 4095"),
    ("type: event_count, rules: [r], timespan: 0s, condition: {gte: 1}", "no timespan"),
    ("type: event_count, rules: [r], timespan: 5, condition: {gte: 1}", "no timespan"),
    ("type: event_count, rules: [r], timespan: 1w, condition: {gte: 1}", "no timespan"),
    ("type: event_count, rules: [r], timespan: -1s, condition: {gte: 1}", "no timespan"),
    ("type: event_count, rules: [r], timespan: 999999999999d, condition: {gte: 1}", "no timespan"),
    ("type: event_count, rules: [r], timespan: 1s, condition: {gte: 1}, group-by: [ip]", "unknown field 'ip'"),
    ("type: event_count, rules: [r, r], timespan: 1s, condition: {gte: 1}", "listed twice"),
    ("type: event_count, rules: [], timespan: 1s, condition: {gte: 1}", "a rule at least"),
    ("type: event_count, rules: [q], timespan: 1s, condition: {gte: 1}", "no rule has the id or name 'q'"),
    ("type: event_count, rules: [c], timespan: 1s, condition: {gte: 1}", "'c' builds on itself"),
    (
      "type: event_count, rules: [r], timespan: 1s, condition: {gte: 1}, aliases: {a: {q: rpc.xid, r: rpc.xid}}",
      "does not list 'q'"
    ),
    ("type: temporal, rules: [r], timespan: 1s", "two rules"),
    ("type: temporal_ordered, rules: [r], timespan: 1s", "two rules"),
    ("type: temporal_ordered, rules: [r, r], timespan: 1s, condition: {gte: 1}", "takes no condition"),
  ])
  func correlations(body: String, message: String) throws {
    let (set, faults) = try load(
      rule("a: {rpc.program: 1}\ncondition: a"), "title: C\nid: c\ncorrelation: {\(body)}\n")
    #expect(set.rules.isEmpty && set.correlations.isEmpty)
    #expect(faults.count == 1 && faults[0].message.contains(message), "\(faults)")
    #expect(faults.first.map { $0.file == "b.yaml" && $0.line == 3 && $0.column >= 14 } == true, "\(faults)")
  }

  @Test func placesOfReferences() throws {
    let (_, faults) = try load(
      """
      title: C
      id: c
      correlation:
        type: temporal
        rules:
          - nobody
          - d
        timespan: 1s
      ---
      title: D
      id: d
      correlation:
        type: event_count
        rules:
          - c
        timespan: 1s
        condition:
          gte: 2
      """)
    #expect(
      faults.map(\.description) == [
        "a.yaml:6:7: no rule has the id or name 'nobody'", "a.yaml:7:7: the correlation 'c' builds on itself",
        "a.yaml:15:7: the correlation 'd' builds on itself",
      ])
  }

  /// Those that only build on a circle are not blamed for it.
  @Test func longCircle() throws {
    func correlation(_ id: String, _ inner: String) -> String {
      "title: T\nid: \(id)\ncorrelation: {type: event_count, rules: [\(inner)], timespan: 1s, condition: {gte: 1}}"
    }
    let texts = [correlation("a", "b"), correlation("b", "c"), correlation("c", "a"), correlation("d", "a")]
    let (_, faults) = try load(texts.joined(separator: "\n---\n"))
    let expected = ["a", "b", "c"].map { "the correlation '\($0)' builds on itself" }
    #expect(faults.map(\.message) == expected)
  }

  /// All faults of all files are told at once, and nothing is loaded.
  @Test func allFaultsAtOnce() throws {
    let good = "title: T\nid: good\ndetection: {a: {rpc.program: 1}, condition: a}\n"
    let (set, faults) = try load(
      good + "---\ntitle: T\nid: x\ndetection: {a: {rpc.port: 1, rpc.program|rex: 1}, condition: a or b}\n",
      "title: T\nid: y\nlevel: big\ndetection: {a: {event.action: nothing}, condition: b}\n",
      "title: T\nid: good\ncorrelation: {type: temporal, rules: [x, y], timespan: 1s}\n")
    #expect(
      faults.map { "\($0.file):\($0.line)" } == [
        "a.yaml:7", "a.yaml:7", "a.yaml:7", "b.yaml:3", "b.yaml:4", "b.yaml:4", "c.yaml:2",
      ], "\(faults)")
    #expect(set.rules.isEmpty && set.correlations.isEmpty)
    #expect(findings(set, [call("a", at: 0)]).isEmpty)
  }

  @Test func namesAreUnique() throws {
    let first = "title: T\nid: x\nname: n\ndetection: {a: {rpc.program: 1}, condition: a}\n"
    let second = first.replacing("id: x", with: "id: n").replacing("name: n", with: "name: m")
    let (_, faults) = try load(first, second)
    #expect(faults.map(\.description) == ["b.yaml:2:5: 'n' is taken already, at a.yaml:3"])
    #expect(try load(first.replacing("name: n", with: "name: x")).faults == [])
  }

  @Test func everythingThatARuleSays() throws {
    let set = try rules(
      """
      title: Look-up of a tool talk server
      id: ttdb
      status: test
      description: D
      references: [https://example.org/a]
      author: A
      date: 2026-01-01
      level: high
      tags: [attack.discovery, attack.t1046, attack.T1595.001, cve.1999-0003, attack.team]
      falsepositives: [an inventory]
      logsource: {product: rpcbind}
      watchfloor: {stage: reconnaissance, lethality: 2, lethality_reason: R, pattern: 'portmap {rpc.procedure}({rpc.argument}{rpc.xid})', proves_not: P}
      detection: {a: {rpc.program: null}, condition: a}
      """)
    let header = try #require(set.headers.first)
    #expect(header.signature.techniques == ["T1046", "T1595.001"])
    #expect(
      (header.signature.stage, header.signature.lethality, header.signature.lethalityReason) == (
        .reconnaissance, 2, "R"
      ))
    #expect(
      (header.signature.level, header.signature.limits, header.signature.title) == (
        "high", "P", "Look-up of a tool talk server"
      ))
    #expect(
      (header.status, header.description, header.references, header.falsePositives) == (
        "test", "D", ["https://example.org/a"], ["an inventory"]
      ))
    #expect(
      findings(set, [call("getport", at: 0, argument: "a\u{7}b")]) == [Found("ttdb", [0], #"portmap getport(a\x07b)"#)])
  }

  /// Whatever stands in a rule file, loading it ends, and either gives rules or says why not.
  @Test(arguments: UInt64(1)...300) func anyTextIsReadOrRefused(seed: UInt64) throws {
    var random = SeededNumbers(seed)
    var bytes = Array(
      """
      title: T
      id: a
      watchfloor: {pattern: 'x {rpc.xid}', lethality: 2, stage: access}
      tags: [attack.t1046]
      detection: {s: {rpc.argument|contains|all: [a*, b?]}, t: [{source.ip|cidr: 10.0.0.0/8}, x], condition: s or not 1 of t*}
      ---
      title: T
      id: z
      correlation: {type: value_count, rules: [a], group-by: [source.ip], timespan: 10s, condition: {field: rpc.xid, gte: 2}}
      """.utf8)
    let alphabet = Array("{}[]|*?\\'\":,- \n()\u{0}0129azé".utf8)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes[place] = alphabet.randomElement(using: &random) ?? 0
      case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: place)
      default: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...9, using: &random)))
      }
    }
    guard let documents = try? YAMLNode.documents(text: String(decoding: bytes, as: UTF8.self), file: "f") else {
      return
    }
    var faults: [Fault] = []
    let set = RuleSet(documents: documents, faults: &faults)
    #expect(faults.isEmpty || set.headers.isEmpty)
    #expect(!faults.isEmpty || set.headers.count == documents.count)
    #expect(faults.allSatisfy { $0.line > 0 && $0.column > 0 && $0.file == "f" })
    #expect(findings(set, (0..<3).map { call("a", at: Double($0), argument: "ab") }).count <= 4)
  }
}

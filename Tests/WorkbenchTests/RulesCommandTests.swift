import Detect
import Evidence
import Foundation
import Fuse
import Knowledge
import Testing
import Workbench

/// `watchfloor rules ...`, `--rules` and `--format ecs`, as a user runs them.
struct RulesCommandTests {
  private static let dump = "3c1f0d0a-52f1-4b52-9a52-6a1f0f3b1a01"
  private static let log = Repository.root + "/Examples/portmapper-recon/portmap1.log"

  @Test("every rule of the library has cases that must and that must not match, and all end so")
  func libraryHasCases() throws {
    let base = try KnowledgeBase(.embedded)
    var faults: [Fault] = []
    let cases = RuleSources().documents(.embedded, faults: &faults).all.filter(\.isCase)
      .compactMap { RuleCases($0, &faults) }
    #expect(faults == [])
    for header in base.rules.headers {
      let own = cases.filter { $0.rule == header.id || $0.rule == header.name }.flatMap(\.cases)
      #expect(own.contains { $0.mustMatch }, "\(header.id) \(header.signature.title): none must match")
      #expect(own.contains { !$0.mustMatch }, "\(header.id) \(header.signature.title): none must not match")
    }
    let runner = CaseRunner(formats: base.formats, rules: base.rules)
    #expect(cases.flatMap { runner.failures($0) }.map(\.cause.description) == [])
    #expect(cases.count >= base.rules.headers.count)
  }

  @Test("list and show name what a rule says") func listAndShow() async throws {
    let list = try await Program.run(["rules", "list"])
    #expect(list.status == 0)
    let line = try #require(list.outputText.split(separator: "\n").first { $0.hasPrefix(RulesCommandTests.dump) })
    #expect(
      line.split(separator: "\t").dropFirst() == [
        "medium", "reconnaissance", "stable", "T1046", "Portmapper table asked for (DUMP)",
      ])
    let show = try await Program.run(["rules", "show", RulesCommandTests.dump])
    #expect(show.outputText.contains("rules/portmapper.yaml:1") && show.outputText.contains("rpc.procedure"))
    #expect(try await Program.run(["rules", "show", "nobody"]).status == 2)
  }

  @Test("what fusion finds itself is listed and shown like a rule, and its rules and it have different ids")
  func fused() async throws {
    let list = try await Program.run(["rules", "list"]).outputText.split(separator: "\n")
    let ids = list.map { String($0.prefix { $0 != "\t" }) }
    #expect(Set(ids).count == ids.count)
    for signature in Fusion.signatures {
      #expect(ids.contains(signature.id))
      let show = try await Program.run(["rules", "show", signature.id])
      #expect(show.status == 0 && show.outputText.contains(signature.limits.prefix(30)), "\(show.outputText)")
      let explain = try await Program.run(["rules", "explain", signature.id, RulesCommandTests.log])
      #expect(explain.status == 2 && explain.errorText.contains("both views"))
    }
    let coverage = try await Program.run(["rules", "coverage", RulesCommandTests.log, "--as-of", "2026-11-30"])
    #expect(Fusion.signatures.allSatisfy { coverage.outputText.contains("(\($0.id))") })
  }

  @Test("check tells all faults with their places, and --lenient what can apply") func check() async throws {
    #expect(try await Program.run(["rules", "check"]).status == 0)
    let scratch = try Scratch()
    let folder = try scratch.write(
      "title: A\ndetection:\n  s:\n    Image|endswith: x\n    rpc.xid|foo: 1\n  condition: s\n---\n"
        + "title: B\nlogsource: {product: windows}\ndetection:\n  k: [mimikatz]\n  condition: k\n", "rules.yml")
    let strict = try await Program.run(["rules", "check", folder])
    #expect(strict.status == 2)
    #expect(strict.errorText.contains("rules.yml:4:5: unknown field 'Image'"))
    #expect(strict.errorText.contains("rules.yml:5:13: unknown modifier 'foo'; expected one of: contains"))
    let lenient = try await Program.run(["rules", "check", "--lenient", folder])
    #expect(lenient.status == 0)
    #expect(lenient.outputText.contains("1 of 2 rules can apply"))
    #expect(lenient.outputText.contains("B: applies; its log source (product windows) selects nothing here"))
    #expect(lenient.outputText.contains("A: cannot apply\n  "))
    #expect(try await Program.run(["rules", "check", "/nonexistent"]).status == 2)
  }

  @Test("test fails with 1 when a case does not end as it must") func test() async throws {
    #expect(try await Program.run(["rules", "test"]).status == 0)
    let scratch = try Scratch()
    let file = try scratch.write(
      """
      title: R
      id: r
      detection: {s: {rpc.program: 7}, condition: s}
      ---
      rule: r
      cases:
        match:
          - {rpc.program: 8}
        no_match:
          - {rpc.program: 9}
      """, "own.yaml")
    let result = try await Program.run(["rules", "test", "--rules", file, "--rules-only"])
    #expect(result.status == 1)
    #expect(result.outputText.contains("own.yaml:8: must match, and does not (r)"), "\(result.outputText)")
    #expect(result.outputText.contains("2 cases of 1 rules, 1 failed"))
  }

  @Test("coverage and explain speak of the evidence") func coverageAndExplain() async throws {
    let coverage = try await Program.run(["rules", "coverage", RulesCommandTests.log, "--as-of", "2026-11-30"])
    #expect(coverage.status == 0)
    #expect(coverage.outputText.contains("Portmapper table asked for (DUMP) (\(RulesCommandTests.dump))"))
    #expect(coverage.outputText.contains("T1046"))
    let explain = try await Program.run(
      ["rules", "explain", RulesCommandTests.dump, RulesCommandTests.log, "--as-of", "2026-11-30"])
    #expect(explain.outputText.contains("portmap1.log:13: matches"))
    #expect(explain.outputText.contains("rpc.procedure: dump (it is 'getport')"))
    #expect(try await Program.run(["rules", "explain", "nobody", RulesCommandTests.log]).status == 2)
  }

  @Test("rules of the user are added to the library, or stand alone") func userRules() async throws {
    let scratch = try Scratch()
    let rule = "title: Own\nid: own\ndetection: {k: [getport/addr], condition: k}\nwatchfloor: {pattern: own pattern}\n"
    let file = try scratch.write(rule, "own.yaml")
    let log = RulesCommandTests.log
    let both = try await Program.analyze(log, "--format", "json", "--rules", file, asOf: "2026-11-30")
    let patterns = { (result: Program.Result) in
      Set(try result.json()["incidents"].items.flatMap { $0["patterns"].items.compactMap(\.text) })
    }
    let found = try patterns(both)
    #expect(found.contains("own pattern") && found.contains("portmapper dump"), "\(found)")
    let only = try await Program.analyze(
      log, "--format", "json", "--rules", file, "--rules-only", asOf: "2026-11-30")
    #expect(try patterns(only) == ["own pattern"])
    #expect(try await Program.analyze(log, "--rules-only").status == 2)
  }

  @Test("ECS has a line for every event and finding, and no field within a leaf") func ecs() async throws {
    let paths = ["/Examples/portmapper-recon", "/Examples/y2k-watch"].map { Repository.root + $0 }
    let result = try await Program.run(["analyze", "--format", "ecs", "--as-of", "2026-11-30"] + paths)
    let lines = try result.outputText.split(separator: "\n").map { try JSON(Array($0.utf8)) }
    let analysis = try await Analysing.run(paths, asOf: "2026-11-30")
    let kinds = lines.compactMap { $0["event"]["kind"].text }
    #expect(kinds.count { $0 == "event" } == analysis.eventCount)
    #expect(kinds.count { $0 == "alert" } == analysis.findingCount)
    #expect(kinds.count == lines.count)
    for line in lines {
      #expect(line["ecs"]["version"].text == "8.17.0")
      #expect(["success", "failure", "unknown"].contains(line["event"]["outcome"].text))
      #expect(line["@timestamp"].text != nil || line["watchfloor"]["time_of_day"].text != nil)
    }
    // A name that is a value in one line and has fields below it in another is refused by whoever stores it.
    var leaves: Set<String> = []
    var objects: Set<String> = []
    func walk(_ value: JSON, _ path: String) {
      if case .object(let members) = value {
        objects.insert(path)
        for (key, inner) in members { walk(inner, path.isEmpty ? key : path + "." + key) }
      } else {
        leaves.insert(path)
      }
    }
    for line in lines { walk(line, "") }
    #expect(leaves.isDisjoint(with: objects), "\(leaves.intersection(objects))")
  }

  /// Also of fields that the examples do not have.
  @Test("no field of ECS stands within another that has a value") func ecsNames() {
    let names = ECSReport.names.sorted()
    for name in names {
      #expect(!names.contains { $0.hasPrefix(name + ".") }, "\(name)")
    }
    #expect(Set(names).count == names.count)
  }
}

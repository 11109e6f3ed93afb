import Evidence
import Foundation
import Knowledge
import TestNumbers
import Testing
import Workbench

/// Records that come late: whatever order the lines of a log stand in, correlations find the same.
struct LateEventTests {
  /// How much later than its turn a line may stand, in seconds: longer than the timespans.
  private static let lateness = 120

  private static let correlations = [
    "type: event_count, rules: [a, b], condition: {gte: 3}", "type: event_count, rules: [a], condition: {lt: 3}",
    "type: event_count, rules: [a, b], condition: {gte: 2, lte: 3}",
    "type: value_count, rules: [b], condition: {field: rpc.argument, gte: 3}",
    "type: value_sum, rules: [b], condition: {field: rpc.argument.program, gt: 300000}",
    "type: value_avg, rules: [b], condition: {field: rpc.argument.program, gt: 100005}",
    "type: value_median, rules: [b], condition: {field: rpc.argument.program, gte: 100005}",
    "type: value_percentile, rules: [b], condition: {field: rpc.argument.program, percentile: 90, gte: 100021}",
    "type: temporal, rules: [a, b, c]", "type: temporal, rules: [a, b, c], condition: a and (b or c)",
    "type: temporal, rules: [a, b], condition: a and not b", "type: temporal_ordered, rules: [a, b, c]",
    "type: temporal, rules: [many, c]",
  ]

  private static let rules: String = {
    var texts = [("a", "dump"), ("b", "getport"), ("c", "set")].map { name, procedure in
      "title: \(name)\nid: \(name)\ndetection: {s: {rpc.procedure: \(procedure)}, condition: s}\n"
    }
    // What the last one builds on.
    let inner = "type: event_count, rules: [a], condition: {gte: 2}"
    for (name, correlation) in [("many", inner)] + correlations.enumerated().map({ ("z\($0)", $1) }) {
      texts.append(
        "title: \(name)\nid: \(name)\ncorrelation: {\(correlation), timespan: 40s, group-by: [source.address]}\n")
    }
    return texts.joined(separator: "---\n")
  }()

  /// Lines of two hosts with the seconds at which they happened, in order.
  private static func lines(_ random: inout SeededNumbers) -> [(time: Int, text: String)] {
    var time = 0
    return (0..<150).map { number in
      time += [0, 1, 2, 5, 9, 20, 60].randomElement(using: &random) ?? 1
      let call =
        ["dump()", "getport(nfs)", "getport(mountd)", "getport(nlockmgr)", "set(nfs)"].randomElement(using: &random)
        ?? "dump()"
      let stamp = RuleWriter.stamp(time)
      let host = ["marlin", "zappa"].randomElement(using: &random) ?? "zappa"
      let source = Int.random(in: 1...3, using: &random)
      return (time, "\(stamp) \(host) rpcbind[\(number)]: refused connect from 192.0.2.\(source) to \(call)\n")
    }
  }

  /// Of each finding its rule and the lines that it cites.
  private static func findings(_ texts: [String]) async throws -> [String] {
    let scratch = try Scratch()
    var sources = RuleSources()
    sources.folders = [try scratch.write(rules, "rules.yaml")]
    sources.isOnly = true
    var faults: [Fault] = []
    let paths = try texts.enumerated().map { try scratch.write($1, "log\($0)") }
    let list = InputList(paths: paths, faults: &faults)
    let analyst = Analyst(
      knowledge: try KnowledgeBase(.embedded, rules: sources), configuration: Configuration(),
      options: Analysis.Options())
    let analysis = try await analyst.analyse(list)
    #expect(analysis.eventCount == 150)
    return analysis.findings.map { finding in
      "\(finding.signature.id) \(finding.pattern) \(finding.events.map { analysis.events[$0].citation.text.notation })"
    }
  }

  @Test("late records change no finding of any correlation", arguments: UInt64(1)...4)
  func late(seed: UInt64) async throws {
    var random = SeededNumbers(seed)
    let lines = Self.lines(&random)
    let inOrder = try await Self.findings([lines.map(\.text).joined()])
    let found = Set(inOrder.map { String($0.prefix { $0 != " " }) })
    // A correlation that finds nothing shows nothing.
    #expect(Self.correlations.indices.count { found.contains("z\($0)") } >= Self.correlations.count - 2, "\(found)")
    for _ in 0..<3 {
      let late = lines.map { (due: $0.time + Int.random(in: 0...Self.lateness, using: &random), text: $0.text) }
        .enumerated().sorted { ($0.element.due, $0.offset) < ($1.element.due, $1.offset) }.map(\.element.text)
      #expect(try await Self.findings([late.joined()]) == inOrder)
      // The same over two files, of which neither is in order.
      let parts = late.map { (isFirst: Bool.random(using: &random), text: $0) }
      let split = [true, false].map { side in parts.filter { $0.isFirst == side }.map(\.text).joined() }
      #expect(try await Self.findings(split) == inOrder)
    }
  }
}

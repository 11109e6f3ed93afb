import Decode
import Evidence
import Foundation
import Fuse
import Judge
import TestNumbers
import Testing
import Workbench

/// Many sources of which each was turned down a few times are told together, and the picture stays as it is.
struct CrowdTests {
  /// Requests of many sources over three days, with pauses within and between visits; some met more than a refusal.
  private func log(_ seed: UInt64, sources: Int = 90) -> [String] {
    var numbers = SeededNumbers(seed)
    var lines: [String] = []
    for source in 0..<sources {
      for _ in 0..<Int.random(in: 1...3, using: &numbers) {
        let start = Int.random(in: 0..<3 * 86_400 - 3000, using: &numbers)
        for _ in 0..<Int.random(in: 1...2, using: &numbers) {
          lines.append(record(start + Int.random(in: 0..<2400, using: &numbers), source, &numbers))
        }
      }
    }
    for second in stride(from: 60, to: 9 * 60, by: 50) { lines.append(refusal(second, "10.9.9.1", "dump()")) }
    lines.append(refusal(5000, "10.9.9.2", "dump()"))
    lines.append(stamp(86_390) + "marlin rpcbind: connect from 10.9.9.2 to dump()")
    lines.append(stamp(7000) + "milo inetd[77]: /usr/sbin/rpc.ttdbserverd[78]: exit signal 11")
    return lines
  }

  private func stamp(_ seconds: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "Dec \(27 + seconds / 86_400) \(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60)) "
  }

  private func refusal(_ second: Int, _ source: String, _ call: String) -> String {
    stamp(second) + "marlin rpcbind: refused connect from \(source) to \(call)"
  }

  private func record(_ second: Int, _ source: Int, _ numbers: inout SeededNumbers) -> String {
    let address = "10.7.\(source / 200).\(source % 200 + 1)"
    let host = ["marlin", "milo", "zappa"].randomElement(using: &numbers) ?? "milo"
    let pid = Int.random(in: 100..<900, using: &numbers)
    let call = ["dump()", "getport(nfs)", "getport(100099)", "callit(mountd)", "null()"].randomElement(using: &numbers)
    return stamp(second) + host + " "
      + [
        "rpcbind: refused connect from \(address) to \(call ?? "dump()")",
        "portmap[\(pid)]: connect from \(address) to \(call ?? "dump()"): request from unauthorized host",
        "portsentry[\(pid)]: attackalert: SYN/Normal scan from host: \(address)/\(address) to TCP port: 111",
        "portsentry[\(pid)]: attackalert: UDP scan from host: \(address)/\(address) to UDP port: 32770",
        "in.telnetd[\(pid)]: refused connect from \(address)",
      ][Int.random(in: 0..<5, using: &numbers)]
  }

  private func analysis(
    _ inputs: [[String]], singly: Int, window: WindowWidth = .day, configuration: String? = nil
  ) async throws -> Analysis {
    let scratch = try Scratch()
    let paths = try inputs.enumerated().map { number, lines in
      try scratch.write(lines.joined(separator: "\n") + "\n", "input\(number)")
    }
    return try await Analysing.run(paths, configuration: configuration) { options in
      options.crowd.singly = singly
      options.window = window
    }
  }

  /// What a span says, without an order that the incidents give.
  private func facts(_ span: Span) -> [String] {
    [
      span.label, "\(span.incidents)", "\(span.events)", "\(span.hostRecords)", "\(span.sources)", "\(span.targets)",
      "\(span.held ?? -1)", span.trend.rawValue,
    ] + span.patterns.sorted() + ["new"] + span.novel.sorted() + ["unexplained"] + span.unexplained.sorted()
  }

  @Test(
    "depth, breadth, spread, share held and condition of each day are those of the sources told singly",
    arguments: [UInt64](1...4))
  func samePicture(_ seed: UInt64) async throws {
    let lines = log(seed)
    let singly = try await analysis([lines], singly: .max)
    let crowded = try await analysis([lines], singly: 10)
    #expect(crowded.incidents.count * 4 < singly.incidents.count)
    #expect(singly.incidents.allSatisfy { $0.incident.crowd == nil })
    let (windows, expected) = (crowded.situation.windows, singly.situation.windows)
    #expect(windows.map { facts($0.span) } == expected.map { facts($0.span) })
    #expect(windows.map(\.call.condition) == expected.map(\.call.condition))
    #expect(
      crowded.situation.call.reasonsFor.filter { $0.hasPrefix("spread") }
        == singly.situation.call.reasonsFor.filter { $0.hasPrefix("spread") })
    #expect(
      crowded.situation.call.reasonsAgainst.filter { $0.hasPrefix("defences") }
        == singly.situation.call.reasonsAgainst.filter { $0.hasPrefix("defences") })
    #expect(crowded.incidents.map(\.incident).depth == singly.incidents.count)
  }

  @Test("so are hours and sites")
  func sameSpans() async throws {
    let lines = log(7)
    let configuration = """
      hosts:
        - {name: marlin, addresses: [192.0.2.1]}
        - {name: milo, addresses: [192.0.2.130]}
      sites:
        - {name: north, networks: [192.0.2.0/25]}
        - {name: south, networks: [192.0.2.128/25]}
      """
    let singly = try await analysis([lines], singly: .max, window: .hour, configuration: configuration)
    let crowded = try await analysis([lines], singly: 10, window: .hour, configuration: configuration)
    #expect(singly.spans.count > 20 && singly.sites.count == 3)
    #expect(crowded.spans.map(facts) == singly.spans.map(facts))
    #expect(crowded.sites.map(facts) == singly.sites.map(facts))
  }

  @Test("the picture of an earlier day counts those who had come by then")
  func earlier() async throws {
    let scratch = try Scratch()
    let path = try scratch.write(log(3).joined(separator: "\n") + "\n", "input")
    var found: [[[String]]] = []
    for singly in [Int.max, 10] {
      let analysis = try await Analysing.run([path], situationAt: "1999-12-28") { $0.crowd.singly = singly }
      found.append(analysis.situation.windows.map { facts($0.span) })
    }
    #expect(found[0].count == 2 && found[0] == found[1])
  }

  @Test("evidence cut at a day gives the windows and the condition of --situation-at", arguments: [27, 28, 29])
  func cutEvidence(_ last: Int) async throws {
    let lines = log(3)
    let early = lines.filter { line in (27...last).contains { line.hasPrefix("Dec \($0)") } }
    let scratch = try Scratch()
    let paths = [
      try scratch.write(lines.joined(separator: "\n") + "\n", "whole"),
      try scratch.write(early.joined(separator: "\n") + "\n", "early"),
    ]
    var told: [[String]] = []
    for path in paths {
      let analysis = try await Analysing.run([path], situationAt: "1999-12-\(last)") { $0.crowd.singly = 10 }
      #expect(analysis.incidents.contains { $0.incident.crowd != nil })
      let situation = analysis.situation
      told.append(
        situation.windows.flatMap { facts($0.span) + [$0.call.condition.rawValue] }
          + [situation.call.condition.rawValue]
          + situation.call.reasonsFor + ["|"] + situation.call.reasonsAgainst + ["|"] + situation.call.wouldChange)
    }
    #expect(told[0] == told[1])
  }

  @Test("the map of the page has a row for each crowd, and its figures count all of their sources")
  func onThePage() async throws {
    let lines = (0..<60).flatMap { source in
      [
        refusal(100 + source, "10.7.0.\(source)", "dump()"),
        stamp(4000 + source)
          + "marlin portsentry[7]: attackalert: SYN/Normal scan from host: 10.8.0.\(source)/10.8.0.\(source) to TCP port: 111",
      ]
    }
    let analysis = try await analysis([lines], singly: 10)
    #expect(analysis.incidents.count == 2 && analysis.incidents.allSatisfy { $0.incident.crowd?.sourceCount == 60 })
    let page = HTMLReport(analysis).rendered()
    #expect(page.components(separatedBy: "<th scope=\"row\">60 sources").count == 3)
    #expect(page.contains("<dd>60 of 120</dd>") && page.contains("<dd>120</dd>"))
    #expect(page.contains("told one by one they would be 120"))
  }

  @Test("a crowd's derivation names its first sources, and leads to all of its time")
  func explained() async throws {
    let lines = (0..<60).map { refusal(100 + 400 * $0, "10.7.0.\($0 + 1)", "dump()") }
    let analysis = try await analysis([lines], singly: 10)
    let judged = try #require(analysis.incidents.first)
    let (first, last) = (judged.incident.first.description, judged.incident.last.description)
    #expect(analysis.incidents.count == 1 && first < last)
    var report = ExplainReport(analysis, rank: 1, isColoured: false)
    let words = report.rendered().split { $0.isWhitespace }.joined(separator: " ")
    let sources = (1...16).map { "10.7.0.\($0)" }
    #expect(words.contains("the first 16 of 60 sources, by address: " + listed(sources, limit: 16)))
    #expect(!words.contains("10.7.0.17 ") && !words.contains("10.7.0.17,"))
    #expect(words.contains("for what was allowed between \(first) and \(last): a crowd can hide somebody"))
    #expect(words.contains("get a capture that covers \(first) to \(last) at marlin"))
    var text = TextReport(analysis, isColoured: false)
    #expect(text.rendered().contains("1 incident; told one by one they would be 60;"))
  }

  @Test("no order and no split of the records shows", arguments: [UInt64](1...4))
  func anyOrder(_ seed: UInt64) async throws {
    var numbers = SeededNumbers(seed)
    let lines = log(seed)
    let one = try await analysis([lines], singly: 10)
    let shuffled = lines.shuffled(using: &numbers)
    let cut = Int.random(in: 0...shuffled.count, using: &numbers)
    let other = try await analysis([Array(shuffled[..<cut]), Array(shuffled[cut...])], singly: 10)
    #expect(one.incidents.contains { $0.incident.crowd != nil })
    let difference = try one.json().withoutPlaces.difference(from: try other.json().withoutPlaces)
    #expect(difference == nil)
  }

  @Test("who did more, or got something, is told by himself")
  func apart() async throws {
    let analysis = try await analysis([log(5)], singly: 10)
    let named = Set(analysis.incidents.map(\.incident.source.notation))
    #expect(named.isSuperset(of: ["10.9.9.1", "10.9.9.2"]))
    let busy = analysis.incidents.first { $0.incident.source.notation == "10.9.9.1" }
    #expect(busy?.incident.eventCount == 10)
    let allowed = analysis.incidents.filter { $0.incident.source.notation == "10.9.9.2" }
    #expect(allowed.map(\.incident.outcome).sorted() == [.allowed, .refused])
    let rolls = analysis.incidents.compactMap(\.incident.crowd?.roll)
    #expect(!rolls.isEmpty && rolls.allSatisfy { !$0.sources.contains { $0.description.hasPrefix("10.9.9.") } })
    for judged in analysis.incidents where judged.incident.crowd != nil {
      #expect(!(judged.incident.crowd?.firstSources.contains { $0.notation.hasPrefix("10.9.9.") } ?? true))
      let words = try #require(judged.incident.crowd?.words)
      #expect(words.hasSuffix(" sources") && judged.incident.title.contains(": \(words) against "))
      let most = try #require(judged.incident.crowd?.roll.most)
      #expect(
        judged.incident.deductions.contains {
          $0.text.contains("In the whole evidence no source that is told so left more than \(most) record")
        })
      #expect(judged.incident.outcome.isHeld || judged.incident.outcome == .unknown)
    }
    // The crash of a host and what a crowd did there are two things.
    let crash = analysis.incidents.first { $0.incident.outcome == .crashed }
    #expect(crash?.incident.crowd == nil && crash?.incident.events.count == 1)
  }

  @Test("how wide the windows are changes no number and no incident")
  func anyWidth() async throws {
    var reports: [JSON] = []
    for width in WindowWidth.allCases {
      reports.append(try await analysis([log(8)], singly: 10, window: width).json())
    }
    #expect(reports[0]["counters"] != .null && reports.allSatisfy { $0["counters"] == reports[0]["counters"] })
    for report in reports {
      let difference = report["incidents"].withoutPlaces.difference(from: reports[0]["incidents"].withoutPlaces)
      #expect(difference == nil)
    }
  }

  @Test("who is in one record many times is told by himself, and rules that count by source find him")
  func repeatedRecords() async throws {
    let scratch = try Scratch()
    let rules = try scratch.write(
      """
      title: Dump
      id: dump
      detection:
        call: {event.action: rpc-call, rpc.procedure: dump}
        condition: call
      ---
      title: Many dumps
      id: many-dumps
      level: high
      correlation:
        type: event_count
        rules: [dump]
        group-by: [source.address]
        timespan: 1h
        condition: {gte: 100}
      """, "counting.yaml")
    // More than are told singly.
    var lines = (0..<1100).map { refusal($0, "10.7.\($0 / 200).\($0 % 200 + 1)", "dump()") }
    lines.append(
      stamp(1200) + "marlin rpcbind: message repeated 5000 times: [ refused connect from 10.9.9.3 to dump()]")
    lines.append(refusal(1300, "10.9.9.4", "dump()"))
    lines.append(stamp(1301) + "marlin last message repeated 999 times")
    let log = try scratch.write(lines.joined(separator: "\n") + "\n", "log")
    let report = try await Program.analyze(log, "--format", "json", "--rules", rules).json()
    let counts = report["incidents"].items.map {
      "\($0["source"]["address"].text ?? "") \($0["event_count"].number ?? 0)"
    }
    #expect(Set(counts) == [" 1100.0", "10.9.9.3 5000.0", "10.9.9.4 1000.0"], "\(counts)")
    let found = report["incidents"].items.filter { incident in
      incident["findings"].items.contains { $0["title"].text == "Many dumps" }
    }
    #expect(Set(found.compactMap { $0["source"]["address"].text }) == ["10.9.9.3", "10.9.9.4"])
  }

  @Test("that a defence blocked sources of a flood sets none apart, and their probes are held as if told one by one")
  func blocked() async throws {
    let lines = (0..<60).flatMap { number in
      let (head, address) = (stamp(number * 20) + "marlin portsentry[77]: attackalert: ", "10.7.0.\(number + 1)")
      let probe = head + "SYN/Normal scan from host: \(address)/\(address) to TCP port: 111"
      let response = head + "Host \(address) has been blocked via dropped route using command: \"route\""
      return number < 40 ? [probe, response] : [probe]
    }
    // What another host blocked, or long before, holds nothing here.
    let others = [
      stamp(1001) + "zappa portsentry[77]: attackalert: Host 10.7.0.51",
      "Dec 26 01:00:00 marlin portsentry[77]: attackalert: Host 10.7.0.52",
    ].map { $0 + " has been blocked via dropped route using command: \"route\"" }
    let crowded = try await analysis([lines + others], singly: 10)
    #expect(crowded.events.count { $0.action == .response } == 42)
    let incidents = crowded.incidents.map(\.incident).filter { $0.crowd != nil }
    #expect(incidents.count == 2 && incidents.count == crowded.incidents.count)
    let blocked = try #require(incidents.first { $0.outcome == .blocked })
    #expect(blocked.crowd?.sourceCount == 40 && blocked.eventCount == 40 && blocked.crowd?.roll.blocked == 42)
    #expect(blocked.deductions.contains { $0.text.contains("blocked 42 of the 60 sources") })
    #expect(incidents.first { $0.outcome == .unknown }?.crowd?.sourceCount == 20)
    let singly = try await analysis([lines], singly: .max)
    let (one, other) = (crowded.incidents.map(\.incident), singly.incidents.map(\.incident))
    #expect(one.heldDepth == other.heldDepth && one.depth == other.depth && one.heldDepth == 40)
    let severities = Set(singly.incidents.filter { $0.incident.outcome == .blocked }.map(\.severity.score))
    #expect(severities == Set(crowded.incidents.filter { $0.incident.outcome == .blocked }.map(\.severity.score)))
  }

  /// A firewall logs by address what daemons log by name.
  @Test("a service's failure is joined to who was there, by any name of its host", arguments: [true, false])
  func failureByName(_ isConfigured: Bool) async throws {
    let lines = (0..<60).map { number in
      stamp(number * 20) + "gate kernel: IN=eth0 OUT= SRC=10.7.0.\(number + 1) DST=192.0.2.1 LEN=60 TOS=0x00 PREC=0x00 "
        + "TTL=49 ID=5 DF PROTO=TCP SPT=40123 DPT=111 WINDOW=1024 RES=0x00 SYN URGP=0"
    }
    let crash = stamp(605) + "marlin inetd[77]: /usr/sbin/rpc.ttdbserverd[78]: exit signal 11"
    let configuration = isConfigured ? "hosts:\n  - {name: marlin, addresses: [192.0.2.1]}\n" : nil
    let analysis = try await analysis([lines + [crash]], singly: 10, configuration: configuration)
    // Of 600 and 580 s: the crash was at 605.
    let apart = Set(analysis.incidents.map(\.incident.source.notation)).filter { $0.hasPrefix("10.7.0.") }
    #expect(apart == (isConfigured ? ["10.7.0.30", "10.7.0.31"] : []))
    #expect(analysis.incidents.contains { $0.incident.crowd?.sourceCount == 60 - apart.count })
  }

  @Test("a service that fails again and again makes no crowd into incidents")
  func manyFailures() async throws {
    var lines: [String] = []
    for second in stride(from: 0, to: 6000, by: 2) {
      lines.append(refusal(second, "10.\(second / 400).7.\(second % 400 / 2 + 1)", "dump()"))
      guard second % 28 == 0 else { continue }
      lines.append(stamp(second + 1) + "marlin inetd[77]: /usr/sbin/rpc.ttdbserverd[78]: exit signal 11")
    }
    let analysis = try await analysis([lines], singly: 50)
    let apart = analysis.incidents.filter { $0.incident.crowd == nil && $0.incident.source != .unknown }
    #expect(apart.count == 50)
    #expect(analysis.incidents.compactMap(\.incident.crowd?.sourceCount) == [2950])
  }

  @Test("a source that a trace tells too is told by itself, and both views are paired")
  func onTheWire() async throws {
    let trace = ["1999-12-27 02:00:00.500000 IP 10.7.0.3.800 > 192.0.2.1.111: UDP, length 56"]
    let analysis = try await analysis(
      [log(6) + [refusal(7200, "10.7.0.3", "dump()")], trace], singly: 10,
      configuration: "hosts:\n  - {name: marlin, addresses: [192.0.2.1]}\n")
    let both = analysis.incidents.map(\.incident).filter { $0.views.count == 2 }
    #expect(both.map(\.source.notation) == ["10.7.0.3"] && both.first?.pairs.count == 1)
    #expect(analysis.incidents.contains { $0.incident.crowd != nil })
  }

  @Test("an incident of a crowd tells one kind of deed, and how often what was done")
  func oneDeed() async throws {
    let lines = log(2)
    let analysis = try await analysis([lines], singly: 10)
    let crowds = analysis.incidents.map(\.incident).filter { $0.crowd != nil }
    #expect(Set(crowds.compactMap { $0.lead?.signature.id }).count == crowds.count)
    let dumps = crowds.first { $0.patterns == ["portmapper dump"] }
    let told = analysis.incidents.map(\.incident).filter { $0.crowd == nil }.flatMap(\.events)
      .count { $0.rpc?.procedureName == "dump" }
    #expect(dumps?.eventCount == lines.count { $0.contains("dump()") } - told)
    #expect(dumps?.deductions.first?.text.contains("\(dumps?.eventCount ?? 0) dump()") ?? false)
  }

  @Test("an own host is never one of a crowd")
  func own() async throws {
    let analysis = try await analysis(
      [log(4)], singly: 10, configuration: "sites:\n  - {name: north, networks: [10.7.0.0/24]}\n")
    let own = analysis.incidents.filter { $0.incident.crowd != nil }
      .flatMap { $0.incident.crowd?.roll.sources ?? [] }
    #expect(own.allSatisfy { !$0.description.hasPrefix("10.7.0.") })
  }
}

import Decode
import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// One piece of the watch's evidence, and what must be said of it. The number is that of the piece in the article.
struct Case: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let check: @Sendable (Story) throws -> Void

  init(_ name: String, _ check: @escaping @Sendable (Story) throws -> Void) {
    testDescription = name
    self.check = check
  }

  /// What holds for the article and for the example in the repository.
  static let all = hostCases + traceCases + reportCases + wholeCases
}

// MARK: Host records

extension Case {
  static let hostCases = [
    Case("T1 portsentry: one probe, two responses, blocked afterwards") { story in
      let probe = try story.incident("172.20.20.1", "ext")
      #expect(probe.incident.outcome == .blocked)
      #expect(probe.incident.eventCount == 1)
      #expect(probe.incident.events.count { $0.action == .response } == 2)
      #expect(probe.incident.events.count { $0.action == .probe } == 1)
      #expect(probe.ports == ["tcp/111"])
      #expect(probe.incident.patterns == ["probe of tcp port 111"])
      probe.expect(.certain, "2 records", "defence", "not attack")
      probe.expect(.certain, "blocked means afterwards", "by this host", "arrived")
    },
    Case("T4 T5 T6 refused dumps are reconnaissance") { story in
      for (source, target, records) in [
        ("172.0.0.1", "zappa", 1), ("172.20.20.1", "milo", 1), ("172.20.20.3", "milo", 1),
      ] {
        let dump = try story.incident(source, target)
        #expect(dump.incident.stage == .reconnaissance)
        #expect(dump.incident.outcome == .refused)
        #expect(dump.hostRecords == records)
        #expect(dump.incident.patterns == ["portmapper dump"])
        dump.expect(.likely, "dump", "rpcinfo -p", "reconnaissance")
      }
      let marlin = try story.incident("172.20.20.1", "marlin", "zappa").incident.events
      #expect(marlin.count { $0.target.host == .name("marlin") && $0.outcome == .refused } == 3)
    },
    Case("T8 a direct probe of a Sun RPC port") { story in
      let probe = try story.incident("10.96.22.193", "scylla")
      #expect(probe.incident.outcome == .unknown)
      #expect(probe.ports == ["tcp/32772"])
      probe.expect(.likely, "32772", "Solaris", "without asking")
      probe.expect(.certain, #"M-^DM-^Z^D@^A@"#, "kept as written")
    },
    Case("T9 targeted look-ups, out of order, of one source") { story in
      let lookups = try story.incident("172.20.20.14", "192.168.3.5", "192.168.4.8", "nms1")
      #expect(lookups.hostRecords == 4)
      #expect(lookups.incident.events.map(\.time) == lookups.incident.events.map(\.time).sorted())
      #expect(Set(lookups.incident.patterns) == ["portmapper getport(1000)", "portmapper getport(100099)"])
      lookups.expect(.likely, "100099", "autofsd", "targeted")
      lookups.expect(.certain, "1000", "no registered")
      lookups.expect(.possible, "1000xx")
      lookups.expect(.likely, "exactly 5 s", "retry", "1 call rather than 2")
      lookups.expectNo([.certain, .likely, .possible], "clock skew")
    },
    Case("T11 two look-ups of 1000, five seconds apart") { story in
      let lookups = try story.incident("10.12.20.6", "marlin")
      #expect(lookups.hostRecords == 2)
      lookups.expect(.likely, "exactly 5 s", "retry", "1 call rather than 2")
      lookups.expectNo([.certain, .likely], "autofsd")
    },
    Case("T13 T15 two sources ask darkstar for 100099") { story in
      for (source, targets) in [("128.32.36.33", ["babble", "darkstar"]), ("128.8.176.40", ["darkstar", "locust"])] {
        let lookups = try story.incident(source, targets[0], targets[1])
        #expect(lookups.incident.outcome == .refused)
        lookups.expect(.likely, "100099", "autofsd", "targeted")
        lookups.expectNo(Confidence.allCases, "exactly 5 s")
      }
    },
    Case("T13 T14 local unset calls, and a record cut off") { story in
      let local = story.incidents.filter { $0.incident.source.isLocal }
      #expect(local.count == 2)
      let jeru = try #require(local.first { $0.incident.targets.map(\.host.notation) == ["jeru"] })
      let darkstar = try #require(local.first { $0.incident.targets.map(\.host.notation) == ["darkstar"] })
      for judged in local {
        #expect(judged.incident.outcome == .allowed)
        #expect(!judged.incident.events.contains { $0.action == .response })
        judged.expect(.certain, "local transport", "no network source", "nothing to block")
        judged.expect(.possible, "showmount -e")
        judged.expectNo([.certain], "showmount")
        judged.expect(.likely, "forwarded", "unlikely")
      }
      jeru.expect(.certain, "0x141E", "0x141F")
      jeru.expect(.likely, "0x1420", "blank")
      jeru.expect(.likely, "one process", "3 calls", "registers anew")
      darkstar.expect(.certain, "0xE6F5")
      #expect(darkstar.incident.events.count { $0.action == .incomplete } == 1)
      darkstar.expect(.certain, "cut off", "incomplete")
      darkstar.expect(.possible, "unset", "refused")
      #expect(story.analysis.oddities.count(of: .recordIncomplete) == 1)
    },
    Case("T15 T16 T18 garbled look-ups stay unexplained, and are no text from the wire") { story in
      let garbled = [
        try story.incident("172.20.20.1", "www"), try story.incident("172.20.20.3", "mail", "robot"),
        try story.incident("128.8.176.40", "darkstar", "locust"),
      ]
      for judged in garbled {
        #expect(judged.incident.stage == .unexplained)
        #expect(judged.incident.outcome == .refused)
        judged.expect(.likely, "did not come over the wire", "32-bit", "memory")
      }
      garbled[0].expect(.possible, "stale buffer", "SPARC")
      garbled[1].expect(.possible, "remnant", "overwritten")
      garbled[2].expect(.possible, "1000<", "100099", "within 9 s", "remnant")
      let empty = try story.incident("172.20.20.1", "dns1")
      #expect(empty.incident.stage == .unexplained)
      empty.expect(.possible, "program 0")
      let breadth = Set(story.analysis.situation.windows.flatMap(\.unexplained))
      for argument in ["", "^?>XH", "o^?ZX", "3000 |", "1000<"] {
        #expect(breadth.contains("portmapper getport(\(argument))"))
      }
      #expect(!breadth.contains("portmapper getport(1000)"))
    },
    Case("T16 dumps at two targets by one source") { story in
      let dumps = try story.incident("172.20.20.4", "mail-test", "printhost")
      #expect(dumps.incident.outcome == .refused)
      #expect(dumps.incident.stage == .reconnaissance)
      #expect(dumps.hostRecords == 2)
    },
    Case("T17 indirect calls to nsrstat, two attempts, by a schedule") { story in
      let calls = try story.incident("IP.32", "thumper")
      #expect(calls.incident.source == .name("IP.32"))
      #expect(calls.hostRecords == 4)
      #expect(calls.incident.outcome == .refused)
      #expect(calls.incident.patterns == ["portmapper callit(nsrstat)"])
      calls.expect(.certain, "nsrstat", "390109", "NetWorker")
      calls.expect(.likely, "2 attempts", "3 s", "25 min 25 s", "schedule")
      calls.expect(.possible, "harmless", "NetWorker client")
      calls.expect(.likely, "process id", "child")
    },
    Case("T19 an IRIX portmapper rejects GETPORT") { story in
      let call = try story.incident("10.208.120.9", "kestrel")
      #expect(call.incident.outcome == .rejected)
      call.expect(.certain, "procedure 3", "GETPORT", "GETADDR", "version", "which program was asked for is unknown")
    },
    Case("T20 the exploitation on paganini is the worst") { story in
      let attack = try story.incident("unknown", "paganini")
      #expect(story.rank(attack) == 1)
      #expect(attack.severity.score > story.incidents[1].severity.score)
      #expect(attack.incident.stage == .exploitation)
      #expect(attack.incident.outcome == .crashed)
      #expect(attack.incident.events.map(\.action) == [.daemonError, .crash, .stackExecution])
      #expect(attack.incident.last.timestamp.seconds(since: attack.incident.first.timestamp) == 10)
      #expect(attack.severity.lethality.value == 5)
      #expect(attack.severity.systemCountermeasures.why.hasAll(["Solaris 2.6", "non-executable"]))
      attack.expect(.certain, "ttdbserverd", "100083", "CVE-1999-0003")
      attack.expect(.likely, "2 tries", "3481", "3482")
      attack.expect(.likely, "non-executable", "stopped")
      attack.expect(.certain, "neither shown nor excluded")
      attack.expect(.certain, "no source")
      attack.expect(.certain, "SunOS 5.6", "Solaris 2.6", "sun4m")
    },
  ]
}

// MARK: Traces

extension Case {
  static let traceCases = [
    Case("T3 a tool's sweep; the dump's addresses are rewritten") { story in
      let sweep = try story.incident("192.168.42.6", "10.1.86.0", "10.1.86.1")
      #expect(!sweep.incident.isDated)
      #expect(sweep.networkPackets == 2)
      #expect(sweep.ports == ["tcp/111"])
      sweep.expect(.likely, "sweep", "0.34 ms", "1763/1764", "4282/4283", "tool")
      sweep.expect(.likely, "10.1.86.0", "network")
      sweep.expect(.certain, "different destinations", "16.1.86.0", "16.1.86.1")
      sweep.expect(.likely, "decimal", "hexadecimal")
      sweep.expect(.likely, "52790", "65535", "IP header", "TCP", "addresses were rewritten", "sanitised")
      sweep.expect(.possible, "32120", "22 times", "1460", "SACK", "time stamp", "Linux 2.2")
      sweep.expect(.possible, "17 hops")
      sweep.expect(.possible, "27 days", "100 Hz")
      sweep.expect(.certain, "54 of 60", "no error")
      #expect(story.analysis.oddities.count(of: .hexDisagrees) == 2)
      #expect(story.analysis.oddities.count(of: .packetTruncated) == 0)
    },
    Case("T7 one event in two views") { story in
      let dump = try story.incident("172.20.20.1", "marlin", "zappa")
      #expect(dump.incident.views == [.host, .network])
      #expect(dump.networkPackets == 10)
      #expect(dump.incident.outcome == .empty)
      #expect(dump.incident.isDated)
      try #require(dump.incident.pairs.count == 1)
      let pair = dump.incident.pairs[0]
      #expect(pair.offset == 0)
      #expect(abs(pair.bounds.lowerBound - -0.567136) < 1e-4)
      #expect(abs(pair.bounds.upperBound - 0.432864) < 1e-4)
      dump.expect(.likely, "no date", "pair")
      dump.expect(.certain, "handshake", "44 bytes", "32 answered", "closed in good order by the prober")
      dump.expect(.certain, "mark of 4", "call of 40", "without arguments", "EMPTY list", "nothing was disclosed")
      dump.expect(.likely, "856", "reserved", "root", "not excluded")
      dump.expect(.possible, "moved by 124", "4 of them", "busy")
      dump.expect(.possible, "zappa", "moved by 5", "quiet")
      #expect(dump.severity.score <= 0)
    },
    Case("T24 T25 T26 one visit: a UDP scan and a connect() scan") { story in
      let visits = story.incidents.filter {
        $0.incident.source == .name("waldo.edu") || $0.incident.source == .name("waldo.acu.edu")
      }
      try #require(visits.count == 1)
      let visit = visits[0]
      #expect(visit.networkPackets == 13)
      #expect(!visit.incident.isDated)
      #expect(visit.incident.targets.count == 1)
      #expect(visit.ports.isSuperset(of: ["tcp/32771", "tcp/32776", "udp/321", "udp/1600"]))
      #expect(visit.incident.events.count { $0.transport == .udp } == 7)
      visit.expect(.likely, "7 UDP", "empty", "47862", "nmap")
      visit.expect(.likely, "connect()", "32776 open and reached", "32771 closed")
      visit.expect(.likely, "connect()", "nothing of the tool")
      visit.expect(.likely, "sam.acu.edu", "sam.edu", "short")
      visit.expect(.likely, "one visit")
      visit.expectNo([.certain, .likely, .possible], "window 8192", "nmap")
    },
  ]
}

// MARK: Reports

extension Case {
  static let reportCases = [
    Case("T2 T10 tables of rpcinfo are exposure") { story in
      let rows = story.analysis.exposures.filter { $0.report == .rpcinfo }
      #expect(rows.count == 4)
      #expect(rows.count { $0.program == 100002 && $0.transport == .tcp && $0.port == 32772 } == 2)
      #expect(Set(rows.filter { $0.program == 100002 }.compactMap(\.version)) == [2, 3])
      #expect(rows.count { $0.program == 100024 && $0.transport == .udp && $0.port == 32772 && $0.version == 1 } == 1)
      let place = try #require(story.analysis.exposures.firstIndex { $0.program == 100099 })
      let autofs = story.analysis.exposures[place]
      #expect(autofs.transport == .local)
      #expect(autofs.port == nil)
      #expect(autofs.localAddress == "192.168.1.2.autofs")
      #expect(story.analysis.risks[place].hasAll(["not reachable from outside", "likely"]))
      #expect(zip(story.analysis.exposures, story.analysis.risks).allSatisfy { $0.report == .nmap || !$1.isEmpty })
    },
    Case("T4 T12 the scanner's script: six programs by name and reason") { story in
      var labels: [Bytes: UInt32] = [:]
      var dumps = 0
      for mention in story.analysis.mentions {
        switch mention.kind {
        case .program(let number, let label): labels[label] = number
        case .dumpCommand: dumps += 1
        }
      }
      #expect(
        labels == [
          "TOOLTALK": 100083, "STATUS": 100024, "AUTOFSD": 100099, "NISD": 100300, "MOUNTD": 100005, "PCNFSD": 150001,
        ])
      #expect(dumps >= 1)
      for number in labels.values { #expect(story.analysis.programs[number]?.risk.isEmpty == false) }
      try story.incident("128.32.36.33", "babble", "darkstar").expect(.likely, "scanner", "DUMP", "does not explain")
    },
    Case("T21 T22 two reports of nmap: one asset, 15 TCP and 6 UDP ports") { story in
      let rows = zip(story.analysis.exposures, story.analysis.risks).filter { $0.0.report == .nmap }
      #expect(Set(rows.map(\.0.host)) == ["sam.edu"])
      #expect(Set(rows.compactMap(\.0.address?.description)) == ["192.168.8.96"])
      #expect(
        Set(rows.filter { $0.0.transport == .tcp }.compactMap(\.0.port))
          == [21, 22, 25, 80, 111, 139, 389, 515, 554, 2049, 2766, 3306, 5050, 8080, 32776])
      #expect(
        Set(rows.filter { $0.0.transport == .udp }.compactMap(\.0.port)) == [111, 137, 138, 514, 2049, 32771])
      #expect(rows.count == 21)
      let guess = try #require(rows.first { $0.0.port == 32776 })
      #expect(guess.1.hasAll(["table", "not a service that was seen"]))
      for row in rows where row.0.transport == .udp { #expect(row.1.hasAll(["no answer"])) }
      let both = try #require(rows.first { $0.0.port == 32771 })
      #expect(both.1.hasAll(["closed by TCP", "no contradiction"]))
    },
  ]
}

// MARK: The whole

extension Case {
  static let wholeCases = [
    Case("counts: 40 host records, 25 packets, 20 to 30 incidents") { story in
      #expect(story.analysis.hostRecords == 40)
      #expect(story.analysis.packets == 25)
      #expect((20...30).contains(story.incidents.count))
      #expect(story.incidents.reduce(0) { $0 + $1.hostRecords } == 40)
      #expect(story.incidents.reduce(0) { $0 + $1.networkPackets } == 25)
    },
    Case("ranking: by score, then by outcome") { story in
      let keys = story.incidents.map { (-$0.severity.score, $0.incident.outcome, $0.incident.first) }
      #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 <= $1 })
      for held in story.incidents where held.incident.outcome.isHeld {
        for open in story.incidents where open.incident.outcome <= .answered {
          #expect(story.rank(open) < story.rank(held))
        }
      }
    },
    Case("host records by day, and days of no evidence") { story in
      let expected = [
        "1999-12-12": 4, "1999-12-26": 10, "1999-12-27": 7, "1999-12-28": 5, "1999-12-29": 2, "1999-12-30": 8,
        "1999-12-31": 2, "2000-01-01": 1, "2000-01-03": 1,
      ]
      let windows = story.analysis.situation.windows
      #expect(Dictionary(uniqueKeysWithValues: windows.map { ($0.day.description, $0.hostRecords) }) == expected)
      let gaps = story.analysis.situation.gaps.map { "\($0.lowerBound)...\($0.upperBound)" }
      #expect(gaps.contains("1999-12-13...1999-12-25"))
      let undated = story.incidents.filter { !$0.incident.isDated }
      #expect(undated.reduce(0) { $0 + $1.networkPackets } == 15)
      #expect(story.analysis.situation.undatedIncidents == undated.count)
      #expect(windows.map(\.incidents).reduce(0, +) == story.incidents.count - undated.count)
    },
    Case("waves: in time, by look-up, by source; and one question") { story in
      let waves = story.analysis.waves.map(\.deduction)
      func expect(_ confidence: Confidence, _ words: String..., location: SourceLocation = #_sourceLocation) {
        #expect(
          waves.contains { $0.confidence == confidence && $0.text.hasAll(words) && !$0.evidence.isEmpty }, "\(words)",
          sourceLocation: location)
      }
      expect(.possible, "3 sources", "5 targets", "1999-12-26T09:27", "09:29")
      expect(.certain, "100099", "5 records", "3 sources", "4 targets")
      expect(.certain, "1000 is asked", "4 records")
      expect(.likely, "9 records", "7 calls", "5 s")
      expect(.possible, "172.20.20.1 ", "dns1", "ext", "marlin", "milo", "www", "zappa", "4 days")
      expect(.possible, "question", "paganini", "172.20.20.1", "nothing", "links")
      let hard = waves.filter { $0.confidence != .possible && $0.text.hasAll(["paganini"]) }
      #expect(hard.isEmpty)
    },
    Case("the condition has reasons on both sides, every day") { story in
      for window in story.analysis.situation.windows {
        #expect(!window.call.reasonsFor.isEmpty)
        #expect(!window.call.reasonsAgainst.isEmpty)
        #expect(!window.call.wouldChange.isEmpty)
      }
      #expect(try story.window("1999-12-26").call.condition == .green)
      let last = try story.window("1999-12-31").call
      #expect((last.reasonsFor + last.reasonsAgainst).contains { $0.hasAll(["held"]) })
      #expect((last.reasonsFor + last.reasonsAgainst).contains { $0.hasAll(["paganini"]) })
      let before = try story.window("1999-12-26").call
      #expect(!(before.reasonsFor + before.reasonsAgainst).contains { $0.hasAll(["paganini"]) })
    },
    Case("no hypothesis is certain, and every conclusion has its evidence") { story in
      for judged in story.incidents {
        for deduction in judged.incident.deductions {
          #expect(!deduction.evidence.isEmpty, "\(deduction.text)")
          if deduction.text.hasAll(["may be"]) { #expect(deduction.confidence != .certain, "\(deduction.text)") }
        }
        for term in [judged.severity.lethality, judged.severity.criticality] { #expect(!term.why.isEmpty) }
      }
    },
  ]
}

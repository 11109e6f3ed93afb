import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// What the shipped rules make of calls on the wire: each rule of what it is about, and of what only looks like it.
struct CallRulesTests {
  private typealias Wire = WireCapture
  private typealias Call = WireCapture.Call
  /// 192.0.2.0/24 is ours, 198.51.100.0/24 is not: `foreign`.
  private static let configuration = "sites:\n  - name: s\n    networks: [192.0.2.0/24]\n"
  private static let own = 20
  private static let foreign = 260

  private static func incidents(_ capture: WireCapture) async throws -> [Incident] {
    let scratch = try Scratch()
    let file = try scratch.write(Data(capture.bytes), "wire.pcap")
    return try await Analysing.run([file], asOf: "2001-09-10", configuration: configuration).incidents.map(\.incident)
  }

  private static func rules(_ calls: [Call], from client: Int = foreign) async throws -> Set<String> {
    var capture = WireCapture()
    for (index, call) in calls.enumerated() { capture.udp(call, xid: UInt32(index + 1), from: client) }
    return Set(try await incidents(capture).flatMap(\.findings).map { String($0.signature.id.suffix(4)) })
  }

  private static let long = Wire.string(String(repeating: "A", count: 1500))
  private static let format = Wire.string("%8x%8x%8x%62716x%hn")
  private static let nops = Wire.opaque([UInt8](repeating: 0x90, count: 400) + Array("/bin/sh".utf8))
  private static func word(_ value: UInt32) -> [UInt8] { Wire.word(value) }
  private static let handle = Wire.opaque([UInt8](repeating: 7, count: 32))

  // MARK: One rule, one call

  struct Example: Sendable, CustomTestStringConvertible {
    var rule: String
    var call: WireCapture.Call
    var testDescription: String { "\(rule): \(call.program) \(call.procedure)" }
  }

  private static let attacks: [Example] = [
    Example(rule: "1d01", call: Call(program: 100_024, version: 1, procedure: 1, argument: format, port: 32_777)),
    Example(rule: "1d01", call: Call(program: 100_024, version: 1, procedure: 2, argument: long, port: 32_777)),
    Example(rule: "1d02", call: Call(program: 100_083, version: 1, procedure: 7, argument: nops, port: 32_775)),
    Example(
      rule: "1d03", call: Call(program: 100_068, version: 4, procedure: 21, argument: word(1) + nops, port: 32_775)),
    Example(rule: "1d04", call: Call(program: 100_232, version: 10, procedure: 1, argument: nops, port: 32_775)),
    Example(rule: "1d05", call: Call(program: 100_009, version: 1, procedure: 1, argument: long, port: 700)),
    Example(
      rule: "1d06", call: Call(program: 100_005, version: 1, procedure: 1, argument: long, results: nil, port: 635)),
    Example(
      rule: "1d07", call: Call(program: 100_011, version: 1, procedure: 1, argument: nops + word(0), port: 32_775)),
    Example(rule: "1d08", call: Call(program: 100_249, version: 1, procedure: 257, argument: nops, port: 32_775)),
    Example(rule: "1d09", call: Call(program: 100_235, version: 1, procedure: 5, argument: nops, port: 32_775)),
    Example(rule: "1d10", call: Call(program: 300_019, version: 1, procedure: 7, argument: long, port: 32_775)),
    Example(
      rule: "1d11",
      call: Call(
        program: 100_221, version: 1, procedure: 1003, argument: Wire.string("TT_DB/../../../../etc/passwd, and more"),
        port: 32_775)),
    Example(
      rule: "1d12",
      call: Call(
        program: 150_001, version: 1, procedure: 2, argument: Wire.string("h") + Wire.string("; /bin/id"), port: 900)),
    Example(
      rule: "1d13",
      call: Call(program: 100_028, version: 1, procedure: 1, argument: Wire.string("|touch /tmp/x"), port: 900)),
    Example(rule: "1d14", call: Call(program: 100_008, version: 1, procedure: 2, argument: format, port: 32_775)),
    Example(
      rule: "1d15",
      call: Call(
        program: 100_021, version: 4, procedure: 1, argument: word(0) + word(1) + long + word(0) + word(0), port: 4045)
    ),
    Example(rule: "1d16", call: Call(program: 100_017, version: 1, procedure: 1, argument: word(0), port: 900)),
    Example(rule: "1d17", call: Call(program: 100_300, version: 3, procedure: 5, argument: nops, port: 900)),
    Example(
      rule: "1d18", call: Call(program: 100_000, version: 4, procedure: 7, argument: word(1_000_000), results: nil)),
    Example(
      rule: "1d19", call: Call(program: 100_024, version: 1, procedure: 0, credential: Wire.sys(0x55de), port: 32_777)),
    Example(
      rule: "1d20", call: Call(program: 100_003, version: 3, procedure: 0, credential: Wire.sys(groups: 40), port: 2049)
    ),
    Example(
      rule: "1d23",
      call: Call(program: 100_232, version: 10, procedure: 1, credential: Wire.sys(user: 0), port: 32_775)),
    Example(
      rule: "1d24",
      call: Call(
        program: 100_000, version: 2, procedure: 5,
        argument: word(100_005) + word(1) + word(1) + Wire.opaque(Wire.string("/home")), results: nil)),
    Example(
      rule: "1e01",
      call: Call(
        program: 100_005, version: 3, procedure: 1, argument: Wire.string("/home"), results: word(0) + handle, port: 635
      )),
    Example(
      rule: "1e06",
      call: Call(
        program: 100_003, version: 3, procedure: 3, argument: handle + Wire.string("../../etc"), results: word(2),
        port: 2049)
    ),
    Example(
      rule: "1e07", call: Call(program: 100_005, version: 3, procedure: 1, argument: Wire.string("/a/../.."), port: 635)
    ),
    Example(
      rule: "1e08",
      call: Call(
        program: 100_024, version: 1, procedure: 2,
        argument: Wire.string("h") + Wire.string("me") + word(100_021)
          + word(1) + word(1) + [UInt8](repeating: 0, count: 16), port: 32_777)),
    Example(rule: "1e09", call: Call(program: 100_024, version: 1, procedure: 5, port: 32_777)),
    Example(
      rule: "1e10",
      call: Call(program: 100_021, version: 3, procedure: 23, argument: Wire.string("h") + word(1), port: 4045)),
    Example(
      rule: "1e11",
      call: Call(
        program: 100_004, version: 2, procedure: 8, argument: Wire.string("lab") + Wire.string("passwd.byname"),
        port: 900)),
    Example(
      rule: "1e12",
      call: Call(
        program: 100_026, version: 1, procedure: 1, argument: word(1) + word(1) + word(2) + word(3) + word(4), port: 900
      )),
    Example(rule: "1e13", call: Call(program: 100_002, version: 2, procedure: 2, port: 32_772)),
    Example(
      rule: "1e14", call: Call(program: 100_008, version: 1, procedure: 2, argument: Wire.string("hello"), port: 32_775)
    ),
  ]

  @Test("an attack is found as what it is", arguments: attacks) func attack(_ example: Example) async throws {
    let found = try await CallRulesTests.rules([example.call])
    #expect(found.contains(example.rule), "\(found.sorted())")
  }

  @Test("a title and a pattern stand once for each deed") func oneDeedOnePattern() async throws {
    for example in CallRulesTests.attacks {
      var capture = WireCapture()
      capture.udp(example.call, from: CallRulesTests.foreign)
      let patterns = try await CallRulesTests.incidents(capture).flatMap(\.patterns)
      // A credential is on a call, which is a deed of its own; so is the path of a mount, and the use of files.
      let limit = ["1d06", "1d19", "1d20", "1d23", "1d04", "1e06", "1e07"].contains(example.rule) ? 2 : 1
      #expect(patterns.count <= limit, "\(example.rule): \(patterns)")
    }
  }

  // MARK: What is ordinary

  /// A client of our own looks mountd up, mounts, and works.
  private static let everyday: [Call] = {
    let port = word(3) + word(17) + word(0)
    let name = handle + Wire.string("notes.txt")
    let sys = Wire.sys(name: "desk7", groups: 16)
    return [
      Call(program: 100_000, version: 2, procedure: 3, argument: word(100_005) + port, results: word(635)),
      Call(program: 100_000, version: 2, procedure: 3, argument: word(100_003) + port, results: word(2049)),
      Call(program: 100_005, version: 3, procedure: 0, port: 635),
      Call(
        program: 100_005, version: 3, procedure: 1, argument: Wire.string("/home"), credential: sys,
        results: word(0) + handle + word(0), port: 635),
      Call(program: 100_005, version: 3, procedure: 5, results: word(0), port: 635),
      Call(
        program: 100_003, version: 3, procedure: 19, argument: handle, credential: sys, results: word(0), port: 2049),
      Call(program: 100_003, version: 3, procedure: 3, argument: name, credential: sys, results: word(2), port: 2049),
      Call(
        program: 100_003, version: 3, procedure: 8, argument: name, credential: sys,
        results: word(0) + word(1) + handle, port: 2049),
      Call(
        program: 100_003, version: 3, procedure: 7,
        argument: handle + word(0) + word(0) + word(500) + word(2) + nops + long, credential: sys, results: word(0),
        port: 2049),
      Call(
        program: 100_003, version: 3, procedure: 1, argument: handle, credential: sys, results: word(70), port: 2049),
      Call(
        program: 100_021, version: 4, procedure: 2,
        argument: Wire.opaque([1]) + word(0) + word(1) + Wire.string("desk7") + handle + word(0)
          + [UInt8](repeating: 0, count: 20),
        credential: sys, results: Wire.opaque([1]) + word(0), port: 4045),
      Call(program: 100_024, version: 1, procedure: 6, argument: Wire.string("desk7") + word(9), port: 32_777),
      Call(
        program: 100_011, version: 1, procedure: 1, argument: Wire.string("/home") + word(1000), credential: sys,
        port: 875),
      Call(
        program: 100_004, version: 2, procedure: 3,
        argument: Wire.string("lab") + Wire.string("passwd.byuid") + Wire.string("7"), port: 900),
    ]
  }()

  @Test("an own client's work is no incident") func everydayWork() async throws {
    var calls = CallRulesTests.everyday
    // EXPORT and its kin with an empty list are a look at nothing, which is of concern as before.
    calls.removeAll { $0.program == 100_005 && $0.procedure == 5 }
    #expect(try await CallRulesTests.rules(calls, from: CallRulesTests.own).isEmpty)
  }

  @Test("no call of a client's work is an exploit, whoever makes it") func everydayIsNoExploit() async throws {
    var capture = WireCapture()
    for (index, call) in CallRulesTests.everyday.enumerated() {
      capture.udp(call, xid: UInt32(index + 1), from: CallRulesTests.foreign)
    }
    let found = try await CallRulesTests.incidents(capture)
    #expect(found.allSatisfy { $0.stage != .exploitation && $0.stage != .effect }, "\(found.map(\.title))")
    #expect(found.flatMap(\.findings).contains { $0.signature.id.hasSuffix("1e03") })
  }

  // MARK: Many calls

  @Test("the sequence of CVE-2017-3623 is found in its order only", arguments: [false, true])
  func sequence(_ isReversed: Bool) async throws {
    let calls = [
      Call(program: 100_000, version: 2, procedure: 4, results: CallRulesTests.word(0)),
      Call(program: 100_024, version: 1, procedure: 0, port: 32_777),
      Call(program: 100_024, version: 1, procedure: 0, credential: Wire.sys(0x55de, groups: 64), port: 32_777),
    ]
    let found = try await CallRulesTests.rules(isReversed ? calls.reversed() : calls)
    #expect(found.contains("1d19"))
    #expect(found.contains("1d22") == !isReversed)
  }

  @Test("large answers are amplification when they are many", arguments: [(19, false), (20, true)])
  func amplification(_ questions: Int, _ expected: Bool) async throws {
    let entry = [1, 100_003, 3, 17, 2049].flatMap { CallRulesTests.word($0) }
    let list = (0..<12).flatMap { _ in entry } + CallRulesTests.word(0)
    var capture = WireCapture()
    for number in 0..<questions {
      capture.udp(
        Call(program: 100_000, version: 2, procedure: 4, results: list), xid: UInt32(number),
        from: CallRulesTests.foreign,
        port: UInt16(2000 + number))
    }
    let incident = try #require(try await CallRulesTests.incidents(capture).first)
    #expect(incident.findings.contains { $0.signature.id.hasSuffix("1d26") } == expected)
    #expect(incident.deductions.contains { $0.text.contains("the source may be the victim") } == expected)
  }

  @Test("a reflector is not told as an exploited host, and its owner is told what helps")
  func reflector() async throws {
    let entry = [1, 100_003, 3, 17, 2049].flatMap { CallRulesTests.word($0) }
    let call = Call(
      program: 100_000, version: 2, procedure: 4,
      results: (0..<12).flatMap { _ in entry } + CallRulesTests.word(0))
    var capture = WireCapture()
    for number in 0..<60 { capture.udp(call, xid: UInt32(number), from: CallRulesTests.foreign, port: 80) }
    let scratch = try Scratch()
    let file = try scratch.write(Data(capture.bytes), "wire.pcap")
    let analysis = try await Analysing.run([file], asOf: "2001-09-10", configuration: CallRulesTests.configuration)
    let judged = try #require(analysis.incidents.first)
    #expect(judged.incident.stage == .access && judged.incident.title.contains("amplify"))
    let condition = analysis.situation.call.reasonsFor + analysis.situation.call.reasonsAgainst
    #expect(!condition.contains { $0.contains("signs of exploitation") })
    let steps = NextLook(judged, otherView: nil).steps
    #expect(steps[0].contains("filter UDP port 111") && steps[1].contains("owner of"))
    #expect(!steps.contains { $0.contains("core file") || $0.contains("new accounts") || $0.contains("may ask") })
  }

  @Test("a call that is sent again ends with its last sending, and packets that were not kept are counted")
  func retransmissions() async throws {
    var capture = WireCapture()
    let call = Call(program: 100_000, version: 2, procedure: 4, results: nil)
    for _ in 0..<20 {
      capture.udp(call, xid: 7, from: CallRulesTests.foreign)
      capture.wait(5000)
    }
    let scratch = try Scratch()
    let file = try scratch.write(Data(capture.bytes), "wire.pcap")
    let analysis = try await Analysing.run([file], asOf: "2001-09-10", configuration: CallRulesTests.configuration)
    let incident = try #require(analysis.incidents.first?.incident)
    #expect(analysis.incidents.count == 1 && incident.eventCount == 20)
    #expect(incident.last.timestamp.seconds(since: incident.first.timestamp) >= 95)
    let report = String(decoding: JSONReport(analysis).encoded(), as: UTF8.self)
    #expect(report.contains("\"evidence_omitted\": 4") || report.contains("\"evidence_omitted\":4"))
    // Those for people say it too.
    for report in Analysing.reports(analysis) {
      #expect(report.lowercased().contains("and 4 more packets, counted and not kept"), "\(report.prefix(20))")
    }
  }

  /// A call with a handle of its own: GETATTR of versions 2 and 3, and of version 4 with a new slot each time.
  private static func stale(_ version: UInt32, _ number: Int) -> Call {
    let name = word(UInt32(number)) + [UInt8](repeating: 7, count: 28)
    let sequence =
      word(53) + [UInt8](repeating: 1, count: 16) + word(UInt32.random(in: 1...1000)) + word(0) + word(0) + word(0)
    let argument =
      switch version {
      case 2: name
      case 3: Wire.opaque(name)
      default: Wire.string("") + word(1) + word(3) + sequence + word(22) + Wire.opaque(name) + word(10)
      }
    let results =
      version < 4 ? word(70) : word(70) + Wire.string("") + word(2) + word(53) + word(0) + word(22) + word(70)
    return Call(
      program: 100_003, version: version, procedure: 1, argument: argument, results: results, port: 2049)
  }

  @Test(
    "handles that are none are guessed when they are many", arguments: [2, 3, 4] as [UInt32], [(29, false), (30, true)])
  func guessedHandles(_ version: UInt32, _ some: (calls: Int, expected: Bool)) async throws {
    let calls = (0..<some.calls).map { CallRulesTests.stale(version, $0) }
    #expect(try await CallRulesTests.rules(calls).contains("1e05") == some.expected)
    // A client whose server has forgotten the file tries it again, and again.
    let same = (0..<some.calls * 2).map { _ in CallRulesTests.stale(version, 1) }
    let incident = try await CallRulesTests.rules(same)
    #expect(!incident.contains("1e05"))
  }

  @Test("refused mounts are of concern when they are of several exports", arguments: [1, 2, 3])
  func refusedMounts(_ exports: Int) async throws {
    let calls = (0..<12).map { number in
      Call(
        program: 100_005, version: 3, procedure: 1, argument: Wire.string("/export/\(number % exports)"),
        results: CallRulesTests.word(13), port: 635)
    }
    let found = try await CallRulesTests.rules(calls)
    #expect(found == (exports < 3 ? ["1e15"] : ["1e15", "1e16"]))
  }

  @Test("what a server did not give is held, and not told as given", arguments: [0, 2, 13, 30, 70] as [UInt32])
  func withheld(_ status: UInt32) async throws {
    var capture = WireCapture()
    for client in 1...3 {
      let read = Call(
        program: 100_003, version: 3, procedure: 6, argument: CallRulesTests.handle + CallRulesTests.word(0),
        results: CallRulesTests.word(status), port: 2049)
      capture.tcp(read, from: CallRulesTests.foreign + client)
    }
    let scratch = try Scratch()
    let file = try scratch.write(Data(capture.bytes), "wire.pcap")
    let analysis = try await Analysing.run([file], asOf: "2001-09-10", configuration: CallRulesTests.configuration)
    #expect(analysis.incidents.count == 3)
    for incident in analysis.incidents.map(\.incident) {
      #expect(incident.outcome.isHeld == (status != 0))
      #expect(!incident.title.contains("used") && !incident.patterns.contains { $0.contains("used") })
      #expect(incident.deductions.contains { $0.text.hasPrefix("nfs did not give or do") } == (status != 0))
    }
    #expect((analysis.situation.call.condition == .green) == (status != 0))
  }

  @Test("a client who finds some names and others not was given files") func someNames() async throws {
    let name = CallRulesTests.handle + Wire.string("notes.txt")
    var capture = WireCapture()
    for (number, status) in [2, 0, 2, 13, 0].enumerated() {
      let call = Call(
        program: 100_003, version: 3, procedure: 3, argument: name, results: CallRulesTests.word(UInt32(status)),
        port: 2049)
      capture.udp(call, xid: UInt32(number), from: CallRulesTests.foreign)
    }
    let incident = try #require(try await CallRulesTests.incidents(capture).first)
    #expect(incident.outcome == .answered && incident.findings.count == 1)
  }

  @Test(
    "an own client meets names that are not there and files of others all day", arguments: [2, 5, 13, 30, 70, 10_006])
  func ownWithheld(_ status: UInt32) async throws {
    let name = CallRulesTests.handle + Wire.string("notes.txt")
    let calls = (0..<5).map { _ in
      Call(
        program: 100_003, version: 3, procedure: 3, argument: name, results: CallRulesTests.word(status), port: 2049)
    }
    #expect(try await CallRulesTests.rules(calls, from: CallRulesTests.own).isEmpty)
  }

  // MARK: What is concluded

  private static func conclusions(_ capture: WireCapture) async throws -> [Deduction] {
    try await incidents(capture).flatMap(\.deductions)
  }

  @Test("a mount's answer is told") func handleGiven() async throws {
    for (results, words) in [
      (CallRulesTests.word(0) + CallRulesTests.handle, "gave the caller the file handle of /home"),
      (CallRulesTests.word(13), "did not give /home: MNT3ERR_ACCES"),
    ] {
      var capture = WireCapture()
      capture.tcp(
        Call(program: 100_005, version: 3, procedure: 1, argument: Wire.string("/home"), results: results, port: 635),
        from: CallRulesTests.foreign, fragment: 16)
      let found = try await CallRulesTests.conclusions(capture)
      #expect(found.contains { $0.text.contains(words) && $0.confidence == .certain }, "\(found.map(\.text))")
    }
  }

  @Test("an exploit without a reply, then a closed port: the service was gone") func serviceGone() async throws {
    let shot = Call(
      program: 100_083, version: 1, procedure: 7, argument: CallRulesTests.nops, results: nil, port: 32_775)
    for isClosed in [false, true] {
      var capture = WireCapture()
      capture.tcp(shot, from: CallRulesTests.foreign)
      if isClosed {
        capture.tcp(CallRulesTests.foreign, 701, 10, 32_775, flags: 2, 9000, 0)
        capture.tcp(10, 32_775, CallRulesTests.foreign, 701, flags: 0x14, 0, 9001)
      }
      let found = try await CallRulesTests.conclusions(capture)
      #expect(found.contains { $0.text.contains("the service was gone") } == isClosed, "\(found.map(\.text))")
      #expect(found.contains { $0.text.contains("a run of machine instructions") })
    }
  }

  @Test("a port that the portmapper told is named with the packet that told it") func toldPort() async throws {
    var capture = WireCapture()
    let port = CallRulesTests.word(100_024) + CallRulesTests.word(1) + CallRulesTests.word(6) + CallRulesTests.word(0)
    capture.udp(
      Call(program: 100_000, version: 2, procedure: 3, argument: port, results: CallRulesTests.word(40_321)),
      from: CallRulesTests.foreign)
    capture.tcp(
      Call(program: 100_024, version: 1, procedure: 1, argument: CallRulesTests.format, port: 40_321),
      from: CallRulesTests.foreign)
    let found = try await CallRulesTests.conclusions(capture)
    #expect(
      found.contains { $0.text.contains("The portmapper had told the caller that status listens at tcp port 40321") },
      "\(found.map(\.text))")
  }
}

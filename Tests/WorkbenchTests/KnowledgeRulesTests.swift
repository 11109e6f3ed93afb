import Evidence
import Fuse
import Judge
import Testing
import Workbench

/// What the shipped rules and formats make of lines, one wording at a time.
struct KnowledgeRulesTests {
  private static let portmapper = "Dec 28 16:00:00 h1 portmap[1]: "

  private static func incidents(_ text: String, configuration: String? = nil) async throws -> [Incident] {
    try await Analysing.run(text: text + "\n", configuration: configuration).incidents.map(\.incident)
  }

  @Test(
    "a refused call is an incident, whatever its procedure",
    arguments: [
      "dump()", "getport(nfs)", "getversaddr(nfs)", "callit(nfs)", "bcast(rusersd)", "set(nfs)", "null()", "gettime()",
      "pmap-9()", "rpcb-7()", "getstat()", "uaddr2taddr()", "foo(nfs)",
    ])
  func refusedCall(_ call: String) async throws {
    let found = try await KnowledgeRulesTests.incidents(
      KnowledgeRulesTests.portmapper + "refused connect from 10.1.1.1 to \(call)")
    #expect(found.count == 1)
    // One deed, one pattern: a catch-all that also takes the named ones would count it twice.
    #expect(found.first?.patterns.count == 1, "\(found.first?.patterns ?? [])")
    #expect(found.first?.outcome == .refused)
  }

  @Test("a rejected call is an incident, by number too", arguments: ["100000 proc 5", "100005 proc 1", "7 proc 99"])
  func rejectedNumber(_ call: String) async throws {
    let found = try await KnowledgeRulesTests.incidents(
      KnowledgeRulesTests.portmapper + "rejected prog \(call) call from 10.1.1.1")
    #expect(found.map(\.outcome) == [.rejected])
    #expect(found.first?.patterns.count == 1)
  }

  @Test("a call that the host itself made is none", arguments: ["gettime()", "getstat()", "foo(nfs)"])
  func ownCall(_ call: String) async throws {
    let line = KnowledgeRulesTests.portmapper + "refused connect from 127.0.0.1 to \(call)"
    #expect(try await KnowledgeRulesTests.incidents(line).isEmpty)
  }

  private static let site = "sites:\n  - name: s\n    networks: [10.0.0.0/24]\n"

  @Test("what an own client may do is no incident; a changed table is one", arguments: ["callit(rusersd)", "dump()"])
  func ownClient(_ call: String) async throws {
    func count(_ call: String, _ configuration: String?) async throws -> Int {
      let line = KnowledgeRulesTests.portmapper + "connect from 10.0.0.5 to \(call)"
      return try await KnowledgeRulesTests.incidents(line, configuration: configuration).count
    }
    #expect(try await count(call, KnowledgeRulesTests.site) == 0)
    #expect(try await count(call, nil) == 1)
    #expect(try await count("unset(nfs)", KnowledgeRulesTests.site) == 1)
  }

  @Test(
    "an allowed look-up of what NFS needs has the lowest lethality, and another has not",
    arguments: [("nfs", 1), ("mountd", 1), ("nlockmgr", 1), ("100024", 1), ("rquotad", 1), ("ttdbserverd", 2)])
  func everydayLookup(_ program: String, _ lethality: Int) async throws {
    let line = KnowledgeRulesTests.portmapper + "connect from 10.0.0.5 to getport(\(program))"
    let found = try await KnowledgeRulesTests.incidents(line)
    #expect(found.first?.findings.map(\.signature.lethality) == [lethality])
    let refused = try await KnowledgeRulesTests.incidents(line + ": request from unauthorized host")
    #expect(refused.first?.findings.map(\.signature.lethality) == [2])
  }

  private static let defence = "Dec 28 16:00:00 h1 portsentry[1]: attackalert: "

  @Test("a probe that a host reports is one finding at any port", arguments: [23, 111, 635, 2049, 32771, 32781])
  func reportedProbe(_ port: Int) async throws {
    let found = try await KnowledgeRulesTests.incidents(
      KnowledgeRulesTests.defence + "Connect from host: 10.1.1.1/10.1.1.1 to TCP port: \(port)")
    #expect(found.map(\.patterns.count) == [1])
  }

  @Test("a response belongs to its probe, and is no incident without one")
  func response() async throws {
    let blocked =
      KnowledgeRulesTests.defence + #"Host 10.1.1.1 has been blocked via wrappers with string: "ALL: 10.1.1.1""#
    let alone = try await Analysing.run(text: blocked + "\n")
    #expect(alone.incidents.isEmpty)
    #expect(alone.eventCount == 1)
    let probe = KnowledgeRulesTests.defence + "Connect from host: 10.1.1.1/10.1.1.1 to TCP port: 23\n"
    let both = try await KnowledgeRulesTests.incidents(probe + blocked)
    #expect(both.map(\.outcome) == [.blocked])
  }

  @Test(
    "a sweep takes two hosts at an RPC port and five at another",
    arguments: [(111, 1, false), (111, 2, true), (635, 2, true), (32775, 2, true), (443, 4, false), (443, 5, true)])
  func sweep(_ port: Int, _ hosts: Int, _ expected: Bool) async throws {
    let trace = (1...hosts).map { host in
      "2000-01-01 15:00:0\(host).110000 IP 10.0.0.9.40003 > 10.1.0.\(host).\(port): Flags [S], seq 1, win 64240, "
        + "options [mss 1460], length 0\n"
    }
    let found = try await KnowledgeRulesTests.incidents(trace.joined())
    #expect(found.contains { $0.patterns.contains("sweep of tcp port \(port)") } == expected)
  }

  @Test(
    "a crash of an RPC server is found as Linux writes it",
    arguments: [
      "kernel: rpc.mountd[812]: segfault at 0 ip 1 sp 2 error 4 in libc.so.6",
      "kernel: [12345.678901] rpc.mountd[812]: segfault at 0 ip 1 sp 2 error 4 in libc.so.6",
      "kernel: [    1.000001] traps: rpc.mountd[4] general protection ip:1 sp:2 error:0 in libc.so.6",
      "kernel: traps: rpc.mountd[4] trap invalid opcode ip:1 sp:2 error:0 in rpc.mountd",
      "systemd[1]: nfs-mountd.service: Main process exited, code=killed, status=11/SEGV",
      "systemd[1]: nfs-mountd.service: Main process exited, code=dumped, status=6/ABRT",
    ])
  func crash(_ message: String) async throws {
    let found = try await KnowledgeRulesTests.incidents("Dec 28 16:00:00 h1 " + message)
    #expect(found.map(\.outcome) == [.crashed])
    #expect(found.map(\.stage) == [.effect])
  }

  @Test(
    "what looks like a crash of an RPC server and is none",
    arguments: [
      "kernel: [12345.678901] firefox[812]: segfault at 0 ip 1 sp 2 error 4 in libc.so.6",
      "kernel: [12345.] rpc.mountd[812]: segfault at 0", "kernel: [", "kernel: [1", "kernel: [1.2", "kernel: [1.2]",
      "kernel: [99999999999999999999.1] rpc.mountd[812]: segfault at 0",
      "systemd[1]: rpcbind.service: Main process exited, code=exited, status=1/FAILURE",
      "systemd[1]: rpcbind.service: Main process exited, code=killed, status=15/TERM",
      "systemd[1]: cron.service: Main process exited, code=killed, status=11/SEGV",
    ])
  func noCrash(_ message: String) async throws {
    #expect(try await KnowledgeRulesTests.incidents("Dec 28 16:00:00 h1 " + message).isEmpty)
  }

  @Test(
    "a name that statd cannot look up is an incident only if it is an exploit's text",
    arguments: [
      ("client7.example.org", false), ("192.0.2.7", false), ("2001:db8::7", false), ("a_b-c", false),
      ("^X^X^Y%8x%8x%62716x%hn", true), ("%n%n", true), ("\u{18}\u{18}%8x", true), ("%x%x%x", true),
      ("^X\u{f7}\u{ff}\u{bf}^X\u{f7}\u{ff}\u{bf}bffff750", true), ("a b", false), ("(null)", false),
      ("fe80::1%net0", false), ("M\u{fc}ller's box!", false), ("host, who=\"x\"", false),
    ])
  func hostName(_ name: String, _ expected: Bool) async throws {
    let found = try await KnowledgeRulesTests.incidents(
      "Dec 28 16:00:00 h1 rpc.statd[33]: gethostbyname error for \(name)")
    #expect(found.map(\.stage) == (expected ? [.exploitation] : []))
  }
}

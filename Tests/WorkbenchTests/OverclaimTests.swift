import Evidence
import Fuse
import Judge
import Testing
import Workbench

/// What was once said without evidence, and may not be said again.
struct OverclaimTests {
  private static let passed =
    "Jan  5 10:00:00 gw pf: 00:00:01.1 rule 5/0(match): pass in on em0: 192.0.2.66.1024 > 198.51.100.7.111: S 1:1(0) win 16384\n"
  private static let dropped = passed.replacing("pass in", with: "block in")

  @Test("that a packet filter passed a packet shows neither that it arrived nor that anybody answered")
  func passing() async throws {
    let judged = try #require(try await Analysing.run(text: Self.passed).incidents.first)
    #expect(judged.incident.outcome == .unknown && judged.incident.disclosed.isEmpty)
    #expect(judged.severity.systemCountermeasures.assumed && judged.severity.networkCountermeasures.assumed)
  }

  @Test("a deed that was refused stays so where its source was allowed another")
  func refusedBesideAllowed() async throws {
    let set = "Jun  1 10:08:10 gw rpcbind[542]: connect from 203.0.113.14 to set(100005): request from non-local host\n"
    let dump = "Jun  1 10:08:20 gw rpcbind[542]: connect from 203.0.113.14 to dump()\n"
    let scores = try await [set, dump].severities()
    let both = try #require(try await Analysing.run(text: set + dump).incidents.first)
    #expect(both.incident.outcome == .allowed && both.severity.score == scores.max())
    #expect(both.severity.lethality.value == 2 && both.severity.systemCountermeasures.why.contains("let in"))
    let change = try #require(both.incident.findings.first { $0.signature.stage == .access })
    #expect(both.incident.outcome(of: change) == .refused)
  }

  @Test("that nothing was disclosed is not said where an attacker was told what every client asks for")
  func everyday() async throws {
    let set = "Jun  1 10:08:10 gw rpcbind[542]: connect from 203.0.113.14 to set(100005): request from non-local host\n"
    let look = "Jun  1 10:08:20 gw rpcbind[542]: connect from 203.0.113.14 to getport/addr(nfs)\n"
    func words(_ text: String) async throws -> [String] {
      try await Analysing.run(text: text, asOf: "2000-06-02").situation.call.reasonsFor.filter {
        $0.contains("disclosed")
      }
    }
    let (alone, both) = (try await words(set), try await words(set + look))
    #expect(alone.count == 1 && both.count == 1)
    #expect(!alone[0].contains("every client") && both[0].hasSuffix("but for what every client asks for"))
  }

  @Test("that a packet filter dropped a packet is the network's merit, and blocked no source")
  func dropping() async throws {
    let judged = try #require(try await Analysing.run(text: Self.dropped).incidents.first)
    #expect(judged.incident.outcome == .blocked && judged.severity.systemCountermeasures.assumed)
    #expect(judged.severity.networkCountermeasures.value == 4)
    #expect(judged.severity.networkCountermeasures.why.contains("dropped"))
    // What the target's own log tells did arrive.
    let refusal = "Jan  5 10:00:09 198.51.100.7 rpcbind: refused connect from 192.0.2.66 to dump()\n"
    let both = Self.dropped + refusal
    let arrived = try #require(try await Analysing.run(text: both).incidents.first)
    #expect(arrived.severity.networkCountermeasures.why == "it reached the host")
  }

  private static func filtered(_ flags: String) -> String {
    "Jan  5 10:00:00 gw kernel: IN=eth0 OUT= SRC=192.0.2.66 DST=198.51.100.7 LEN=84 TTL=49 ID=5 DF PROTO=TCP "
      + "SPT=875 DPT=2049 WINDOW=501 RES=0x00 \(flags) URGP=0 \n"
  }

  @Test(
    "a packet in the middle of a connection that a packet filter logged is called no probe",
    arguments: [("ACK", true), ("ACK PSH", true), ("ACK FIN", true), ("ACK SYN", true), ("RST", true), ("SYN", false)])
  func midConnection(flags: String, isMid: Bool) async throws {
    let judged = try #require(try await Analysing.run(text: Self.filtered(flags)).incidents.first)
    #expect(judged.incident.title.lowercased().contains("probe") != isMid, "\(judged.incident.title)")
    #expect(judged.incident.title.contains("opens no connection") == isMid)
    #expect(judged.incident.outcome == .unknown && judged.incident.disclosed.isEmpty)
    #expect(judged.severity.systemCountermeasures.assumed && judged.severity.networkCountermeasures.assumed)
  }

  @Test("what a service sends back to a client is no probe of the client's port")
  func reply() async throws {
    let text =
      "Jan  5 10:00:00 gw kernel: drop: IN=eth0 OUT= SRC=192.0.2.53 DST=198.51.100.7 LEN=120 TTL=49 ID=5 PROTO=UDP "
      + "SPT=53 DPT=32771 LEN=100\n"
    #expect(try await Analysing.run(text: text).incidents.isEmpty)
  }

  @Test("an exploit that a daemon logged is not called no exploitation, whatever came of it")
  func exploit() async throws {
    let name = #"^X%8x%hn%hn\220\220\220\220\220\220"#
    let text = "Jan  5 10:00:00 marlin rpc.statd[99]: gethostbyname error for \(name)\n"
    let analysis = try await Analysing.run(text: text)
    try #require(analysis.incidents.first?.incident.stage == .exploitation)
    let call = analysis.situation.call
    #expect(!call.reasonsAgainst.contains { $0.contains("no exploitation") })
    #expect(call.reasonsFor.contains { $0.contains("not shown to be contained") })
  }

  @Test("an answered look-up does not make a refused mount one that was let in")
  func refusedMount() async throws {
    let text = """
      Jan  5 10:00:00 marlin rpcbind[5]: connect from 192.0.2.66 to getport/addr(mountd)
      Jan  5 10:00:01 marlin rpc.mountd[60]: refused mount request from 192.0.2.66 for /srv (/srv): unmatched host

      """
    let judged = try #require(try await Analysing.run(text: text).incidents.first)
    #expect(judged.incident.events.count == 2 && judged.incident.outcome == .refused)
    #expect(judged.severity.systemCountermeasures.value == 4)
  }
}

extension [String] {
  /// The severity of the one incident that each text tells.
  fileprivate func severities() async throws -> [Int] {
    var scores: [Int] = []
    for text in self { scores.append(try #require(try await Analysing.run(text: text).incidents.first).severity.score) }
    return scores
  }
}

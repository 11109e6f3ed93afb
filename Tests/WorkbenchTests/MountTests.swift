import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// Mounts as the wire and mountd's own log have them.
struct MountTests {
  private typealias Wire = WireCapture
  private static let sites = "sites:\n  - name: s\n    networks: [192.0.2.0/24]\n"

  /// What mountd logs, `seconds` after the first packet of a ``WireCapture``.
  private static func granted(to source: String, after seconds: Double = 0) -> String {
    let milliseconds = String(1000 + Int(seconds.truncatingRemainder(dividingBy: 1) * 1000)).dropFirst()
    return
      "2001-09-09T01:46:\(40 + Int(seconds)).\(milliseconds)+00:00 nas rpc.mountd[812]: authenticated mount request "
      + "from \(source):700 for /home (/home)\n"
  }
  private static func refusedDump(by source: String) -> String {
    "2001-09-09T01:46:50.000+00:00 nas rpcbind[7]: connect from \(source) to dump(): request from unauthorized host\n"
  }

  /// A client asks where mountd is, and mounts.
  private static func mount(_ capture: inout WireCapture, client: Int) {
    let place = [100_005, 3, 17, 0].flatMap { Wire.word($0) }
    capture.udp(
      Wire.Call(program: 100_000, version: 2, procedure: 3, argument: place, results: Wire.word(635)),
      xid: 1, from: client)
    let handle = Wire.opaque([UInt8](repeating: 7, count: 32))
    capture.udp(
      Wire.Call(
        program: 100_005, version: 3, procedure: 1, argument: Wire.string("/home"),
        results: Wire.word(0) + handle + Wire.word(0), port: 635),
      xid: 2, from: client)
  }

  private static func analysis(_ capture: WireCapture, log: String = "") async throws -> Analysis {
    let scratch = try Scratch()
    var files = [try scratch.write(Data(capture.bytes), "wire.pcap")]
    if !log.isEmpty { files.append(try scratch.write(log, "hosts.log")) }
    return try await Analysing.run(files, asOf: "2001-09-10")
  }

  @Test("a mount that the host logged is seen by both views, also where the log begins with it")
  func bothViews() async throws {
    var capture = WireCapture()
    var log = ""
    for client in 20...22 {
      Self.mount(&capture, client: client)
      // The mount is the third packet of four, which are a millisecond apart.
      log += Self.granted(to: "192.0.2.\(client)", after: Double(client - 20) * 2.004 + 0.003)
      capture.wait(2000)
    }
    let analysis = try await Self.analysis(capture, log: log)
    #expect(analysis.incidents.count == 3)
    for incident in analysis.incidents.map(\.incident) {
      #expect(incident.views == [.host, .network] && incident.pairs.count == 1, "\(incident.source.notation)")
      #expect(incident.otherView(analysis.coverage) == nil)
      // The wire shows what the log does not tell.
      #expect(!incident.disclosed.contains { $0.contains("not shown") })
      #expect(incident.disclosed.contains { $0.contains("file handle of /home") })
      // What was done says what was mounted.
      #expect(
        incident.patterns.contains("mount asked for: /home")
          && !incident.patterns.contains { $0.hasPrefix("mount that") })
    }
  }

  @Test("an outsider's mount that the host alone logged was allowed", arguments: [nil, sites])
  func outsider(configuration: String?) async throws {
    for text in ["", Self.refusedDump(by: "203.0.113.20")] {
      let analysis = try await Analysing.run(
        text: Self.granted(to: "203.0.113.20") + text, asOf: "2001-09-10", configuration: configuration)
      let judged = try #require(analysis.incidents.first)
      #expect(analysis.incidents.count == 1 && judged.incident.outcome == .allowed)
      #expect(judged.severity.score >= 4 && judged.incident.findings.contains { $0.signature.level == "medium" })
      #expect(judged.incident.disclosed.contains { $0.contains("mountd allowed the mount of /home") })
    }
  }

  @Test("a mount by an own client is nothing above low in its host's log")
  func ownClient() async throws {
    let named = try await Analysing.run(
      text: Self.granted(to: "192.0.2.20"), asOf: "2001-09-10", configuration: Self.sites)
    #expect(named.incidents.isEmpty && named.findings.map(\.signature.level) == ["low"])
    let unnamed = try await Analysing.run(text: Self.granted(to: "192.168.1.20"), asOf: "2001-09-10")
    #expect(unnamed.findings.map(\.signature.level) == ["informational"])
    // Nothing tells whose it is: it is called neither own nor an attack.
    let judged = try #require(unnamed.incidents.first)
    #expect(!judged.incident.title.contains("own") && judged.severity.lethality.value == 1)
    #expect(unnamed.situation.call.reasonsFor.contains { $0.hasPrefix("no attack") })
    // A private address that is none of the site's is an outsider's.
    let other = try await Analysing.run(
      text: Self.granted(to: "192.168.1.20"), asOf: "2001-09-10", configuration: Self.sites)
    #expect(other.findings.map(\.signature.level) == ["medium"])
  }

  @Test("each deduction cites the packets that carry it, as tcpdump would print them")
  func citations() async throws {
    var capture = WireCapture()
    Self.mount(&capture, client: 20)
    let first = 5
    capture.tcp(Wire.Call(program: 100_005, version: 3, procedure: 5, results: Wire.word(0), port: 635), from: 20)
    let deductions = try await Self.analysis(capture).incidents.flatMap(\.incident.deductions)
    let told = deductions.filter { $0.text.contains("had told the caller") }
    #expect(!told.isEmpty)
    for citation in deductions.flatMap(\.evidence) { #expect(citation.text.notation.contains(" > ")) }
    let marks = deductions.filter { $0.text.hasPrefix("The SYN's marks") || $0.text.hasPrefix("TTL") }
    #expect(!marks.isEmpty)
    for deduction in marks {
      #expect(deduction.evidence.map(\.provenance.place) == [.frame(first)], "\(deduction.text)")
      #expect(deduction.evidence.allSatisfy { $0.text.notation.contains("tcp S,") })
    }
  }
}

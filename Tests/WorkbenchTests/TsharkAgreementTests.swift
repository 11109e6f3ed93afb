import Foundation
import Testing
import Workbench

/// Calls and replies by program, version and procedure, counted by us and by tshark.
///
/// Where the two differ, and why:
/// - tshark takes a stream for RPC when the first fragment of a record has the header of a call and, at a port that it
///   does not know yet, when that is all of the record. Others are not seen by it, and are counted by us; so the fragments
///   here have 64 bytes, and a port's first call comes in one.
/// - tshark passes over programs that it has no dissector for, such as nmap's 12345678 and, on ports that it does not know,
///   rusersd. They are listed below, and are counted by us.
/// - tshark dissects the call that an ICMP error quotes, which is none; the filter leaves those out.
/// - A reply without its call has no program in tshark, and is not counted by us either.
/// - A reply over UDP that comes from another address than was asked is counted by both, if its port is the service's. From
///   another port we count only what answers a call that was sent to everybody, and tshark nothing.
/// - Both count a retransmission as another call.
struct TsharkAgreementTests {
  private static let tshark = "/usr/bin/tshark"
  private static let isHere = FileManager.default.isExecutableFile(atPath: tshark)

  private struct Row: Hashable, Comparable, CustomStringConvertible {
    var program: Int
    var version: Int
    var procedure: Int
    static func < (left: Row, right: Row) -> Bool {
      (left.program, left.version, left.procedure) < (right.program, right.version, right.procedure)
    }
    var description: String { "\(program) v\(version) procedure \(procedure)" }
  }
  private struct Count: Equatable {
    var calls = 0
    var replies = 0
  }

  private static func ours(_ capture: String) async throws -> [Row: Count] {
    let report = try await Analysing.run([capture], asOf: "2026-11-23").json()
    var counts: [Row: Count] = [:]
    for row in report["rpc"].items {
      func number(_ key: String) -> Int { Int(row[key].number ?? -1) }
      let place = Row(program: number("program"), version: number("version"), procedure: number("procedure"))
      counts[place] = Count(calls: number("calls"), replies: number("replies"))
    }
    return counts
  }

  /// One line a frame; a frame with several messages lists the values of each field with commas.
  private static func theirs(_ capture: String) async throws -> [Row: Count] {
    let fields = ["rpc.msgtyp", "rpc.program", "rpc.programversion", "rpc.procedure"]
    let result = try await Program.run(
      ["-r", capture, "-Y", "rpc && !icmp && !icmpv6", "-T", "fields", "-E", "aggregator=,"]
        + fields.flatMap { ["-e", $0] }, executable: tshark)
    try #require(result.status == 0, "\(result.errorText)")
    var counts: [Row: Count] = [:]
    for line in result.outputText.split(separator: "\n") {
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map {
        $0.split(separator: ",").compactMap { Int($0) }
      }
      guard columns.count == 4, columns[1].count == columns[0].count else { continue }
      for (index, type) in columns[0].enumerated() {
        let row = Row(program: columns[1][index], version: columns[2][index], procedure: columns[3][index])
        if type == 0 { counts[row, default: Count()].calls += 1 } else { counts[row, default: Count()].replies += 1 }
      }
    }
    return counts
  }

  /// Programs without a dissector in tshark.
  private static let unknown: Set = [100_002, 100_083, 12_345_678]

  private static func compare(_ capture: String) async throws {
    let (one, other) = (try await ours(capture), try await theirs(capture))
    #expect(!other.isEmpty, "tshark finds no RPC in \(capture)")
    for row in Set(one.keys).union(other.keys).sorted() {
      if unknown.contains(row.program), other[row] == nil { continue }
      #expect(one[row] == other[row], "\(row) in \(capture)")
    }
  }

  @Test("the recorded captures", .enabled(if: isHere, "needs tshark")) func examples() async throws {
    let folder = Repository.root + "/Examples/"
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder)
    let captures = files.filter { $0.contains(".pcap") }.sorted().map { folder + $0 }
    #expect(!captures.isEmpty)
    for capture in captures { try await Self.compare(capture) }
  }

  private typealias Call = WireCapture.Call
  private static func word(_ value: UInt32) -> [UInt8] { WireCapture.word(value) }

  /// Each procedure of what tshark knows too, with arguments that it finds sound.
  private static let calls: [Call] = {
    let handle = WireCapture.opaque([UInt8](repeating: 7, count: 32))
    let name = handle + WireCapture.string("notes")
    let sys = WireCapture.sys()
    let mapping = word(100_005) + word(3) + word(17) + word(0)
    let binding =
      word(100_005) + word(3) + ["udp", "10.0.0.1.2.123", "root"].flatMap { WireCapture.string($0) }
    return [
      Call(program: 100_000, version: 2, procedure: 0),
      Call(program: 100_000, version: 2, procedure: 3, argument: mapping, results: word(635)),
      Call(program: 100_000, version: 2, procedure: 4, results: word(1) + mapping + word(0)),
      Call(
        program: 100_000, version: 3, procedure: 3, argument: binding, results: WireCapture.string("10.0.0.1.2.123")),
      Call(program: 100_000, version: 4, procedure: 4, results: word(1) + binding + word(0)),
      Call(program: 100_000, version: 4, procedure: 9, argument: binding, results: WireCapture.string("")),
      Call(program: 100_005, version: 3, procedure: 5, results: word(0), port: 635),
      Call(
        program: 100_005, version: 3, procedure: 1, argument: WireCapture.string("/home"), credential: sys,
        results: word(13), port: 635),
      Call(program: 100_003, version: 3, procedure: 0, credential: sys, port: 2049),
      Call(
        program: 100_003, version: 3, procedure: 1, argument: handle, credential: sys, results: word(70), port: 2049),
      Call(
        program: 100_003, version: 3, procedure: 3, argument: name, credential: sys, results: word(2) + word(0),
        port: 2049),
      Call(
        program: 100_024, version: 1, procedure: 1, argument: WireCapture.string("h"), results: word(0) + word(1),
        port: 32_777),
      Call(program: 100_021, version: 4, procedure: 0, port: 4045),
      Call(program: 100_003, version: 3, procedure: 0, credential: sys, results: nil, port: 2049),
    ]
  }()

  @Test(
    "built captures, over UDP and over TCP in fragments", .enabled(if: isHere, "needs tshark"),
    arguments: [0, Int.max, 64])
  func built(_ fragment: Int) async throws {
    var capture = WireCapture()
    for round in 0..<3 {
      for (index, call) in Self.calls.enumerated() {
        let (xid, port) = (UInt32(round * 100 + index + 1), UInt16(700 + index))
        if fragment == 0 {
          capture.udp(call, xid: xid, from: 20 + round, port: port)
          // A retransmission, which both count.
          if index == 2 { capture.udp(call, xid: xid, from: 20 + round, port: port) }
        } else {
          capture.tcp(call, xid: xid, from: 20 + round, port: port, fragment: fragment)
        }
      }
    }
    let scratch = try Scratch()
    try await Self.compare(try scratch.write(Data(capture.bytes), "built.pcap"))
  }

  @Test("answers from other addresses", .enabled(if: isHere, "needs tshark"))
  func elsewhere() async throws {
    var capture = WireCapture()
    for (index, call) in Self.calls.prefix(3).enumerated() {
      let (xid, port) = (UInt32(index + 1), UInt16(700 + index))
      // By a server with two addresses; by two hosts that hear a broadcast; and to one of two calls.
      for (client, asked, answerers) in [(20, [10], [300]), (21, [255], [10, 11]), (22, [10, 11], [12])] {
        for server in asked { capture.udp(client, port, server, 111, call.message(xid)) }
        for server in answerers { capture.udp(server, 111, client, port, call.reply(xid) ?? []) }
      }
      // What comes from another port answers nothing.
      capture.udp(23, port, 10, 111, call.message(xid))
      capture.udp(10, 40_111, 23, port, call.reply(xid) ?? [])
    }
    let scratch = try Scratch()
    try await Self.compare(try scratch.write(Data(capture.bytes), "elsewhere.pcap"))
  }
}

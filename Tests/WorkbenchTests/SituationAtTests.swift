import Decode
import Evidence
import Foundation
import Fuse
import Judge
import TestNumbers
import Testing
import Workbench

/// `--situation-at` a day tells what the evidence tells that was there at its end, whatever comes later.
struct SituationAtTests {
  /// Lines by file, each with the day that it bears, from 27 on.
  private typealias Files = [String: [(day: Int, text: String)]]

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
  /// Seconds from the 27th on.
  private static func clock(_ seconds: Int) -> String {
    "\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
  }
  private static func day(_ seconds: Int) -> Int { 27 + seconds / 86_400 }

  private struct Writer {
    var files: Files = [:]
    /// By how much the host's clock is ahead of the sensor's.
    let offsets: [String: Int]

    mutating func log(_ host: String, _ seconds: Int, _ text: String) {
      let shown = seconds + (offsets[host] ?? 0)
      guard shown >= 0, shown < 5 * 86_400 else { return }
      let day = SituationAtTests.day(shown)
      files[host + ".log", default: []].append((day, "Dec \(day) \(SituationAtTests.clock(shown)) \(host) \(text)"))
    }

    /// A DUMP over UDP as tcpdump's text has it, with its answer where there was one.
    mutating func trace(_ seconds: Int, _ source: String, _ target: String, port: Int, answer: Int?) {
      let day = SituationAtTests.day(seconds)
      let stamp = "1999-12-\(day) \(SituationAtTests.clock(seconds))"
      func add(_ text: String) { files["wire.txt", default: []].append((day, text)) }
      add("\(stamp).100000 IP \(source).\(port) > \(target).111: UDP, length 40")
      if let answer { add("\(stamp).200000 IP \(target).111 > \(source).\(port): UDP, length \(answer)") }
    }
  }

  /// Several days of several hosts: sources that do the same day after day, a crowd, crashes, blocks that come late, calls
  /// that both views have, and clocks that disagree.
  private static func files(_ seed: UInt64) -> Files {
    var dice = SeededNumbers(seed)
    var writer = Writer(offsets: ["zappa": [0, 0, 7200, -40_000, 90_000][dice.roll(5)], "milo": dice.roll(3)])
    campaign(&writer, &dice)
    for source in 0..<dice.roll(40) { visitor(source, &writer, &dice) }
    wire(&writer, &dice)
    for _ in 0..<dice.roll(4) {
      let second = dice.roll(5 * 86_400)
      writer.log("milo", second, "inetd[77]: /usr/sbin/rpc.ttdbserverd[78]: exit signal 11")
      writer.log(
        "milo", second + dice.roll(40), "rpcbind: refused connect from 10.7.0.\(dice.roll(5) + 1) to getport(100083)")
    }
    // What is written late stands among what was written later.
    for name in writer.files.keys.sorted() where dice.roll(2) == 0 { writer.files[name]?.shuffle(using: &dice) }
    return writer.files
  }

  /// Sources that do the same in the same way on several days.
  private static func campaign(_ writer: inout Writer, _ dice: inout SeededNumbers) {
    let call = ["dump()", "getport(100099)", "getport(1000)", "callit(nsrstat)"][dice.roll(4)]
    let (hour, count) = (dice.roll(86_400), 2 + dice.roll(4))
    for number in 0..<5 where dice.roll(3) > 0 {
      for source in 0..<count where dice.roll(4) > 0 {
        let second = number * 86_400 + hour + source * dice.roll(400)
        let word = dice.roll(5) == 0 ? "connect" : "refused connect"
        // A repetition is of the record before it, wherever the two stand.
        let isRepeated = dice.roll(3) == 0 && second % 86_400 < 86_390
        let host = ["marlin", "milo"][dice.roll(2)]
        let again = "\nDec \(day(second)) \(clock(second + 5)) \(host) last message repeated \(1 + dice.roll(3)) times"
        writer.log(
          host, second,
          "rpcbind: \(word) from 10.8.0.\(source + 1) to \(call)" + (isRepeated && host == "marlin" ? again : ""))
      }
    }
  }

  /// One of many that try something a few times, and may be shut out a day later.
  private static func visitor(_ source: Int, _ writer: inout Writer, _ dice: inout SeededNumbers) {
    let address = "10.7.0.\(source + 1)"
    for _ in 0...dice.roll(dice.roll(9) == 0 ? 30 : 3) {
      let second = dice.roll(5) == 0 ? 86_390 + dice.roll(20) : dice.roll(5 * 86_400)
      if dice.roll(2) == 0 {
        writer.log("marlin", second, "rpcbind: refused connect from \(address) to dump()")
      } else {
        writer.log(
          "marlin", second,
          "portsentry[7]: attackalert: SYN/Normal scan from host: \(address)/\(address) to TCP port: 111")
        guard dice.roll(2) == 0 else { continue }
        writer.log(
          "marlin", second + dice.roll(3) * 40_000,
          "portsentry[7]: attackalert: Host \(address) has been blocked via wrappers with string: \"ALL: \(address)\"")
      }
    }
  }

  /// Calls at zappa that the wire has too: now and then one of the two is missing.
  private static func wire(_ writer: inout Writer, _ dice: inout SeededNumbers) {
    for number in 0..<dice.roll(24) {
      let (second, source) = (dice.roll(5 * 86_400), "10.9.0.\(1 + dice.roll(3))")
      let isAllowed = dice.roll(3) == 0
      if dice.roll(5) > 0 {
        writer.trace(
          second, source, "192.0.2.30", port: 600 + number, answer: [nil, 28, 28 + 20 * dice.roll(9), 20][dice.roll(4)])
      }
      if dice.roll(5) > 0 {
        writer.log("zappa", second, "rpcbind: \(isAllowed ? "" : "refused ")connect from \(source) to dump()")
      }
    }
  }

  private func told(_ files: Files, at day: Int, _ lines: (Int) -> Bool) async throws -> JSON {
    let scratch = try Scratch()
    let paths = try files.keys.sorted().compactMap { name -> String? in
      let kept = files[name, default: []].filter { lines($0.day) }.map(\.text)
      return kept.isEmpty ? nil : try scratch.write(kept.joined(separator: "\n") + "\n", name)
    }
    guard !paths.isEmpty else { return .null }
    let configuration = "hosts:\n  - {name: zappa, addresses: [192.0.2.30], criticality: 4, why: files}\n"
    let analysis = try await Analysing.run(paths, situationAt: "1999-12-\(day)", configuration: configuration) {
      $0.crowd.singly = 6
      $0.window = .hour
    }
    // Which files there are, what was read of them and how much came later stand apart.
    guard case .object(var report) = try analysis.json().withoutPlaces else { return .null }
    for key in ["counters", "rpc", "oddities"] { report[key] = nil }
    guard case .object(var situation)? = report["situation"] else { return .null }
    situation["later_incidents"] = nil
    report["situation"] = .object(situation)
    report["incident_count"] = try analysis.json()["counters"]["incidents"]
    return .object(report)
  }

  @Test("any evidence and the same cut at a day tell the same of that day", arguments: UInt64(1)...40)
  func cut(seed: UInt64) async throws {
    let files = Self.files(seed)
    let day = 27 + Int(seed % 5)
    let whole = try await told(files, at: day) { _ in true }
    let part = try await told(files, at: day) { $0 <= day }
    guard part != .null else { return }
    #expect(whole.difference(from: part) == nil, "seed \(seed), day \(day)")
  }

  /// Of captures too each frame bears its day: the probes of a scan, and the packets of a conversation.
  @Test("a capture of two days tells of the first what its frames tell", arguments: [1, 4], [40, 200, 333])
  func capture(threads: Int, cut: Int) async throws {
    let frames = try PcapFrames(Repository.recon + "/visit.pcap")
    try #require(frames.frames.count > cut)
    let scratch = try Scratch()
    let late = frames.frames.dropFirst(cut).map { PcapFrames.later($0, bySeconds: 86_400) }
    // What comes first in the file may be late.
    let both =
      frames.file(late[..<10]) + frames.file(frames.frames.prefix(cut)).dropFirst(frames.header.count)
      + frames.file(late[10...]).dropFirst(frames.header.count)
    let paths = try [
      scratch.write(both, "both.pcap"), scratch.write(frames.file(frames.frames.prefix(cut)), "first.pcap"),
    ]
    let told = try await [
      Analysing.run([paths[0]], asOf: nil, situationAt: "2026-11-23", threads: threads),
      Analysing.run([paths[1]], asOf: nil, situationAt: "2026-11-23", threads: threads),
    ]
    let json = try told.map { try $0.json().withoutPlaces }
    #expect(json[0]["incidents"].items.count > 0)
    #expect(json[0]["incidents"].difference(from: json[1]["incidents"]) == nil)
    #expect(json[0]["rpc"].difference(from: json[1]["rpc"]) == nil)
    #expect(json[0]["situation"]["windows"].difference(from: json[1]["situation"]["windows"]) == nil)
    #expect(json[0]["situation"]["waves"].difference(from: json[1]["situation"]["waves"]) == nil)
    // What came later was read all the same.
    let input = try #require(told[0].inputs.first).tally
    #expect(input.packets == frames.frames.count && input.records == input.understood + input.unconcerned + input.odd)
    #expect(told[0].laterIncidents > 0 && told[1].laterIncidents == 0)
  }
}

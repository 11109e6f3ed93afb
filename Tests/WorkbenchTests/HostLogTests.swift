import Decode
import Evidence
import Foundation
import Fuse
import Judge
import TestNumbers
import Testing
import Workbench

/// Logs as files: rotations, journals, other sensors' logs, and files that are none.
struct HostLogTests {
  /// A sender without a clock writes `-` for the time, and midnight is a time.
  @Test func aRecordWithoutATimeIsToldWithoutOne() async throws {
    let analysis = try await Analysing.run(
      text: "<35>1 - marlin rpcbind 7 - - connect from 203.0.113.66 to dump(): request from unauthorized host\n")
    #expect(analysis.incidents.count == 1)
    let json = JSONReport(analysis).encoded()
    #expect(try JSON(json)["incidents"].items.first?["time_of_day"] == .null)
    for report in Analysing.reports(analysis) + [String(decoding: json, as: UTF8.self)] {
      #expect(!report.contains("00:00"), "\(report.prefix(20))")
    }
    #expect(Analysing.reports(analysis).allSatisfy { $0.contains("no date and no time of day") })
  }

  private static let message = "refused connect from 192.0.2.66 to dump()"

  private func touch(_ file: String, _ day: String) throws {
    let date = try #require(Day(day)?.start)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: Double(date.nanoseconds) / 1e9)], ofItemAtPath: file)
  }

  @Test("each file of a rotation ends where the next begins, whatever their own times", arguments: [false, true])
  func rotation(_ isReversed: Bool) async throws {
    let scratch = try Scratch()
    var files: [String] = []
    for (name, stamps) in [
      ("messages", ["Nov  2", "Dec 30", "Jan  3"]), ("messages.1", ["Mar  1", "Nov  1"]),
      ("messages.2", ["Nov 20", "Feb 28"]), ("messages.3", ["Dec 15", "Nov 19"]),
    ] {
      let text = stamps.map { "\($0) 10:00:00 marlin rpcbind: \(HostLogTests.message)\n" }.joined()
      files.append(try scratch.write(text, name))
    }
    let analysis = try await Analysing.run(isReversed ? files.reversed() : files)
    let days = analysis.incidents.flatMap(\.incident.events).map(\.time.timestamp.day.description).sorted()
    #expect(
      days == [
        "1997-12-15", "1998-11-19", "1998-11-20", "1999-02-28", "1999-03-01", "1999-11-01", "1999-11-02", "1999-12-30",
        "2000-01-03",
      ])
  }

  @Test("a log of more than a year is followed line by line")
  func longLog() async throws {
    let stamps = ["Nov  3", "Dec 31", "Jan  1", "Jun  1", "Dec 31", "Jan  2"]
    let text = stamps.map { "\($0) 10:00:00 marlin rpcbind: \(HostLogTests.message)\n" }.joined()
    let analysis = try await Analysing.run(text: text)
    let days = analysis.incidents.flatMap(\.incident.events).map(\.time.timestamp.day.description).sorted()
    #expect(days == ["1998-11-03", "1998-12-31", "1999-01-01", "1999-06-01", "1999-12-31", "2000-01-02"])
  }

  @Test("a saved journal is read through journalctl", .enabled(if: canMakeJournals, "needs systemd-journal-remote"))
  func journal() async throws {
    let scratch = try Scratch()
    let export = try scratch.write(
      "__REALTIME_TIMESTAMP=946626163000000\n__MONOTONIC_TIMESTAMP=1\n_BOOT_ID=00000000000000000000000000000001\n"
        + "_HOSTNAME=marlin\nSYSLOG_IDENTIFIER=rpcbind\n_PID=7\nMESSAGE=\(HostLogTests.message)\n\n", "export")
    let file = scratch.path + "/saved.journal"
    let made = try await Program.run(["-o", file, export], executable: HostLogTests.remote)
    try #require(made.status == 0, "\(made.errorText)")
    let analysis = try await Analysing.run([file])
    let event = try #require(analysis.incidents.first?.incident.events.first)
    #expect(event.time.timestamp == Timestamp(seconds: 946_626_163) && event.target.host == .name("marlin"))
    #expect(event.source.host.notation == "192.0.2.66")
  }

  private static let remote = "/lib/systemd/systemd-journal-remote"
  private static var canMakeJournals: Bool {
    FileManager.default.isExecutableFile(atPath: remote) && Program.areInstalled("journalctl")
  }

  @Test("failed logins make no incident, and stand with what else their source did")
  func logins() async throws {
    let failed = (0..<30).map {
      "Dec 31 10:00:\($0 + 10) files sshd[9]: Failed password for root from 192.0.2.66 port \(40000 + $0) ssh2\n"
    }.joined()
    #expect(try await Analysing.run(text: failed).incidents.isEmpty)
    let both = try await Analysing.run(text: failed + "Dec 31 10:05:00 files rpcbind: \(HostLogTests.message)\n")
    let incident = try #require(both.incidents.first?.incident)
    #expect(both.incidents.count == 1 && incident.eventCount == 1)
    #expect(incident.deductions.contains { $0.text.hasPrefix("Also: 30 failed logins of this source at files") })
    let other = try await Analysing.run(
      text: failed + "Dec 31 10:05:00 files rpcbind: refused connect from 192.0.2.67 to dump()\n")
    #expect(other.incidents.flatMap(\.incident.deductions).allSatisfy { !$0.text.contains("failed login") })
  }

  @Test("lines of a watched daemon that nobody knows come out as patterns, with a sample each")
  func templates() async throws {
    let text = (0..<40).map {
      "Dec 31 10:00:\($0 + 10) files rpc.cmsd[9]: weird request \($0) of client 192.0.2.\($0)\n"
    }
    let analysis = try await Analysing.run(text: text.joined())
    let incident = try #require(analysis.incidents.first?.incident)
    #expect(analysis.incidents.count == 1 && incident.stage == .unexplained && incident.eventCount == 40)
    #expect(incident.patterns == ["rpc.cmsd: weird request * of client *"])
    #expect(incident.events.count == 1)
    #expect(analysis.situation.windows.contains { $0.unexplained.count == 1 })
  }

  // MARK: Streams and clocks

  /// RFC 6587: a saved stream, whose records are told by their lengths; what one says of another is its text.
  @Test("records of a saved stream are all read", arguments: [1, 2])
  func stream(_ threads: Int) async throws {
    func counted(_ text: String, off: Int = 0) -> String { "\(text.utf8.count + off) \(text)" }
    func record(_ number: Int) -> String {
      "<86>1 1999-12-31T10:00:\(10 + number)Z marlin rpcbind 7 - - refused connect from 192.0.2.\(number) to dump()"
    }
    let plain = "Dec 31 10:00:00 marlin rpcbind[7]: refused connect from 203.0.113.66 to dump() and more behind it\n"
    let hostile =
      "<38>1 1999-12-31T10:00:30Z marlin sshd 9 - - Invalid user 120 " + record(99) + counted(record(98)) + "\n"
      + String(repeating: plain, count: 5)
    let text = counted(record(1)) + counted(hostile) + counted(record(2), off: 3) + counted(record(3)) + "70 <86>1 cut"
    let scratch = try Scratch()
    let analysis = try await Analysing.run([try scratch.write(text, "stream")], threads: threads)
    let sources = analysis.events.map(\.source.host.notation).sorted()
    #expect(sources == ["192.0.2.1", "192.0.2.2", "192.0.2.3"])
    let input = try #require(analysis.inputs.first)
    #expect(input.tally.records == 5 && input.tally.understood == 3 && input.tally.odd == 1)
    #expect(analysis.oddities.count(of: .lengthWrong) == 1 && analysis.oddities.count(of: .recordIncomplete) == 1)
  }

  /// The lines between, which a screen passes over, tell which showing of the hour it is.
  @Test("an hour that a clock shows twice is told apart by the order of lines", arguments: [1, 2])
  func repeatedHour(_ threads: Int) async throws {
    func line(_ clock: String, _ text: String) -> String { "Oct 31 \(clock) marlin \(text)\n" }
    let call = "rpcbind[7]: refused connect from 192.0.2.66 to dump()"
    let ordinary = "cron[4321]: (root) CMD (run-parts /etc/cron.hourly and some more words)"
    let clocks = (0..<120).map { "02:\(padded($0 % 60, 2)):00" }
    var lines = clocks.map { line($0, ordinary) }
    lines.insert(line("02:30:30", call), at: 91)
    lines.insert(line("02:05:30", call), at: 6)
    let scratch = try Scratch()
    let path = try scratch.write(lines.joined(), "messages")
    let zone = try #require(ZoneTable(identifier: "Europe/Berlin"))
    let analysis = try await Analysing.run([path], threads: threads) { $0.zone = zone }
    #expect(analysis.events.map(\.time.description) == ["1999-10-31T00:05:30Z", "1999-10-31T01:30:30Z"])
    let utc = try await Analysing.run([path], threads: threads)
    #expect(utc.events.map(\.time.description) == ["1999-10-31T02:05:30Z", "1999-10-31T02:30:30Z"])
    let tally = try #require(analysis.inputs.first?.tally)
    #expect(tally.records == 122 && tally.last?.description == "1999-10-31T01:59:00Z")
  }

  /// Whichever file is named first, and wherever the log was cut.
  @Test("a rotated log tells the showings of an hour as a whole one does", arguments: [0, 1, 3, 5, 6, 7, 9])
  func repeatedHourOfARotation(_ cut: Int) async throws {
    let clocks = ["01:50", "02:20", "02:50", "02:05", "02:30", "02:55", "03:05", "03:20", "04:00"]
    let lines = clocks.enumerated().map {
      "Oct 31 \($0.element):00 marlin rpcbind[7]: refused connect from 192.0.2.\($0.offset + 1) to dump()\n"
    }
    let scratch = try Scratch()
    let (first, middle) = (cut / 2, max(cut / 2, cut))
    let files = try [("messages.2", 0..<first), ("messages.1", first..<middle), ("messages", middle..<9)].map {
      try scratch.write(lines[$0.1].joined(), $0.0)
    }
    let zone = try #require(ZoneTable(identifier: "Europe/Berlin"))
    let times = ["23:50", "00:20", "00:50", "01:05", "01:30", "01:55", "02:05", "02:20", "03:00"].map { $0 + ":00" }
    for paths in [files, files.reversed()] {
      let analysis = try await Analysing.run(paths) { $0.zone = zone }
      #expect(analysis.events.map(\.time).sorted().map(\.timeOfDayDescription) == times, "\(cut)")
    }
  }

  // MARK: Other sensors

  private static let eve =
    #"{"timestamp":"1999-12-31T10:00:05.5+0000","event_type":"flow","src_ip":"192.0.2.66","src_port":856,"dest_ip":"198.51.100.7","dest_port":111,"proto":"TCP","flow":{"pkts_toserver":5,"pkts_toclient":4,"state":"closed","start":"1999-12-31T10:00:00.4+0000"}}"#
    + "\n"
    + #"{"timestamp":"1999-12-31T10:00:00.6+0000","event_type":"alert","src_ip":"192.0.2.66","src_port":856,"dest_ip":"198.51.100.7","dest_port":111,"proto":"TCP","alert":{"signature":"RPC portmap listing","action":"allowed"}}"#
    + "\n"
  private static let zeek =
    "#separator \\x09\n#set_separator\t,\n#path\tconn\n"
    + "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_bytes\tresp_bytes\tconn_state\n"
    + "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tcount\tcount\tstring\n"
    + "946634400.412345\tCx\t192.0.2.66\t856\t198.51.100.7\t111\ttcp\t44\t32\tSF\n"
    + "946634401.0\tCy\t192.0.2.66\t857\t198.51.100.7\t443\ttcp\t44\t32\tSF\n#close\t2000-01-01\n"
  private static let zeekJSON =
    #"{"ts":946634400.412345,"uid":"Cx","id.orig_h":"192.0.2.66","id.orig_p":856,"id.resp_h":"198.51.100.7","id.resp_p":111,"proto":"tcp","orig_bytes":44,"resp_bytes":32,"conn_state":"SF"}"#
    + "\n"

  @Test(
    "two sensors that saw one exchange saw one", arguments: [[zeek], [zeekJSON], [eve, zeek], [zeek, eve, zeekJSON]])
  func witnesses(_ logs: [String]) async throws {
    let scratch = try Scratch()
    let files = try logs.enumerated().map { try scratch.write($0.element, "log\($0.offset)") }
    let host = try scratch.write("Dec 31 10:00:00 marlin rpcbind: \(HostLogTests.message)\n", "messages")
    let config = "hosts:\n  - name: marlin\n    addresses: [198.51.100.7]\n"
    let analysis = try await Analysing.run(files + [host], configuration: config)
    let incident = try #require(analysis.incidents.first?.incident)
    #expect(analysis.incidents.count == 1 && incident.views == [.host, .network])
    #expect(incident.pairs.count == 1 && incident.eventCount == 1, "\(incident.events.map(\.action))")
    #expect(incident.outcome == .refused)
    let isSeenTwice = logs.count > 1
    #expect(incident.deductions.contains { $0.text.contains("another network sensor") } == isSeenTwice)
  }

  // MARK: What is no log

  @Test("a log that is cut while it is read, or holds NUL and Latin-1, is read as far as it goes")
  func damaged() async throws {
    var bytes = Array("Dec 31 10:00:00 marlin rpcbind: \(HostLogTests.message)\r\n".utf8)
    bytes += [UInt8](repeating: 0, count: 16) + [0x0a] + Array("M\u{fc}ll ".utf8) + [0xfc, 0x0a]
    bytes += Array("Dec 31 10:00:01 marlin rpcbind: refused connect from 192.0.2.66 to get".utf8)
    let scratch = try Scratch()
    let analysis = try await Analysing.run([try scratch.write(Data(bytes), "messages")])
    let events = analysis.incidents.flatMap(\.incident.events)
    #expect(events.contains { $0.action == .rpcCall && $0.rpc?.procedureName == "dump" })
    #expect(
      analysis.inputs.allSatisfy { $0.tally.records == $0.tally.understood + $0.tally.unconcerned + $0.tally.odd })
  }

  @Test("a binary file given as a log is said")
  func binary() async throws {
    var numbers = SeededNumbers(3)
    let bytes = (0..<100_000).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
    let scratch = try Scratch()
    let analysis = try await Analysing.run([try scratch.write(Data(bytes), "messages")])
    #expect(analysis.incidents.isEmpty && analysis.oddities.count(of: .binaryInput) == 1)
  }

  @Test("a line of 100 MB is read to its cap", .timeLimit(.minutes(2)))
  func longLine() async throws {
    let scratch = try Scratch()
    let head = Array("Dec 31 10:00:00 marlin rpcbind: refused connect from 192.0.2.66 to getport(".utf8)
    let file = try scratch.write(Data(head + [UInt8](repeating: 0x78, count: 100 << 20) + [0x29, 0x0a]), "messages")
    let analysis = try await Analysing.run([file])
    #expect(analysis.oddities.count(of: .lineOverlong) == 1)
  }
}

import Foundation
import TestNumbers
import Testing

/// The command line, as REPORT.md describes it to users: exit status, streams, faults.
struct CommandTests {
  static let record = "Dec 27 15:14:25 marlin rpcbind: refused connect from 172.20.20.1 to dump()\n"
  static let recon = ["Examples/portmapper-recon/portmap1.log", "Examples/portmapper-recon/visit.pcap"]

  // MARK: Exit status

  @Test("0: analysed, oddities in readable evidence included")
  func statusZero() async throws {
    let scratch = try Scratch()
    let log = try scratch.write(CommandTests.record + "Dec 27 15:14:40 marlin rpcbind: connect from\n", "log")
    let result = try await Program.analyze(log, "--format", "json")
    #expect(result.status == 0)
    #expect(try result.json()["oddities"].items.isEmpty == false)
    #expect(result.errors.isEmpty)
  }

  @Test("1: an incident reaches --fail-at, and only then")
  func statusOne() async throws {
    #expect(try await Program.analyze("Examples/y2k-watch", "--fail-at", "2").status == 1)
    #expect(try await Program.analyze("Examples/y2k-watch", "--fail-at", "8").status == 0)
  }

  @Test(
    "2: wrong usage",
    arguments: [
      [], ["--threads", "0", "Examples"], ["--no-such-option", "Examples"], ["--fail-at", "9", "Examples"],
      ["--format", "xml", "Examples"], ["--as-of", "2000-02-30", "Examples"],
    ])
  func wrongUsage(_ arguments: [String]) async throws {
    let result = try await Program.run(["analyze"] + arguments)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(!result.errors.isEmpty)
  }

  @Test("help and version are no fault")
  func help() async throws {
    for arguments in [["--help"], ["--version"], ["analyze", "--help"]] {
      let result = try await Program.run(arguments)
      #expect(result.status == 0)
      #expect(!result.output.isEmpty)
    }
  }

  @Test("2: every fault in one run, each with its place, and nothing is analysed")
  func allFaults() async throws {
    let scratch = try Scratch()
    let good = try scratch.write(CommandTests.record, "good.log")
    let config = try scratch.write(
      """
      sites:
        - name: lab
          networks: [192.0.2.0/27, "192.0.2.0/99"]
      hosts:
        - name: marlin
          criticality: 9
          colour: blue
          overlap: middle
      """, "site.yaml")
    let result = try await Program.analyze(
      good, scratch.path + "/missing1", scratch.path + "/missing2", "--config", config, "--timezone", "Mars/Olympus")
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    for place in [
      "missing1:", "missing2:", "site.yaml:3:", "site.yaml:6:", "site.yaml:7:", "Mars/Olympus", "192.0.2.0/99",
      "colour", "site.yaml:8:",
    ] {
      #expect(result.errorText.contains(place), "\(place) in \(result.errorText)")
    }
    #expect(!result.errorText.contains("good.log"))
  }

  @Test("2: values that are none hide no other fault, and none is told twice")
  func allFaultsAtOnce() async throws {
    let scratch = try Scratch()
    let config = try scratch.write("hosts:\n  - name: marlin\n    criticality: 9\n", "site.yaml")
    let rules = try scratch.write(
      "title: T\nid: x\nlevel: low\ndetection: {a: {rpc.port: 1}, condition: a}\n", "rule.yml")
    let values = [
      ("--as-of", "yesterday"), ("--situation-at", "2000-02-30"), ("--threads", "0"), ("--window", "month"),
      ("--top", "none"), ("--fail-at", "99"), ("--format", "xml"), ("--timezone", "Mars/Olympus"),
      ("--baseline", scratch.path + "/none.json"), ("--for", "soon"),
    ]
    let arguments =
      [scratch.path + "/missing", "--config", config, "--rules", rules] + values.flatMap { [$0.0, $0.1] }
    let result = try await Program.run(["analyze"] + arguments)
    #expect(result.status == 2 && result.output.isEmpty)
    let places =
      values.map { $0.0 == "--baseline" ? $0.1 : $0.0 + ":" } + ["missing:", "site.yaml:3:", "rule.yml:4:"]
    for place in places {
      #expect(
        result.errorText.split(separator: "\n").contains { $0.contains(place) }, "\(place) in \(result.errorText)")
    }
    let lines = result.errorText.split(separator: "\n")
    #expect(Set(lines).count == lines.count && !result.errorText.contains("Usage"))
    for command in [["explain", "1"], ["rules", "coverage"], ["rules", "explain", "nobody"]] {
      let other = try await Program.run(command + [scratch.path + "/missing", "--as-of", "yesterday", "--rules-only"])
      #expect(other.status == 2)
      for place in ["--as-of:", "missing:", "--rules-only:"] { #expect(other.errorText.contains(place), "\(command)") }
    }
    let nothing = try await Program.run(["analyze", "--config", config])
    #expect(nothing.status == 2 && nothing.errorText.contains("nothing to analyse"))
    #expect(nothing.errorText.contains("site.yaml:3:"))
    let formats = try await Program.run(["formats", "test", "x", "--as-of", "1", "--knowledge", scratch.path + "/none"])
    #expect(formats.status == 2 && formats.errorText.contains("--as-of:") && formats.errorText.contains("none"))
  }

  @Test("2: a faulty rule is refused with its file and line, the others' faults too")
  func faultyKnowledge() async throws {
    let scratch = try Scratch()
    let folder = scratch.path + "/knowledge"
    try FileManager.default.copyItem(atPath: Repository.root + "/Knowledge", toPath: folder)
    let rules = try Repository.text(folder + "/rules/probes.yaml")
    try scratch.write(
      rules.replacingOccurrences(of: "event.action:", with: "event.acton:"), "knowledge/rules/probes.yaml")
    let formats = try Repository.text(folder + "/formats/tcplogd.yaml")
    try scratch.write(
      formats.replacingOccurrences(of: #""32772""#, with: #""32773""#), "knowledge/formats/tcplogd.yaml")
    let result = try await Program.analyze("Examples/y2k-watch", "--knowledge", folder)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errorText.contains("event.acton"))
    for file in ["rules/probes.yaml:", "formats/tcplogd.yaml:"] {
      let line = try #require(result.errorText.split(separator: "\n").first { $0.contains(file) })
      #expect(line.range(of: #"\.yaml:\d+"#, options: .regularExpression) != nil, "\(line)")
    }
  }

  @Test("2 goes before 1, and 1 before 3")
  func precedence() async throws {
    let scratch = try Scratch()
    let bytes = try Repository.bytes(Repository.recon + "/visit.pcap")
    let cut = try scratch.write(bytes.prefix(bytes.count - 7), "cut.pcap")
    #expect(try await Program.analyze(cut, "Examples/y2k-watch").status == 3)
    #expect(try await Program.analyze(cut, "Examples/y2k-watch", "--fail-at", "2").status == 1)
    #expect(try await Program.analyze(cut, "Examples/y2k-watch", "--fail-at", "2", scratch.path + "/none").status == 2)
  }

  // MARK: Inputs

  @Test("an empty folder is said, and is no fault")
  func emptyFolder() async throws {
    let scratch = try Scratch()
    let result = try await Program.analyze(scratch.path)
    #expect(result.status == 0)
    #expect(result.outputText.contains("empty folder"))
    #expect(try await Program.analyze(scratch.path, "--format", "json").json()["incidents"].items.isEmpty)
  }

  @Test("an empty file is read, and gives nothing")
  func emptyFile() async throws {
    let scratch = try Scratch()
    let result = try await Program.analyze(try scratch.write("", "empty"), "--format", "json")
    #expect(result.status == 0)
    #expect(try result.json()["inputs"].items.first?["records"].number == 0)
  }

  @Test("3: a capture cut anywhere gives every frame before the cut", arguments: [7, 1000, 20_000, 40_000])
  func cutCapture(_ missing: Int) async throws {
    let scratch = try Scratch()
    let bytes = try Repository.bytes(Repository.recon + "/visit.pcap")
    let whole = try PcapFrames(Repository.recon + "/visit.pcap").frames
    let kept = bytes.prefix(max(24, bytes.count - missing))
    var frames = 0
    var end = 24
    while frames < whole.count, end + whole[frames].count <= kept.count {
      end += whole[frames].count
      frames += 1
    }
    try #require(end < kept.count, "the cut falls between two frames: choose another one")
    let result = try await Program.analyze(
      try scratch.write(kept, "cut.pcap"), "--format", "json", asOf: "2026-11-23")
    #expect(result.status == 3)
    let json = try result.json()
    #expect(json["counters"]["packets"].number == Double(frames))
    let oddity = try #require(json["oddities"].items.first { $0["kind"] == .string("capture_cut") })
    #expect(oddity["first"]["text"].text?.contains("\(end)") == true, "the offset \(end) in \(oddity)")
  }

  @Test("3: a capture with a damaged frame header gives the frames before the damage")
  func damagedCapture() async throws {
    let scratch = try Scratch()
    let frames = try PcapFrames(Repository.recon + "/visit.pcap")
    var bytes = frames.file(frames.frames.prefix(20))
    let end = bytes.count
    bytes += Data(repeating: 0xff, count: 400)
    let result = try await Program.analyze(
      try scratch.write(bytes, "damaged.pcap"), "--format", "json", asOf: "2026-11-23")
    #expect(result.status == 3)
    let json = try result.json()
    #expect(json["counters"]["packets"].number == 20)
    let oddity = try #require(json["oddities"].items.first { $0["kind"].text?.hasPrefix("capture_") == true })
    #expect(oddity["first"]["text"].text?.contains("\(end)") == true, "the offset \(end) in \(oddity)")
  }

  @Test(
    "3: a corrupt packed file gives what stands before the damage",
    .enabled(if: Program.areInstalled("gzip", "xz", "zstd"), "needs gzip, xz and zstd"),
    arguments: ["gzip", "xz", "zstd"])
  func corruptPackedFile(_ tool: String) async throws {
    let scratch = try Scratch()
    // Random enough to fill several blocks of the packer.
    var numbers = SeededNumbers(3)
    let noise = (0..<20_000).map { _ in
      "Dec 27 15:14:26 marlin app: \(UInt64.random(in: 0...UInt64.max, using: &numbers))\n"
    }
    let log = try scratch.write(CommandTests.record + noise.joined(), "log")
    try await Program.pack(log, with: tool, to: scratch.path + "/packed")
    let bytes = try Repository.bytes(scratch.path + "/packed")
    let cut = try scratch.write(bytes.prefix(bytes.count / 2), "cut")
    let result = try await Program.analyze(cut, "--format", "json")
    #expect(result.status == 3)
    let json = try result.json()
    #expect(json["oddities"].items.contains { $0["kind"] == .string("compressed_file_damaged") })
    if tool == "gzip" { #expect(json["incidents"].items.count == 1) }
  }

  @Test(
    "3: a file in a folder that cannot be read is said, and the others are analysed",
    .enabled(if: geteuid() != 0 || Program.areInstalled("setpriv"), "as root it needs setpriv (util-linux)"))
  func unreadableFile() async throws {
    let scratch = try Scratch()
    try scratch.write(CommandTests.record, "good.log")
    let secret = try scratch.write(CommandTests.record + CommandTests.record, "secret.log")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: secret)
    defer { _ = try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret) }
    let arguments = ["analyze", scratch.path, "--format", "json", "--as-of", "2000-01-06"]
    let result: Program.Result
    if geteuid() == 0 {
      // Root reads everything: somebody else runs the program.
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path)
      result = try await Program.run(
        ["--reuid=65534", "--regid=65534", "--clear-groups", Program.path] + arguments, executable: "/usr/bin/setpriv")
    } else {
      result = try await Program.run(arguments)
    }
    #expect(result.status == 3, "\(result.errorText)")
    let json = try result.json()
    #expect(json["incidents"].items.count == 1)
    let oddity = try #require(json["oddities"].items.first { $0["kind"] == .string("unreadable_file") })
    #expect(oddity["first"]["input"].text?.hasSuffix("secret.log") == true)
  }

  @Test(
    "a packed log gives the incidents of the plain one",
    .enabled(if: Program.areInstalled("gzip", "xz", "zstd", "bzip2"), "needs gzip, xz, zstd and bzip2"),
    arguments: ["gzip", "xz", "zstd", "bzip2"])
  func packed(_ tool: String) async throws {
    let scratch = try Scratch()
    let log = Repository.y2kWatch + "/hosts.log"
    try await Program.pack(log, with: tool, to: scratch.path + "/no-extension")
    let plain = try await Program.analyze(log, "--format", "json").json()
    let packed = try await Program.analyze(scratch.path + "/no-extension", "--format", "json").json()
    #expect(plain["incidents"].items.count > 10)
    #expect(plain.withoutPlaces == packed.withoutPlaces)
  }

  @Test("the same bytes twice count once, packed or not, and that is said", arguments: ["hosts.log", "visit.pcap"])
  func twins(_ name: String) async throws {
    let scratch = try Scratch()
    let file = name == "hosts.log" ? Repository.y2kWatch + "/hosts.log" : Repository.recon + "/visit.pcap"
    let asOf = name == "hosts.log" ? "2000-01-06" : "2026-11-23"
    try await Program.pack(file, with: "gzip", to: scratch.path + "/twin")
    let once = try await Program.analyze(file, "--format", "json", asOf: asOf).json()
    let twice = try await Program.analyze(file, scratch.path + "/twin", "--format", "json", asOf: asOf).json()
    #expect(twice["counters"] == once["counters"])
    #expect(twice["incidents"].withoutPlaces == once["incidents"].withoutPlaces)
    #expect(twice["oddities"].items.contains { $0["kind"] == .string("same_bytes") })
    let text = try await Program.analyze(file, scratch.path + "/twin", asOf: asOf)
    #expect(text.status == 0)
    #expect(text.outputText.contains("the same bytes as"))
  }

  @Test("a name that is given twice is read once")
  func sameName() async throws {
    let result = try await Program.analyze("Examples/y2k-watch", "Examples/y2k-watch/hosts.log", "--format", "json")
    #expect(try result.json()["counters"]["host_records"].number == 40)
  }

  @Test("standard input: a day must be known for stamps without a year")
  func standardInput() async throws {
    let scratch = try Scratch()
    let yearless = try scratch.write(CommandTests.record, "yearless")
    let refused = try await Program.analyze("-", input: yearless, asOf: nil)
    #expect(refused.status == 2)
    #expect(refused.errorText.contains("--as-of"))
    #expect(refused.output.isEmpty)
    let given = try await Program.analyze("-", "--format", "json", input: yearless)
    #expect(given.status == 0)
    #expect(try given.json()["incidents"].items.first?["first"] == .string("1999-12-27T15:14:25Z"))
    // The newest record that carries a year tells the year of the others, wherever it stands.
    let dated = "2000-01-06T11:00:00Z marlin app: hello\n"
    let mixed = try scratch.write(CommandTests.record + dated + "1998-03-01T11:00:00Z marlin app: hello\n", "mixed")
    let told = try await Program.analyze("-", "--format", "json", input: mixed, asOf: nil)
    #expect(told.status == 0)
    #expect(try told.json()["incidents"].items.first?["first"] == .string("1999-12-27T15:14:25Z"))
  }

  @Test("standard input may be a capture, with a day given or without", arguments: [nil, "2026-11-23"])
  func captureOnStandardInput(_ asOf: String?) async throws {
    let file = Repository.recon + "/visit.pcap"
    let named = try await Program.analyze(file, "--format", "json", asOf: asOf)
    let piped = try await Program.analyze("-", "--format", "json", input: file, asOf: asOf)
    #expect(piped.status == 0)
    #expect(try piped.json()["counters"] == (try named.json()["counters"]))
  }

  @Test("a FIFO works, for a log and for a capture", arguments: ["hosts.log", "visit.pcap"])
  func fifo(_ name: String) async throws {
    let scratch = try Scratch()
    let fifo = scratch.path + "/fifo"
    let isMade = unsafe mkfifo(fifo, 0o600) == 0
    try #require(isMade)
    let file = name == "hosts.log" ? Repository.y2kWatch + "/hosts.log" : Repository.recon + "/visit.pcap"
    let asOf = name == "hosts.log" ? "2000-01-06" : "2026-11-23"
    let writer = Process()
    writer.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    writer.arguments = ["-s", "KILL", "20", "/bin/sh", "-c", "exec cat \"$0\" > \"$1\"", file, fifo]
    // Opening the FIFO waits for a reader: nothing of ours may wait for the writer.
    writer.standardOutput = FileHandle.nullDevice
    writer.standardError = FileHandle.nullDevice
    try writer.run()
    defer { writer.terminate() }
    let result = try await Program.run(
      ["-s", "KILL", "20", Program.path, "analyze", fifo, "--format", "json", "--as-of", asOf],
      executable: "/usr/bin/timeout")
    try #require(result.status == 0, "\(result.errorText)")
    let named = try await Program.analyze(file, "--format", "json", asOf: asOf)
    #expect(try result.json()["counters"] == (try named.json()["counters"]))
  }

  // MARK: Outputs

  @Test("--output writes the report to a file, and nothing elsewhere")
  func output() async throws {
    let scratch = try Scratch()
    let file = scratch.path + "/report.json"
    let result = try await Program.analyze("Examples/y2k-watch", "--format", "json", "--output", file)
    #expect(result.status == 0)
    #expect(result.output.isEmpty)
    let direct = try await Program.analyze("Examples/y2k-watch", "--format", "json")
    #expect(Array(try Repository.bytes(file)) == direct.output)
    let refused = try await Program.analyze("Examples/y2k-watch", "--output", scratch.path + "/none/report")
    #expect(refused.status == 2)
    #expect(refused.errorText.contains("none/report"))
  }

  @Test("the same run gives the same bytes")
  func repeatable() async throws {
    for format in ["text", "json"] {
      let one = try await Program.analyze("Examples", "--format", format, asOf: "2026-11-23")
      let other = try await Program.analyze("Examples", "--format", format, "--threads", "1", asOf: "2026-11-23")
      #expect(one.output == other.output)
      #expect(one.output.count > 1000)
    }
  }

  @Test(
    "colour on a terminal only, and not with NO_COLOR",
    .enabled(if: Program.areInstalled("script"), "needs script (bsdutils)"))
  func colour() async throws {
    let command = "\(Program.path) analyze Examples/y2k-watch --as-of 2000-01-06"
    let terminal = try await Program.run(
      ["-qec", command, "/dev/null"], executable: "/usr/bin/script", environment: ["TERM": "xterm", "NO_COLOR": ""])
    let plain = try await Program.run(
      ["-qec", command, "/dev/null"], executable: "/usr/bin/script", environment: ["TERM": "xterm", "NO_COLOR": "1"])
    #expect(terminal.output.contains(0x1b))
    #expect(!plain.output.contains(0x1b))
    #expect(try await !Program.analyze("Examples/y2k-watch").output.contains(0x1b))
  }

  // MARK: Hostile bytes

  /// Records that would harm a terminal or a parser if they came out as they went in.
  static let hostile: [(name: String, bytes: [UInt8])] = [
    (
      "escape in a host name",
      Array(
        "Dec 27 15:14:25 mar\u{1b}[31mlin\u{1b}]0;x\u{7} rpcbind: refused connect from 172.20.20.1 to dump()\n".utf8)
    ),
    (
      "NUL bytes", Array("Dec 27 15:14:25 mar\0lin rpcbind: refused connect from 172.20.20.1 to getport(10\0\0)\n".utf8)
    ),
    (
      "Latin-1",
      Array("Dec 27 15:14:25 marlin rpcbind: refused connect from 172.20.20.1 to getport(".utf8) + [
        0xe9, 0xfc, 0xff, 0x9b, 0x33,
      ]
        + Array(")\n".utf8)
    ),
    ("carriage returns", Array("Dec 27 15:14:25 marlin rpcbind: refused connect from 172.20.20.1 to dump()\r\n".utf8)),
    (
      "bidirectional override",
      Array("Dec 27 15:14:25 marlin rpcbind: refused connect from 172.20.20.1 to getport(\u{202e}abc)\n".utf8)
    ),
    (
      "name in brackets",
      Array("Jan 1 19:04:51 scylla tcplogd: port 32772 connection attempt from \u{1b}[2J\u{9}[10.96.22.193]\n".utf8)
    ),
    (
      "tags and quotes",
      Array(
        "Dec 27 15:14:25 marlin rpcbind: refused connect from 172.20.20.1 to getport(<b>\"x\"</b></script>\\)\n".utf8)
    ),
  ]

  @Test("no control byte of the evidence reaches the output", arguments: ["text", "json"])
  func nothingRaw(_ format: String) async throws {
    for (name, bytes) in CommandTests.hostile {
      let scratch = try Scratch()
      let file = try scratch.write(Data(bytes), "evi\u{1b}dence")
      let result = try await Program.analyze(file, "--format", format)
      #expect(result.status == 0, "\(name)")
      #expect(!result.output.contains { $0 < 0x20 && $0 != 0x0a || $0 == 0x7f }, "\(name)")
      // Well-formed UTF-8, and no C1 control nor override in it.
      #expect(Array(String(decoding: result.output, as: UTF8.self).utf8) == result.output, "\(name)")
      #expect(
        !result.outputText.unicodeScalars.contains {
          (0x80..<0xa0).contains($0.value) || (0x202a...0x202e).contains($0.value)
        }, "\(name)")
      if format == "json" { _ = try result.json() }
    }
  }

  @Test("what is escaped is still there: every hostile record is an incident, told in \\xHH")
  func escaped() async throws {
    for (name, bytes) in CommandTests.hostile {
      let scratch = try Scratch()
      let result = try await Program.analyze(try scratch.write(Data(bytes), "log"), "--format", "json")
      #expect(try result.json()["incidents"].items.count == 1, "\(name)")
    }
    let scratch = try Scratch()
    let result = try await Program.analyze(try scratch.write(Data(CommandTests.hostile[2].bytes), "log"))
    #expect(result.outputText.contains(#"\xe9\xfc\xff\x9b3"#))
  }

  @Test("faults are printed without control bytes too")
  func faultsAreEscaped() async throws {
    let result = try await Program.analyze("/nowhere/\u{1b}[31mred")
    #expect(result.status == 2)
    #expect(!result.errors.contains { $0 < 0x20 && $0 != 0x0a })
  }

  @Test("a line of 10 MB is read, the report stays readable, and the next line is read")
  func longLine() async throws {
    let text = try await longLine(megabytes: 10, "text")
    #expect(text.output.count < 100_000)
    let json = try await longLine(megabytes: 10, "json").json()
    #expect(json["incidents"].items.count == 2)
    #expect(json["oddities"].items.isEmpty)
  }

  @Test("a line above the cap is read in part, and that is said")
  func overlongLine() async throws {
    let text = try await longLine(megabytes: 17, "text")
    #expect(text.output.count < 100_000)
    #expect(text.outputText.contains("line_overlong"))
  }

  private func longLine(megabytes: Int, _ format: String) async throws -> Program.Result {
    let scratch = try Scratch()
    let start = "Dec 27 15:14:25 marlin rpcbind: refused connect from 172.20.20.1 to getport("
    let long = start + String(repeating: "A", count: megabytes << 20) + ")\n"
    let next = "Dec 27 15:14:26 milo rpcbind: refused connect from 172.20.20.9 to dump()\n"
    let result = try await Program.analyze(try scratch.write(long + next, "log"), "--format", format)
    #expect(result.status == 0)
    #expect(result.outputText.contains("172.20.20.9"))
    return result
  }
}

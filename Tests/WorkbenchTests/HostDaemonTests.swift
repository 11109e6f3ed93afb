import Decode
import Evidence
import Foundation
import Knowledge
import Testing
import Workbench

/// Real daemons: what they log is understood, line by line.
struct HostDaemonTests {
  private static let recording = Repository.root + "/Tests/Golden/host-daemons/messages"

  /// Lines of the daemons that were to be heard, by what the formats make of them.
  private static func verdicts(_ path: String) throws -> (unmatched: [String], taken: Set<String>) {
    let base = try KnowledgeBase(.embedded)
    let today = Day(number: Int(Date().timeIntervalSince1970 / 86_400) + 1)
    var trial = FormatTrial(library: base.formats, asOf: today, zone: .utc)
    var unmatched: [String] = []
    var taken: Set<String> = []
    for (index, line) in try Repository.text(path).split(separator: "\n").enumerated() {
      let place = Provenance(
        input: InputID(0), place: .lines(first: index + 1, last: index + 1), offset: 0, length: line.utf8.count)
      let bytes = Array(line.utf8)
      switch trial.read(bytes.rawSpan, at: place) {
      case .taken(let format, let event): taken.insert("\(format) \(event.outcome.rawValue)")
      case .unmatched, .cut: unmatched.append(String(line))
      default: break
      }
    }
    return (unmatched, taken)
  }

  /// What each daemon must have said for its format to have been tried.
  private static let expected: [String: Set<String>] = [
    "rpcbind": ["rpcbind refused", "rpcbind allowed"], "rpc.mountd": ["mountd refused", "mountd allowed"],
    "tcpd": ["wrappers refused", "wrappers allowed"], "portsentry": ["portsentry unknown", "portsentry blocked"],
    "nftables": ["firewall unknown"],
  ]

  @Test("the recording of Debian's daemons is understood")
  func recorded() throws {
    let (unmatched, taken) = try HostDaemonTests.verdicts(HostDaemonTests.recording)
    #expect(unmatched == [])
    for (daemon, formats) in HostDaemonTests.expected { #expect(taken.isSuperset(of: formats), "\(daemon)") }
  }

  private static var canRecord: Bool {
    getuid() == 0 && canUnshare
      && ["unshare", "ip", "nft", "rpcinfo", "python3", "rsyslogd"].allSatisfy { name in
        ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"].contains {
          FileManager.default.isExecutableFile(atPath: $0 + name)
        }
      }
  }

  /// Runs the script, which puts back what it changed when it is asked to end: so it is never killed.
  private static func record(_ log: String) async throws -> String {
    let output = Pipe()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Repository.root + "/scripts/record-host-daemons")
    process.arguments = [log]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let deadline = ContinuousClock.now + .seconds(240)
    while process.isRunning, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(50)) }
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }

  /// Whether namespaces may be made: containers often forbid it.
  private static var canUnshare: Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = ["--mount", "--uts", "--net", "--pid", "--fork", "--mount-proc", "/bin/true"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  /// In namespaces of their own; what does not run there is said by the script, and left out.
  @Test("Debian's daemons are understood today", .enabled(if: canRecord, "needs root and the daemons"))
  func live() async throws {
    let scratch = try Scratch()
    let log = scratch.path + "/log"
    let said = try await HostDaemonTests.record(log)
    let (unmatched, taken) = try HostDaemonTests.verdicts(log)
    #expect(unmatched == [])
    let ran = said.split(separator: "\n").first { $0.hasPrefix("ran: ") }?.dropFirst(5) ?? ""
    for daemon in ran.split(separator: " ").map(String.init) {
      #expect(taken.isSuperset(of: HostDaemonTests.expected[daemon] ?? []), "\(daemon): \(taken)")
    }
  }
}

import Evidence
import Foundation
import Knowledge

@testable import Decode

/// Lines through the whole text side of Decode.
enum TextReading {
  static let library: FormatLibrary = {
    var faults: [Fault] = []
    let programs = KnowledgeFolder.embedded.programTable(faults: &faults)
    return FormatLibrary(KnowledgeFolder.embedded, programs: programs, faults: &faults)
  }()
  static let asOf = Day(number: 10_962)  // 2000-01-06

  static func read(lines: [[UInt8]], asOf: Day = asOf, zone: ZoneTable = .utc) -> Intake {
    var decoder = TextDecoder(input: InputID(0), library: library, asOf: asOf, zone: zone)
    var intake = Intake()
    var offset = 0
    for (index, line) in lines.enumerated() {
      decoder.push(line.rawSpan, number: index + 1, offset: offset, into: &intake)
      offset += line.count + 1
    }
    decoder.finish(into: &intake)
    return intake
  }

  static func read(_ text: String, asOf: Day = asOf, zone: ZoneTable = .utc) -> Intake {
    read(
      lines: text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.utf8) }, asOf: asOf,
      zone: zone)
  }

  /// The sample lines of all formats that give an Event of their own.
  static let samples: [String] = samples { _, line in
    var faults: [Fault] = []
    let action = line["action"]?.string(&faults)
    return action != "none" && action != "authentication"
  }

  /// Those that people quote in mails, which wrap: lines of daemons, with an end that shows. What a machine writes for
  /// machines, or ends in any text, nobody can join.
  static let quoted: [String] = samples { format, line in
    var faults: [Fault] = []
    let pattern = line["pattern"]?.string(&faults) ?? ""
    let isFree = pattern.contains("{any:rest}") || pattern.contains("{detail:rest}")
    let isKnownWhole = pattern.contains("segfault") || pattern.hasPrefix("gethostbyname")
    // The same words with less behind them are another wording.
    if pattern.contains("call from local ") || pattern.contains("call from non-local ") { return false }
    return ["rpcbind", "portsentry", "tcplogd", "inetd", "kernel", "systemd", "statd", "ttdbserverd"].contains(format)
      && line["action"]?.string(&faults) != "none" && (!isFree || isKnownWhole)
  }

  private static func samples(where isWanted: (String, YAMLNode) -> Bool) -> [String] {
    var faults: [Fault] = []
    return KnowledgeFolder.embedded.documents(below: "formats", faults: &faults).flatMap { document in
      let format = document["format"]?.string(&faults) ?? ""
      return (document["lines"]?.items ?? []).filter { isWanted(format, $0) }.flatMap { line in
        (line["samples"]?.items ?? []).compactMap { $0["line"]?.string(&faults) }
      }
    }
  }
}

extension Event {
  /// All that an event says, but for its words.
  var facts: [FieldName: FieldValue] {
    var facts: [FieldName: FieldValue] = [:]
    for field in FieldName.allCases where field != .message { facts[field] = self[field] }
    return facts
  }
}

/// A packet as far as the text of a trace tells it.
struct PacketFacts: Hashable {
  var time: EventTime
  var source: Endpoint
  var target: Endpoint
  var transport: Transport
  var flags: UInt8
  var sequence: UInt32
  var window: UInt16
  var options: TCPOptions
  var timeToLive: UInt8?
  var ipID: UInt16?
  var dontFragment: Bool
  var payloadLength: Int

  init(_ packet: PacketRecord) {
    time = packet.time
    source = packet.source
    target = packet.target
    transport = packet.transport
    flags = packet.flags.rawValue
    sequence = packet.sequence
    window = packet.window
    options = packet.options
    timeToLive = packet.timeToLive
    ipID = packet.ipID
    dontFragment = packet.dontFragment
    payloadLength = packet.payloadLength
  }
}

/// Runs a program of the system; nil when there is none, or when it fails.
func output(of program: String, _ arguments: [String]) -> [UInt8]? {
  guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
  let process = Process()
  process.executableURL = URL(filePath: program)
  process.arguments = arguments
  process.environment = ["TZ": "UTC", "LC_ALL": "C"]
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  do { try process.run() } catch { return nil }
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return process.terminationStatus == 0 ? Array(data) : nil
}

import Decode
import Evidence
import Foundation
import Testing
import Workbench

/// What a capture says does not depend on the kind of file that holds it.
struct CaptureKindTests {
  static let editcap = "/usr/bin/editcap"

  @Test(
    "pcapng and snoop give the analysis of the pcap that they were made from",
    .enabled(if: FileManager.default.isExecutableFile(atPath: editcap), "needs editcap (wireshark-common)"),
    arguments: ["pcapng", "snoop"])
  func sameAnalysis(_ format: String) async throws {
    let scratch = try Scratch()
    let original = Repository.recon + "/visit.pcap"
    let converted = scratch.path + "/visit"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.editcap)
    process.arguments = ["-F", format, original, converted]
    try process.run()
    process.waitUntilExit()

    let before = try await Analysing.run([original], asOf: "2026-11-23")
    let after = try await Analysing.run([converted], asOf: "2026-11-23")
    let (left, right) = (try before.json(), try after.json())
    #expect(!left["incidents"].items.isEmpty)
    #expect(right.withoutContainer == left.withoutContainer)
    let input = try #require(right["inputs"].items.first)
    #expect(input["format"].text == format)
    #expect(input["bytes"].number == Double(try Repository.bytes(converted).count))
  }

  @Test("a small capture gives the same, and cut what was before the cut", arguments: ["rpc.pcapng", "rpc.snoop"])
  func seeds(_ name: String) async throws {
    let scratch = try Scratch()
    let folder = Repository.root + "/Fuzz/seeds/FuzzCapture/"
    let plain = try await Analysing.run([folder + "rpc.pcap"], asOf: "2026-11-23").json()
    let other = try await Analysing.run([folder + name], asOf: "2026-11-23").json()
    #expect(other.withoutContainer == plain.withoutContainer)
    let bytes = try Repository.bytes(folder + name)
    let cut = try scratch.write(bytes.dropLast(3), "cut")
    let short = try await Analysing.run([cut], asOf: "2026-11-23")
    #expect(short.oddities.count(of: .captureCut) == 1)
    #expect(short.inputs.first?.tally.packets == (plain["inputs"].items.first?["records"].number).map { Int($0) - 1 })
  }
}

extension JSON {
  /// Without what says in which file, and where in it, a record stands.
  fileprivate var withoutContainer: JSON {
    switch self {
    case .array(let items): return .array(items.map(\.withoutContainer))
    case .object(var members):
      for key in ["path", "input", "format", "bytes", "offset"] { members[key] = nil }
      return .object(members.mapValues(\.withoutContainer))
    default: return self
    }
  }
}

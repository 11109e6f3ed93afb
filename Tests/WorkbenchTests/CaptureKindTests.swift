import Decode
import Evidence
import Foundation
import Fuse
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

  @Test("what the sensor lost is said, whoever in the file says it", arguments: [1, 4])
  func drops(_ threads: Int) async throws {
    func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
      let length = WireCapture.word(UInt32(12 + body.count))
      return WireCapture.word(type) + length + body + length
    }
    func words(_ values: UInt32...) -> [UInt8] { values.flatMap { WireCapture.word($0) } }
    let start =
      block(0x0a0d_0d0a, words(0x1a2b_3c4d, 0x0001_0000, .max, .max)) + block(1, words(101 << 16, 0))
    let frame = block(6, words(0, 0x0003_8d7e, 0xa4c6_8000, 4, 4, 0x4500_0000, 0x0004_0008, 0, 2))
    let statistics = block(5, words(0, 0, 0, 0x0005_0008, 0, 4, 0x0007_0008, 0, 5))
    let scratch = try Scratch()
    func lost(_ blocks: [UInt8]) async throws -> (count: Int, why: String?, sensor: Int) {
      let analysis = try await Analysing.run([try scratch.write(Data(blocks), "lost.pcapng")], threads: threads)
      let oddity = try analysis.json()["oddities"].items.first { $0["kind"].text == "packets_dropped" }
      return (
        analysis.oddities.count(of: .packetsDropped), oddity?["first"]["text"].text, analysis.coverage.drops
      )
    }
    // Two before the frame, which the nine of the statistics count as well.
    let both = try await lost(start + frame + statistics)
    #expect(both.count == 9 && both.sensor == 9 && both.why?.contains("before this one") == true)
    let alone = try await lost(start + statistics)
    #expect(alone.count == 9 && alone.why?.contains("statistics of its interface") == true)
    #expect(try await lost(start + frame).count == 2)
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

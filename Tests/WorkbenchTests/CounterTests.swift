import Capture
import Decode
import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// Nothing is dropped in silence: what was read is what was understood, was of no concern, or was odd.
struct CounterTests {
  static let examples: [(path: String, asOf: String)] = {
    let folders = [(Repository.y2kWatch, "2000-01-06"), (Repository.recon, "2026-11-23")]
    return folders.flatMap { folder, asOf in ((try? Repository.files(folder)) ?? []).map { ($0, asOf) } }
      + (Repository.article.map { [($0, "2000-01-06")] } ?? [])
  }()

  @Test("records = understood + unconcerned + odd, and every line or frame belongs to a record", arguments: examples)
  func balance(_ path: String, _ asOf: String) async throws {
    let analysis = try await Analysing.run([path], asOf: asOf)
    let input = try #require(analysis.inputs.first)
    let json = try #require(try analysis.json()["inputs"].items.first)
    let sum = ["understood", "unconcerned", "odd"].reduce(0) { $0 + (json[$1].number ?? -1) }
    #expect(json["records"].number == sum)
    let bytes = try Repository.bytes(path)
    #expect(input.tally.bytes <= bytes.count)
    if input.kind == .pcap {
      #expect(Int(sum) == (try PcapFrames(path).frames.count))
      #expect(input.tally.packets == Int(sum))
    } else {
      #expect(input.tally.bytes == bytes.count)
      let text = String(decoding: bytes, as: UTF8.self)
      let lines = text.components(separatedBy: "\n").count - (text.hasSuffix("\n") ? 1 : 0)
      #expect(Int(sum) + continuationLines(analysis) == lines)
    }
  }

  /// Lines that belong to a record which began further up, counted over what the analysis quotes.
  private func continuationLines(_ analysis: Analysis) -> Int {
    var spans: [Int: Int] = [:]
    func note(_ citation: Citation) {
      if case .lines(let first, let last) = citation.provenance.place {
        spans[first] = max(spans[first] ?? 0, last - first)
      }
    }
    for judged in analysis.incidents {
      for event in judged.incident.events {
        note(event.citation)
        for packet in event.conversation?.packets ?? [] { note(packet.citation) }
      }
    }
    for exposure in analysis.exposures { note(exposure.citation) }
    return spans.values.reduce(0, +)
  }

  @Test("the counters of the whole are the sums of the inputs'")
  func sums() async throws {
    let analysis = try await Analysing.run([Repository.examples], asOf: "2026-11-23")
    let json = try analysis.json()
    #expect(json["counters"]["host_records"].number == Double(analysis.inputs.reduce(0) { $0 + $1.tally.hostRecords }))
    #expect(json["counters"]["incidents"].number == Double(json["incidents"].items.count))
    let paths = try FileManager.default.subpathsOfDirectory(atPath: Repository.examples)
    let files = try paths.filter {
      let attributes = try FileManager.default.attributesOfItem(atPath: Repository.examples + "/" + $0)
      return attributes[.type] as? FileAttributeType == .typeRegular
    }
    #expect(json["inputs"].items.count == files.count)
  }
}

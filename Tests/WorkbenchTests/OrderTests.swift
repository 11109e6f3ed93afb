import Evidence
import Foundation
import Fuse
import Judge
import TestNumbers
import Testing
import Workbench

/// Neither the order of the records, nor their split into files, nor the number of threads shows in the result.
struct OrderTests {
  /// The watch's host records, one to a line: the evidence of its incidents, wrapped lines joined.
  private func records() async throws -> [String] {
    let analysis = try await Analysing.run([Repository.y2kWatch])
    var seen: Set<Citation> = []
    let records = analysis.incidents.flatMap(\.incident.events).filter {
      $0.view == .host && seen.insert($0.citation).inserted
    }
    .map { String(decoding: $0.citation.text.array, as: UTF8.self) }
    try #require(records.count == 40)
    return records
  }

  /// Records of many sources at a few hosts within minutes, in many of them more than one in the same second.
  private func crowd(_ seed: UInt64) -> [String] {
    var numbers = SeededNumbers(seed)
    return (0..<400).map { _ in
      let second = Int.random(in: 0..<900, using: &numbers)
      let stamp =
        "Dec 27 1\(second % 3):" + (second / 60 < 10 ? "0" : "") + "\(second / 60):" + (second % 60 < 10 ? "0" : "")
        + "\(second % 60)"
      let host = ["marlin", "milo", "zappa", "thumper"].randomElement(using: &numbers) ?? "milo"
      let source = "10.7.\(Int.random(in: 0..<4, using: &numbers)).\(Int.random(in: 1..<6, using: &numbers))"
      let call = ["dump()", "getport(100005)", "getport(1000<)", "callit(mountd)", "getport(100099)"].randomElement(
        using: &numbers)
      return
        "\(stamp) \(host) rpcbind: \(Bool.random(using: &numbers) ? "refused " : "")connect from \(source) to \(call ?? "dump()")"
    }
  }

  private func expectSame(_ one: Analysis, _ other: Analysis, location: SourceLocation = #_sourceLocation) throws {
    #expect(one.incidents.map(\.incident.id) == other.incidents.map(\.incident.id), sourceLocation: location)
    #expect(one.incidents.map(\.severity) == other.incidents.map(\.severity), sourceLocation: location)
    let difference = try one.json().withoutPlaces.difference(from: try other.json().withoutPlaces)
    #expect(difference == nil, sourceLocation: location)
  }

  @Test("a log in any order of its records, as the watch has them", arguments: [UInt64](1...5))
  func shuffled(_ seed: UInt64) async throws {
    var numbers = SeededNumbers(seed)
    let records = try await records()
    let one = try await Analysing.run(text: records.joined(separator: "\n") + "\n")
    let other = try await Analysing.run(text: records.shuffled(using: &numbers).joined(separator: "\n") + "\n")
    try #require(one.incidents.count > 15)
    try expectSame(one, other)
  }

  @Test("a log in any order of its records, many of the same second", arguments: [UInt64](1...5))
  func shuffledCrowd(_ seed: UInt64) async throws {
    var numbers = SeededNumbers(seed)
    let records = crowd(seed)
    let one = try await Analysing.run(text: records.joined(separator: "\n") + "\n")
    let other = try await Analysing.run(text: records.shuffled(using: &numbers).joined(separator: "\n") + "\n")
    try #require(one.incidents.count > 5)
    try expectSame(one, other)
  }

  @Test(
    "a log split into several files, given in any order, on one thread or two, with a site's networks or without",
    arguments: [UInt64](1...5), [nil, "sites: [{ name: lab, networks: [10.7.0.0/16] }]"])
  func split(_ seed: UInt64, _ site: String?) async throws {
    var numbers = SeededNumbers(seed)
    let records = try await records() + crowd(seed)
    let scratch = try Scratch()
    let whole = try await Analysing.run(
      [try scratch.write(records.joined(separator: "\n") + "\n", "whole")], configuration: site)
    var parts: [Int: [String]] = [:]
    for record in records.shuffled(using: &numbers) {
      parts[Int.random(in: 0..<5, using: &numbers), default: []].append(record)
    }
    let paths = try parts.sorted { $0.key < $1.key }.map {
      try scratch.write($0.value.joined(separator: "\n") + "\n", "part\($0.key)")
    }
    try expectSame(whole, try await Analysing.run(paths, configuration: site))
    try expectSame(whole, try await Analysing.run(paths.reversed(), configuration: site))
    try expectSame(whole, try await Analysing.run(paths, threads: 2, configuration: site))
    try expectSame(whole, try await Analysing.run(paths.shuffled(using: &numbers), threads: 4, configuration: site))
  }

  @Test("the examples' files in any order, on one thread or two", arguments: [Repository.y2kWatch, Repository.recon])
  func examples(_ folder: String) async throws {
    let asOf = folder == Repository.recon ? "2026-11-23" : "2000-01-06"
    var numbers = SeededNumbers(7)
    let paths = try Repository.files(folder)
    let one = try await Analysing.run(paths, asOf: asOf)
    try #require(!one.incidents.isEmpty)
    try expectSame(one, try await Analysing.run(paths.reversed(), asOf: asOf))
    try expectSame(one, try await Analysing.run(paths.shuffled(using: &numbers), asOf: asOf, threads: 2))
    try expectSame(one, try await Analysing.run([folder], asOf: asOf, threads: 2))
  }

  @Test("a capture in two files, given in either order", arguments: [1, 40, 200, 430])
  func capture(_ frames: Int) async throws {
    let capture = try PcapFrames(Repository.recon + "/visit.pcap")
    try #require(capture.frames.count > frames)
    let scratch = try Scratch()
    let front = try scratch.write(capture.file(capture.frames.prefix(frames)), "front.pcap")
    let back = try scratch.write(capture.file(capture.frames.dropFirst(frames)), "back.pcap")
    let log = Repository.recon + "/portmap1.log"
    let whole = try await Analysing.run([log, Repository.recon + "/visit.pcap"], asOf: "2026-11-23")
    try #require(whole.incidents.contains { !$0.incident.pairs.isEmpty })
    try expectSame(whole, try await Analysing.run([log, front, back], asOf: "2026-11-23"))
    try expectSame(whole, try await Analysing.run([back, front, log], asOf: "2026-11-23", threads: 2))
  }

  @Test("a capture of many blocks, on one thread or several")
  func blocks() async throws {
    let capture = try PcapFrames(Repository.recon + "/visit.pcap")
    let scratch = try Scratch()
    let visits = (0..<16).flatMap { visit in capture.frames.map { PcapFrames.later($0, bySeconds: 7200 * visit) } }
    let path = try scratch.write(capture.file(visits[...]), "visits.pcap")
    let one = try await Analysing.run([path], asOf: "2026-11-30")
    try #require(one.incidents.count >= 16 && one.packets == visits.count)
    for threads in [2, 4] {
      try expectSame(one, try await Analysing.run([path], asOf: "2026-11-30", threads: threads))
    }
  }

  @Test("what is wrong with a capture is told once by several threads")
  func damaged() async throws {
    let scratch = try Scratch()
    let capture = try PcapFrames(Repository.recon + "/visit.pcap")
    let damaged = try scratch.write(capture.file(capture.frames.prefix(9)) + Data([1, 2, 3]), "damaged.pcap")
    let one = try await Analysing.run([damaged], asOf: "2026-11-30")
    #expect(one.oddities.counts.values.reduce(0) { $0 + $1.count } == 1)
    try expectSame(one, try await Analysing.run([damaged], asOf: "2026-11-30", threads: 4))
  }
}

/// The frames of a pcap file, so that a test can cut it. Independent of the program's own reader.
struct PcapFrames {
  let header: Data
  let frames: [Data]

  init(_ path: String) throws {
    let bytes = try Repository.bytes(path)
    header = bytes.prefix(24)
    var frames: [Data] = []
    var offset = 24
    while offset + 16 <= bytes.count {
      // Recorded on a little-endian machine: the length that was captured stands at byte 8 of the record's header.
      let length = (0..<4).reduce(0) { $0 | Int(bytes[offset + 8 + $1]) << (8 * $1) }
      frames.append(bytes[offset..<min(bytes.count, offset + 16 + length)])
      offset += 16 + length
    }
    self.frames = frames
  }

  func file(_ frames: ArraySlice<Data>) -> Data { frames.reduce(into: header) { $0 += $1 } }

  /// The frame as if it had been captured later.
  static func later(_ frame: Data, bySeconds seconds: Int) -> Data {
    let time = frame.prefix(4).enumerated().reduce(seconds) { $0 + Int($1.element) << (8 * $1.offset) }
    return Data((0..<4).map { UInt8(truncatingIfNeeded: time >> (8 * $0)) }) + frame.dropFirst(4)
  }
}

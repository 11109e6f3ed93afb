import Capture
import Evidence
import Foundation
import Testing

struct ByteSourceTests {
  static let tools = ["gzip", "xz", "zstd", "bzip2"]

  @Test(arguments: [0, 1, 1023, 1024, 1025, 262_144, 262_145, 600_001], [false, true])
  func plainFileComesWhole(_ count: Int, peeking: Bool) throws {
    let scratch = try Scratch()
    let bytes = sampleBytes(count)
    let (read, error) = readAll(try scratch.write(bytes), peeking: peeking)
    #expect(error == nil)
    #expect(read == bytes)
  }

  @Test(arguments: tools, [0, 1, 70_000, 600_001])
  func packedFileComesUnpacked(_ tool: String, _ count: Int) throws {
    let scratch = try Scratch()
    let bytes = sampleBytes(count)
    let path = try scratch.write(try scratch.pack(bytes, with: tool))
    for peeking in [false, true] {
      let (read, error) = readAll(path, peeking: peeking)
      #expect(error == nil)
      #expect(read == bytes)
    }
    #expect(try ByteSource(path: path).compression == Compression(rawValue: tool))
  }

  @Test(arguments: tools) func concatenatedMembersAreOne(_ tool: String) throws {
    let scratch = try Scratch()
    let (first, second) = (sampleBytes(300_000), sampleBytes(5000, seed: 2))
    let packed = try scratch.pack(first, with: tool) + scratch.pack(second, with: tool)
    let (read, error) = readAll(try scratch.write(packed))
    #expect(error == nil)
    #expect(read == first + second)
  }

  @Test(arguments: tools) func cutFileGivesWhatCameBefore(_ tool: String) throws {
    let scratch = try Scratch()
    let bytes = sampleBytes(1_500_000)
    let packed = try scratch.pack(bytes, with: tool)
    for length in [packed.count - 1, packed.count * 4 / 5, 11] {
      let (read, error) = readAll(try scratch.write(Array(packed.prefix(length))))
      #expect(error?.oddity == .compressedFileDamaged)
      #expect(bytes.starts(with: read))
      // bzip2 and xz work in large blocks; this much must come of any.
      if length > 11 { #expect(read.count > 400_000) }
    }
  }

  @Test func cutGzipGivesItsLastByte() throws {
    let scratch = try Scratch()
    let bytes = sampleBytes(3000)
    let packed = try scratch.pack(bytes, with: "gzip")
    // Without its trailer (RFC 1952: 8 bytes) the content is whole.
    let (read, error) = readAll(try scratch.write(packed.dropLast(8)), peeking: true)
    #expect(read == bytes)
    #expect(error == .compressedDataCut(.gzip, offset: packed.count - 8))
    for length in 10..<packed.count {
      let (read, error) = readAll(try scratch.write(Array(packed.prefix(length))))
      #expect(error == .compressedDataCut(.gzip, offset: length))
      #expect(bytes.starts(with: read))
    }
  }

  @Test(arguments: tools) func damageIsReported(_ tool: String) throws {
    let scratch = try Scratch()
    let bytes = sampleBytes(200_000)
    let packed = try scratch.pack(bytes, with: tool)
    for place in stride(from: 20, to: packed.count, by: packed.count / 7) {
      var damaged = packed
      for index in place..<min(place + 8, packed.count) { damaged[index] ^= 0xff }
      let (_, error) = readAll(try scratch.write(damaged))
      // zstd's tool writes a checksum, as the others do, so no damage goes unseen.
      #expect(error?.oddity == .compressedFileDamaged, "\(tool) at \(place)")
    }
  }

  @Test func keptTailStartsTheNextBlock() throws {
    let scratch = try Scratch()
    let bytes = sampleBytes(700_000)
    for kept in [0, 1, 17, 4096, 300_000] {
      var source = try ByteSource(path: try scratch.write(bytes))
      var end = 0
      while try source.read(keeping: kept) {
        let block = Bytes(source.block).array
        #expect(Array(bytes[source.blockOffset..<source.blockOffset + block.count]) == block)
        #expect(source.blockOffset <= end)
        end = source.blockOffset + block.count
      }
      #expect(end == bytes.count)
    }
  }

  @Test func whatCannotBeOpenedSaysWhy() throws {
    let scratch = try Scratch()
    #expect(throws: CaptureError.cannotOpen(reason: "No such file or directory")) {
      _ = try ByteSource(path: scratch.path + "/none").compression
    }
    #expect(throws: CaptureError.cannotOpen(reason: "is a directory")) {
      _ = try ByteSource(path: scratch.path).compression
    }
  }

  @Test func modificationTimeIsTheFiles() throws {
    let scratch = try Scratch()
    let path = try scratch.write([1])
    let date = Date(timeIntervalSince1970: 946_684_800)
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
    #expect(try ByteSource(path: path).modified == Timestamp(seconds: 946_684_800))
  }
}

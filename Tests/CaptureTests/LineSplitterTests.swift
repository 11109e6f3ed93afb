import Capture
import Evidence
import Testing

struct LineSplitterTests {
  private struct Line: Equatable {
    var text: [UInt8]
    var place: LineSplitter.Place
  }

  private func split(_ bytes: [UInt8], blocks: Int, cap: Int = LineSplitter.defaultCap) -> [Line] {
    var splitter = LineSplitter(cap: cap)
    var lines: [Line] = []
    var index = 0
    while index < bytes.count {
      let end = min(index + blocks, bytes.count)
      splitter.push(Array(bytes[index..<end]).rawSpan) { lines.append(Line(text: Bytes($0).array, place: $1)) }
      index = end
    }
    splitter.finish { lines.append(Line(text: Bytes($0).array, place: $1)) }
    return lines
  }

  @Test func anyCutGivesTheSameLines() {
    let bytes = Array("first\n\r\n\nthird\r\r\nwith\0nul\nlast without end".utf8)
    let whole = split(bytes, blocks: bytes.count)
    #expect(whole.map(\.text) == ["first", "", "", "third\r", "with\0nul", "last without end"].map { Array($0.utf8) })
    #expect(whole.map(\.place.number) == Array(1...6))
    #expect(whole.map(\.place.isTerminated) == [true, true, true, true, true, false])
    for line in whole { #expect(Array(bytes[line.place.offset...].prefix(line.text.count)) == line.text) }
    for blocks in 1..<bytes.count { #expect(split(bytes, blocks: blocks) == whole) }
  }

  @Test func longLinesAreCutAndCounted() {
    let bytes = Array("short\n0123456789abcdef\nend\n".utf8)
    for blocks in 1...bytes.count {
      let lines = split(bytes, blocks: blocks, cap: 10)
      #expect(lines.map(\.text) == ["short", "0123456789", "end"].map { Array($0.utf8) })
      #expect(lines.map(\.place.omitted) == [0, 6, 0])
      #expect(lines.map(\.place.offset) == [0, 6, 23])
    }
  }

  // MARK: Streams of counted records (RFC 6587)

  private func counted(_ message: String, off: Int = 0) -> String { "\(message.utf8.count + off) \(message)" }
  private let messages = ["<34>1 - a b - - - one", "<3>two 7", "<190>three 12 <34>1 - x y - - - forged\nfeed"]

  /// Whatever a record holds, and with or without a line feed between them, counted or not.
  @Test func aStreamIsToldByItsLengths() {
    let ends = ["", "\n", "\r\n"]
    for (first, second) in ends.flatMap({ first in ends.map { (first, $0) } }) {
      let text =
        counted(messages[0]) + first + counted(messages[1] + "\n") + counted(messages[2]) + second
        + counted(messages[1]) + counted(messages[0])
      let bytes = Array(text.utf8)
      let whole = split(bytes, blocks: bytes.count)
      let told = [0, 1, 2, 1, 0].map { messages[$0] }
      #expect(whole.map { String(decoding: $0.text, as: UTF8.self).drop { $0 != "<" } } == told.map { $0[...] })
      #expect(whole.allSatisfy { $0.place.misfit == nil })
      for line in whole { #expect(Array(bytes[line.place.offset...].prefix(line.text.count)) == line.text) }
      for blocks in 1..<bytes.count { #expect(split(bytes, blocks: blocks) == whole, "\(blocks)") }
    }
  }

  @Test(arguments: [-3, -1, 1, 4, 12]) func aWrongLengthCostsNoOtherRecord(off: Int) {
    for end in ["", "\n"] {
      let text = counted(messages[0]) + end + counted(messages[1], off: off) + end + counted(messages[0]) + end
      let bytes = Array((text + counted(messages[1])).utf8)
      let whole = split(bytes, blocks: bytes.count)
      // A length may count the line feed.
      let isRight = off == 1 && !end.isEmpty
      #expect(whole.map(\.place.misfit) == [nil, isRight ? nil : .record, nil, nil], "\(off)")
      #expect(
        whole.map { String(decoding: $0.text, as: UTF8.self).drop { $0 != "<" } }
          == [0, 1, 0, 1].map { messages[$0][...] })
      for blocks in 1..<bytes.count { #expect(split(bytes, blocks: blocks) == whole, "\(blocks)") }
    }
  }

  @Test func whatIsNoWholeRecordIsToldAsSuch() {
    // The end is missing; bytes in the middle are missing; a length that no record has.
    let cut = split(Array((counted(messages[0]) + "90 <34>1 - a b - - - o").utf8), blocks: 7)
    #expect(cut.map(\.place.misfit) == [nil, .cut])
    let lost = split(
      Array(("400 <34>1 - a" + counted(messages[0]) + counted(messages[1]) + counted(messages[0])).utf8), blocks: 7)
    #expect(lost.map(\.place.misfit) == [.several, nil])
    let long = split(Array(("9999999 <34>1 - a b - - - one\n" + counted(messages[0])).utf8), blocks: 7)
    #expect(long.map(\.place.misfit) == [.record, nil])
  }

  /// Memory for what waits has a cap, and no length makes the reader search the same bytes again and again.
  @Test func hostileLengthsCostLittle() {
    let hostile = Array(String(repeating: "60000 <3>x", count: 60_000).utf8)
    let lines = split(hostile, blocks: 65_536)
    #expect(!lines.isEmpty && lines.map(\.text.count).reduce(0, +) == hostile.count)
    let digits = split(Array("1 <3>".utf8) + [UInt8](repeating: 0x31, count: 1_000_000), blocks: 65_536)
    #expect(digits.map(\.text.count).reduce(0, +) == 1_000_005)
  }

  /// Only a text that begins with one is a stream: elsewhere such a line is one, as it was.
  @Test func aLineWithALengthIsNoStream() {
    let text = "first\n5 <3>ab7 <34>x\n"
    #expect(split(Array(text.utf8), blocks: 3).map(\.text) == ["first", "5 <3>ab7 <34>x"].map { Array($0.utf8) })
    #expect(split(Array("12".utf8), blocks: 1).map(\.text) == [Array("12".utf8)])
  }

  @Test func nothingGivesNothing() {
    #expect(split([], blocks: 1) == [])
    #expect(split(Array("\n".utf8), blocks: 1).map(\.text) == [[]])
  }
}

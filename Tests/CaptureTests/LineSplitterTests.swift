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

  @Test func nothingGivesNothing() {
    #expect(split([], blocks: 1) == [])
    #expect(split(Array("\n".utf8), blocks: 1).map(\.text) == [[]])
  }
}

import Evidence
import Testing

@testable import Decode

/// Mailers wrap lines: a record read in two pieces is the record.
struct LinesWrapTests {
  private func event(_ lines: [String]) -> [Event] {
    TextReading.read(lines: lines.map { Array($0.utf8) }).events
  }

  /// What a mailer cut: it breaks at a blank, which it takes.
  @Test(arguments: TextReading.quoted)
  func aSampleWrappedAtABlankIsTheSample(_ sample: String) throws {
    let whole = try #require(event([sample]).first)
    let bytes = Array(sample.utf8)
    let stampEnd = try #require(stampLength(bytes))
    for column in bytes.indices where bytes[column] == 0x20 && column >= stampEnd {
      let head = String(decoding: bytes[..<column], as: UTF8.self)
      let tail = String(decoding: bytes[(column + 1)...], as: UTF8.self)
      let events = event([head, tail])
      #expect(events.map(\.facts) == [whole.facts], "\(head)|\(tail)")
      let last = LinesWrapTests.isWhole(head) ? 1 : 2
      #expect(events.first?.citation.provenance.place == .lines(first: 1, last: last), "\(head)|\(tail)")
    }
  }

  /// What a terminal or a narrow editor cut: anywhere, nothing taken. In a free text nobody can tell whether a blank stood
  /// at the break, so there only a break at a blank is undone.
  @Test(arguments: TextReading.quoted)
  func aSampleCutAnywhereIsTheSample(_ sample: String) throws {
    let whole = try #require(event([sample]).first)
    let bytes = Array(sample.utf8)
    let stampEnd = try #require(stampLength(bytes))
    for column in stampEnd..<bytes.count where bytes[column] != 0x20 && bytes[column - 1] != 0x20 {
      let head = String(decoding: bytes[..<column], as: UTF8.self)
      let tail = String(decoding: bytes[column...], as: UTF8.self)
      if LinesWrapTests.isFreeText(bytes, column) || LinesWrapTests.isWhole(head) { continue }
      let events = event([head, tail])
      #expect(events.map(\.facts) == [whole.facts], "\(head)|\(tail)")
    }
  }

  /// A part of a line is never an event that says something else than the line.
  @Test(arguments: TextReading.quoted)
  func theStartOfALineIsNoOtherEvent(_ sample: String) throws {
    let whole = try #require(event([sample]).first)
    let bytes = Array(sample.utf8)
    for column in bytes.indices where bytes[column] == 0x20 {
      let head = String(decoding: bytes[..<column], as: UTF8.self)
      guard let part = event([head]).first, part.action != .incomplete else { continue }
      // Without its next line a refusal that ends in `declined (...)` cannot be told from an allowed call.
      if head.hasSuffix("to set(nfs)") || head.hasSuffix("call from local") { continue }
      #expect(part.facts == whole.facts, "\(head)")
    }
  }

  /// The record may come in three and more pieces.
  @Test(arguments: TextReading.quoted)
  func narrowColumnsGiveTheSample(_ sample: String) throws {
    let whole = try #require(event([sample]).first)
    for width in [40, 48, 56, 64, 72] {
      let lines = wrapped(sample, at: width)
      if lines.indices.dropLast().contains(where: { LinesWrapTests.isWhole(lines[...$0].joined(separator: " ")) }) {
        continue
      }
      #expect(event(lines).map(\.facts) == [whole.facts], "\(lines)")
    }
  }

  /// The record that follows is not eaten by the one before it.
  @Test func theNextRecordIsARecordOfItsOwn() {
    for (one, other) in zip(TextReading.quoted, TextReading.quoted.dropFirst()) {
      #expect(event([one, other]).count == 2, "\(one)|\(other)")
      let cut = String(one.prefix(one.count / 2))
      #expect(event([cut, other]).last?.facts == event([other]).last?.facts, "\(cut)|\(other)")
    }
  }

  /// Prose behind a record stays prose.
  @Test(arguments: TextReading.samples)
  func proseBehindARecordIsNoPartOfIt(_ sample: String) {
    let alone = event([sample])
    let intake = TextReading.read(sample + "\nI saw this (and more) today; does anybody know?\n")
    #expect(intake.events.map(\.facts) == alone.map(\.facts))
    #expect(intake.events.first?.citation.provenance.place == .lines(first: 1, last: 1))
    #expect(intake.tally.records == 3)
  }

  // MARK: What the tests leave out

  /// Whether a head says all that the line says, and ends where a shorter record could.
  private static func isWhole(_ head: String) -> Bool {
    // An address or a host's mark at which a line may end (`call from 10.2|08.1.9`, `6E:|host`),
    // `Segmentation Fault` with or without `- core dumped`, a port whose number is cut (`port: 11|1`), `exit signal 1|1`.
    let message = head.split(separator: ": ").last.map(String.init) ?? ""
    return ["Segmentation Fault", "Bus Error", "Illegal Instruction"].contains(message) || head.contains("segfault at ")
      || head.contains(#/traps: \S+ (general protection|trap) \S/#)
      || message.wholeMatch(of: /exit signal \d+|.* call from [\d.]+/) != nil || head.hasSuffix(" 6E:")
      || head.contains(#/ process \S+:\d+$/#)
      || (head.contains("attackalert") && head.contains(" port: ") && message.wholeMatch(of: /\d+/) != nil)
  }

  /// Whether a break at this column stands in text that may hold blanks: a portmapper's argument, a local address, a
  /// command, a client's name.
  private static func isFreeText(_ bytes: [UInt8], _ column: Int) -> Bool {
    let head = String(decoding: bytes[..<column], as: UTF8.self)
    let tail = String(decoding: bytes[column...], as: UTF8.self)
    // Digits and digits are joined without a blank.
    let isNumber = bytes[column - 1].isDigit && bytes[column].isDigit
    if head.contains("(") && tail.contains(")") && !isNumber {
      return head.contains(#/ to \w+(/\w+)?\([^)]*$/#) || head.contains(#/loopback\([^)]*$/#)
    }
    return head.contains(#/string: "|command: "|connection attempt from /#) && tail.contains(#/["\]]/#)
  }

  private func stampLength(_ bytes: [UInt8]) -> Int? {
    // A stamp is what a record is known by: cut in two it is none.
    bytes.first?.isDigit == true ? bytes.firstIndex(of: 0x20) : 15
  }

  private func wrapped(_ sample: String, at width: Int) -> [String] {
    var lines: [String] = []
    for word in sample.split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
      if let last = lines.last, last.count + word.count < width || lines.count == 1 && last.count < 16 {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(word)
      }
    }
    return lines
  }
}

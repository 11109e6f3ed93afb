import Evidence
import Testing

@testable import Decode

/// `last message repeated N times` speaks of the line before it of its host.
struct LinesRepeatTests {
  @Test func theRecordBeforeItOfItsHostIsMeant() throws {
    let intake = TextReading.read(
      """
      Jan  1 10:00:00 marlin rpcbind: refused connect from 192.0.2.1 to dump()
      Jan  1 10:00:01 zappa rpcbind: refused connect from 192.0.2.2 to set(nfs)
      Jan  1 10:00:09 marlin last message repeated 3 times
      Jan  1 10:00:10 zappa last message repeated 2 times
      """)
    #expect(intake.events.count == 4)
    let (one, other) = (intake.events[2], intake.events[3])
    #expect(one.count == 3 && one.source.host.notation == "192.0.2.1" && one.target.host == .name("marlin"))
    #expect(one.time.description == "2000-01-01T10:00:09Z")
    #expect(other.count == 2 && other.source.host.notation == "192.0.2.2" && other.rpc?.procedureName == "set")
    #expect(intake.tally.understood == 4 && intake.oddities.isEmpty)
  }

  @Test func aRepetitionOfAnothersLineIsNothing() {
    let intake = TextReading.read(
      """
      Jan  1 10:00:00 marlin rpcbind: refused connect from 192.0.2.1 to dump()
      Jan  1 10:00:01 marlin sendmail[7]: hello
      Jan  1 10:00:09 marlin last message repeated 3 times
      """)
    #expect(intake.events.count == 1)
    #expect(intake.tally.unconcerned == 2 && intake.oddities.isEmpty)
  }

  @Test func aRepetitionWithoutItsRecordIsOdd() {
    let intake = TextReading.read("Jan  1 10:00:09 marlin last message repeated 3 times")
    #expect(intake.events.isEmpty && intake.oddities.count(of: .repeatWithoutRecord) == 1)
    #expect(intake.tally.records == 1 && intake.tally.odd == 1)
  }

  @Test func repetitionsMayFollowEachOther() {
    let intake = TextReading.read(
      """
      Jan  1 10:00:00 marlin rpcbind: refused connect from 192.0.2.1 to dump()
      Jan  1 10:00:09 marlin last message repeated 3 times
      Jan  1 10:00:19 marlin last message repeated 5 times
      """)
    #expect(intake.events.map(\.count) == [1, 3, 5])
  }

  /// No number is passed over: what no logger counts to is counted as far as one could, and is odd.
  @Test(arguments: [
    ("2147483647", 2_147_483_647, 0), ("2147483648", 2_147_483_648, 0), ("4294967295", 4_294_967_295, 0),
    ("4294967296", 4_294_967_295, 1), ("9223372036854775807", 4_294_967_295, 1),
    ("184467440737095516160000000000", 4_294_967_295, 1),
  ])
  func aNumberOfAnyLengthCounts(number: String, count: Int, capped: Int) {
    let line = "Jan  1 10:00:00 marlin rpcbind: "
    let text = "refused connect from 192.0.2.1 to dump()"
    for repetition in [
      "marlin last message repeated \(number) times", "marlin rpcbind: message repeated \(number) times: [ \(text)]",
    ] {
      let intake = TextReading.read(line + text + "\nJan  1 10:00:09 " + repetition)
      #expect(intake.events.map(\.count) == [1, count], "\(repetition)")
      #expect(intake.tally.understood == 2 && intake.tally.records == 2)
      #expect(intake.oddities.count(of: .repeatCountCapped) == capped)
    }
  }

  @Test func notOnceMoreIsNothing() {
    let intake = TextReading.read(
      """
      Jan  1 10:00:00 marlin rpcbind: refused connect from 192.0.2.1 to dump()
      Jan  1 10:00:09 marlin last message repeated 0 times
      """)
    #expect(intake.events.map(\.count) == [1] && intake.tally.unconcerned == 1 && intake.tally.records == 2)
  }

  /// A record that is cut off is said to be, and is not taken for what its start may mean.
  @Test func aRecordThatIsCutOffIsIncomplete() throws {
    let intake = TextReading.read("Dec 28 16:46:18 jeru rpcbind: connect from loop\n\nAnd that was all.")
    let event = try #require(intake.events.first)
    #expect(intake.events.count == 1 && event.action == .incomplete && event.detail == "connect from loop")
    #expect(intake.oddities.count(of: .recordIncomplete) == 1)
  }
}

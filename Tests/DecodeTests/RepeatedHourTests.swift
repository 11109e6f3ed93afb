import Evidence
import Testing

@testable import Decode

/// Clocks that are set back show an hour twice, and clocks that are set forward skip one: neither moves a log's records
/// back in time.
struct RepeatedHourTests {
  /// Central Europe in 1999: summer time ended on October 31 at 03:00, and began on March 28 at 02:00.
  private static let zone = ZoneTable(
    name: "Europe/Berlin",
    steps: [
      (Int64.min, 3600), (local("1999-03-28", 3, 0), 7200), (local("1999-10-31", 3, 0), 3600),
    ])

  private static func local(_ day: String, _ hour: Int64, _ minute: Int64) -> Int64 {
    Int64(Day(day)?.number ?? 0) * 86_400 + hour * 3600 + minute * 60
  }

  private static func line(_ clock: String, _ host: String, source: Int = 1, _ day: String = "Oct 31") -> String {
    "\(day) \(clock) \(host) rpcbind[7]: refused connect from 192.0.2.\(source) to dump()"
  }

  private static func times(_ lines: [String]) -> [String] {
    TextReading.read(lines.joined(separator: "\n"), zone: zone).events.map(\.time.timeOfDayDescription)
  }

  @Test func whereStampsGoBackTheSecondShowingBegins() {
    let clocks = ["01:59:50", "02:00:10", "02:59:50", "02:00:20", "02:40:00", "02:59:59", "03:00:01"]
    let times = Self.times(clocks.map { Self.line($0, "marlin") })
    #expect(times == ["23:59:50", "00:00:10", "00:59:50", "01:00:20", "01:40:00", "01:59:59", "02:00:01"])
  }

  /// A few lines are enough, also with long silence between them, whatever form their stamps have.
  @Test(arguments: [["02:40:00", "02:20:00"], ["02:40:00", "02:20:00", "02:30:00"]]) func sparseLines(
    _ clocks: [String]
  ) {
    for stamp in ["Oct 31 ", "Oct 31 1999 ", "1999-10-31T", "<34>1 1999-10-31T"] {
      let lines = clocks.map { clock in
        stamp + clock + " marlin rpcbind" + (stamp.hasPrefix("<") ? " 7 - - " : "[7]: ")
          + "refused connect from 192.0.2.1 to dump()"
      }
      let times = TextReading.read(lines.joined(separator: "\n"), zone: Self.zone).events.map(\.time)
      #expect(times == times.sorted() && times.first?.timeOfDayDescription == "00:40:00", "\(stamp)")
      #expect(times.dropFirst().first?.timeOfDayDescription == "01:20:00", "\(stamp)")
    }
  }

  /// Where no line goes back nothing tells, and the first showing is as good; lines a little out of order do not tell.
  @Test func withoutEvidenceTheFirstShowingHolds() {
    #expect(
      Self.times([Self.line("02:10:00", "marlin"), Self.line("02:30:00", "marlin")]) == ["00:10:00", "00:30:00"])
    #expect(
      Self.times(["02:10:09", "02:10:02", "02:11:00"].map { Self.line($0, "marlin") }) == [
        "00:10:09", "00:10:02", "00:11:00",
      ])
  }

  /// Hosts are told apart: another one's clock may be late, or in another year's hour.
  @Test func eachHostHasItsOwn() {
    let lines = [
      Self.line("02:50:00", "marlin"), Self.line("02:20:00", "zappa"), Self.line("02:05:00", "marlin"),
      Self.line("02:30:00", "zappa"), Self.line("02:06:00", "marlin"),
    ]
    #expect(Self.times(lines) == ["00:50:00", "00:20:00", "01:05:00", "00:30:00", "01:06:00"])
  }

  /// Stamps that name their zone are what they say, and so is everything where no clock is set back.
  @Test func otherStampsStayAsTheyAre() {
    let message = " marlin rpcbind[7]: refused connect from 192.0.2.1 to dump()"
    let named = ["1999-10-31T02:50:00+02:00", "1999-10-31T02:10:00+02:00", "1999-10-31T02:10:00+01:00"].map {
      $0 + message
    }
    #expect(Self.times(named) == ["00:50:00", "00:10:00", "01:10:00"])
    let back = ["04:50:00", "04:10:00"].map { Self.line($0, "marlin") }
    #expect(Self.times(back) == ["03:50:00", "03:10:00"])
  }

  /// A time that a clock skips was written by one that was not set forward: it is read as that one's.
  @Test func theSkippedHour() {
    let clocks = ["01:59:59", "03:00:01", "02:30:00", "03:31:00"].map { Self.line($0, "marlin", "Mar 28") }
    #expect(Self.times(clocks) == ["00:59:59", "01:00:01", "01:30:00", "01:31:00"])
  }

  /// Nor does a leap second, whatever fraction of it a stamp tells.
  @Test(arguments: ["%@Z", "%@", "<34>1 %@Z"]) func leapSeconds(_ form: String) {
    let clocks = ["1998-12-31T23:59:59.9", "1998-12-31T23:59:60.2", "1998-12-31T23:59:60.9", "1999-01-01T00:00:00.1"]
    let lines = clocks.map { clock in
      form.replacing("%@", with: clock) + " marlin rpcbind" + (form.hasPrefix("<") ? " 7 - - " : "[7]: ")
        + "refused connect from 192.0.2.1 to dump()"
    }
    let times = TextReading.read(lines.joined(separator: "\n")).events.map(\.time)
    #expect(times.count == 4 && times == times.sorted() && times[0] < times[3])
  }

  /// Wrapped records, repetitions and records that wait in a crowd have the time of their lines.
  @Test func repetitionsAndWrappedRecords() {
    let lines = [
      Self.line("02:50:00", "marlin"), "Oct 31 02:20:00 marlin rpcbind[7]: refused connect from", "192.0.2.9 to dump()",
      "Oct 31 02:21:00 marlin last message repeated 3 times", Self.line("02:22:00", "marlin"),
    ]
    #expect(Self.times(lines) == ["00:50:00", "01:20:00", "01:21:00", "01:22:00"])
  }
}

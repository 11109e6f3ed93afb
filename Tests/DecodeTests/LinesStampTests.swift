import Evidence
import TestNumbers
import Testing

@testable import Decode

/// Time stamps and what stands before and behind them.
struct LinesStampTests {
  private static let message = "refused connect from 192.0.2.1 to dump()"

  private func read(_ line: String, asOf: String = "2000-01-06", zone: ZoneTable = .utc) throws -> Event {
    let day = try #require(Day(asOf))
    let intake = TextReading.read(lines: [Array(line.utf8)], asOf: day, zone: zone)
    #expect(intake.events.count == 1 && intake.oddities.isEmpty, "\(line)")
    return try #require(intake.events.first)
  }

  @Test(arguments: [
    // Twelve months end with the day that the analysis takes as its today.
    ("Jan  6", "2000-01-06", "2000-01-06"), ("Jan  7", "2000-01-06", "1999-01-07"),
    ("Dec 31", "2000-01-06", "1999-12-31"),
    ("Jan  1", "2000-01-01", "2000-01-01"), ("Dec 31", "2000-01-01", "1999-12-31"),
    ("Dec 31", "1999-12-31", "1999-12-31"),
    ("Jan  1", "1999-12-31", "1999-01-01"),
    ("Feb 29", "2000-02-29", "2000-02-29"), ("Feb 29", "2000-03-01", "2000-02-29"),
    ("Feb 29", "2001-02-28", "2000-02-29"),
    ("Feb 28", "2000-02-27", "1999-02-28"),
  ])
  func theYearIsThatOfTheTwelveMonthsBefore(_ stamp: String, _ asOf: String, _ expected: String) throws {
    let event = try read("\(stamp) 10:20:30 marlin rpcbind: \(LinesStampTests.message)", asOf: asOf)
    #expect(event.time.description == expected + "T10:20:30Z")
  }

  @Test(arguments: [
    ("Feb 29", "2000-02-28"), ("Feb 29", "2002-01-10"), ("Feb 30", "2000-06-01"), ("Apr 31", "2000-06-01"),
    ("Jan  0", "2000-01-06"),
  ])
  func daysThatWereNotAreOdd(_ stamp: String, _ asOf: String) throws {
    let intake = TextReading.read(
      "\(stamp) 10:20:30 marlin rpcbind: \(LinesStampTests.message)", asOf: try #require(Day(asOf)))
    #expect(intake.events.isEmpty)
    #expect(intake.oddities.count(of: .stampInvalid) == 1 && intake.tally.odd == 1)
  }

  /// Every day of the twelve months before any day is found again.
  @Test func everyDayOfTheYearBeforeIsFound() throws {
    for asOf in [Day("2000-03-01"), Day("2000-02-29"), Day("1999-12-31"), Day("2001-01-01")].compactMap({ $0 }) {
      for age in 0..<365 {
        let day = asOf.advanced(by: -age)
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let date = names[day.civil.month - 1] + " " + (day.civil.day < 10 ? " " : "") + String(day.civil.day)
        let intake = TextReading.read("\(date) 00:00:00 marlin rpcbind: \(LinesStampTests.message)", asOf: asOf)
        #expect(intake.events.first?.time.timestamp.day == day, "\(date) as of \(asOf)")
      }
    }
  }

  @Test(arguments: [
    // Solaris, IRIX, with a priority, grep's file names, quotations, a path as tag, a single-digit day without its blank.
    "Dec 31 07:42:43 marlin rpcbind: [ID 884469 daemon.warning] refused connect from 192.0.2.1 to dump()",
    "Dec 31 07:42:43 6E:marlin /usr/etc/portmap[150]: refused connect from 192.0.2.1 to dump()",
    "<34>Dec 31 07:42:43 marlin rpcbind: refused connect from 192.0.2.1 to dump()",
    "<191>Dec 31 07:42:43 marlin rpcbind[7]: refused connect from 192.0.2.1 to dump()",
    "messages.1:Dec 31 07:42:43 marlin rpcbind: refused connect from 192.0.2.1 to dump()",
    "/var/log/daemon.log:Dec 31 07:42:43 marlin rpcbind: refused connect from 192.0.2.1 to dump()",
    "> Dec 31 07:42:43 marlin rpcbind: refused connect from 192.0.2.1 to dump()",
    ">> | Dec 31 07:42:43 marlin rpcbind: refused connect from 192.0.2.1 to dump()",
    "\t Dec 31 07:42:43 marlin rpcbind: refused connect from 192.0.2.1 to dump()",
    "Dec 31 07:42:43 marlin   rpcbind:   refused  connect  from 192.0.2.1 to dump()  ",
    "1999-12-31T07:42:43Z marlin rpcbind: refused connect from 192.0.2.1 to dump()",
    "1999-12-31 07:42:43 marlin rpcbind: refused connect from 192.0.2.1 to dump()",
    "1999-12-31T08:42:43+01:00 marlin rpcbind: refused connect from 192.0.2.1 to dump()",
    "1999-12-31T02:12:43-0530 marlin rpcbind: refused connect from 192.0.2.1 to dump()",
  ])
  func dialectsSayTheSame(_ line: String) throws {
    let event = try read(line)
    #expect(event.time.description == "1999-12-31T07:42:43Z")
    #expect(event.target.host == .name("marlin") && event.source.host.notation == "192.0.2.1")
    #expect(event.rpc?.procedureName == "dump" && event.outcome == .refused)
  }

  @Test func fractionsKeepTheirDigits() throws {
    for (fraction, digits) in [("5", 1), ("123", 3), ("123456", 6), ("123456789", 9), ("1234567891", 9)]
      as [(String, UInt8)]
    {
      let event = try read("2026-03-01T10:11:12.\(fraction)+01:00 marlin rpcbind: \(LinesStampTests.message)")
      #expect(event.time.fractionDigits == digits)
      #expect(event.time.description == "2026-03-01T09:11:12.\(fraction.prefix(9))Z")
    }
  }

  @Test func theZoneIsTheInputs() throws {
    let zone = ZoneTable(name: "+01:00", steps: [(Int64.min, 3600)])
    let event = try read("Jan  1 00:30:00 marlin rpcbind: \(LinesStampTests.message)", zone: zone)
    #expect(event.time.description == "1999-12-31T23:30:00Z")
    // A stamp with a zone of its own does not ask.
    let own = try read("2000-01-01T00:30:00Z marlin rpcbind: \(LinesStampTests.message)", zone: zone)
    #expect(own.time.description == "2000-01-01T00:30:00Z")
  }

  @Test func yearlessStampsAreCountedAsSuch() {
    let intake = TextReading.read(
      """
      Jan  1 00:30:00 marlin rpcbind: \(LinesStampTests.message)
      2000-01-02T00:30:00Z marlin rpcbind: \(LinesStampTests.message)
      """)
    #expect(intake.tally.yearlessRecords == 1)
    #expect(intake.tally.newestWithYear?.description == "2000-01-02T00:30:00Z")
    #expect(intake.tally.coveredDays.count == 2)
  }

  /// Random damage to a line gives something or nothing, and every line is counted once.
  @Test func damagedLinesBalance() {
    var dice = SeededNumbers(21)
    let samples = TextReading.samples.map { Array($0.utf8) }
    var lines: [[UInt8]] = []
    for _ in 0..<3000 {
      var line = samples[dice.roll(samples.count)]
      for _ in 0..<dice.roll(4) { line[dice.roll(line.count)] = UInt8(dice.roll(256)) }
      if dice.roll(4) == 0 { line = Array(line.prefix(dice.roll(line.count))) }
      lines.append(line)
    }
    let intake = TextReading.read(lines: lines)
    #expect(intake.events.count > 900)
    #expect(intake.tally.records <= lines.count && intake.tally.records > 2000)
    let covered = intake.events.reduce(0) { total, event in
      if case .lines(let first, let last) = event.citation.provenance.place { total + last - first + 1 } else { total }
    }
    #expect(covered <= lines.count)
  }
}

import Evidence
import Foundation
import TestNumbers
import Testing

/// Days, moments and zones.
struct TimeTests {
  @Test func daysAreThoseOfTheCalendar() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: "GMT"))
    var dice = SeededNumbers(7)
    for _ in 0..<2000 {
      // From 1600 on Foundation's calendar is Gregorian.
      let number = Int.random(in: -135_000...200_000, using: &dice)
      let parts = calendar.dateComponents(
        [.year, .month, .day], from: Date(timeIntervalSince1970: Double(number) * 86_400))
      let civil = Day(number: number).civil
      #expect(civil.year == parts.year && civil.month == parts.month && civil.day == parts.day, "day \(number)")
      #expect(Day(year: civil.year, month: civil.month, day: civil.day)?.number == number)
      #expect(Day(Day(number: number).description)?.number == number)
    }
  }

  @Test func hoursAreTheDaysTwentyFourParts() {
    var dice = SeededNumbers(8)
    for _ in 0..<2000 {
      let moment = Timestamp(nanoseconds: Int64.random(in: .min ... .max, using: &dice))
      let intoDay = EventTime(moment, fractionDigits: 9).timeOfDay
      #expect(moment.hour == Int64(moment.day.number) * 24 + intoDay / 3_600_000_000_000, "\(moment.nanoseconds)")
    }
    #expect([-1, 0, 3_599_999_999_999, 3_600_000_000_000].map { Timestamp(nanoseconds: $0).hour } == [-1, 0, 0, 1])
    #expect(Timestamp(nanoseconds: -3_600_000_000_000).hour == -1)
  }

  @Test func everyMonthIsAsLongAsTheNextIsFar() throws {
    for year in [1900, 1999, 2000, 2001, 2004, 2100] {
      for month in 1...12 {
        let length = Day.length(ofMonth: month, year: year)
        let last = try #require(Day(year: year, month: month, day: length))
        let first = try #require(
          month == 12 ? Day(year: year + 1, month: 1, day: 1) : Day(year: year, month: month + 1, day: 1))
        #expect(last.advanced(by: 1) == first)
        #expect(Day(year: year, month: month, day: length + 1) == nil)
      }
    }
  }

  @Test(arguments: [
    "2000-02-30", "1900-02-29", "2000-13-01", "2000-00-10", "2000-1-01", "20000101", "2000-01-01 ", "+200-01-01", "",
    "--",
    "２０００-01-01",
  ])
  func whatIsNoDayIsNone(_ text: String) {
    #expect(Day(text) == nil)
  }

  @Test func daysBeyondAMomentsReachHaveNoStart() throws {
    let first = try #require(Day(year: 0, month: 1, day: 1))
    let last = try #require(Day(year: 9999, month: 12, day: 31))
    #expect(first.description == "0000-01-01" && last.description == "9999-12-31")
    #expect(first.start == nil && last.start == nil)
    #expect(try #require(Day("1700-01-01")).start != nil)
    #expect(Timestamp(seconds: Int64.max) == nil && Timestamp(seconds: Int64.min) == nil)
    #expect(Timestamp(seconds: Int64.max / 1_000_000_000, nanoseconds: Int64.max) == nil)
  }

  /// The day of a moment and its time of day agree to the nanosecond.
  @Test func aDayEndsAtMidnight() throws {
    for text in ["1999-12-31", "1969-12-31", "1700-03-01", "2200-02-28", "2026-11-23"] {
      let day = try #require(Day(text))
      let midnight = try #require(day.advanced(by: 1).start)
      let last = Timestamp(nanoseconds: midnight.nanoseconds - 1)
      #expect(last.day == day)
      #expect(midnight.day == day.advanced(by: 1))
      #expect(EventTime(last, fractionDigits: 9).description == text + "T23:59:59.999999999Z")
    }
  }

  @Test func differencesReachTheEndsOfTheClock() {
    #expect(Timestamp(nanoseconds: Int64.max).seconds(since: Timestamp(nanoseconds: Int64.max - 1_000_000_000)) == 1)
  }

  @Test(arguments: [
    (0, true, "2000-01-01T19:04:51Z"), (3, true, "2000-01-01T19:04:51.123Z"), (6, true, "2000-01-01T19:04:51.123456Z"),
    (9, true, "2000-01-01T19:04:51.123456789Z"), (12, true, "2000-01-01T19:04:51.123456789Z"),
    (6, false, "19:04:51.123456"),
  ])
  func aTimeIsWrittenWithItsDigits(_ digits: UInt8, _ isDated: Bool, _ expected: String) {
    let moment = Timestamp(nanoseconds: 946_753_491_123_456_789)
    #expect(EventTime(moment, fractionDigits: digits, isDated: isDated).description == expected)
  }

  @Test func timeOfDayIsNeverNegative() {
    var dice = SeededNumbers(8)
    for _ in 0..<1000 {
      let moment = Timestamp(nanoseconds: Int64.random(in: Int64.min...Int64.max, using: &dice))
      let time = EventTime(moment, fractionDigits: 9)
      #expect((0..<86_400_000_000_000).contains(time.timeOfDay))
      // Whole days and the rest make the moment again.
      #expect(
        Int64(moment.day.number).multipliedReportingOverflow(by: 86_400_000_000_000).partialValue &+ time.timeOfDay
          == moment.nanoseconds)
    }
  }

  @Test func resolutionIsTheLastDigit() {
    for digits in UInt8(0)...9 {
      let time = EventTime(Timestamp(nanoseconds: 0), fractionDigits: digits)
      #expect(abs(time.resolution - pow(10, -Double(digits))) < 1e-12)
    }
  }

  @Test func datedComesBeforeUndated() {
    let undated = EventTime(Timestamp(nanoseconds: 0), fractionDigits: 0, isDated: false)
    let dated = EventTime(Timestamp(nanoseconds: 5), fractionDigits: 0)
    #expect(dated < undated && !(undated < dated))
  }

  @Test(arguments: ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
  func aZonesClockGivesTheMoment(_ identifier: String) throws {
    let zone = try #require(TimeZone(identifier: identifier))
    let table = ZoneTable.fixture(zone)
    var last = Int64.min
    // Every quarter of an hour of 2000, as the wall shows it.
    for utc in stride(from: Int64(946_684_800), to: 978_307_200, by: 900) {
      let offset = Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(utc))))
      let read = table.utc(local: utc + offset)
      // In the hour that a clock repeats, the first reading holds: the moment itself, or one clock change earlier.
      #expect(read == utc || (read < utc && utc - read <= 3600))
      let isRepeated = read != utc
      if !isRepeated {
        #expect(read >= last)
        last = read
      }
    }
  }

  /// Clock times that a wall shows, in order, never give moments in the wrong order.
  @Test(arguments: ["Europe/Berlin", "America/New_York"])
  func risingClockTimesAreRisingMoments(_ identifier: String) throws {
    let zone = try #require(TimeZone(identifier: identifier))
    let table = ZoneTable.fixture(zone)
    let shown = Set(
      stride(from: Int64(946_684_800), to: 978_307_200, by: 300).map { utc in
        utc + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(utc))))
      })
    let moments = shown.sorted().map { table.utc(local: $0) }
    #expect(zip(moments, moments.dropFirst()).allSatisfy { $0 < $1 })
    #expect(moments.count > 100_000)
  }

  @Test func anEmptyTableIsUTC() {
    #expect(ZoneTable(name: "", steps: []).utc(local: 77) == 77)
    #expect(ZoneTable.utc.utc(local: Int64.min) == Int64.min)
  }
}

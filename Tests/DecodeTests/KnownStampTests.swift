import Evidence
import Testing

@testable import Decode

/// Of a stamp whose minute is known only the second is read: it says the same as one that is read alone.
struct KnownStampTests {
  private static let fixed = ZoneTable.utc
  private static let shifting = ZoneTable(name: "X", steps: [(Int64.min, 3600), (946_684_799, 7200)])
  /// The hour up to 15:30 on January 3, 2000, is shown twice.
  private static let setBack = ZoneTable(name: "X", steps: [(Int64.min, 7200), (946_913_400, 3600)])

  @Test(arguments: [fixed, shifting, setBack]) func neighboursSayWhatEachSaysAlone(_ zone: ZoneTable) throws {
    let day = try #require(Day("2000-01-06"))
    var reader = SyslogReader(asOf: day, zone: zone)
    for stamp in KnownStampTests.stamps {
      let line = Array((stamp + " marlin rpcbind[7]: refused connect from 192.0.2.1 to dump()").utf8)
      var alone = SyslogReader(asOf: day, zone: zone)
      let (one, other) = (reader.stamp(of: line.rawSpan), alone.stamp(of: line.rawSpan))
      #expect(one?.time == other?.time && one?.end == other?.end, "\(stamp)")
      #expect(one?.packed?.text == other?.packed?.text, "\(stamp)")
      #expect(reader.beginsClassic(line.rawSpan) == alone.beginsClassic(line.rawSpan), "\(stamp)")
    }
  }

  private static let stamps = [
    "Jan  3 15:03:07", "Jan  3 15:03:59", "Jan  3 15:03:00", "Jan  3 15:03:60", "Jan  3 15:03:6a", "Jan  3 15:03: 9",
    "Jan  3 15:03:/0", "Jan  3 15:03:9:", "Jan  3 15:03:12.5", "Jan  3 15:03:12:", "Jan  3 15:04:12", "Jan  3 15:03:12",
    "Jan 03 15:03:12", "Jan  4 15:03:12", "Jan  3 15:03:13", "Feb  3 15:03:13", "Dec 31 23:59:58", "Dec 31 23:59:59",
    "Jan  1 00:00:00", "Jan  1 00:00:01", "Jan 1 00:00:01", "Jan  1 24:00:01", "Jan  1 00:00:0", "Jan  1 00:00:02",
    "Dec 31 23:59:57", "1999-12-31T23:59:58+01:00", "Dec 31 23:59:56",
  ]
}

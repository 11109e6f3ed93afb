import Evidence
import Testing

@testable import Decode

/// Stamps that are kept in four bytes come out as they were written, and others are not kept so.
struct PackedStampTests {
  @Test func eachComesOutAsItWasWritten() throws {
    for month in ["Jan", "May", "Dec"] {
      for day in [" 1", "01", " 9", "10", "31", "00", " 0"] {
        for clock in ["00:00:00", "09:08:07", "23:59:59"] {
          let stamp = "\(month) \(day) \(clock)"
          let packed = try #require(PackedStampTests.packed(stamp), "\(stamp)")
          #expect(String(decoding: packed.text, as: UTF8.self) == stamp)
        }
      }
    }
  }

  @Test(arguments: [
    "jan  1 00:00:00", "Jan 1  00:00:00", "Jan  1 24:00:00", "Jan  1 00:60:00", "Jan  1 23:59:60", "Jan 40 00:00:00",
    "Jan 32 00:00:00", "Jan  x 00:00:00", "Jan  1-00:00:00", "2000-01-03T15:0",
  ])
  func othersAreKeptAsText(_ stamp: String) { #expect(PackedStampTests.packed(stamp) == nil) }

  @Test func oneOfAnotherLengthIsNone() {
    #expect(PackedStamp(Array("Jan  1 00:00:00 a".utf8).rawSpan, end: 16) == nil)
    #expect(PackedStamp(Array("Jan  1 00:00:0".utf8).rawSpan, end: 15) == nil)
  }

  private static func packed(_ stamp: String) -> PackedStamp? {
    PackedStamp(Array((stamp + " marlin rpcbind: x").utf8).rawSpan, end: stamp.utf8.count)
  }
}

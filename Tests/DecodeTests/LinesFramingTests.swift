import Capture
import Evidence
import Foundation
import Testing

@testable import Decode

/// What stands around a message: every framing says the same.
struct LinesFramingTests {
  private static let message = "refused connect from 192.0.2.1 to dump()"

  @Test(arguments: [
    "<34>1 1999-12-31T07:42:43Z marlin rpcbind 7 ID47 - \(message)",
    "<34>1 1999-12-31T07:42:43Z marlin /usr/sbin/rpcbind 7 - - \u{feff}\(message)",
    "<165>1 1999-12-31T08:42:43.0+01:00 marlin rpcbind - - [a@32473 x=\"1\" y=\"]\\\"[\"][b z=\"\\\\\"] \(message)",
    "120 <34>1 1999-12-31T07:42:43Z marlin rpcbind 7 - - \(message)",
    "Dec 31 1999 07:42:43 marlin rpcbind[7]: \(message)", "<34>Dec 31 1999 07:42:43 marlin rpcbind: \(message)",
    "000123: Dec 31 07:42:43.000: marlin rpcbind: \(message)", "<189>45: *Dec 31 07:42:43: marlin rpcbind: \(message)",
    "Dec 31 07:42:43 <daemon.info> marlin rpcbind[7]: \(message)",
    "Dec 31 07:42:43 marlin rpcbind[7]: message repeated 1 times: [ \(message)]",
    #"{"__REALTIME_TIMESTAMP":"946626163000000","_HOSTNAME":"marlin","SYSLOG_IDENTIFIER":"rpcbind","_PID":"7","MESSAGE":""#
      + message + "\"}",
    #"{"__REALTIME_TIMESTAMP" : "946626163000000", "_HOSTNAME":"marlin","_COMM":"rpcbind","MESSAGE":["#
      + message.utf8.map { String($0) }.joined(separator: ", ") + "]}",
  ])
  func framingsSayTheSame(_ line: String) throws {
    let intake = TextReading.read(lines: [Array(line.utf8)])
    #expect(intake.oddities.isEmpty && intake.tally.records == 1, "\(line)")
    let event = try #require(intake.events.first, "\(line)")
    #expect(event.time.timestamp == Timestamp(seconds: 946_626_163), "\(line)")
    #expect(event.target.host == .name("marlin") && event.source.host.notation == "192.0.2.1", "\(line)")
    #expect(event.rpc?.procedureName == "dump" && event.outcome == .refused && event.count == 1, "\(line)")
  }

  @Test func rsyslogsRepetitionCounts() {
    let events = TextReading.read("Dec 31 07:42:43 marlin rpcbind: message repeated 7 times: [ \(Self.message)]").events
    #expect(events.map(\.count) == [7])
    // What is no whole message in the brackets is none.
    let cut = TextReading.read("Dec 31 07:42:43 marlin rpcbind: message repeated 7 times: [ refused connect").events
    #expect(!cut.contains { $0.action == .rpcCall })
  }

  @Test func aMappedAddressIsTheAddress() throws {
    let event = try #require(
      TextReading.read("Dec 31 07:42:43 marlin rpcbind: refused connect from ::ffff:192.0.2.1 to dump()").events.first)
    #expect(event.source.host == .address(IPAddress(v4: 0xc000_0201)))
  }

  /// RFC 4007, section 11: a zone behind an address of IPv6 tells the link, and is no part of it.
  @Test(arguments: ["fe80::1%eth0", "fe80::1%eth0.100", "fe80::1%br-lan", "fe80:0:0:0:0:0:0:1%3"])
  func aZoneIsNoPartOfAnAddress(_ source: String) throws {
    for line in ["rpcbind: refused connect from \(source) to dump()", "in.ftpd[3]: refused connect from \(source)"] {
      let event = try #require(TextReading.read("Dec 31 07:42:43 marlin \(line)").events.first, "\(line)")
      #expect(event.source.host == .address(IPAddress(bits: 0xfe80 << 112 | 1)), "\(line)")
      #expect(event.outcome == .refused)
    }
    // Only IPv6 has zones, and a zone has a name.
    for other in ["192.0.2.1%eth0", "fe80::1%"] {
      let events = TextReading.read("Dec 31 07:42:43 marlin rpcbind: refused connect from \(other) to dump()").events
      #expect(!events.contains { $0.action == .rpcCall }, "\(other)")
    }
  }

  /// `journalctl -o export`, with a message in the binary form that holds line ends, whatever cuts the blocks.
  @Test func anExportedJournalIsRead() throws {
    func field(_ name: String, _ value: String) -> [UInt8] { Array("\(name)=\(value)\n".utf8) }
    func binary(_ name: String, _ value: [UInt8]) -> [UInt8] {
      Array("\(name)\n".utf8) + (0..<8).map { UInt8(truncatingIfNeeded: value.count >> (8 * $0)) } + value + [0x0a]
    }
    let head =
      field("__CURSOR", "s=1") + field("__REALTIME_TIMESTAMP", "946626163000000") + field("_HOSTNAME", "marlin")
      + field("SYSLOG_IDENTIFIER", "rpcbind")
    var bytes = head + binary("_CMDLINE", Array("a\r\nb\nMESSAGE=x\n\n".utf8)) + field("MESSAGE", Self.message) + [0x0a]
    bytes += head + binary("MESSAGE", Array(Self.message.utf8)) + [0x0a]
    // A length whose bytes are line ends: 10 and 13 * 256 + 10.
    bytes += head + binary("X", Array(repeating: 0x61, count: 10)) + binary("Y", Array(repeating: 0x62, count: 2573))
    bytes += field("MESSAGE", Self.message)
    for length in [1, 7, 64, 4096] {
      var decoder = TextDecoder(input: InputID(0), library: TextReading.library, asOf: TextReading.asOf, zone: .utc)
      var splitter = LineSplitter()
      var intake = Intake()
      for start in stride(from: 0, to: bytes.count, by: length) {
        let block = Array(bytes[start..<min(start + length, bytes.count)])
        splitter.push(block.rawSpan) { line, place in
          decoder.push(line, number: place.number, offset: place.offset, into: &intake)
        }
      }
      splitter.finish { line, place in decoder.push(line, number: place.number, offset: place.offset, into: &intake) }
      decoder.finish(into: &intake)
      #expect(intake.events.map(\.source.host.notation) == ["192.0.2.1", "192.0.2.1", "192.0.2.1"], "\(length)")
      #expect(intake.events.allSatisfy { $0.target.host == .name("marlin") && $0.rpc?.procedureName == "dump" })
      // An entry is cited with its own lines, from the first on.
      let firsts = intake.events.map(\.citation.provenance.ordinal)
      let lines = Bytes(bytes).array.split(separator: 0x0a, omittingEmptySubsequences: false)
      #expect(firsts.allSatisfy { lines[$0 - 1].elementsEqual("__CURSOR=s=1".utf8) } && Set(firsts).count == 3)
    }
  }

  @Test func auditsOwnLogIsRead() throws {
    let line =
      #"type=ANOM_ABEND msg=audit(946626163.330:123): auid=4294967295 uid=0 gid=0 ses=1 pid=812 comm="rpc.mountd" exe="/usr/sbin/rpc.mountd" sig=11"#
    for (prefix, host) in [("", Host.unknown), ("node=files ", .name("files"))] {
      let event = try #require(TextReading.read(prefix + line).events.first)
      #expect(event.action == .crash && event.process?.name == "rpc.mountd" && event.process?.pid == 812)
      #expect(event.target.host == host && event.time.description == "1999-12-31T07:42:43.330Z")
    }
  }

  @Test func aHostMayHaveAZoneOfItsOwn() throws {
    let zones: [Bytes: ZoneTable] = ["marlin": ZoneTable(name: "+01:00", steps: [(Int64.min, 3600)])]
    var decoder = TextDecoder(
      input: InputID(0), library: TextReading.library, asOf: TextReading.asOf, zone: .utc, zones: zones)
    var intake = Intake()
    let lines = [
      "Dec 31 07:42:43 marlin rpcbind: \(Self.message)", "Dec 31 07:42:43 zappa rpcbind: \(Self.message)",
      "Dec 31 07:42:43 marlin rpcbind: \(Self.message)", "1999-12-31T07:42:43 marlin rpcbind: \(Self.message)",
      "1999-12-31T07:42:43Z marlin rpcbind: \(Self.message)",
    ]
    for (index, line) in lines.enumerated() {
      decoder.push(Array(line.utf8).rawSpan, number: index + 1, offset: 0, into: &intake)
    }
    decoder.finish(into: &intake)
    #expect(
      intake.events.map(\.time.timeOfDayDescription) == ["06:42:43", "07:42:43", "06:42:43", "06:42:43", "07:42:43"])
  }

  /// A log of several years, in the order of its lines.
  @Test func aLogLongerThanAYearIsFollowed() throws {
    let asOf = try #require(Day("2000-01-06"))
    var calendar = StampCalendar(asOf: asOf)
    let stamps = [(11, 3), (12, 31), (1, 1), (6, 1), (12, 31), (1, 2), (12, 31), (1, 3)]
    for (month, day) in stamps { _ = calendar.day(month: month, day: day) }
    #expect(calendar.firstYear(endingBy: asOf) == 1998)
    var again = StampCalendar(sequenceFrom: 1998)
    let days = stamps.map { again.day(month: $0.0, day: $0.1)?.description }
    #expect(
      days == [
        "1998-11-03", "1998-12-31", "1999-01-01", "1999-06-01", "1999-12-31", "2000-01-02", "1999-12-31", "2000-01-03",
      ])
    // Twelve months are enough for these, whatever their order.
    var short = StampCalendar(asOf: asOf)
    for (month, day) in [(12, 12), (1, 3), (12, 26), (1, 1), (12, 30)] { _ = short.day(month: month, day: day) }
    #expect(short.firstYear(endingBy: asOf) == nil)
  }

  /// RFC 5424, section 6.2.3: a sender without a clock writes `-`.
  @Test func aRecordWithoutAStampIsReadUndated() throws {
    let lines = [
      "<86>1 - marlin rpcbind 7 - - \(Self.message)",
      "87 <86>1 - marlin /usr/sbin/rpcbind 7 ID1 [a@1 b=\"c\"] \(Self.message)",
    ]
    for line in lines {
      let intake = TextReading.read(line)
      #expect(intake.oddities.isEmpty && intake.tally.understood == 1, "\(line)")
      let event = try #require(intake.events.first, "\(line)")
      #expect(
        event.time == .unknown && !event.time.isDated && event.target.host == .name("marlin") && event.observerPID == 7,
        "\(line)")
      #expect(event.source.host.notation == "192.0.2.1" && event.rpc?.procedureName == "dump", "\(line)")
    }
    // Beside dated records it moves neither their span nor their years.
    let mixed = TextReading.read(lines[0] + "\n<86>1 1999-12-31T07:42:43Z marlin rpcbind 7 - - \(Self.message)")
    #expect(mixed.tally.first == mixed.tally.last && mixed.tally.first?.isDated == true)
    #expect(mixed.tally.yearlessRecords == 0 && mixed.tally.newestWithYear == mixed.tally.last)
  }

  @Test(arguments: [
    "<86>1 2000-01-03T24:00:00Z marlin rpcbind 7 - - ", "2000-01-03T23:60:00Z marlin rpcbind[7]: ",
    "Jan  3 24:00:00 marlin rpcbind[7]: ", "Jan  3 12:00:61 marlin rpcbind[7]: ",
  ])
  func anImpossibleClockIsOdd(_ head: String) {
    let intake = TextReading.read(head + Self.message)
    #expect(intake.events.isEmpty && intake.oddities.count(of: .stampInvalid) == 1, "\(head)")
  }

  @Test(arguments: [
    "0000-00-00T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "2000-13-01T00:00:00Z",
    "1999-12-31T24:00:00Z",
  ])
  func impossibleStampsAreOdd(_ stamp: String) {
    for line in ["\(stamp) marlin rpcbind: \(Self.message)", "<1>1 \(stamp) marlin rpcbind - - - \(Self.message)"] {
      let intake = TextReading.read(line)
      #expect(intake.events.isEmpty && intake.tally.records == 1)
    }
    let eve = #"{"timestamp":"\#(stamp)","event_type":"flow","src_ip":"192.0.2.1","dest_ip":"192.0.2.2"}"#
    #expect(TextReading.read(eve).oddities.count(of: .stampInvalid) == 1)
  }
}

import Evidence
import TestNumbers
import Testing

@testable import Decode

/// tcpdump's lines of 1999, and lines that look like a packet's.
struct TraceTextClassicTests {
  /// A packet and its line in the form of 1999.
  private struct Sample {
    var packet: PacketRecord
    var line: String
  }

  private func sample(_ dice: inout SeededNumbers) -> Sample {
    let nanoseconds = Int64(dice.roll(86_400)) * 1_000_000_000 + Int64(dice.roll(1_000_000)) * 1000
    let time = EventTime(Timestamp(nanoseconds: nanoseconds), fractionDigits: 6, isDated: false)
    func end() -> Endpoint {
      let host: Host =
        dice.roll(3) == 0
        ? .name(Bytes("host\(dice.roll(9)).site.edu"))
        : .address(IPAddress(v4: UInt32(0x0a00_0000 + dice.roll(0xff_ffff))))
      return Endpoint(host: host, port: UInt16(1 + dice.roll(65_534)))
    }
    var packet = PacketRecord(
      time: time, source: end(), target: end(), transport: dice.roll(4) == 0 ? .udp : .tcp,
      payloadLength: dice.roll(3) == 0 ? dice.roll(1400) : 0,
      citation: Citation(Provenance(input: InputID(0), place: .frame(1), offset: 0, length: 0), text: ""))
    var line =
      time.timeOfDayDescription + " " + packet.source.notation.replacingPort + " > "
      + packet.target.notation.replacingPort + ": "
    if packet.transport == .udp {
      line += "udp \(packet.payloadLength)"
    } else {
      line += segment(&packet, &dice)
    }
    if dice.roll(2) == 0 {
      packet.dontFragment = true
      line += " (DF)"
    }
    if dice.roll(2) == 0 {
      packet.timeToLive = UInt8(1 + dice.roll(255))
      packet.ipID = UInt16(dice.roll(65_536))
      line += " (ttl \(packet.timeToLive ?? 0), id \(packet.ipID ?? 0))"
    }
    return Sample(packet: packet, line: line)
  }

  private func segment(_ packet: inout PacketRecord, _ dice: inout SeededNumbers) -> String {
    var line = ""
    // In 1999 a point stands for none of these four; ACK is told by its number.
    for (letter, flag) in [("S", TCPFlags.syn), ("F", .fin), ("R", .rst), ("P", .psh)] where dice.roll(3) == 0 {
      packet.flags.insert(flag)
      line += letter
    }
    if line.isEmpty { line = "." }
    if packet.payloadLength > 0 || !packet.flags.isDisjoint(with: [.syn, .fin, .rst]) {
      packet.sequence = UInt32(dice.roll(Int(UInt32.max) - 2000))
      line += " \(packet.sequence):\(packet.sequence + UInt32(packet.payloadLength))(\(packet.payloadLength))"
    }
    if dice.roll(2) == 0 {
      packet.flags.insert(.ack)
      line += " ack \(dice.roll(1 << 32))"
    }
    packet.window = UInt16(dice.roll(65_536))
    line += " win \(packet.window)"
    guard packet.flags.contains(.syn) else { return line }
    packet.options.maximumSegmentSize = UInt16(dice.roll(9000))
    line += " <mss \(packet.options.maximumSegmentSize ?? 0)"
    if dice.roll(2) == 0 {
      packet.options.sackPermitted = true
      line += ",sackOK"
    }
    if dice.roll(2) == 0 {
      packet.options.timestampValue = UInt32(dice.roll(1 << 32 - 1))
      line += ",timestamp \(packet.options.timestampValue ?? 0) 0"
    }
    if dice.roll(2) == 0 {
      packet.options.windowScale = UInt8(dice.roll(15))
      line += ",nop,wscale \(packet.options.windowScale ?? 0)"
    }
    return line + ">"
  }

  private func read(_ lines: [String]) -> [PacketFacts] {
    TextReading.read(lines: lines.map { Array($0.utf8) }).packets.map(PacketFacts.init)
  }

  @Test func linesGiveTheirPackets() {
    var dice = SeededNumbers(31)
    for _ in 0..<1000 {
      let sample = sample(&dice)
      #expect(read([sample.line]) == [PacketFacts(sample.packet)], "\(sample.line)")
    }
  }

  /// Broken once, at any column behind the stamp: at a blank, which is then gone, or inside a word or a number.
  @Test func linesBrokenAnywhereGiveTheirPackets() {
    var dice = SeededNumbers(32)
    for _ in 0..<2000 {
      let sample = sample(&dice)
      let bytes = Array(sample.line.utf8)
      let column = 10 + dice.roll(bytes.count - 10)
      let lines = broken(bytes, at: [column])
      if isWholeBefore(lines[0], sample) { continue }
      #expect(read(lines) == [PacketFacts(sample.packet)], "\(lines)")
    }
  }

  @Test func linesBrokenTwiceAtBlanksGiveTheirPackets() {
    var dice = SeededNumbers(33)
    for _ in 0..<1000 {
      let sample = sample(&dice)
      let bytes = Array(sample.line.utf8)
      let blanks = bytes.indices.filter { bytes[$0] == 0x20 && $0 > 15 }
      guard blanks.count >= 2 else { continue }
      let columns = Set([blanks[dice.roll(blanks.count)], blanks[dice.roll(blanks.count)]]).sorted()
      #expect(read(broken(bytes, at: columns)) == [PacketFacts(sample.packet)], "\(broken(bytes, at: columns))")
    }
  }

  /// Packets one after another, some of them broken: none is lost, none is joined to its neighbour.
  @Test func aBrokenTraceGivesItsPackets() {
    var dice = SeededNumbers(34)
    let samples = (0..<500).map { _ in sample(&dice) }
    let lines = samples.flatMap { sample -> [String] in
      let bytes = Array(sample.line.utf8)
      let blanks = bytes.indices.filter { bytes[$0] == 0x20 && $0 > 15 }
      return dice.roll(2) == 0 ? [sample.line] : broken(bytes, at: [blanks[dice.roll(blanks.count)]])
    }
    #expect(read(lines) == samples.map { PacketFacts($0.packet) })
  }

  @Test(arguments: [
    "06:58:15.841547 IP6 2001:db8::5.1022 > 2001:db8::2.111: Flags [S], seq 7, win 64800, options [mss 1440,sackOK,TS val 9 ecr 0,nop,wscale 7], length 0",
    "06:58:15.841547 IP6 (flowlabel 0x12345, hlim 61, next-header TCP (6) payload length: 40) 2001:db8::5.1022 > 2001:db8::2.111: Flags [S], cksum 0x1234 (correct), seq 7, win 64800, options [mss 1440,sackOK,TS val 9 ecr 0,nop,wscale 7], length 0",
  ])
  func v6LinesAreRead(_ line: String) throws {
    let packet = try #require(read([line]).first)
    #expect(packet.source.notation == "[2001:db8::5]:1022" && packet.target.notation == "[2001:db8::2]:111")
    #expect(packet.flags == TCPFlags.syn.rawValue && packet.sequence == 7 && packet.window == 64_800)
    #expect(
      packet.options.maximumSegmentSize == 1440 && packet.options.windowScale == 7 && packet.options.timestampValue == 9
    )
    #expect(packet.timeToLive == (line.contains("hlim") ? 61 : nil))
    let datagram = try #require(read(["06:58:15.841547 IP6 ::1.1022 > ::1.111: UDP, length 40"]).first)
    #expect(datagram.source.port == 1022 && datagram.payloadLength == 40 && datagram.transport == .udp)
  }

  /// An address of a link with its zone; behind the last point stands the port.
  @Test(arguments: ["%eth0", "%eth0.100", "%2", ""]) func zonesAreReadOver(_ zone: String) throws {
    for arrow in ["IP6 fe80::1\(zone).1022 > fe80::2\(zone).111", "IP6 fe80::1\(zone).1022 > fe80::2\(zone).sunrpc"] {
      let packet = try #require(read(["06:58:15.841547 \(arrow): UDP, length 40"]).first)
      #expect(packet.source.notation == "[fe80::1]:1022" && packet.target.notation == "[fe80::2]:111")
    }
  }

  /// What `-e` and a capture on all interfaces write before the packet, of today and of 1999.
  @Test(arguments: [
    "00:11:22:33:44:55 > 66:77:88:99:aa:bb, ethertype IPv4 (0x0800), length 82: ",
    "00:11:22:33:44:55 (oui Unknown) > Broadcast, ethertype IPv4 (0x0800), length 82: ",
    "00:11:22:33:44:55 > 66:77:88:99:aa:bb, ethertype 802.1Q (0x8100), length 86: vlan 5, p 0, ethertype IPv4 (0x0800), ",
    "00:11:22:33:44:55 > 66:77:88:99:aa:bb, ethertype 802.1Q-QinQ (0x88a8), length 90: vlan 5, p 0, DEI, ethertype 802.1Q (0x8100), vlan 6, p 0, ethertype IPv4 (0x0800), ",
    "00:11:22:33:44:55 > 66:77:88:99:aa:bb, ethertype PPPoE S (0x8864), length 90: PPPoE  [ses 0x7] IP (0x0021), length 70: ",
    "00:11:22:33:44:55 > 66:77:88:99:aa:bb, IPv4, length 82: ", "PPPoE  [ses 0x7] IP ",
    " In 00:11:22:33:44:55 ethertype IPv4 (0x0800), length 84: ",
    "eth0  Out ifindex 2 00:11:22:33:44:55 ethertype IPv4 (0x0800), length 88: ", "eth0  In  IP ", "IP ",
    "AF IPv4 (2), length 72: ", "ip: ", "0:60:97:c5:d8:b0 8:0:20:86:35:4b ip 82: ",
    "0:60:97:c5:d8:b0 ff:ff:ff:ff:ff:ff 0800 82: ",
  ])
  func theHeaderOfTheLinkIsReadOver(_ link: String) throws {
    for header in ["", "(tos 0x0, ttl 61, id 1, offset 0, flags [DF], proto UDP (17), length 68)\n    "] {
      // Of 1999 the header stands at the end.
      if !header.isEmpty, link.hasPrefix("0:") { continue }
      let line = "06:58:15.841547 \(link)\(header)10.0.0.1.700 > 10.0.0.2.111: UDP, length 40"
      let packet = try #require(read(line.split(separator: "\n").map { String($0) }).first)
      #expect(packet.source.notation == "10.0.0.1:700" && packet.target.notation == "10.0.0.2:111")
      #expect(packet.transport == .udp && packet.payloadLength == 40)
      #expect(packet.timeToLive == (header.isEmpty ? nil : 61))
      let dated = read(["2000-01-05 " + line.replacing("\n", with: "")])
      #expect(dated.map(\.target.notation) == ["10.0.0.2:111"])
    }
  }

  /// Other protocols are of no concern, and what has a packet's ends behind the header of its link and cannot be read is odd.
  @Test func whatTheLinkCarriesBesideIP() {
    let start = "06:58:15.841547 00:11:22:33:44:55 > 66:77:88:99:aa:bb, "
    let others = [
      "ethertype ARP (0x0806), length 42: Request who-has 10.0.0.2 tell 10.0.0.1, length 28",
      "802.3, length 60: LLC, dsap STP (0x42) Individual, ssap STP (0x42) Command, ctrl 0x03: STP 802.1d, Config",
      "ethertype LLDP (0x88cc), length 60: LLDP, length 46",
    ]
    let intake = TextReading.read(lines: others.map { Array((start + $0).utf8) })
    #expect(intake.tally.unconcerned == 3 && intake.oddities.isEmpty && intake.packets.isEmpty)
    let broken = "ethertype IPv4 (0x0800), length 58: 10.0.0.1.5 > 10.0.0.2.111: Flags [Q], length 0"
    #expect(TextReading.read(lines: [Array((start + broken).utf8)]).oddities.count(of: .traceUnreadable) == 1)
  }

  /// Times of day stand in other texts too. A line with a packet's ends that is none is odd, and said.
  @Test(arguments: [
    "19:04:51.513401 is when it began.", "19:04:51.513401", "19:04:51.5 a > b", "19:04:51.513401 IP",
    "19:04:51 IP a.1 > b.2: S 1:1(0) win 512",
    "19:04:51.513401 10.0.0.1.5 > 10.0.0.2.111: S 1:5(0) win 512",
    "19:04:51.513401 10.0.0.1.5 > 10.0.0.2.111: S 1:1(0)",
    "19:04:51.513401 10.0.0.1.5 > 10.0.0.2.111: S 1:1(0) win 512 and more",
    "19:04:51.513401 IP 10.0.0.1.5 > 10.0.0.2.111: Flags [Q], length 0",
    "19:04:51.513401 IP 10.0.0.1.5 > 10.0.0.2.111: Flags [S], seq 1, win 512",
    "at 19:04:51.513401 10.0.0.1.5 > 10.0.0.2.111: udp 40",
    "99:99:99.5 10.0.0.1.5 > 10.0.0.2.111: udp 40", "19:04:51.513401 10.0.0.1.5 < 10.0.0.2.111: udp 40",
    "19:04:51.x 10.0.0.1.5 > 10.0.0.2.1: udp 4",
  ])
  func whatOnlyLooksLikeAPacketIsProse(_ line: String) {
    let intake = TextReading.read(line)
    #expect(intake.packets.isEmpty && intake.events.isEmpty)
    let isOdd = line.contains(" > 10.0.0.2") && !line.hasPrefix("at") && !line.hasPrefix("19:04:51.x")
    #expect(intake.tally.odd == (isOdd ? 1 : 0) && intake.tally.records == 1 && intake.tally.packets == 0)
    #expect(intake.oddities.count(of: .traceUnreadable) == (isOdd ? 1 : 0))
  }

  /// Damage never ends the program, and never gives more packets than lines.
  @Test func damagedLinesAreRead() {
    var dice = SeededNumbers(35)
    var lines: [[UInt8]] = []
    for _ in 0..<3000 {
      var line = Array(sample(&dice).line.utf8)
      for _ in 0..<dice.roll(3) { line[dice.roll(line.count)] = UInt8(dice.roll(256)) }
      lines.append(Array(line.prefix(dice.roll(4) == 0 ? dice.roll(line.count) : line.count)))
    }
    let intake = TextReading.read(lines: lines)
    #expect(intake.packets.count > 500 && intake.packets.count <= lines.count)
  }

  // MARK: Breaking lines

  private func broken(_ bytes: [UInt8], at columns: [Int]) -> [String] {
    var lines: [String] = []
    var start = 0
    for column in columns + [bytes.count] {
      lines.append(String(decoding: bytes[start..<column], as: UTF8.self))
      start = column < bytes.count && bytes[column] == 0x20 ? column + 1 : column
    }
    return lines
  }

  /// Breaks that text cannot undo: a number at the line's end whose rest could be a hexadecimal dump (`win 3|2120`), and
  /// a break inside an option's name, which then reads as an option that nobody knows (`sack|OK`).
  private func isWholeBefore(_ head: String, _ sample: Sample) -> Bool {
    let rest = sample.line.dropFirst(head.utf8.count)
    let isDump = rest.utf8.count >= 4 && rest.utf8.allSatisfy(\.isDigit)
    let isInName = head.utf8.last?.isASCIILetter == true && rest.utf8.first?.isASCIILetter == true
    return isDump || (isInName && head.contains("<") && rest.contains(">"))
  }

}

extension String {
  /// tcpdump writes the port behind a point.
  fileprivate var replacingPort: String {
    guard let colon = lastIndex(of: ":") else { return self }
    return self[..<colon] + "." + self[index(after: colon)...]
  }
}

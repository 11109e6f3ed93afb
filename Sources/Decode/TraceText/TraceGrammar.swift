import Evidence

/// The grammar of tcpdump's lines: of 1999 (`A > B: S 1:1(0) win 512 <mss 1460> (DF)`) and of today
/// (`IP A > B: Flags [S], seq 1, win 512, options [mss 1460], length 0`), with `-v`.
///
/// It runs over the joined text of a packet and ends in one of two ways: ``Stop/ended`` where the text could go on, and
/// ``Stop/mismatch`` where it cannot be a packet.
struct TraceGrammar: ~Escapable {
  enum Stop: Error { case ended, mismatch }

  let text: RawSpan
  private let zone: ZoneTable
  private let citation: Citation
  var index = 0

  @_lifetime(copy text)
  init(text: RawSpan, zone: ZoneTable, citation: Citation) {
    self.text = text
    self.zone = zone
    self.citation = citation
  }

  // MARK: The whole line

  mutating func packet() throws(Stop) -> TraceLine {
    let time = try time()
    let link = try link()
    if link == .other { return other(time, .unknown, .unknown) }
    let isModern = accept("IP6 ") || accept("IP ") || link == .ip
    if !isModern, accept("ARP") || accept("arp ") { return other(time, .unknown, .unknown) }
    var packet = PacketRecord(
      time: time, source: .unknown, target: .unknown, transport: .tcp, payloadLength: 0, citation: citation)
    if isModern, accept("(") { try modernHeader(&packet) }
    packet.source = try endpoint(before: " > ")
    try require(" > ")
    packet.target = try endpoint(before: ":")
    try require(":")
    blanks()
    if atEnd { throw .ended }
    // `[udp sum ok] UDP, length 40` of `-vv`.
    if text.byte(index) == 0x5b {
      try skip(through: 0x5d)
      blanks()
      if atEnd { throw .ended }
    }
    for keyword: StaticString in ["Flags ", "UDP,", "udp "] { try goesOn(keyword) }
    if accept("Flags ") { return try modernSegment(packet) }
    if accept("UDP,") || accept("udp ") { return try datagram(packet) }
    if text.byte(index).isFlagByte, let line = try classicSegment(packet) { return line }
    return other(time, packet.source, packet.target)
  }

  /// A packet of which only the ends are told.
  private mutating func other(_ time: EventTime, _ source: Endpoint, _ target: Endpoint) -> TraceLine {
    index = text.byteCount
    let packet = PacketRecord(
      time: time, source: source, target: target, transport: .icmp, payloadLength: 0, citation: citation)
    return TraceLine(packet: packet, isClosed: true, isOther: true)
  }

  private mutating func time() throws(Stop) -> EventTime {
    var day: Day?
    if text.byteCount - index > 11, text.byte(index + 4) == 0x2d {
      let start = index
      day = Day(String(decoding: Bytes(text.slice(start..<(start + 10))).array, as: UTF8.self))
      guard day != nil else { throw .mismatch }
      index += 11
    }
    guard let seconds = clock(text, &index) else { throw atEnd ? .ended : .mismatch }
    let (nanoseconds, digits) = fraction(text, &index)
    try require(" ")
    guard let day else {
      return EventTime(
        Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000 + nanoseconds), fractionDigits: digits, isDated: false)
    }
    let local = Int64(day.number) * 86_400 + Int64(seconds)
    guard let timestamp = Timestamp(seconds: zone.utc(local: local), nanoseconds: nanoseconds) else { throw .mismatch }
    return EventTime(timestamp, fractionDigits: digits)
  }

  /// A host and its port: `172.20.20.1.856`, `sam.edu.32771`, `2001:db8::1.111`, or a host alone.
  private mutating func endpoint(before stop: StaticString) throws(Stop) -> Endpoint {
    let start = index
    while index < text.byteCount, !text.byte(index).isBlank {
      if text.byte(index) == 0x3a, stop.utf8CodeUnitCount == 1,
        index + 1 == text.byteCount || text.byte(index + 1).isBlank
      {
        break
      }
      index += 1
    }
    guard index > start else { throw atEnd ? .ended : .mismatch }
    let range = start..<index
    let host = text.slice(range)
    // Four numbers are an address without a port; what follows a zone is one, though a VLAN's number looks the same.
    let zone = host.firstIndex(of: 0x25) ?? host.byteCount
    if host.firstIndex(of: 0x2e, from: zone) == nil, let (address, end) = IPAddress.parse(host, at: 0),
      end == host.byteCount
    {
      return Endpoint(host: .address(address))
    }
    var dot = range.upperBound - 1
    while dot > range.lowerBound, text.byte(dot) != 0x2e { dot -= 1 }
    guard dot > range.lowerBound else { return Endpoint(host: HostText.host(host)) }
    let port = text.slice((dot + 1)..<range.upperBound)
    let number = port.decimal.flatMap { UInt16(exactly: $0) } ?? KnownPort.number(of: Bytes(port))
    guard let number else { return Endpoint(host: HostText.host(host)) }
    return Endpoint(host: HostText.host(text.slice(range.lowerBound..<dot)), port: number)
  }

  // MARK: tcpdump of today

  /// `(tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60)`
  private mutating func modernHeader(_ packet: inout PacketRecord) throws(Stop) {
    var depth = 1
    while depth > 0 {
      blanks()
      if accept("ttl ") || accept("hlim ") {
        packet.timeToLive = UInt8(clamping: try decimal())
      } else if accept("id ") {
        packet.ipID = UInt16(clamping: try decimal())
      } else if accept("flags [DF]") {
        packet.dontFragment = true
      } else {
        guard !atEnd else { throw .ended }
        switch text.byte(index) {
        case 0x28: depth += 1
        case 0x29: depth -= 1
        default: break
        }
        index += 1
      }
    }
    blanks()
    if atEnd { throw .ended }
  }

  /// `[S], seq 1:45, ack 1, win 512, options [mss 1460,sackOK], length 44`
  private mutating func modernSegment(_ start: PacketRecord) throws(Stop) -> TraceLine {
    var packet = start
    try require("[")
    while !accept("]") {
      guard let flag = TCPFlags(letter: try byte()) else { throw .mismatch }
      packet.flags.formUnion(flag)
    }
    var length: Int?
    while accept(",") {
      blanks()
      if atEnd { throw .ended }
      for keyword: StaticString in ["seq ", "ack ", "win ", "urg ", "cksum 0x", "options [", "length "] {
        try goesOn(keyword)
      }
      if accept("seq ") {
        packet.sequence = UInt32(truncatingIfNeeded: try decimal())
        if accept(":") { _ = try decimal() }
      } else if accept("ack ") {
        _ = try decimal()
      } else if accept("win ") {
        packet.window = UInt16(clamping: try decimal())
      } else if accept("urg ") {
        _ = try decimal()
      } else if accept("cksum 0x") {
        while !atEnd, text.byte(index).hexDigit != nil { index += 1 }
        if accept(" (") { try skip(through: 0x29) } else { try goesOn(" (") }
      } else if accept("options [") {
        try options(&packet, close: 0x5d)
      } else if accept("length ") {
        length = try decimal()
      } else {
        throw .mismatch
      }
    }
    guard let length else { throw atEnd ? .ended : .mismatch }
    packet.payloadLength = length
    // `: RPC` or `: HTTP: GET /`: what a dissector adds.
    let isClosed = accept(":")
    if isClosed { index = text.byteCount }
    blanks()
    guard atEnd else { throw .mismatch }
    return TraceLine(packet: packet, isClosed: true)
  }

  // MARK: tcpdump of 1999

  /// `S 1835148885:1835148885(0) win 512 <mss 1460> (ttl 55, id 30337)`; nil when the word is none of TCP's flags.
  private mutating func classicSegment(_ start: PacketRecord) throws(Stop) -> TraceLine? {
    var packet = start
    let word = index
    while !atEnd, !text.byte(index).isBlank {
      guard let flag = TCPFlags(letter: text.byte(index)) else {
        index = word
        return nil
      }
      // A point says that none of the others is set; `ack` is told by its number.
      if flag != .ack { packet.flags.formUnion(flag) }
      index += 1
    }
    blanks()
    if atEnd { throw .ended }
    if text.byte(index).isDigit {
      let first = try decimal()
      try require(":")
      let last = try decimal()
      try require("(")
      let length = try decimal()
      try require(")")
      // The check that a number was joined rightly: a segment's end is its start plus its length.
      guard UInt32(truncatingIfNeeded: first &+ length) == UInt32(truncatingIfNeeded: last) else { throw .mismatch }
      packet.sequence = UInt32(truncatingIfNeeded: first)
      packet.payloadLength = length
      blanks()
    }
    try goesOn("ack ")
    if accept("ack ") {
      packet.flags.insert(.ack)
      _ = try decimal()
      blanks()
    }
    try require("win ")
    packet.window = UInt16(clamping: try decimal())
    blanks()
    if accept("urg ") {
      _ = try decimal()
      blanks()
    }
    if accept("<") {
      try options(&packet, close: 0x3e)
      blanks()
    }
    try tail(&packet)
    return TraceLine(packet: packet)
  }

  /// `(DF) (ttl 55, id 30337)` at the end of a line of 1999.
  private mutating func tail(_ packet: inout PacketRecord) throws(Stop) {
    if accept("[tcp sum ok]") { blanks() }
    if accept("(DF)") {
      packet.dontFragment = true
      blanks()
    }
    if accept("[tos ") {
      try skip(through: 0x5d)
      blanks()
    }
    if accept("(ttl ") {
      packet.timeToLive = UInt8(clamping: try decimal())
      for keyword: StaticString in [", id ", ",id ", ", len "] { try goesOn(keyword) }
      if accept(", id ") || accept(",id ") { packet.ipID = UInt16(clamping: try decimal()) }
      try goesOn(", len ")
      if accept(", len ") { _ = try decimal() }
      try require(")")
      blanks()
    }
    try goesOn("(DF)")
    try goesOn("(ttl ")
    guard atEnd else { throw .mismatch }
  }

  /// `udp 44 (DF) (ttl 55, id 1)` of 1999, `UDP, length 44` of today.
  private mutating func datagram(_ start: PacketRecord) throws(Stop) -> TraceLine {
    var packet = start
    packet.transport = .udp
    blanks()
    try goesOn("length ")
    let isModern = accept("length ")
    packet.payloadLength = try decimal()
    blanks()
    if isModern {
      guard atEnd else { throw .mismatch }
    } else {
      if accept("[udp sum ok]") { blanks() }
      try tail(&packet)
    }
    return TraceLine(packet: packet, isClosed: isModern)
  }

  // MARK: Options

  /// `mss 1460,nop,wscale 0,nop,nop,timestamp 13486573 0`; today's `sackOK,TS val 1 ecr 0`.
  private mutating func options(_ packet: inout PacketRecord, close: UInt8) throws(Stop) {
    while true {
      blanks()
      if atEnd { throw .ended }
      if text.byte(index) == close {
        index += 1
        return
      }
      if accept("mss ") {
        packet.options.maximumSegmentSize = UInt16(clamping: try decimal())
      } else if accept("wscale ") {
        packet.options.windowScale = UInt8(clamping: try decimal())
      } else if accept("sackOK") {
        packet.options.sackPermitted = true
      } else if accept("timestamp ") || accept("TS val ") {
        packet.options.timestampValue = UInt32(truncatingIfNeeded: try decimal())
        blanks()
        try goesOn("ecr ")
        if accept("ecr ") {}
        _ = try decimal()
        if accept("[tcp]") {}
      } else {
        while !atEnd, text.byte(index) != 0x2c, text.byte(index) != close { index += 1 }
        if atEnd { throw .ended }
      }
      blanks()
      if accept(",") { continue }
      if atEnd { throw .ended }
      if text.byte(index) != close { throw .mismatch }
    }
  }

  // MARK: Cursor

  var atEnd: Bool { index >= text.byteCount }

  mutating func blanks() {
    while !atEnd, text.byte(index).isBlank { index += 1 }
  }
  /// Takes `literal` if it stands here; a blank in it stands for one or more.
  mutating func accept(_ literal: StaticString) -> Bool {
    let start = index
    for byte in Bytes(stringLiteral: literal).array {
      if byte == 0x20 {
        guard !atEnd, text.byte(index).isBlank else {
          index = start
          return false
        }
        blanks()
      } else {
        guard !atEnd, text.byte(index) == byte else {
          index = start
          return false
        }
        index += 1
      }
    }
    return true
  }
  /// Stops where the text ends inside `literal`, which then goes on in the next line.
  func goesOn(_ literal: StaticString) throws(Stop) {
    if !atEnd, text.slice(index..<text.byteCount).isStart(of: literal) { throw .ended }
  }
  mutating func require(_ literal: StaticString) throws(Stop) {
    if accept(literal) { return }
    if atEnd || text.slice(index..<text.byteCount).isStart(of: literal) { throw .ended }
    throw .mismatch
  }
  mutating func byte() throws(Stop) -> UInt8 {
    guard !atEnd else { throw .ended }
    index += 1
    return text.byte(index - 1)
  }
  mutating func decimal() throws(Stop) -> Int {
    guard !atEnd else { throw .ended }
    guard let value = number(text, &index, digits: 1...12) else { throw .mismatch }
    return value
  }
  mutating func skip(through close: UInt8) throws(Stop) {
    guard let place = text.firstIndex(of: close, from: index) else { throw .ended }
    index = place + 1
  }
}

extension RawSpan {
  /// Whether the whole span is a beginning of `literal`.
  fileprivate func isStart(of literal: StaticString) -> Bool {
    let bytes = Bytes(stringLiteral: literal).array
    return byteCount < bytes.count && hasBytes(Array(bytes[0..<byteCount]), at: 0)
  }
}

extension UInt8 {
  /// The letters and marks with which tcpdump writes flags.
  fileprivate var isFlagByte: Bool { TCPFlags(letter: self) != nil }
}

extension TCPFlags {
  /// tcpdump's letter of a flag; `.` is ACK today and "none of them" in 1999.
  init?(letter: UInt8) {
    switch letter {
    case 0x53: self = .syn  // S
    case 0x46: self = .fin  // F
    case 0x52: self = .rst  // R
    case 0x50: self = .psh  // P
    case 0x55: self = .urg  // U
    case 0x2e: self = .ack  // .
    case 0x57, 0x45: self = []  // W, E: ECN
    case 0x6e, 0x6f, 0x65: self = []  // "none"
    default: return nil
    }
  }
}

/// Names of ports that traces print instead of numbers, as far as RPC needs them.
enum KnownPort {
  static func number(of name: Bytes) -> UInt16? {
    switch name {
    case "sunrpc", "portmap", "portmapper", "rpcbind": 111
    case "nfs", "nfsd": 2049
    case "lockd": 4045
    case "domain": 53
    case "http", "www": 80
    case "ssh": 22
    case "telnet": 23
    case "smtp": 25
    case "ftp": 21
    case "syslog": 514
    case "shell": 514
    default: nil
    }
  }
}

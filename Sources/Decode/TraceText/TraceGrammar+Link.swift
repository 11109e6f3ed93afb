import Evidence

/// What tcpdump writes between the time and the packet: with `-e` the header of the link layer, and of captures on all
/// interfaces (`-i any`) the interface and the direction.
///
///     00:11:22:33:44:55 > 66:77:88:99:aa:bb, ethertype 802.1Q (0x8100), length 62: vlan 5, p 0, ethertype IPv4 (0x0800),
///     eth0  In  ifindex 2 00:11:22:33:44:55 ethertype IPv4 (0x0800), length 60:
///     AF IPv4 (2), length 48:
///     0:60:97:c5:d8:b0 8:0:20:86:35:4b ip 60:          (of 1999)
extension TraceGrammar {
  enum Link {
    /// None is written.
    case none
    /// What follows is a packet of IP.
    case ip
    /// It is of another protocol.
    case other
  }

  mutating func link() throws(Stop) -> Link {
    skipInterface()
    let start = index
    if acceptStation() { return try stations() }
    for literal: StaticString in ["ip: ", "ip6: "] {
      try goesOn(literal)
      if accept(literal) { return .ip }
    }
    let family = try encapsulations()
    if family == .none { index = start }
    return family
  }

  /// `eth0  In  ifindex 2 `, or the direction alone, as of a capture that names no interface.
  private mutating func skipInterface() {
    let start = index
    blanks()
    if acceptDirection() { return }
    while !atEnd, !text.byte(index).isBlank { index += 1 }
    blanks()
    guard acceptDirection() else {
      index = start
      return
    }
    if accept("ifindex "), !skipWord() { index = start }
  }

  private mutating func acceptDirection() -> Bool {
    for word: StaticString in ["In ", "Out ", "B ", "M ", "P "] where accept(word) { return true }
    return false
  }

  /// Steps over the rest of a word and the blanks behind it.
  private mutating func skipWord() -> Bool {
    while !atEnd, !text.byte(index).isBlank { index += 1 }
    blanks()
    return !atEnd
  }

  /// Six numbers of one or two digits with colons between: an address of IEEE 802.
  private mutating func acceptStation() -> Bool {
    let start = index
    for part in 0..<6 {
      let first = index
      while !atEnd, index - first < 2, text.byte(index).hexDigit != nil { index += 1 }
      guard index > first, !atEnd, part == 5 || text.byte(index) == 0x3a else {
        index = start
        return false
      }
      if part < 5 { index += 1 }
    }
    // An address of IPv6 goes on.
    guard text.byte(index).isBlank || text.byte(index) == 0x2c else {
      index = start
      return false
    }
    return true
  }

  /// What follows the sender's address.
  private mutating func stations() throws(Stop) -> Link {
    blanks()
    if atEnd { throw .ended }
    let classic = index
    if acceptStation() || acceptBroadcast() { return try classicLink() }
    index = classic
    // `(oui Cisco) > 66:77:88:99:aa:bb (oui Unknown), `: names have no comma before the length.
    if text.byte(index) == 0x28 { try skip(through: 0x29) }
    blanks()
    if accept("> ") { try skip(through: 0x2c) }
    blanks()
    if atEnd { throw .ended }
    let family = try encapsulations()
    return family == .none ? .other : family
  }

  private mutating func acceptBroadcast() -> Bool { accept("Broadcast ") || accept("ff:ff:ff:ff:ff:ff ") }

  /// `ip 60: `, of 1999; other protocols by their name or number.
  private mutating func classicLink() throws(Stop) -> Link {
    blanks()
    let isIP = accept("ip ") || accept("0800 ")
    try skip(through: 0x3a)
    blanks()
    return isIP ? .ip : .other
  }

  /// What carries what, down to IP.
  private mutating func encapsulations() throws(Stop) -> Link {
    var link = Link.none
    while true {
      for keyword: StaticString in ["ethertype ", "length ", "vlan ", "AF ", "PPPoE ", "IPv4", "IPv6"] {
        try goesOn(keyword)
      }
      if accept("ethertype ") || accept("AF ") {
        link = acceptFamily() ? .ip : .other
        try skip(through: 0x29)
      } else if accept("vlan ") {
        try skip(through: 0x2c)
        blanks()
        // `p 0, ` and perhaps `DEI, `.
        if accept("p ") { try skip(through: 0x2c) }
        blanks()
        if accept("DEI, ") {}
        continue
      } else if accept("PPPoE ") {
        try skip(through: 0x5d)
        blanks()
        link = acceptFamily() ? .ip : .other
        try goesOn("(0x")
        // Without -e the number of the protocol and the length are left out.
        guard link == .ip, accept("(0x") else { return link }
        try skip(through: 0x29)
      } else if link == .none, accept("IPv4, ") || accept("IPv6, ") {
        // Of `-q`.
        link = .ip
        continue
      } else if link != .none, accept("length ") {
        _ = try decimal()
        try require(":")
      } else {
        return link
      }
      if accept(",") {}
      blanks()
      if atEnd { throw .ended }
      if link == .other, !isTagged { return .other }
    }
  }

  private mutating func acceptFamily() -> Bool {
    accept("IPv4 ") || accept("IPv6 ") || accept("IP ") || accept("IP6 ")
  }

  /// Whether a further header of the link layer follows, or the length before it.
  private var isTagged: Bool {
    let rest = text.slice(index..<text.byteCount)
    return [StaticString](["length ", "vlan ", "PPPoE "]).contains {
      rest.hasBytes(Bytes(stringLiteral: $0).array, at: 0)
    }
  }
}

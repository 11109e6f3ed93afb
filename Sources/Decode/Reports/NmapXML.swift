import Evidence

/// nmap's report as XML (`-oX`), fed line by line: which ports of which host it found open, closed or filtered.
///
/// Only tags and their attributes are read; what stands between them says the same again. The elements are those of
/// nmap's own nmap.dtd: `nmaprun`, `host`, `address`, `hostname`, `extraports`, `extrareasons`, `port`, `state`, `service`.
struct NmapXML: Sendable {
  private(set) var isOpen = false

  /// Of a tag that is not yet whole: its bytes, the quote that it stands in, how many lines it has, what was left out.
  private var tag: [UInt8] = []
  private var isInTag = false
  private var quote: UInt8?
  private var tagLines = 0
  private var isOverlong = false

  private var runDay: Day?
  private var hostDay: Day?
  private var address: IPAddress?
  private var name: Bytes = ""
  private var extraState: ShutPorts.State?
  private var port: Port?
  /// Where the last line stands, for what the end of the input cuts off.
  private var last: Citation?

  /// A port whose element is not yet closed.
  private struct Port {
    var transport: Transport
    var number: UInt16
    var state: Bytes = ""
    var reason: Bytes = ""
    var service: Bytes = ""
    var program: UInt32?
    var isRecognised = false
    private(set) var text: [UInt8] = []

    /// Adds a tag to what is cited. Of tags without end a citation would show no more.
    mutating func quote(_ tag: Tag) {
      let room = max(0, Citation.textCap - text.count)
      text += room > tag.bytes.count + 1 ? tag.quoted : Array(tag.quoted.prefix(room))
    }
  }

  /// A script's output stands in one attribute; more than this of a tag is not read.
  private static let tagCap = 64 << 10
  /// A tag of more lines is none: a stray `<` must not swallow the lines of a log.
  private static let lineCap = 16

  private static let declaration = Array("<?xml".utf8)
  private static let root = Array("<nmaprun".utf8)
  private static let documentType = Array("<!DOCTYPE nmaprun".utf8)

  static func begins(_ line: RawSpan) -> Bool {
    guard line.byteCount > 0, line.byte(0) == 0x3c else { return false }
    return line.hasBytes(root, at: 0) || line.hasBytes(documentType, at: 0)
      || line.hasBytes(declaration, at: 0) && line.firstIndex(of: root) != nil
  }

  /// Reads one line; false when it is none of the report's, which is then over.
  mutating func push(_ line: RawSpan, _ place: Provenance, into intake: inout Intake) -> Bool {
    if !isInTag, !NmapXML.isMarkup(line) {
      close(into: &intake)
      return false
    }
    // What stood behind the last tag of another report is none of this one.
    if !isOpen { self = NmapXML() }
    isOpen = true
    last = Citation(place, text: Bytes(line.slice(0..<min(line.byteCount, Citation.textCap))))
    if isInTag {
      tagLines += 1
      append(0x20)
      guard tagLines < NmapXML.lineCap else {
        close(into: &intake)
        return false
      }
    }
    for index in 0..<line.byteCount { take(line.byte(index), place, into: &intake) }
    return true
  }

  mutating func finish(into intake: inout Intake) { close(into: &intake) }

  /// A report that ends before its last tag was cut.
  private mutating func close(into intake: inout Intake) {
    if isOpen, let last { intake.oddities.note(.recordIncomplete, last) }
    self = NmapXML()
  }

  /// A line of markup, or an empty one.
  private static func isMarkup(_ line: RawSpan) -> Bool {
    var index = 0
    while index < line.byteCount, line.byte(index).isBlank { index += 1 }
    return index == line.byteCount || line.byte(index) == 0x3c
  }

  // MARK: Tags

  private mutating func take(_ byte: UInt8, _ place: Provenance, into intake: inout Intake) {
    guard isInTag else {
      if byte == 0x3c { (isInTag, tagLines) = (true, 0) }
      return
    }
    // A comment has the command line, with any quotes, and ends with `-->`.
    let isComment = tag.starts(with: [0x21, 0x2d, 0x2d])
    if byte == 0x3e, quote == nil, !isComment || tag.suffix(2) == [0x2d, 0x2d] {
      if !isComment { read(place, into: &intake) }
      tag.removeAll(keepingCapacity: true)
      (isInTag, quote, isOverlong) = (false, nil, false)
      return
    }
    if !isComment, byte == 0x22 || byte == 0x27 {
      if quote == nil { quote = byte } else if quote == byte { quote = nil }
    }
    append(byte)
  }

  private mutating func append(_ byte: UInt8) {
    if tag.count < NmapXML.tagCap { tag.append(byte) } else { isOverlong = true }
  }

  private mutating func read(_ place: Provenance, into intake: inout Intake) {
    let tag = Tag(tag)
    if isOverlong, tag.name != "script" {
      intake.oddities.note(.recordIncomplete, Citation(place, text: Bytes(tag.bytes)))
    }
    switch tag.name {
    // Another report may begin in the line in which one ended.
    case "nmaprun": (isOpen, runDay) = (true, NmapXML.day(tag["start"]))
    case "/nmaprun":
      abandonPort(place, into: &intake)
      self = NmapXML()
    case "host":
      abandonPort(place, into: &intake)
      (hostDay, address, name) = (NmapXML.day(tag["starttime"]), nil, "")
    case "address" where tag["addrtype"] != "mac": address = address ?? IPAddress(tag["addr"].notation)
    case "hostname" where name.isEmpty: name = tag["name"]
    case "extraports": extraState = ShutPorts.State(rawValue: tag["state"].notation)
    case "/extraports": extraState = nil
    case "extrareasons": readExtra(tag, place, into: &intake)
    case "port":
      abandonPort(place, into: &intake)
      begin(tag)
    case "state" where port != nil:
      port?.state = tag["state"]
      port?.reason = tag["reason"]
      port?.quote(tag)
    case "service" where port != nil: readService(tag)
    case "/port": emit(place, into: &intake)
    default: break
    }
  }

  /// Seconds since 1970.
  private static func day(_ text: Bytes) -> Day? {
    text.decimal.flatMap { Int64(exactly: $0) }.flatMap { Timestamp(seconds: $0) }?.day
  }

  // MARK: Ports

  /// `<extrareasons reason="resets" count="997" proto="tcp" ports="1-110,112-1000"/>`, of nmap 7.90 and later.
  private func readExtra(_ tag: Tag, _ place: Provenance, into intake: inout Intake) {
    guard let extraState, let transport = Transport(rawValue: tag["proto"].notation), hasHost else { return }
    let citation = Citation(place, text: Bytes(tag.quoted))
    for item in tag["ports"].array.split(separator: 0x2c) {
      let bounds = item.split(separator: 0x2d, maxSplits: 1).map {
        Bytes(Array($0)).decimal.flatMap { UInt16(exactly: $0) }
      }
      guard let low = bounds.first ?? nil, let high = bounds.last ?? nil, low <= high else { continue }
      intake.note(
        ShutPorts(
          host: name, address: address, transport: transport, ports: low...high, state: extraState, day: day,
          citation: citation))
    }
  }

  private var hasHost: Bool { address != nil || !name.isEmpty }
  private var day: Day? { hostDay ?? runDay }

  private mutating func begin(_ tag: Tag) {
    guard let transport = Transport(rawValue: tag["protocol"].notation),
      let number = tag["portid"].decimal.flatMap({ UInt16(exactly: $0) })
    else { return }
    var port = Port(transport: transport, number: number)
    port.quote(tag)
    self.port = port
  }

  /// A port whose element did not end, or that stands with no host, tells nothing that can be used.
  private mutating func abandonPort(_ place: Provenance, into intake: inout Intake) {
    if let port { intake.oddities.note(.recordIncomplete, Citation(place, text: Bytes(port.text))) }
    port = nil
  }

  /// `<service name="rpcbind" version="2-4" extrainfo="RPC #100000" method="probed"/>`: the number is what it answered to.
  private mutating func readService(_ tag: Tag) {
    port?.service = tag["name"]
    port?.isRecognised = tag["method"] == "probed"
    port?.quote(tag)
    let words = tag["extrainfo"].array.split(separator: 0x20)
    if port?.isRecognised == true, words.count == 2, Bytes(Array(words[0])) == "RPC", words[1].first == 0x23 {
      port?.program = Bytes(Array(words[1].dropFirst())).decimal.flatMap { UInt32(exactly: $0) }
    }
  }

  private mutating func emit(_ place: Provenance, into intake: inout Intake) {
    guard hasHost else { return abandonPort(place, into: &intake) }
    defer { port = nil }
    guard let port else { return }
    let citation = Citation(place, text: Bytes(port.text))
    if port.state.array.starts(with: Array("open".utf8)) {
      var exposure = Exposure(
        report: .nmap, host: name, address: address, transport: port.transport, port: port.number,
        program: port.program, name: port.service, state: port.state, citation: citation)
      exposure.day = day
      exposure.isRecognised = port.isRecognised
      exposure.hasAnswered = !port.reason.isEmpty && port.reason != "no-response"
      intake.exposures.append(exposure)
    } else if let state = ShutPorts.State(rawValue: port.state.notation) {
      intake.note(
        ShutPorts(
          host: name, address: address, transport: port.transport, ports: port.number...port.number, state: state,
          day: day, citation: citation))
    }
  }
}

/// A tag's name and attributes.
private struct Tag {
  let bytes: [UInt8]
  let name: Bytes
  private var attributes: [(key: Bytes, value: Bytes)] = []

  /// As it stands in the report.
  var quoted: [UInt8] { [0x3c] + bytes + [0x3e] }

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    let end = bytes.dropFirst().firstIndex { $0.isBlank || $0 == 0x2f } ?? bytes.count
    name = Bytes(Array(bytes[..<end]))
    var index = end
    while let equals = bytes[index...].firstIndex(of: 0x3d), equals + 1 < bytes.count {
      let quote = bytes[equals + 1]
      guard quote == 0x22 || quote == 0x27,
        let close = bytes[(equals + 2)...].firstIndex(of: quote)
      else { return }
      let key = bytes[index..<equals].filter { !$0.isBlank && $0 != 0x2f }
      attributes.append((Bytes(Array(key)), Tag.decoded(bytes[(equals + 2)..<close])))
      index = close + 1
    }
  }

  /// An attribute's value; empty when there is none.
  subscript(key: Bytes) -> Bytes { attributes.first { $0.key == key }?.value ?? "" }

  private static let entities: [(written: [UInt8], byte: UInt8)] = [
    (Array("&lt;".utf8), 0x3c), (Array("&gt;".utf8), 0x3e), (Array("&quot;".utf8), 0x22), (Array("&apos;".utf8), 0x27),
    (Array("&amp;".utf8), 0x26),
  ]

  /// The five entities of XML; others stay as they are written.
  private static func decoded(_ text: ArraySlice<UInt8>) -> Bytes {
    guard text.contains(0x26) else { return Bytes(Array(text)) }
    var value: [UInt8] = []
    var rest = text
    while let first = rest.first {
      if first == 0x26, let entity = entities.first(where: { rest.starts(with: $0.written) }) {
        value.append(entity.byte)
        rest = rest.dropFirst(entity.written.count)
      } else {
        value.append(first)
        rest = rest.dropFirst()
      }
    }
    return Bytes(value)
  }
}

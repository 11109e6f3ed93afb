import Evidence

/// What a record of another sensor gives.
enum SensorReading {
  case event(Event)
  /// One of many of its kind, of which only their number matters.
  case sum(Event, EventSums.Period)
  /// A record that concerns nobody here.
  case unconcerned(EventTime?)
  /// A record of a sensor whose fields are not what they should be.
  case odd
}

/// The ends of a flow and the time, as a sensor's record names them.
struct SensorFlow {
  var time: EventTime
  var source: Endpoint
  var target: Endpoint
  var transport: Transport?

  /// Whether the server's port is one where RPC is at home.
  var isRPC: Bool { RPCPorts.rank(target.port, peer: source.port) > 0 }

  func event(
    _ action: Event.Action, _ outcome: Outcome, by sensor: Bytes, rpc: RPCFacts? = nil, detail: Bytes = "",
    citation: Citation
  ) -> Event {
    Event(
      time: time, view: .network, action: action, outcome: outcome, source: source, target: target,
      transport: transport, rpc: rpc, observer: sensor, detail: detail, citation: citation)
  }

  static func endpoint(_ address: Bytes?, _ port: UInt64?) -> Endpoint {
    Endpoint(
      host: address.map { HostText.host($0.array.rawSpan) } ?? .unknown, port: port.flatMap { UInt16(exactly: $0) })
  }
}

/// Suricata's `eve.json`: the types `alert`, `flow` and `nfs`; others are of no concern.
enum SuricataRecord {
  static let sensor: Bytes = "suricata"

  /// Nil when the record is none of Suricata's.
  static func read(
    _ record: JSONRecord, citation: Citation, time read: (Bytes) -> EventTime?
  ) -> SensorReading? {
    guard let type = record.text("event_type"), let stamp = record.text("timestamp") else { return nil }
    guard let time = read(stamp) else { return .odd }
    switch type {
    case "alert", "flow", "nfs": break
    default: return .unconcerned(time)
    }
    guard let source = record.text("src_ip"), let target = record.text("dest_ip") else { return .odd }
    var flow = SensorFlow(
      time: time, source: SensorFlow.endpoint(source, record.integer("src_port")),
      target: SensorFlow.endpoint(target, record.integer("dest_port")),
      transport: record.text("proto").flatMap { Transport(rawValue: $0.lowercased.notation) })
    switch type {
    case "alert": return alert(record, &flow, citation)
    case "nfs": return nfs(record, &flow, citation)
    default:
      flow.time = record.text("flow.start").flatMap(read) ?? time
      return exchange(record, flow, citation)
    }
  }

  /// An alert may be raised by the server's packet; it is told of the flow, whose client is the source.
  private static func alert(_ record: JSONRecord, _ flow: inout SensorFlow, _ citation: Citation) -> SensorReading {
    let isReply =
      record.text("direction").map { $0 == "to_client" }
      ?? (RPCPorts.rank(flow.source.port, peer: flow.target.port)
        > RPCPorts.rank(
          flow.target.port, peer: flow.source.port))
    if isReply { (flow.source, flow.target) = (flow.target, flow.source) }
    let outcome: Outcome = record.text("alert.action") == "blocked" ? .blocked : .unknown
    let event = flow.event(
      .alert, outcome, by: sensor, detail: record.text("alert.signature") ?? "an alert without a name",
      citation: citation)
    return flow.isRPC ? .event(event) : .sum(event, .hour)
  }

  private static func exchange(_ record: JSONRecord, _ flow: SensorFlow, _ citation: Citation) -> SensorReading {
    guard flow.isRPC else { return .unconcerned(flow.time) }
    let answers = record.integer("flow.pkts_toclient")
    if answers == 0 { return .event(flow.event(.probe, .unanswered, by: sensor, citation: citation)) }
    // A packet back and no more, in a flow that was never established: the port is closed.
    if flow.transport == .tcp, answers == 1, record.text("flow.state") == "closed",
      record.integer("flow.pkts_toserver") == 1
    {
      return .event(flow.event(.probe, .reset, by: sensor, citation: citation))
    }
    return .event(flow.event(.connection, .connected, by: sensor, citation: citation))
  }

  private static func nfs(_ record: JSONRecord, _ flow: inout SensorFlow, _ citation: Citation) -> SensorReading {
    if flow.source.port == 2049, flow.target.port != 2049 { (flow.source, flow.target) = (flow.target, flow.source) }
    var rpc = RPCFacts(program: ProgramTable.nfs)
    rpc.version = record.integer("nfs.version").flatMap { UInt32(exactly: $0) }
    rpc.procedureName = record.text("nfs.procedure")?.lowercased ?? ""
    rpc.replyStatus = record.text("nfs.status") ?? record.text("rpc.status") ?? ""
    let told = NFSStatus.outcome(named: rpc.replyStatus)
    // RPC's own answer is no status of the service's.
    if let told, told != .answered { rpc.details.resultStatus = rpc.replyStatus }
    let outcome = rpc.replyStatus == "DENIED" ? .refused : told ?? .unknown
    return .sum(flow.event(.rpcCall, outcome, by: sensor, rpc: rpc, citation: citation), .hour)
  }
}

/// Zeek's `conn`, `notice` and `weird`, as JSON or tab-separated; other logs are of no concern.
struct ZeekRecord {
  static let sensor: Bytes = "zeek"
  /// `conn`, `notice`, `weird` or another, where the log says so.
  var path: Bytes?
  var value: (Bytes) -> Bytes?

  func read(citation: Citation, time read: (Bytes) -> EventTime?) -> SensorReading? {
    guard let stamp = value("ts") else { return nil }
    guard let kind = path ?? guess() else { return nil }
    guard let time = ZeekRecord.epoch(stamp) ?? read(stamp) else { return .odd }
    var flow = SensorFlow(
      time: time,
      source: SensorFlow.endpoint(value("src") ?? value("id.orig_h"), integer("id.orig_p")),
      target: SensorFlow.endpoint(value("dst") ?? value("id.resp_h"), integer("p") ?? integer("id.resp_p")),
      transport: value("proto").flatMap { Transport(rawValue: $0.notation) })
    switch kind {
    case "conn": return connection(flow, citation)
    case "notice":
      flow.source.port = value("src") == nil ? flow.source.port : nil
      let event = flow.event(.alert, .unknown, by: ZeekRecord.sensor, detail: value("note") ?? "", citation: citation)
      return flow.isRPC ? .event(event) : .sum(event, .hour)
    case "weird":
      guard flow.isRPC, let name = value("name") else { return .unconcerned(time) }
      return .event(flow.event(.alert, .unknown, by: ZeekRecord.sensor, detail: name, citation: citation))
    default: return .unconcerned(time)
    }
  }

  private func integer(_ key: Bytes) -> UInt64? { value(key)?.decimal }

  /// A JSON log does not name itself; its fields do.
  private func guess() -> Bytes? {
    if value("conn_state") != nil { return "conn" }
    if value("note") != nil, value("actions") != nil || value("msg") != nil { return "notice" }
    if value("name") != nil, value("notice") != nil || value("peer") != nil { return "weird" }
    return value("uid") != nil && value("id.orig_h") != nil ? "other" : nil
  }

  /// `conn_state`, as Zeek's documentation of conn.log has it. What lacks its beginning tells of no answer to a try: OTH
  /// is the middle of an exchange, SHR and RSTRH are a server's packets without their client's SYN.
  private func connection(_ flow: SensorFlow, _ citation: Citation) -> SensorReading {
    guard flow.isRPC, flow.source.host != .unknown else { return .unconcerned(flow.time) }
    let asked = (integer("orig_bytes") ?? 0) > 0
    let isExchange = asked || flow.transport == .udp
    let (action, outcome): (Event.Action, Outcome) =
      switch value("conn_state") {
      case "S0": (asked && flow.transport == .udp ? .connection : .probe, .unanswered)
      // A SYN with the client's own FIN or RST behind it, and no SYN-ACK.
      case "SH", "RSTOS0": (.probe, .unanswered)
      case "REJ": (.probe, .reset)
      case "SHR", "RSTRH": (isExchange ? .connection : .probe, .unknown)
      case "S1", "S2", "S3", "SF", "RSTO", "RSTR": (isExchange ? .connection : .probe, .connected)
      default: (.connection, .unknown)
      }
    return .event(flow.event(action, outcome, by: ZeekRecord.sensor, citation: citation))
  }

  /// `1300475167.096535`: seconds since 1970.
  static func epoch(_ text: Bytes) -> EventTime? {
    let span = text.array.rawSpan
    var cursor = 0
    guard let seconds = number(span, &cursor, digits: 9...11) else { return nil }
    let (nanoseconds, digits) = fraction(span, &cursor)
    guard cursor == span.byteCount, let moment = Timestamp(seconds: Int64(seconds), nanoseconds: nanoseconds) else {
      return nil
    }
    return EventTime(moment, fractionDigits: digits)
  }
}

/// The head of a tab-separated log of Zeek, and the rows under it.
struct ZeekTable {
  private var separator: UInt8 = 0x09
  private var path: Bytes?
  private var columns: [Bytes: Int] = [:]
  private var columnCount = 0
  /// More columns than this has no log.
  private static let columnCap = 256

  private(set) var isOpen = false

  static func begins(_ line: RawSpan) -> Bool { line.hasBytes(Array("#separator ".utf8), at: 0) }

  /// A line that begins with `#`; false when it is none of the head.
  mutating func head(_ line: RawSpan) -> Bool {
    if ZeekTable.begins(line) {
      self = ZeekTable()
      isOpen = true
      // `\x09`, as Zeek writes the tabulator.
      let text = Bytes(line.slice(11..<line.byteCount)).array
      if text.count == 4, let high = text[2].hexDigit, let low = text[3].hexDigit { separator = high << 4 | low }
      if text.count == 1 { separator = text[0] }
      return true
    }
    guard isOpen else { return false }
    let words = split(line)
    switch words.first {
    case "#path": path = words.count > 1 ? words[1] : nil
    case "#fields":
      let names = words.dropFirst().prefix(ZeekTable.columnCap)
      columns = Dictionary(zip(names, names.indices.map { $0 - 1 }), uniquingKeysWith: { first, _ in first })
      columnCount = names.count
    case "#close": isOpen = false
    case "#set_separator", "#empty_field", "#unset_field", "#open", "#types": break
    default: return false
    }
    return true
  }

  /// Nil when the line has not the columns of the head.
  func row(_ line: RawSpan) -> ZeekRecord? {
    guard isOpen, columnCount > 0 else { return nil }
    let words = split(line)
    guard words.count == columnCount else { return nil }
    let columns = columns
    return ZeekRecord(path: path) { key in
      guard let column = columns[key], words[column] != "-", words[column] != "(empty)" else { return nil }
      return words[column]
    }
  }

  /// Ends the table before a line that is neither of its head nor a row: a log that was cut off has no `#close`. A row
  /// that is not whole still has a separator, and others may follow it; but a separator that somebody chose may stand in
  /// a line of syslog too, and such a line begins with a stamp, as no row of Zeek's does.
  mutating func close(before line: RawSpan) {
    guard isOpen else { return }
    isOpen = line.firstIndex(of: separator) != nil && SyslogReader.stampStart(line) == nil
  }

  private func split(_ line: RawSpan) -> [Bytes] {
    var words: [Bytes] = []
    var start = 0
    while words.count <= ZeekTable.columnCap {
      let end = line.firstIndex(of: separator, from: start) ?? line.byteCount
      words.append(Bytes(line.slice(start..<end)))
      guard end < line.byteCount else { break }
      start = end + 1
    }
    return words
  }
}

import Evidence

/// A host's log line to an Event: frame, tag, the formats of that tag.
struct LogLineReader: Sendable {
  let library: FormatLibrary
  var syslog: SyslogReader
  private var captures: [(field: FormatField, range: Range<Int>)] = []
  private var shapes = LineShapes()
  /// Of the line that was read last, if it was told as ``Result/known(_:)``; nil where it has none.
  private(set) var outline: LineOutline?

  init(library: FormatLibrary, syslog: SyslogReader) {
    self.library = library
    self.syslog = syslog
  }

  enum Result {
    /// A whole record; `mayGoOn` when it is also the start of a longer wording, which stands earlier among the formats.
    /// Boxed, like ``prefix(_:)``: most lines give neither, and a small result costs less to hand on.
    indirect case event(Event, format: Int, host: Host.Key, mayGoOn: Bool)
    /// A record of one of the kinds of lines that come in floods.
    case known(KnownLine)
    /// `last message repeated N times`: the record before it of the same host.
    case repetition(count: Int, host: Host.Key, time: EventTime)
    /// The line ends before its wording does; it may go on in the next line.
    indirect case prefix(Partial)
    /// A record of a program that nobody watches, or a line of another kind of a watched one.
    case unconcerned(EventTime, host: Host.Key)
    /// A line that a format knows and that concerns nobody.
    case ordinary(EventTime, format: Int, host: Host.Key)
    /// A watched program wrote what no format takes. Boxed for the same reason.
    indirect case unmatched(SyslogFrame, host: Host.Key)
    case invalidStamp
    case none
  }

  /// A record, by which format, of which host.
  struct Whole {
    var event: Event
    var format: Int
    var host: Host.Key
  }

  /// What is known of a record that is cut off.
  struct Partial {
    var time: EventTime
    var host: Bytes
    var tag: Bytes
    var pid: Int?
    /// The source, where the wording got that far.
    var source = Host.unknown
    /// What of the message stands there.
    var message: Bytes
    /// Whether the program is one whose lines are read.
    var isWatched: Bool
  }

  /// A line that begins with its stamp and is like one that was read before; nil for others.
  mutating func frequent(_ line: RawSpan) -> KnownLine? {
    outline = nil
    guard let stamp = syslog.stamp(of: line) else { return nil }
    outline = shapes.outline(line, behind: stamp)
    return outline.flatMap { shapes.line($0, at: stamp.time) }
  }

  /// Reads one line whose stamp starts at `start`.
  /// - Parameters:
  ///   - isFrequent: Whether a line of a kind that comes in floods is told as ``Result/known(_:)``.
  ///   - isStranger: Whether ``frequent(_:)`` was just asked of this line, and found nothing.
  mutating func read(
    _ line: RawSpan, at start: Int, isFrequent: Bool = false, isStranger: Bool = false,
    citation: @autoclosure () -> Citation
  ) -> Result {
    if !isFrequent || start > 0 {
      outline = nil
    } else if !isStranger, let known = frequent(line) {
      return .known(known)
    }
    let frame: SyslogFrame
    switch syslog.read(line, at: start) {
    case .none: return .none
    case .invalidStamp: return .invalidStamp
    case .prefix(let time):
      return .prefix(Partial(time: time, host: "", tag: "", message: "", isWatched: false))
    case .frame(let value): frame = value
    }
    let result = read(line, frame, isFrequent: isFrequent, citation: citation())
    if case .known(let known) = result, let outline { learn(outline, known, tag: line, frame.tag) }
    return result
  }

  private mutating func learn(_ outline: LineOutline, _ known: KnownLine, tag line: RawSpan, _ range: Range<Int>) {
    guard let tag = library.watched(line, range), !library.seesDigits(tag) else { return }
    shapes.learn(outline, known, captures)
  }

  /// Reads a line whose frame is known.
  mutating func read(
    _ line: RawSpan, _ frame: SyslogFrame, isFrequent: Bool = false, citation: @autoclosure () -> Citation
  ) -> Result {
    let host = Host.Key(line.slice(frame.host))
    if let repetition = repetition(line, frame, host) { return repetition }
    if let (count, inner) = LogLineReader.repeatedMessage(line, from: frame.message) {
      var frame = frame
      frame.message = inner.lowerBound
      let result = read(line.slice(0..<inner.upperBound), frame, host, isFrequent: false, citation: citation())
      guard case .event(var event, let format, _, let mayGoOn) = result else { return result }
      event.count = count
      return .event(event, format: format, host: host, mayGoOn: mayGoOn)
    }
    return read(line, frame, host, isFrequent: isFrequent, citation: citation())
  }

  private mutating func read(
    _ line: RawSpan, _ frame: SyslogFrame, _ host: Host.Key, isFrequent: Bool, citation: @autoclosure () -> Citation
  ) -> Result {
    if frame.tag.upperBound == line.byteCount || frame.isCut {
      let isWatched = library.tag(line, frame.tag) != nil
      return .prefix(partial(line, frame, isWatched: isWatched))
    }
    guard let tag = library.watched(line, frame.tag) else { return .unconcerned(frame.time, host: host) }
    var sawPrefix = false
    var source = Host.unknown
    for index in library.formats(of: tag) {
      let outline = library.outlines[index]
      if outline.excludes(line, from: frame.message) { continue }
      switch library.formats[index].pattern.match(line, from: frame.message, captures: &captures) {
      case .match:
        if outline.isOrdinary { return .ordinary(frame.time, format: index, host: host) }
        if outline.onlyRPCPorts, !isAboutRPCPort(line) { return .unconcerned(frame.time, host: host) }
        if isFrequent, !sawPrefix, outline.isFrequent, let known = known(line, frame, index, host) {
          return .known(known)
        }
        let format = library.formats[index]
        guard let action = format.action else { return .ordinary(frame.time, format: index, host: host) }
        return .event(
          event(line, frame, format, action, citation()), format: index, host: host, mayGoOn: sawPrefix)
      case .prefix:
        sawPrefix = true
        // A source at the very end may be cut itself.
        let found = captures.first { $0.field == .source && $0.range.upperBound < line.byteCount }
        if source == .unknown, let found { source = HostText.host(line.slice(found.range)) }
      case .none: break
      }
    }
    if sawPrefix {
      var partial = partial(line, frame, isWatched: true)
      partial.source = source
      return .prefix(partial)
    }
    return library.isExclusive(tag) ? .unmatched(frame, host: host) : .unconcerned(frame.time, host: host)
  }

  /// Whether the line that was just matched names a port where RPC is at home.
  private func isAboutRPCPort(_ line: RawSpan) -> Bool {
    func port(_ field: FormatField) -> UInt16? {
      captures.first { $0.field == field }.flatMap { line.slice($0.range).decimal }.flatMap { UInt16(exactly: $0) }
    }
    return RPCPorts.rank(port(.targetPort), peer: port(.sourcePort) ?? .max) > 0
  }

  private func partial(_ line: RawSpan, _ frame: SyslogFrame, isWatched: Bool) -> Partial {
    Partial(
      time: frame.time, host: Bytes(line.slice(frame.host)), tag: Bytes(line.slice(frame.tag)), pid: frame.pid,
      message: Bytes(line.slice(frame.message..<line.byteCount)), isWatched: isWatched)
  }

  private static let messageRepeated = Array("message repeated ".utf8)
  private static let times = Array(" times: [".utf8)

  /// rsyslog's form: `message repeated 3 times: [ text of the message]`.
  private static func repeatedMessage(_ line: RawSpan, from start: Int) -> (count: Int, inner: Range<Int>)? {
    guard start < line.byteCount, line.byte(start) == 0x6d, line.hasBytes(messageRepeated, at: start) else {
      return nil
    }
    var index = start + messageRepeated.count
    guard let count = repetitions(line, &index), line.hasBytes(times, at: index) else { return nil }
    index += times.count
    if index < line.byteCount, line.byte(index).isBlank { index += 1 }
    let end = line.byteCount - 1
    guard index < end, line.byte(end) == 0x5d else { return nil }
    return (max(1, count), index..<end)
  }

  private static let lastMessage = Array("last message repeated ".utf8)

  /// `host last message repeated 3 times`, with or without a tag before it.
  private func repetition(_ line: RawSpan, _ frame: SyslogFrame, _ host: Host.Key) -> Result? {
    let places = (frame.tag.lowerBound, frame.message)
    guard let start = LogLineReader.repetitionStart(line, places.0) ?? LogLineReader.repetitionStart(line, places.1)
    else { return nil }
    var index = start + LogLineReader.lastMessage.count
    guard let count = LogLineReader.repetitions(line, &index), line.hasBytes(Array(" time".utf8), at: index) else {
      return nil
    }
    return .repetition(count: count, host: host, time: frame.time)
  }

  /// A number of any length; one that is larger than ``Event/countCap`` is the next above it.
  private static func repetitions(_ line: RawSpan, _ index: inout Int) -> Int? {
    let start = index
    var count = 0
    while index < line.byteCount, line.byte(index).isDigit {
      count = min(count * 10 + Int(line.byte(index) - 0x30), Event.countCap + 1)
      index += 1
    }
    return index > start ? count : nil
  }

  /// The place, if syslogd's words stand there.
  private static func repetitionStart(_ line: RawSpan, _ start: Int) -> Int? {
    guard start < line.byteCount, line.byte(start) == 0x6c else { return nil }
    return line.hasBytes(lastMessage, at: start) ? start : nil
  }

  /// What the line that was just matched says beside its kind; nil where its source is no address.
  private func known(_ line: RawSpan, _ frame: SyslogFrame, _ format: Int, _ host: Host.Key) -> KnownLine? {
    guard let pid = Int32(exactly: frame.pid ?? -1) else { return nil }
    var key = host.combined(with: UInt64(format))
    key = Host.Key(line.slice(frame.tag)).combined(with: key)
    var (source, sourcePort): (IPAddress?, UInt16?)
    for (field, range) in captures {
      let text = line.slice(range)
      switch field {
      case .source:
        guard let (address, end) = IPAddress.parse(text, at: 0), end == text.byteCount, !address.isLoopback else {
          return nil
        }
        source = address
      case .sourcePort: sourcePort = text.decimal.flatMap { UInt16(exactly: $0) }
      case .ignored: break
      default: key = Host.Key(text).combined(with: key)
      }
    }
    return source.map {
      KnownLine(
        key: key, time: frame.time, pid: pid, source: $0.bits, sourcePort: sourcePort, format: format, host: host)
    }
  }

  private func event(
    _ line: RawSpan, _ frame: SyslogFrame, _ format: LineFormat, _ action: Event.Action, _ citation: Citation
  ) -> Event {
    let host = frame.host.isEmpty ? Host.unknown : HostText.host(line.slice(frame.host))
    var event = Event(
      time: frame.time, view: .host, action: action, outcome: format.outcome, target: Endpoint(host: host),
      transport: format.transport, observer: Bytes(line.slice(frame.tag)), observerPID: frame.pid, citation: citation)
    event.change { read(line, frame, format, into: &$0) }
    return event
  }

  /// Reads what the holes of a wording hold.
  private func read(_ line: RawSpan, _ frame: SyslogFrame, _ format: LineFormat, into event: inout Event.Facts) {
    event.isAboutPacket = format.isAboutPacket
    var rpc = RPCFacts(program: format.program, procedureName: format.procedure)
    var process: ProcessFacts?
    var (pid, userID): (Int?, Int?)
    if format.isAboutWriter {
      process = ProcessFacts(name: event.observer)
      pid = frame.pid
    }
    for (field, range) in captures {
      let text = line.slice(range)
      let value = text.decimal
      switch field {
      case .source: event.source.host = HostText.host(text)
      case .sourcePort: event.source.port = value.flatMap { UInt16(exactly: $0) }
      case .target: event.target.host = HostText.host(text)
      case .targetPort: event.target.port = value.flatMap { UInt16(exactly: $0) }
      case .transport: event.transport = LogLineReader.transport(text)
      case .program: rpc.program = value.flatMap { UInt32(exactly: $0) }
      case .procedureNumber: rpc.procedure = value.flatMap { UInt32(exactly: $0) }
      case .procedure: rpc.procedureName = LogLineReader.procedure(text)
      case .argument: readArgument(text, into: &rpc)
      case .processName: process = ProcessFacts(name: LogLineReader.lastComponent(text))
      case .pid: pid = value.flatMap { Int(exactly: $0) }
      case .userID: userID = value.flatMap { Int(exactly: $0) }
      case .count: event.count = max(1, value.map { Int(min($0, UInt64(Event.countCap + 1))) } ?? 1)
      case .detail: event.detail = Bytes(text)
      case .ignored: break
      }
    }
    process?.pid = pid
    process?.userID = userID
    event.process = process
    if rpc.program == nil, let name = process?.name { rpc.program = library.programs.program(named: name)?.number }
    if rpc.program != nil { event.rpc = rpc }
    if event.source.host.isLocal { event.transport = .local }
  }

  /// A name, or its number as ipchains and some firewalls print it (IANA's protocol numbers).
  private static func transport(_ text: RawSpan) -> Transport? {
    switch text.decimal {
    case 1: .icmp
    case 6: .tcp
    case 17: .udp
    default: Transport(rawValue: Bytes(text).lowercased.notation)
    }
  }

  /// rpcbind logs `getport/addr` where a client may have used either procedure.
  private static func procedure(_ text: RawSpan) -> Bytes {
    Bytes(text.slice(0..<(text.firstIndex(of: 0x2f) ?? text.byteCount))).lowercased
  }

  private static func lastComponent(_ text: RawSpan) -> Bytes {
    var start = 0
    while let slash = text.firstIndex(of: 0x2f, from: start) { start = slash + 1 }
    return Bytes(text.slice(start..<text.byteCount))
  }

  /// A portmapper's argument is a number, which loggers print as such or as the program's name.
  private func readArgument(_ text: RawSpan, into rpc: inout RPCFacts) {
    rpc.argument = Bytes(text)
    if text.byteCount == 0 {
      rpc.argumentForm = .empty
    } else if let value = text.decimal, let number = UInt32(exactly: value) {
      rpc.argumentForm = .number
      rpc.argumentProgram = number
    } else if let program = library.programs.program(named: rpc.argument) {
      rpc.argumentForm = .name
      rpc.argumentProgram = program.number
    } else {
      let isName = rpc.argument.array.allSatisfy { $0.isASCIILetter || $0.isDigit || [0x2d, 0x2e, 0x5f].contains($0) }
      rpc.argumentForm = isName && text.byte(0).isASCIILetter ? .name : .garbled
    }
  }
}

extension RawSpan {
  /// The whole span as a decimal number; nil when it is none or does not fit.
  public var decimal: UInt64? {
    guard byteCount > 0, byteCount <= 19 else { return nil }
    var value: UInt64 = 0
    for index in 0..<byteCount {
      guard byte(index).isDigit else { return nil }
      value = value * 10 + UInt64(byte(index) - 0x30)
    }
    return value
  }
}

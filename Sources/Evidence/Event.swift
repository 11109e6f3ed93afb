/// What a sensor saw: one record of a host's log, or one exchange on the network. A fact, without opinion.
public struct Event: Sendable {
  /// In the order in which one thing leads to the other, for records of the same moment.
  public enum Action: String, Sendable, Hashable, CaseIterable {
    /// An RPC call, with its reply where one was seen.
    case rpcCall = "rpc-call"
    /// A transport connection or a UDP exchange with an RPC service whose payload was not decoded; or a packet as of the
    /// middle of one, which a packet filter logged.
    case connection
    /// A try at a port that carried no request.
    case probe
    /// Many tries at ports that carried no request, told as a sum.
    case scan
    /// Bytes on the wire came twice and differ, so that a sensor and the target can understand them differently.
    case evasion
    /// A daemon reported an internal error.
    case daemonError = "daemon-error"
    /// A process died of a signal.
    case crash
    /// The kernel stopped code on the stack.
    case stackExecution = "stack-execution"
    /// What another sensor judged, such as Suricata or Zeek: its opinion, told as its record.
    case alert
    /// A login that failed, or a right that was refused: context of its source, and no incident of its own.
    case authentication
    /// A line of a watched program that no format takes; its template is in ``Event/detail``.
    case log
    /// What a defence did, such as blocking a source: not an attack.
    case response
    /// A record that ends in the middle of what its program writes.
    case incomplete

    /// Its place among all cases.
    public var rank: Int {
      switch self {
      case .rpcCall: 0
      case .connection: 1
      case .probe: 2
      case .scan: 3
      case .evasion: 4
      case .daemonError: 5
      case .crash: 6
      case .stackExecution: 7
      case .alert: 8
      case .authentication: 9
      case .log: 10
      case .response: 11
      case .incomplete: 12
      }
    }
  }

  /// The largest number of times that a record can say: what loggers count in 32 bits. One that says more counts as so
  /// many, and is odd.
  public static let countCap = Int(UInt32.max)

  /// What an Event says. It stands apart, and is never changed in its place: an Event is one word to move and one
  /// reference to copy, however much it says.
  public struct Facts: Sendable {
    public var time: EventTime
    public var view: View
    public var action: Action
    public var outcome: Outcome
    public var source: Endpoint
    public var target: Endpoint
    public var transport: Transport?
    public var rpc: RPCFacts?
    public var observer: Bytes
    public var observerPID: Int?
    public var process: ProcessFacts?
    public var detail: Bytes
    public var count: Int
    public var conversation: Conversation?
    public var probes: ProbeSum?
    public var citation: Citation
    public var crowd: Crowd?
    public var witnesses: [Citation] = []
    public var isEcho: Bool = false
    public var isAboutPacket: Bool = false
    public var isEveryday: Bool = false
    /// Nanoseconds from ``time`` to the last of its repetitions; a difference, because clocks and days are set right later.
    public var lasting: Int64 = 0
  }
  @usableFromInline final class Box: Sendable {
    @usableFromInline let facts: Facts
    @usableFromInline init(_ facts: Facts) { self.facts = facts }
  }
  @usableFromInline var box: Box

  // Written out, one like the other: a subscript over key paths would say the same in ten lines, but Swift 6.3.1 folds key
  // paths of public properties only, and calls for each of them cost a fifth of an analysis. What is changed in part is
  // yielded in its place: of a getter and a setter it makes loads that are not aligned.

  @inlinable public var time: EventTime {
    @inline(__always) get { box.facts.time }
    _modify {
      var facts = box.facts
      defer { box = Box(facts) }
      yield &facts.time
    }
  }
  @inlinable public var view: View {
    @inline(__always) get { box.facts.view }
    set { change { $0.view = newValue } }
  }
  @inlinable public var action: Action {
    @inline(__always) get { box.facts.action }
    set { change { $0.action = newValue } }
  }
  @inlinable public var outcome: Outcome {
    @inline(__always) get { box.facts.outcome }
    set { change { $0.outcome = newValue } }
  }
  @inlinable public var source: Endpoint {
    @inline(__always) get { box.facts.source }
    _modify {
      var facts = box.facts
      defer { box = Box(facts) }
      yield &facts.source
    }
  }
  @inlinable public var target: Endpoint {
    @inline(__always) get { box.facts.target }
    _modify {
      var facts = box.facts
      defer { box = Box(facts) }
      yield &facts.target
    }
  }
  @inlinable public var transport: Transport? {
    @inline(__always) get { box.facts.transport }
    set { change { $0.transport = newValue } }
  }
  @inlinable public var rpc: RPCFacts? {
    @inline(__always) get { box.facts.rpc }
    _modify {
      var facts = box.facts
      defer { box = Box(facts) }
      yield &facts.rpc
    }
  }
  /// The program that wrote the record (`rpcbind`), or the kind of trace.
  @inlinable public var observer: Bytes {
    @inline(__always) get { box.facts.observer }
    set { change { $0.observer = newValue } }
  }
  /// The process id that wrote the record. A daemon may fork for each line: it never tells callers apart.
  @inlinable public var observerPID: Int? {
    @inline(__always) get { box.facts.observerPID }
    set { change { $0.observerPID = newValue } }
  }
  /// The process that the record is about.
  @inlinable public var process: ProcessFacts? {
    @inline(__always) get { box.facts.process }
    set { change { $0.process = newValue } }
  }
  /// Free text of the record that matters beside its fields, such as the name that a client claims.
  @inlinable public var detail: Bytes {
    @inline(__always) get { box.facts.detail }
    set { change { $0.detail = newValue } }
  }
  /// How often it happened: above 1 when `last message repeated` or an aggregate says so.
  @inlinable public var count: Int {
    @inline(__always) get { box.facts.count }
    set { change { $0.count = newValue } }
  }
  /// The conversation on the wire, for events of the network view.
  @inlinable public var conversation: Conversation? {
    @inline(__always) get { box.facts.conversation }
    set { change { $0.conversation = newValue } }
  }
  /// What the probes of a scan come to.
  @inlinable public var probes: ProbeSum? {
    @inline(__always) get { box.facts.probes }
    set { change { $0.probes = newValue } }
  }
  /// The sources, where the records of many are told as one Event; ``source`` is unknown then.
  @inlinable public var crowd: Crowd? {
    get { box.facts.crowd }
    set { change { $0.crowd = newValue } }
  }
  @inlinable public var citation: Citation {
    @inline(__always) get { box.facts.citation }
    set { change { $0.citation = newValue } }
  }
  /// Records of other sensors that saw the same exchange on the wire: it happened once.
  @inlinable public var witnesses: [Citation] {
    @inline(__always) get { box.facts.witnesses }
    set { change { $0.witnesses = newValue } }
  }
  /// Another sensor's judgement of an exchange that has an Event of its own.
  @inlinable public var isEcho: Bool {
    @inline(__always) get { box.facts.isEcho }
    set { change { $0.isEcho = newValue } }
  }
  /// A packet filter's record: of a packet that went by it, and perhaps not on to its target.
  @inlinable public var isAboutPacket: Bool {
    @inline(__always) get { box.facts.isAboutPacket }
    set { change { $0.isAboutPacket = newValue } }
  }
  /// What every client does, in an incident that has more than that: what became of it is not what became of the incident.
  @inlinable public var isEveryday: Bool {
    @inline(__always) get { box.facts.isEveryday }
    set { change { $0.isEveryday = newValue } }
  }

  public init(
    time: EventTime, view: View, action: Action, outcome: Outcome, source: Endpoint = .unknown,
    target: Endpoint = .unknown, transport: Transport? = nil, rpc: RPCFacts? = nil, observer: Bytes = .none,
    observerPID: Int? = nil,
    process: ProcessFacts? = nil, detail: Bytes = .none, count: Int = 1, conversation: Conversation? = nil,
    probes: ProbeSum? = nil, citation: Citation
  ) {
    box = Box(
      Facts(
        time: time, view: view, action: action, outcome: outcome, source: source, target: target, transport: transport,
        rpc: rpc, observer: observer, observerPID: observerPID, process: process, detail: detail, count: count,
        conversation: conversation, probes: probes, citation: citation))
  }

  /// Changes what it says, all at once: each change costs a copy.
  @inlinable public mutating func change(_ body: (inout Facts) -> Void) {
    var facts = box.facts
    body(&facts)
    box = Box(facts)
  }

  /// The ``observer`` of what a capture or a trace shows.
  public static let wire: Bytes = "packet"

  /// When it ended, as far as the evidence tells: of a sum the time of its last record, of a call that
  /// was sent again that of the last time.
  public var end: EventTime {
    if let last = probes?.last ?? crowd?.last { return last }
    var end = time
    end.timestamp.nanoseconds &+= box.facts.lasting
    return end
  }

  /// Puts Events in the order of ``precedes(_:_:)``.
  public static func sort(_ events: inout [Event]) { events.sort(on: { $0.time }, then: precedes) }

  /// The order in which events are judged: by time, and where times agree by what the event says, never by its place.
  public static func precedes(_ left: borrowing Event, _ right: borrowing Event) -> Bool {
    if left.time != right.time { return left.time < right.time }
    if left.view != right.view { return left.view == .host }
    if left.action != right.action { return left.action.rank < right.action.rank }
    if left.target != right.target {
      return (left.target.host, left.target.port ?? 0) < (right.target.host, right.target.port ?? 0)
    }
    if left.source != right.source {
      return (left.source.host, left.source.port ?? 0) < (right.source.host, right.source.port ?? 0)
    }
    if left.citation.text != right.citation.text { return left.citation.text < right.citation.text }
    return left.citation.provenance.ordinal < right.citation.provenance.ordinal
  }
}

/// The process that a record is about.
public struct ProcessFacts: Hashable, Sendable {
  /// Without its folder: `rpc.ttdbserverd`.
  public var name: Bytes
  public var pid: Int?
  public var userID: Int?
  public init(name: Bytes, pid: Int? = nil, userID: Int? = nil) {
    self.name = name
    self.pid = pid
    self.userID = userID
  }
}

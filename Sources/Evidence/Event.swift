/// What a sensor saw: one record of a host's log, or one exchange on the network. A fact, without opinion.
package struct Event: Sendable {
  /// In the order in which one thing leads to the other, for records of the same moment.
  package enum Action: String, Sendable, Hashable, CaseIterable {
    /// An RPC call, with its reply where one was seen.
    case rpcCall = "rpc-call"
    /// A transport connection or a UDP exchange with an RPC service whose payload was not decoded.
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

    fileprivate var rank: Int { Action.allCases.firstIndex(of: self) ?? 0 }
  }

  package var time: EventTime
  package var view: View
  package var action: Action
  package var outcome: Outcome
  package var source: Endpoint
  package var target: Endpoint
  package var transport: Transport?
  package var rpc: RPCFacts?
  /// The program that wrote the record (`rpcbind`), or the kind of trace.
  package var observer: Bytes
  /// The process id that wrote the record. A daemon may fork for each line: it never tells callers apart.
  package var observerPID: Int?
  /// The process that the record is about.
  package var process: ProcessFacts?
  /// Free text of the record that matters beside its fields, such as the name that a client claims.
  package var detail: Bytes
  /// How often it happened: above 1 when `last message repeated` or an aggregate says so.
  package var count: Int
  /// The conversation on the wire, for events of the network view.
  package var conversation: Conversation?
  /// What the probes of a scan come to.
  package var probes: ProbeSum?
  package var citation: Citation
  /// Records of other sensors that saw the same exchange on the wire: it happened once.
  package var witnesses: [Citation] = []
  /// Another sensor's judgement of an exchange that has an Event of its own.
  package var isEcho = false
  /// A packet filter's record: of a packet that went by it, and perhaps not on to its target.
  package var isAboutPacket = false
  /// What every client does, in an incident that has more than that: what became of it is not what became of the incident.
  package var isEveryday = false

  package init(
    time: EventTime, view: View, action: Action, outcome: Outcome, source: Endpoint = .unknown,
    target: Endpoint = .unknown, transport: Transport? = nil, rpc: RPCFacts? = nil, observer: Bytes = "",
    observerPID: Int? = nil,
    process: ProcessFacts? = nil, detail: Bytes = "", count: Int = 1, conversation: Conversation? = nil,
    probes: ProbeSum? = nil, citation: Citation
  ) {
    self.time = time
    self.view = view
    self.action = action
    self.outcome = outcome
    self.source = source
    self.target = target
    self.transport = transport
    self.rpc = rpc
    self.observer = observer
    self.observerPID = observerPID
    self.process = process
    self.detail = detail
    self.count = count
    self.conversation = conversation
    self.probes = probes
    self.citation = citation
  }

  /// When it ended, as far as the evidence tells: of a scan the time of its last probe.
  package var end: EventTime { probes?.last ?? time }

  /// Puts Events in the order of ``precedes(_:_:)``. Times decide nearly always, and Events are large: so their places are
  /// sorted by time, and then each Event is moved once, without a copy.
  package static func sort(_ events: inout [Event]) {
    var order = places(events)
    // The span moves Events; the array would copy them.
    var events = events.mutableSpan
    for start in order.indices {
      var place = start
      // Along a circle of Events that stand in each other's places.
      while order[place] != start {
        let next = order[place]
        events.swapAt(place, next)
        order[place] = place
        place = next
      }
      order[place] = place
    }
  }

  /// For each place the one from where its Event comes.
  private static func places(_ events: [Event]) -> [Int] {
    let times = events.indices.map { events[$0].time }
    return events.indices.sorted { left, right in
      if times[left] < times[right] { return true }
      if times[right] < times[left] { return false }
      return precedes(events[left], events[right])
    }
  }

  /// The order in which events are judged: by time, and where times agree by what the event says, never by its place.
  package static func precedes(_ left: Event, _ right: Event) -> Bool {
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
package struct ProcessFacts: Hashable, Sendable {
  /// Without its folder: `rpc.ttdbserverd`.
  package var name: Bytes
  package var pid: Int?
  package var userID: Int?
  package init(name: Bytes, pid: Int? = nil, userID: Int? = nil) {
    self.name = name
    self.pid = pid
    self.userID = userID
  }
}

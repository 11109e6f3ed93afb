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
    /// A daemon reported an internal error.
    case daemonError = "daemon-error"
    /// A process died of a signal.
    case crash
    /// The kernel stopped code on the stack.
    case stackExecution = "stack-execution"
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

/// An ONC RPC call (RFC 5531), as a log or the wire shows it; what is not known is nil.
package struct RPCFacts: Hashable, Sendable {
  package var xid: UInt32?
  package var program: UInt32?
  package var version: UInt32?
  package var procedure: UInt32?
  /// In lower case, as rpcbind logs it: `getport`, `dump`, `callit`.
  package var procedureName: Bytes
  /// The argument as it was printed or, from the wire, as rpcbind would print it.
  package var argument: Bytes
  package var argumentForm: ArgumentForm?
  package var argumentProgram: UInt32?
  /// Entries of a DUMP reply.
  package var resultEntries: Int?
  /// The port of a GETPORT reply; 0 means not registered.
  package var resultPort: UInt32?
  /// RFC 5531 `auth_flavor` of the call's credential.
  package var credentialFlavor: UInt32?
  /// How the reply ended, such as `SUCCESS` or `PROG_UNAVAIL`, or of a denied one its reason.
  package var replyStatus: Bytes

  package enum ArgumentForm: String, Sendable, Hashable {
    case number, name, empty
    /// Bytes that no logger prints for a number or a program's name.
    case garbled
  }

  package init(
    xid: UInt32? = nil, program: UInt32? = nil, version: UInt32? = nil, procedure: UInt32? = nil,
    procedureName: Bytes = "", argument: Bytes = "", argumentForm: ArgumentForm? = nil,
    argumentProgram: UInt32? = nil, resultEntries: Int? = nil, resultPort: UInt32? = nil,
    credentialFlavor: UInt32? = nil, replyStatus: Bytes = ""
  ) {
    self.xid = xid
    self.program = program
    self.version = version
    self.procedure = procedure
    self.procedureName = procedureName
    self.argument = argument
    self.argumentForm = argumentForm
    self.argumentProgram = argumentProgram
    self.resultEntries = resultEntries
    self.resultPort = resultPort
    self.credentialFlavor = credentialFlavor
    self.replyStatus = replyStatus
  }
}

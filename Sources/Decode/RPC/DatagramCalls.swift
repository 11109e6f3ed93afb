import Evidence

/// The calls that were sent over UDP of late, by the end that waits for the answer: one may come from another address than
/// the call was sent to. A server with several addresses may answer from any of them, and who hears a broadcast answers
/// from its own. Clients look at the xid alone, and so does this, where it cannot mean another call.
///
/// A flat table of a fixed size, in which a later call takes the place of an older one: answers come soon. Its hash has no
/// secret, so that what is found does not differ from run to run.
struct DatagramCalls {
  struct Call {
    let key: FlowKey
    let direction: FlowDirection
    let xid: UInt32
    fileprivate let nanoseconds: Int64
    /// Nil where calls of several procedures share the xid.
    fileprivate(set) var procedure: RPCProcedure?
    /// The same end sent the xid to other servers as well, so that a reply does not tell whom it answers.
    fileprivate(set) var isShared = false
  }

  static let cap = 2048
  private var calls: ContiguousArray<Call?> = []

  mutating func note(
    _ procedure: RPCProcedure, xid: UInt32, _ key: FlowKey, from direction: FlowDirection, at time: EventTime
  ) {
    if calls.isEmpty { calls = ContiguousArray(repeating: nil, count: DatagramCalls.cap) }
    var call = Call(
      key: key, direction: direction, xid: xid, nanoseconds: time.timestamp.nanoseconds, procedure: procedure)
    let place = DatagramCalls.place(xid, call.client.port)
    if let known = calls[place], known.xid == xid, known.client == call.client, known.isOpen(at: call.nanoseconds) {
      call.isShared = known.isShared || known.key != key
      if known.procedure != procedure { call.procedure = known.key == key ? procedure : nil }
    }
    calls[place] = call
  }

  /// The call that a reply answers which came to a waiting end from elsewhere.
  /// - Parameters:
  ///   - key: Of the flow that brought the reply.
  ///   - direction: Of the reply.
  func call(answeredBy xid: UInt32, _ key: FlowKey, from direction: FlowDirection, at time: EventTime) -> Call? {
    let client = key.end(direction.opposite)
    guard !calls.isEmpty, let call = calls[DatagramCalls.place(xid, client.port)], call.xid == xid,
      call.client == client,
      call.isOpen(at: time.timestamp.nanoseconds)
    else { return nil }
    // A service answers from its port. Whoever answers what was sent to everybody may have any.
    let server = call.key.end(call.direction.opposite)
    return server.port == key.end(direction).port || server.isGroup ? call : nil
  }

  /// By the xid, which clients choose at random or count by, and the port; of a name the address is no number that lasts.
  private static func place(_ xid: UInt32, _ port: UInt16?) -> Int {
    let mixed = (UInt64(port ?? 0) << 32 | UInt64(xid)) &* 0x9e37_79b9_7f4a_7c15
    return Int(mixed >> 40) % cap
  }
}

extension DatagramCalls.Call {
  fileprivate var client: FlowKey.End { key.end(direction) }

  /// Whether an answer at the moment would still belong to it.
  fileprivate func isOpen(at moment: Int64) -> Bool {
    let (age, overflow) = moment.subtractingReportingOverflow(nanoseconds)
    return !overflow && age >= 0 && age <= Flow.timeout(isUDP: true)
  }
}

extension FlowKey {
  struct End: Equatable {
    /// Of a host that is no address, a hash of its name.
    let host: UInt128
    let isNamed: Bool
    let port: UInt16?

    var isGroup: Bool { !isNamed && IPAddress(bits: host).isGroup }
  }

  /// The end that sends in a direction.
  func end(_ direction: FlowDirection) -> End {
    direction == .fromLow
      ? End(host: low, isNamed: traits.contains(.lowIsNamed), port: traits.contains(.lowLacksPort) ? nil : lowPort)
      : End(host: high, isNamed: traits.contains(.highIsNamed), port: traits.contains(.highLacksPort) ? nil : highPort)
  }
}

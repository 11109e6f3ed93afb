import Evidence

/// What flows write down beside their events.
struct FlowJournal {
  var oddities = OddityTally()
  var tally = RPCTally()
  var learned = LearnedPorts()
  /// What streams of RPC brought last.
  var history = StreamHistory()
  /// The calls that a reply from another address may answer.
  var asked = DatagramCalls()
  /// What the last datagram was, where other flows may have to do with it: for the table, which knows them.
  var datagram: Datagram?
  enum Datagram {
    case call(RPCProcedure, xid: UInt32)
    /// A reply whose flow has no call for it.
    case stray(xid: UInt32)
  }
  /// What the target makes of segments that overlap and differ.
  var overlap = OverlapPolicies()

  mutating func note(_ procedure: RPCProcedure, calls: Int = 0, replies: Int = 0, at origin: PacketSighting) {
    if !tally.note(procedure, calls: calls, replies: replies) { oddities.note(.tableFull, origin.citation) }
  }

  /// Notes what is wrong, with the packet where it was met.
  mutating func note(_ kind: Oddity.Kind, _ what: String, at origin: PacketSighting) {
    oddities.note(kind, Citation(origin.citation.provenance, text: Bytes(what)))
  }
}

import Evidence
import Fuse
import Knowledge

/// The first moment of the evidence in these tests.
let start = Timestamp(nanoseconds: 946_684_800_000_000_000)

func host(_ text: String) -> Host {
  if text.isEmpty { return .unknown }
  if text.contains("(") { return .local(Bytes(text)) }
  return IPAddress(text).map { .address($0) } ?? .name(Bytes(text))
}

extension Event {
  /// A record of a host's log, or of the wire where there is a conversation. `at` counts seconds from ``start``.
  static func fixture(
    _ action: Action = .rpcCall, at seconds: Double = 0, from source: String = "192.0.2.66",
    to target: String = "marlin",
    outcome: Outcome = .refused, procedure: String = "dump", argument: String = "", port: UInt16? = nil,
    sourcePort: UInt16? = nil,
    transport: Transport? = nil, rpc: RPCFacts? = nil, process: ProcessFacts? = nil, observer: Bytes = "rpcbind",
    detail: Bytes = "",
    conversation: Conversation? = nil, digits: UInt8 = 0, isDated: Bool = true, line: Int = 1, text: String = ""
  ) -> Event {
    let moment = Timestamp(nanoseconds: (isDated ? start.nanoseconds : 0) + Int64((seconds * 1e9).rounded()))
    let isCall = action == .rpcCall && rpc == nil
    return Event(
      time: EventTime(moment, fractionDigits: digits, isDated: isDated), view: conversation == nil ? .host : .network,
      action: action,
      outcome: outcome, source: Endpoint(host: host(source), port: sourcePort),
      target: Endpoint(host: host(target), port: port),
      transport: transport, rpc: isCall ? .portmapper(procedure, argument) : rpc, observer: observer, process: process,
      detail: detail,
      conversation: conversation,
      citation: Citation(
        Provenance(
          input: InputID(conversation == nil ? 0 : 1), place: .lines(first: line, last: line), offset: line, length: 1),
        text: Bytes(text.isEmpty ? "\(action.rawValue) \(procedure) \(seconds) \(line)" : text)))
  }

  /// A call on the wire.
  static func wire(
    _ procedure: String, at seconds: Double, from source: String = "192.0.2.66", to target: String = "192.0.2.10",
    outcome: Outcome = .answered, line: Int = 1
  ) -> Event {
    .fixture(
      .rpcCall, at: seconds, from: source, to: target, outcome: outcome, procedure: procedure, port: 111,
      transport: .udp,
      conversation: .fixture(), digits: 6, line: line)
  }
}

extension RPCFacts {
  /// A portmapper's call as a log has it.
  static func portmapper(_ procedure: String, _ argument: String) -> RPCFacts {
    var facts = RPCFacts(program: ProgramTable.portmapper, procedureName: Bytes(procedure), argument: Bytes(argument))
    if argument.isEmpty {
      facts.argumentForm = .empty
    } else if let number = UInt32(argument) {
      facts.argumentForm = .number
      facts.argumentProgram = number
    } else if let program = ProgramTable.known.program(named: Bytes(argument)) {
      facts.argumentForm = .name
      facts.argumentProgram = program.number
    } else {
      facts.argumentForm = .garbled
    }
    return facts
  }
}

extension Conversation {
  /// A conversation of these turns: positive bytes are the initiator's, negative ones the responder's.
  static func fixture(
    _ turns: [Int] = [], handshake: Handshake = .complete, close: Close = .graceful(first: .initiator),
    syn: SYNFacts? = nil,
    hexChecks: [HexCheck] = [], at seconds: Double = 0, isDated: Bool = true
  ) -> Conversation {
    var sides = (Side(), Side())
    var packets: [PacketNote] = []
    let moment = Timestamp(nanoseconds: (isDated ? start.nanoseconds : 0) + Int64(seconds * 1e9))
    for (number, turn) in turns.enumerated() {
      if turn > 0 { sides.0.payloadBytes += turn } else { sides.1.payloadBytes -= turn }
      packets.append(
        PacketNote(
          time: EventTime(moment, fractionDigits: 6, isDated: isDated), fromInitiator: turn > 0, flags: [.psh, .ack],
          payloadLength: abs(turn),
          citation: Citation(
            Provenance(input: InputID(1), place: .frame(number + 1), offset: number, length: 1),
            text: Bytes("packet \(number)"))))
    }
    return Conversation(
      initiator: sides.0, responder: sides.1, handshake: handshake, close: close, syn: syn, packets: packets,
      packetCount: packets.count, hexChecks: hexChecks,
      exchange: turns.map { Turn(role: $0 > 0 ? .initiator : .responder, bytes: abs($0)) })
  }
}

extension ProgramTable {
  /// The table that the product carries.
  static let known: ProgramTable = {
    var faults: [Fault] = []
    return KnowledgeFolder.embedded.programTable(faults: &faults)
  }()
}

extension Signature {
  static func fixture(_ id: String, _ stage: Stage = .reconnaissance, lethality: Int? = 2, level: String = "medium")
    -> Signature
  {
    Signature(
      id: id, title: "Title of \(id)", stage: stage, lethality: lethality, lethalityReason: "why \(id)",
      level: level,
      techniques: [], limits: "")
  }
}

extension Finding {
  /// One finding for each event, as a rule of single events gives them.
  static func each(_ events: [Event], _ signature: Signature = .fixture("r")) -> [Finding] {
    events.indices.map { Finding(signature: signature, pattern: signature.id, events: [$0]) }
  }
}

extension FusionSettings {
  static let plain = FusionSettings(programs: .known)
}

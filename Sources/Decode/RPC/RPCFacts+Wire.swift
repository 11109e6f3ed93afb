import Evidence

extension RPCFacts {
  /// The facts of a call as the wire has them.
  init(_ message: RPCMessage, _ call: RPCCall, bytes: RawSpan) {
    self.init(
      xid: message.xid, program: call.procedure.program, version: call.procedure.version,
      procedure: call.procedure.procedure, procedureName: call.procedure.name,
      credentialFlavor: call.credential?.flavor)
    readArgument(call.procedure, bytes.slice(call.arguments))
  }

  /// What rpcbind would print between the parentheses: the program that is asked for.
  private mutating func readArgument(_ procedure: RPCProcedure, _ arguments: RawSpan) {
    switch procedure.portmap {
    case .mapping2, .mapping, .call:
      guard arguments.byteCount >= 4 else { return }
      let program = arguments.uint32(0)
      argumentProgram = program
      argument = Bytes(String(program))
      argumentForm = .number
    case .dump2, .dump: argumentForm = .empty
    case .other, nil: if procedure.procedure == 0 { argumentForm = .empty }
    }
  }

  /// Adds what a reply says, and tells what became of the call. `length` is the reply's length on the wire, which gives
  /// the size of a DUMP even where the capture is short.
  mutating func add(_ reply: RPCReply, to procedure: RPCProcedure, bytes: RawSpan, length: Int) -> Outcome {
    replyStatus = reply.statusName
    switch reply {
    case .failed: return .rejected
    case .denied: return .refused
    case .accepted: return .answered
    case .success(let results):
      readResults(procedure, bytes.slice(results), length: length - results.lowerBound)
      return resultEntries == 0 || resultPort == 0 ? .empty : .answered
    }
  }

  private mutating func readResults(_ procedure: RPCProcedure, _ results: RawSpan, length: Int) {
    if procedure.asksForPort {
      resultPort = procedure.version == 2 ? (results.byteCount >= 4 ? results.uint32(0) : nil) : Self.port(results)
    } else if procedure.portmap == .dump2 {
      resultEntries = Self.entries(results, strings: 0) ?? Self.entries(length: length)
    } else if procedure.portmap == .dump {
      resultEntries = Self.entries(results, strings: 3)
    }
  }

  /// The entries of a list: each a word that says that one follows, program, version, and either protocol and port or
  /// three strings (RFC 1833, sections 3.1 and 2.1). Nil when the list does not end.
  private static func entries(_ results: RawSpan, strings: Int) -> Int? {
    var reader = XDRReader(results)
    var count = 0
    while let more = reader.word() {
      if more == 0 { return count }
      for _ in 0..<(strings == 0 ? 4 : 2) where reader.word() == nil { return nil }
      for _ in 0..<strings where reader.string() == nil { return nil }
      count += 1
    }
    return nil
  }

  /// The entries of a portmap v2 list by its size: 20 bytes each, and 4 for the end.
  private static func entries(length: Int) -> Int? {
    length >= 4 && (length - 4) % 20 == 0 ? (length - 4) / 20 : nil
  }

  /// The port of a universal address, `10.0.0.1.8.1` for port 2049 (RFC 5665, section 5.2.3); 0 when the address is empty.
  private static func port(_ results: RawSpan) -> UInt32? {
    var reader = XDRReader(results)
    guard let range = reader.string() else { return nil }
    if range.isEmpty { return 0 }
    let parts = String(decoding: Bytes(results.slice(range)).array, as: UTF8.self).split(separator: ".").suffix(2)
    let octets = parts.compactMap { UInt8($0) }
    return octets.count == 2 ? UInt32(octets[0]) << 8 | UInt32(octets[1]) : nil
  }
}

import Evidence

/// What a portmapper's answer tells about ports: of one program, or in a DUMP of all (RFC 1833).
enum RPCTelling {
  struct Service: Equatable {
    var program: UInt32
    var version: UInt32
    var isUDP: Bool
    var port: UInt16
  }

  /// - Parameter isUDP: how the question came; a GETADDR is answered for the same transport if it names none.
  static func services(
    _ procedure: RPCProcedure, _ facts: RPCFacts, results: RawSpan, isUDP: Bool
  ) -> [Service] {
    switch procedure.portmap {
    case .dump2: return list(XDRReader(results)) { mapping(&$0) }
    case .dump: return list(XDRReader(results)) { binding(&$0) }
    default:
      guard procedure.asksForPort, let program = facts.argumentProgram, let port = facts.resultPort,
        let port = UInt16(exactly: port), port > 0
      else { return [] }
      let named = RPCTelling.isUDP(facts.networkID)
      // RFC 1833, section 2.2.1: GETADDR answers for the transport that it was asked over.
      guard procedure.version > 2 || named != nil else { return [] }
      return [
        Service(
          program: program, version: facts.argumentVersion ?? 0,
          isUDP: procedure.version > 2 ? isUDP : named ?? isUDP, port: port)
      ]
    }
  }

  private static func isUDP(_ networkID: Bytes) -> Bool? {
    switch networkID {
    case "udp", "udp6": true
    case "tcp", "tcp6": false
    default: nil
    }
  }

  private static func list(_ start: consuming XDRReader, _ entry: (inout XDRReader) -> Service??) -> [Service] {
    var reader = start
    var services: [Service] = []
    while let more = reader.word(), more == 1, let service = entry(&reader) {
      if let service { services.append(service) }
    }
    return services
  }

  /// Nil at the end; a nil within for a service without a port.
  @_lifetime(reader: copy reader) private static func mapping(_ reader: inout XDRReader) -> Service?? {
    guard let program = reader.word(), let version = reader.word(), let proto = reader.word(), let port = reader.word()
    else { return nil }
    guard let port = UInt16(exactly: port), port > 0, proto == 6 || proto == 17 else { return .some(nil) }
    return Service(program: program, version: version, isUDP: proto == 17, port: port)
  }

  @_lifetime(reader: copy reader) private static func binding(_ reader: inout XDRReader) -> Service?? {
    guard let program = reader.word(), let version = reader.word(), let network = reader.string(),
      let address = reader.string(), reader.string() != nil
    else { return nil }
    guard let isUDP = isUDP(reader.copy(network)),
      let port = RPCFacts.port(universal: reader.copy(address)).flatMap({ UInt16(exactly: $0) }), port > 0
    else { return .some(nil) }
    return Service(program: program, version: version, isUDP: isUDP, port: port)
  }
}

import Evidence

/// The portmapper's arguments (RFC 1833, sections 3.1 and 2.1).
///
///     mapping:  program version protocol port          rpcb:  program version netid<> address<> owner<>
///     CALLIT, BCAST, INDIRECT:  program version procedure arguments<>
extension RPCFacts {
  @_lifetime(reader: copy reader)
  mutating func readPortmap(_ kind: RPCProcedure.Portmap, _ reader: inout XDRReader, _ details: inout RPCDetails) {
    switch kind {
    case .mapping2, .mapping, .call2, .call, .addressList:
      guard let program = reader.word() else { return }
      argumentProgram = program
      argument = Bytes(String(program))
      argumentForm = .number
      if kind == .call2 || kind == .call {
        readInner(program, &reader, &details)
      } else {
        details.argumentVersion = reader.word()
        if kind == .mapping2 { readMapping(&reader, &details) } else { readBinding(&reader, &details) }
      }
    case .dump2, .dump, .time: argumentForm = .empty
    case .toTransport:
      var reading = RPCArgumentReading(procedureOfText)
      reading.read(.text(255), &reader)
      details.address = reading.details.text
      details.traits.formUnion(reading.details.traits)
      details.longest = reading.details.longest
    case .toUniversal:
      // `netbuf`: the length that its buffer may have, then the address.
      guard reader.word() != nil, let (declared, _) = reader.text() else { return }
      details.longest = UInt32(clamping: declared)
    case .other: break
    }
  }

  private var procedureOfText: RPCProcedure { RPCProcedure(program: ProgramTable.portmapper, version: 4, procedure: 7) }

  @_lifetime(reader: copy reader)
  private mutating func readMapping(_ reader: inout XDRReader, _ details: inout RPCDetails) {
    guard let proto = reader.word() else { return }
    details.networkID = RPCFacts.networkID(proto)
    guard let port = reader.word() else { return }
    // A look-up leaves it 0.
    if port != 0 { details.address = Bytes(String(port)) }
  }

  /// IP's protocol numbers.
  private static func networkID(_ proto: UInt32) -> Bytes {
    switch proto {
    case 6: "tcp"
    case 17: "udp"
    default: Bytes("protocol \(proto)")
    }
  }

  @_lifetime(reader: copy reader)
  private mutating func readBinding(_ reader: inout XDRReader, _ details: inout RPCDetails) {
    var reading = RPCArgumentReading(procedureOfText)
    // RFC 1833 sets no limit; a netid, an address and a user's name are short.
    if let netID = reading.name(&reader, limit: 255) { details.networkID = netID }
    if reader.end == nil, let address = reading.name(&reader, limit: 255) { details.address = address }
    if reader.end == nil, let owner = reading.name(&reader, limit: 255) { details.text = owner }
    details.traits.formUnion(reading.details.traits)
    details.longest = max(details.longest ?? 0, reading.details.longest ?? 0)
  }

  /// The call to forward; what its argument shows is looked for as if it had come directly.
  @_lifetime(reader: copy reader)
  private mutating func readInner(_ program: UInt32, _ reader: inout XDRReader, _ details: inout RPCDetails) {
    guard let version = reader.word(), let procedure = reader.word(), let (declared, range) = reader.text() else {
      return
    }
    let called = RPCProcedure(program: program, version: version, procedure: procedure)
    details.inner = RPCDetails.InnerCall(
      program: program, version: version, procedure: procedure, argumentLength: UInt32(clamping: declared))
    var reading = RPCArgumentReading(called)
    var inner = XDRReader(reader.bytes.slice(range), wireLength: min(declared, 1 << 20))
    reading.read(&inner)
    details.traits.formUnion(reading.details.traits)
    details.longest = reading.details.longest
    details.path = reading.details.path
    details.text = reading.details.text
  }
}

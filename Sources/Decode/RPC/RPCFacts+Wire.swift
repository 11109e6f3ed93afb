import Evidence

extension RPCFacts {
  /// The facts of a call as the wire has them. `length` is the message's on the wire, of which `bytes` may lack the end.
  ///
  /// - Parameter known: who called before in the conversation, to be shared.
  init(_ message: RPCMessage, _ call: RPCCall, bytes: RawSpan, length: Int? = nil, known: AuthSys? = nil) {
    self.init(
      xid: message.xid, program: call.procedure.program, version: call.procedure.version,
      procedure: call.procedure.procedure, procedureName: call.procedure.name,
      credentialFlavor: call.credential?.flavor)
    var details = RPCDetails()
    let credential = CredentialReading(call.credential, bytes, known: known)
    caller = credential.caller
    details.traits = credential.traits
    details.protection = credential.protection
    if !credential.isSetup {
      var reader = XDRReader(
        bytes.slice(call.arguments), wireLength: max(length ?? 0, bytes.byteCount) - call.arguments.lowerBound)
      readArgument(call.procedure, &reader, &details)
    }
    self.details = consume details
  }

  @_lifetime(reader: copy reader)
  private mutating func readArgument(
    _ procedure: RPCProcedure, _ reader: inout XDRReader, _ details: inout RPCDetails
  ) {
    if procedure.procedure == 0 { argumentForm = .empty }
    if details.protection == .privacy { return }
    // RFC 2203, section 5.3.2.2: a length and a sequence number before signed arguments.
    if details.protection == .integrity, !reader.skip(words: 2) { return }
    if let kind = procedure.portmap, procedure.procedure != 0 {
      readPortmap(kind, &reader, &details)
      details.traits.formUnion(RPCArgumentReading.signs(of: reader.end))
      return
    }
    // No argument, and nothing to read.
    guard reader.remaining > 0 || RPCSignatures.signature(of: procedure)?.argument.isEmpty == false else { return }
    var reading = RPCArgumentReading(procedure)
    reading.read(&reader)
    let (traits, protection) = (details.traits, details.protection)
    details = reading.details
    details.traits.formUnion(traits)
    details.protection = protection
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
      noteTLS(bytes)
      let wireLength = max(length - results.lowerBound, 0)
      var reader = XDRReader(bytes.slice(results), wireLength: wireLength)
      return readResults(procedure, &reader, length: wireLength)
    }
  }

  /// RFC 9289, section 4.1: a server that agrees to TLS has `STARTTLS` in its verifier.
  private mutating func noteTLS(_ reply: RawSpan) {
    guard credentialFlavor == CredentialReading.tls, reply.byteCount >= 28, reply.uint32(16) == 8,
      reply.hasBytes(Array("STARTTLS".utf8), at: 20)
    else { return }
    details.protection = .tls
  }
}

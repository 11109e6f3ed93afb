public import Evidence

/// An ONC RPC message (RFC 5531, section 9), from a datagram or from a record of a stream: one decoder for both.
///
///     call:  xid 0 rpcvers=2 prog vers proc cred(flavor, opaque<400>) verf(flavor, opaque<400>) arguments
///     reply: xid 1 0 verf accept_stat results   |   xid 1 1 reject_stat why
public struct RPCMessage: Hashable, Sendable {
  public enum Body: Hashable, Sendable {
    case call(RPCCall)
    case reply(RPCReply)
  }

  public var xid: UInt32
  public var body: Body

  /// Decodes as much of a message as was captured; on the wire it had `length` bytes.
  public static func decode(_ bytes: RawSpan, length: Int) throws(DecodeError) -> RPCMessage {
    var packet = PacketBytes(bytes, wireLength: length)
    try packet.require(12, .rpc)
    let xid = packet.uint32(0)
    let type = packet.uint32(4)
    try packet.skip(8, .rpc)
    switch type {
    case 0: return RPCMessage(xid: xid, body: .call(try RPCCall.decode(&packet)))
    case 1: return RPCMessage(xid: xid, body: .reply(try RPCReply.decode(&packet)))
    default: throw DecodeError(.rpc, offset: 4, needed: 1, available: 0)
    }
  }

  /// Whether the start of a message can be one: enough to tell RPC from other protocols before the message is whole.
  /// Nil while there are too few bytes to tell.
  public static func isPlausibleStart(_ bytes: RawSpan) -> Bool? {
    guard bytes.byteCount >= 12 else { return nil }
    switch bytes.uint32(4) {
    case 0: return bytes.uint32(8) == 2
    case 1: return bytes.uint32(8) <= 1
    default: return false
    }
  }
}

/// The flavor and the length of a credential or verifier.
public struct RPCAuthentication: Hashable, Sendable {
  public var flavor: UInt32
  public var length: Int
  /// What was captured of the body, within the message.
  public var body: Range<Int> = 0..<0

  /// RFC 5531, section 8.2: `opaque body<400>`.
  static let lengthLimit = 400

  /// RFC 5531's flavors, RFC 9289's AUTH_TLS (7), and 0x55de, which Solaris uses on the machine itself; pseudo-flavors
  /// stand at 390000.
  var isPlausible: Bool {
    length <= RPCAuthentication.lengthLimit && (flavor <= 7 || flavor == 0x55de || (390_000..<400_000).contains(flavor))
  }

  /// Reads one, whose end the capture may lack.
  @_lifetime(packet: copy packet)
  static func decode(_ packet: inout PacketBytes) throws(DecodeError) -> RPCAuthentication {
    try packet.require(8, .rpc)
    let (flavor, length) = (packet.uint32(0), Int(packet.uint32(4)))
    try packet.skip(8, .rpc)
    let captured = packet.captured
    let body = captured.lowerBound..<min(captured.upperBound, captured.lowerBound + length)
    // XDR (RFC 4506, section 4.10) pads to four bytes; 32 bits of length cannot overflow here.
    try packet.skip((length + 3) & ~3, .rpc)
    return RPCAuthentication(flavor: flavor, length: length, body: body)
  }
}

/// A procedure of a version of a program.
public struct RPCProcedure: Hashable, Sendable, Comparable {
  public var program: UInt32
  public var version: UInt32
  public var procedure: UInt32
  public init(program: UInt32, version: UInt32, procedure: UInt32) {
    self.program = program
    self.version = version
    self.procedure = procedure
  }
  public static func < (left: RPCProcedure, right: RPCProcedure) -> Bool {
    (left.program, left.version, left.procedure) < (right.program, right.version, right.procedure)
  }
}

/// RFC 5531 `call_body`.
public struct RPCCall: Hashable, Sendable {
  public var procedure: RPCProcedure
  /// Nil where the capture ends before them.
  public var credential: RPCAuthentication?
  public var verifier: RPCAuthentication?
  /// The captured arguments, within the message.
  public var arguments: Range<Int>

  @_lifetime(packet: copy packet) static func decode(_ packet: inout PacketBytes) throws(DecodeError) -> RPCCall {
    try packet.require(16, .rpc)
    guard packet.uint32(0) == 2 else { throw DecodeError(.rpc, offset: 8, needed: 2, available: Int(packet.uint32(0))) }
    var call = RPCCall(
      procedure: RPCProcedure(program: packet.uint32(4), version: packet.uint32(8), procedure: packet.uint32(12)),
      credential: nil, verifier: nil, arguments: 0..<0)
    try packet.skip(16, .rpc)
    do {
      call.credential = try RPCAuthentication.decode(&packet)
      call.verifier = try RPCAuthentication.decode(&packet)
    } catch {
      // What a short snapshot cuts off is no fault of the message; who called what is known.
      guard error.isTruncation else { throw error }
    }
    call.arguments = packet.captured
    return call
  }

  /// Whether the call is one, by a look that other protocols do not pass by chance: RPC may stand on any port.
  public var isPlausible: Bool {
    // RFC 5531, section 13: programs that anybody serves start at 100000; from 0x60000000 on they are reserved.
    (100_000..<0x6000_0000).contains(procedure.program) && credential?.isPlausible ?? true
      && verifier?.isPlausible ?? true
  }
}

/// RFC 5531 `reply_body`.
public enum RPCReply: Hashable, Sendable {
  /// The captured results, within the message.
  case success(results: Range<Int>)
  case failed(AcceptStatus)
  case denied(Denial)
  /// The capture ends before the reply says more than that.
  case accepted

  /// RFC 5531 `accept_stat`, other than SUCCESS.
  public enum AcceptStatus: UInt32, Hashable, Sendable, CaseIterable {
    case programUnavailable = 1
    case programMismatch, procedureUnavailable, garbageArguments, systemError
  }
  public enum Denial: Hashable, Sendable {
    case versionMismatch
    /// RFC 5531 `auth_stat`; nil where the capture ends before it.
    case authentication(UInt32?)
  }

  @_lifetime(packet: copy packet) static func decode(_ packet: inout PacketBytes) throws(DecodeError) -> RPCReply {
    try packet.require(4, .rpc)
    let status = packet.uint32(0)
    try packet.skip(4, .rpc)
    switch status {
    case 0: return try decodeAccepted(&packet)
    case 1: return try decodeDenied(&packet)
    default: throw DecodeError(.rpc, offset: 8, needed: 1, available: 0)
    }
  }

  /// Whether a message can be no other protocol's by chance, also where no call asked for it: a denied reply, or an accepted
  /// one whose verifier is like one.
  static func isCredible(_ message: RawSpan) -> Bool {
    guard message.byteCount >= 20 else { return false }
    let (flavor, length) = (message.uint32(12), Int(message.uint32(16)))
    guard message.uint32(8) == 0 else { return true }
    return flavor == 0 ? length == 0 : RPCAuthentication(flavor: flavor, length: length).isPlausible && length > 0
  }

  @_lifetime(packet: copy packet)
  private static func decodeAccepted(_ packet: inout PacketBytes) throws(DecodeError) -> RPCReply {
    do {
      _ = try RPCAuthentication.decode(&packet)
      try packet.require(4, .rpc)
    } catch {
      guard error.isTruncation else { throw error }
      return .accepted
    }
    let status = packet.uint32(0)
    try packet.skip(4, .rpc)
    if status == 0 { return .success(results: packet.captured) }
    guard let status = AcceptStatus(rawValue: status) else {
      throw DecodeError(.rpc, offset: packet.position - 4, needed: 4, available: 0)
    }
    return .failed(status)
  }

  /// A denied reply has no verifier.
  @_lifetime(packet: copy packet)
  private static func decodeDenied(_ packet: inout PacketBytes) throws(DecodeError) -> RPCReply {
    do {
      try packet.require(8, .rpc)
    } catch {
      guard error.isTruncation else { throw error }
      return .denied(.authentication(nil))
    }
    switch packet.uint32(0) {
    case 0: return .denied(.versionMismatch)
    case 1: return .denied(.authentication(packet.uint32(4)))
    default: throw DecodeError(.rpc, offset: packet.position, needed: 1, available: 0)
    }
  }

  /// The name of the reply's status, as the RFC has it.
  public var statusName: Bytes {
    switch self {
    case .success: RPCReply.success
    case .failed(.programUnavailable): "PROG_UNAVAIL"
    case .failed(.programMismatch): "PROG_MISMATCH"
    case .failed(.procedureUnavailable): "PROC_UNAVAIL"
    case .failed(.garbageArguments): "GARBAGE_ARGS"
    case .failed(.systemError): "SYSTEM_ERR"
    case .denied(.versionMismatch): "RPC_MISMATCH"
    case .denied(.authentication(let why)): RPCReply.authenticationName(why)
    case .accepted: ""
    }
  }

  private static let success: Bytes = "SUCCESS"

  /// RFC 5531 `auth_stat`.
  private static func authenticationName(_ why: UInt32?) -> Bytes {
    let names: [Bytes] = [
      "AUTH_OK", "AUTH_BADCRED", "AUTH_REJECTEDCRED", "AUTH_BADVERF", "AUTH_REJECTEDVERF", "AUTH_TOOWEAK",
      "AUTH_INVALIDRESP", "AUTH_FAILED",
    ]
    guard let why else { return "AUTH_ERROR" }
    return why < names.count ? names[Int(why)] : Bytes("AUTH_ERROR \(why)")
  }
}

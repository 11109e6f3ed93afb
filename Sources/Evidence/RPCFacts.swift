/// An ONC RPC call (RFC 5531), as a log or the wire shows it; what is not known is nil.
public struct RPCFacts: Hashable, Sendable {
  public var xid: UInt32?
  public var program: UInt32?
  public var version: UInt32?
  public var procedure: UInt32?
  /// In lower case, as rpcbind logs it: `getport`, `dump`, `callit`.
  public var procedureName: Bytes
  /// The argument as it was printed or, from the wire, as rpcbind would print it.
  public var argument: Bytes
  public var argumentForm: ArgumentForm?
  public var argumentProgram: UInt32?
  /// Entries of a DUMP reply or of an export list.
  public var resultEntries: Int?
  /// The port of a GETPORT reply; 0 means not registered.
  public var resultPort: UInt32?
  /// RFC 5531 `auth_flavor` of the call's credential.
  public var credentialFlavor: UInt32?
  /// How the reply ended, such as `SUCCESS` or `PROG_UNAVAIL`, or of a denied one its reason.
  public var replyStatus: Bytes
  /// Who the caller says it is. Shared by the calls of a conversation.
  public var caller: AuthSys?
  /// Most calls have none, so they stand apart.
  private var box: DetailBox?

  public enum ArgumentForm: String, Sendable, Hashable {
    case number, name, empty
    /// Bytes that no logger prints for a number or a program's name.
    case garbled
  }

  public init(
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

  /// What the bytes of call and reply tell beside the above. Setting it allocates.
  public var details: RPCDetails {
    get { box?.details ?? .none }
    set { box = newValue == .none ? nil : DetailBox(newValue) }
  }
  public var hasDetails: Bool { box != nil }
  // Single details, for who would copy all of them for one.

  /// The signs of an attack.
  public var traits: RPCTraits { box?.details.traits ?? RPCTraits() }
  public var path: Bytes { box?.details.path ?? .none }
  public var argumentVersion: UInt32? { box?.details.argumentVersion }
  public var networkID: Bytes { box?.details.networkID ?? .none }
  public var resultStatus: Bytes { box?.details.resultStatus ?? .none }
  public var answerers: [Endpoint] { box?.details.answerers ?? [] }
  public var protection: RPCDetails.Protection? { box?.details.protection }
  /// One of the details, by its field.
  func detail(_ field: FieldName) -> FieldValue? { box?.details[field] }

  private final class DetailBox: Hashable, Sendable {
    let details: RPCDetails
    init(_ details: consuming RPCDetails) { self.details = details }
    static func == (left: DetailBox, right: DetailBox) -> Bool { left === right || left.details == right.details }
    func hash(into hasher: inout Hasher) { hasher.combine(details) }
  }
}

/// The body of an AUTH_SYS credential (RFC 5531, appendix A): what the caller claims, and nobody checks.
public final class AuthSys: Hashable, Sendable {
  public let machineName: Bytes
  public let userID: UInt32
  public let groupID: UInt32
  /// Supplementary groups; the RFC allows 16.
  public let groupCount: UInt32

  public init(machineName: Bytes, userID: UInt32, groupID: UInt32, groupCount: UInt32) {
    self.machineName = machineName
    self.userID = userID
    self.groupID = groupID
    self.groupCount = groupCount
  }

  public static func == (left: AuthSys, right: AuthSys) -> Bool {
    left === right
      || left.machineName == right.machineName && left.userID == right.userID && left.groupID == right.groupID
        && left.groupCount == right.groupCount
  }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(machineName)
    hasher.combine(userID)
  }
}

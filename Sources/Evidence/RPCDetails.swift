/// What the arguments and results of a call tell, where there is more to tell than who called what.
public struct RPCDetails: Hashable, Sendable {
  public var traits = RPCTraits()
  /// The longest string of the argument, or opaque where no layout is known, as it declares itself, in bytes.
  public var longest: UInt32?
  /// A path or a file's name of the argument; of several those that were read, with a blank between.
  public var path = Bytes()
  /// Another string of the argument: the host that statd is to watch, the text for walld, a NIS domain and its map.
  public var text = Bytes()
  /// What a look-up or a registration says beside the program (RFC 1833 `mapping`, `rpcb`).
  public var argumentVersion: UInt32?
  /// `tcp`, `udp`, `tcp6`, ...: an RFC 5665 netid, or the name of the IP protocol of a portmap v2 mapping.
  public var networkID = Bytes()
  /// A universal address (RFC 5665), or the port of a portmap v2 mapping.
  public var address = Bytes()
  /// The call that a portmapper is asked to forward.
  public var inner: InnerCall?
  /// The operations of an NFSv4 COMPOUND, as far as they could be walked, with blanks between.
  public var operations = Bytes()
  /// What the service itself says, such as `NFS3ERR_ACCES`; RPC's own status stands in ``RPCFacts/replyStatus``.
  public var resultStatus = Bytes()
  /// A digest of the file handle that the server said is none; 0 where it said nothing of the kind.
  public var unknownHandle: UInt64 = 0
  /// A string of the result: an address, a domain, a server's path; of an export list its first paths.
  public var resultText = Bytes()
  /// The reply hands out a file handle, which is what NFS asks for and for all it asks for.
  public var givesHandle = false
  /// Arguments and results that the wire hides.
  public var protection: Protection?
  /// What the portmapper had told of the port.
  public var told: ToldService?
  /// Who answered in place of the end that was asked: of several the first ones.
  public private(set) var answerers: [Endpoint] = []

  public enum Protection: String, Hashable, Sendable {
    /// RPCSEC_GSS (RFC 2203): signed, and encrypted.
    case integrity, privacy
    /// RPC over TLS (RFC 9289): the server agreed, and what follows is encrypted.
    case tls
  }

  /// RFC 1833 `call_args`, `rpcb_rmtcallargs`.
  public struct InnerCall: Hashable, Sendable {
    public var program: UInt32
    public var version: UInt32
    public var procedure: UInt32
    /// Bytes of the inner argument, and of the result where there is a reply.
    public var argumentLength: UInt32
    public var resultLength: UInt32?
    public init(program: UInt32, version: UInt32, procedure: UInt32, argumentLength: UInt32) {
      self.program = program
      self.version = version
      self.procedure = procedure
      self.argumentLength = argumentLength
    }
  }

  /// Replies whose calls are not in the evidence; nil where there are none, or calls tell of the conversation.
  public var alone: RepliesAlone?

  public struct RepliesAlone: Hashable, Sendable {
    public var count: Int
    /// Of one of them, by its form alone.
    public var list: List?
    public init(count: Int, list: List? = nil) {
      self.count = count
      self.list = list
    }
    public struct List: Hashable, Sendable {
      public var form: ReplyForm
      public var entries: Int
      public init(form: ReplyForm, entries: Int) {
        self.form = form
        self.entries = entries
      }
    }
  }

  /// Answers to a broadcast may be many.
  public static let answererCap = 16

  public mutating func note(answerer: Endpoint) {
    guard answerers.count < RPCDetails.answererCap, !answerers.contains(answerer) else { return }
    answerers.append(answerer)
  }

  /// Nothing but who called what.
  public static let none = RPCDetails()
  public init() {}
}

/// Results that are told by their form, without the call that asked for them.
public enum ReplyForm: String, Hashable, Sendable, CaseIterable {
  /// Of DUMP, in version 2 of the portmapper, and in versions 3 and 4.
  case portmapperList = "portmapper-list"
  case rpcbindList = "rpcbind-list"
  /// Of mountd's EXPORT, and of its DUMP.
  case exportList = "export-list"
  case mountList = "mount-list"
}

/// A program that a portmapper said to be at a port, and the packet that said so.
public struct ToldService: Hashable, Sendable {
  public var program: UInt32
  public var version: UInt32
  public var citation: Citation
  public init(program: UInt32, version: UInt32, citation: Citation) {
    self.program = program
    self.version = version
    self.citation = citation
  }
}

/// Signs of an attack in a call's bytes. A sign is no proof: each can come about in an honest way, though hardly does.
@frozen public struct RPCTraits: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16
  @inlinable @inline(__always) public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// A string longer than its protocol allows.
  @inlinable public static var oversizedString: RPCTraits { RPCTraits(rawValue: 1) }
  /// Directives of printf that write to memory, or so many that they read the stack.
  @inlinable public static var formatString: RPCTraits { RPCTraits(rawValue: 1 << 1) }
  /// Instructions that do nothing, in a row, as they lead to code in an overflowed buffer.
  @inlinable public static var nopRun: RPCTraits { RPCTraits(rawValue: 1 << 2) }
  /// Words that make a shell run something.
  @inlinable public static var shellText: RPCTraits { RPCTraits(rawValue: 1 << 3) }
  /// `..` steps out of a folder where no client of the protocol needs them.
  @inlinable public static var pathTraversal: RPCTraits { RPCTraits(rawValue: 1 << 4) }
  /// A string declares a length far beyond its message, which makes some servers allocate it (CVE-2017-8779).
  @inlinable public static var absurdLength: RPCTraits { RPCTraits(rawValue: 1 << 5) }
  /// RFC 5531, section 8.2: a credential has at most 400 bytes.
  @inlinable public static var longCredential: RPCTraits { RPCTraits(rawValue: 1 << 6) }
  /// RFC 5531, appendix A: AUTH_SYS has at most 16 groups.
  @inlinable public static var manyGroups: RPCTraits { RPCTraits(rawValue: 1 << 7) }
  /// Flavor 0x55de, with which Solaris' own processes call: no network should carry it.
  @inlinable public static var loopbackCredential: RPCTraits { RPCTraits(rawValue: 1 << 8) }
  /// A name of bytes that no host's name and no path is written with.
  @inlinable public static var binaryName: RPCTraits { RPCTraits(rawValue: 1 << 9) }
  /// The message ends before its arguments do.
  @inlinable public static var malformedArgument: RPCTraits { RPCTraits(rawValue: 1 << 10) }

  private static let words: [(RPCTraits, String)] = [
    (oversizedString, "oversized-string"), (formatString, "format-string"), (nopRun, "nop-run"),
    (shellText, "shell-text"), (pathTraversal, "path-traversal"), (absurdLength, "absurd-length"),
    (longCredential, "long-credential"), (manyGroups, "many-groups"), (loopbackCredential, "loopback-credential"),
    (binaryName, "binary-name"), (malformedArgument, "malformed-argument"),
  ]

  /// The traits by the words that rules use.
  public var names: [String] { RPCTraits.words.filter { contains($0.0) }.map(\.1) }
}

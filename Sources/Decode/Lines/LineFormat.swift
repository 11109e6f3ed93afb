import Evidence

/// One way in which a program writes a line, compiled from a file of `Knowledge/formats/`.
struct LineFormat: Sendable {
  var name: String
  var pattern: LinePattern
  /// Nil for a line that is known and concerns nobody, such as that a daemon started.
  var action: Event.Action?
  var outcome: Outcome
  /// The RPC program that the line is about, where the wording fixes it.
  var program: UInt32?
  /// Its procedure, likewise.
  var procedure: Bytes = ""
  /// Whether the record is about the process that wrote it.
  var isAboutWriter: Bool
  /// Whether a packet filter wrote it about a packet, of which it does not tell whether it arrived.
  var isAboutPacket: Bool
  var transport: Transport?
  /// Only lines about ports where RPC is at home give Events: a firewall logs the noise of the whole Internet.
  var onlyRPCPorts = false
  /// Whether its lines are so many at times that they are told by their kinds: see ``KnownLine``.
  fileprivate(set) var isFrequent = false

  /// What decides about a line, without what has to be kept alive meanwhile.
  struct Outline: Sendable {
    /// Where the wording begins with a literal, its first bytes.
    let lead: PatternLead?
    /// Whether its lines concern nobody.
    let isOrdinary: Bool
    let isLogin: Bool
    let onlyRPCPorts: Bool
    let isFrequent: Bool

    init(_ format: LineFormat) {
      lead = format.pattern.lead
      isOrdinary = format.action == nil
      isLogin = format.action == .authentication
      (onlyRPCPorts, isFrequent) = (format.onlyRPCPorts, format.isFrequent)
    }

    /// Whether the wording cannot take a message, nor the message be its start.
    @inline(__always) func excludes(_ line: RawSpan, from start: Int) -> Bool {
      guard let lead, line.byteCount - start >= 8 else { return false }
      return line.uint64(start) & lead.mask != lead.word
    }
  }

  /// Requests that came to nothing and logins; not those that name a process or a number of repetitions.
  fileprivate var mayBeFrequent: Bool {
    guard let action, [.rpcCall, .probe, .connection, .authentication].contains(action) else { return false }
    return pattern.fields.contains(.source)
      && !pattern.fields.contains { [.processName, .pid, .userID, .count].contains($0) }
  }
}

/// What a file of `Knowledge/formats/` says of itself, for those who ask what is understood.
public struct FormatSummary: Sendable {
  public var name: String
  public var file: String
  public var description: String
  public var tags: [String]
  /// Which programs and versions, in words.
  public var versions: String
  public var isExclusive: Bool
  public var wordings = 0
  public var samples = 0
}

/// All formats, by the tag of the program that writes them; and the daemons whose every line should be understood.
public struct FormatLibrary: Sendable {
  private(set) var formats: [LineFormat] = []
  /// The files, in the order of their paths.
  public internal(set) var summaries: [FormatSummary] = []
  private var tags: [Tag] = []
  /// What the formats of each tag begin with.
  private var leads = PatternLeads()
  private var index = SlotIndex()
  private var keys: [UInt128] = []
  /// What decides about a line, of each format.
  private(set) var outlines: [LineFormat.Outline] = []
  /// For each first byte the lengths of the tags that begin with it, as bits: most lines end here.
  private var lengths = [UInt32](repeating: 0, count: 256)
  let programs: ProgramTable

  struct Tag: Sendable {
    var formats: [Int]
    /// A line of this program that no format takes is an oddity, not just none of our business.
    var isExclusive: Bool
    /// Whether a literal of theirs has a digit, and may so stand in an address.
    var seesDigits = false
  }

  init(programs: ProgramTable) { self.programs = programs }

  /// Longer tags than this are not looked up.
  static let tagCap = 16

  /// The tag's bytes as one number, so that the look-up needs no allocation.
  private static func key(_ line: RawSpan, _ range: Range<Int>) -> UInt128? {
    guard range.count <= tagCap, !range.isEmpty else { return nil }
    if line.byteCount - range.lowerBound >= tagCap {
      return line.uint128(range.lowerBound) >> UInt128(8 * (tagCap - range.count))
    }
    var key: UInt128 = 0
    for index in range { key = key << 8 | UInt128(line.byte(index)) }
    return key
  }

  func tag(_ line: RawSpan, _ range: Range<Int>) -> Tag? { watched(line, range).map { tags[$0] } }

  /// The numbers of the formats of a watched program.
  func formats(of tag: Int) -> [Int] { tags[tag].formats }

  /// The place of a watched program; nil when nobody watches it.
  func watched(_ line: RawSpan, _ range: Range<Int>) -> Int? {
    guard let first = range.first, range.count <= FormatLibrary.tagCap,
      lengths[Int(line.byte(first))] >> UInt32(range.count) & 1 == 1
    else { return nil }
    return FormatLibrary.key(line, range).flatMap { slot(of: $0) }
  }

  private func slot(of key: UInt128) -> Int? {
    index.slot(hash: FormatLibrary.hash(key)) { keys[$0] == key }
  }

  /// Who writes formats is no attacker, so this needs no seed.
  private static func hash(_ key: UInt128) -> UInt32 {
    let word = UInt64(truncatingIfNeeded: key) ^ UInt64(truncatingIfNeeded: key >> 64) &* 31
    return UInt32(truncatingIfNeeded: (word &* 0x9e37_79b9_7f4a_7c15) >> 32)
  }

  func isExclusive(_ tag: Int) -> Bool { tags[tag].isExclusive }

  /// Whether what a wording of this program takes may depend on the digits of an address in the line.
  func seesDigits(_ tag: Int) -> Bool { tags[tag].seesDigits }

  /// Whether a format of a watched program may take a message; see ``PatternLeads``.
  func admits(_ line: RawSpan, from message: Int, tag: Int) -> Bool { leads.admit(line, from: message, of: tag) }

  mutating func add(_ format: LineFormat, tags names: [String], isExclusive: Bool) {
    var format = format
    format.isFrequent = format.mayBeFrequent
    formats.append(format)
    outlines.append(LineFormat.Outline(format))
    for name in names {
      let bytes = Array(name.utf8)
      guard let key = FormatLibrary.key(bytes.rawSpan, 0..<bytes.count), let first = bytes.first else { continue }
      lengths[Int(first)] |= 1 << UInt32(bytes.count)
      let tag = slot(of: key) ?? tags.count
      if tag == tags.count {
        tags.append(Tag(formats: [], isExclusive: false))
        keys.append(key)
        index.insert(hash: FormatLibrary.hash(key), slot: tag)
      }
      tags[tag].formats.append(formats.count - 1)
      leads.add(format.pattern, of: tag)
      if isExclusive { tags[tag].isExclusive = true }
      if format.pattern.hasDigits { tags[tag].seesDigits = true }
    }
  }
}

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

  /// Requests that came to nothing and logins; not those that name a process or a number of repetitions.
  fileprivate var mayBeFrequent: Bool {
    guard let action, [.rpcCall, .probe, .connection, .authentication].contains(action) else { return false }
    return pattern.fields.contains(.source)
      && !pattern.fields.contains { [.processName, .pid, .userID, .count].contains($0) }
  }
}

/// What a file of `Knowledge/formats/` says of itself, for those who ask what is understood.
package struct FormatSummary: Sendable {
  package var name: String
  package var file: String
  package var description: String
  package var tags: [String]
  /// Which programs and versions, in words.
  package var versions: String
  package var isExclusive: Bool
  package var wordings = 0
  package var samples = 0
}

/// All formats, by the tag of the program that writes them; and the daemons whose every line should be understood.
package struct FormatLibrary: Sendable {
  private(set) var formats: [LineFormat] = []
  /// The files, in the order of their paths.
  package internal(set) var summaries: [FormatSummary] = []
  private var tags: [Tag] = []
  /// What the formats of each tag begin with.
  private var leads: [PatternLeads] = []
  private var byKey: [UInt128: Int] = [:]
  /// For each first byte the lengths of the tags that begin with it, as bits: most lines end here.
  private var lengths = [UInt32](repeating: 0, count: 256)
  let programs: ProgramTable

  struct Tag: Sendable {
    var formats: [Int]
    /// A line of this program that no format takes is an oddity, not just none of our business.
    var isExclusive: Bool
  }

  init(programs: ProgramTable) { self.programs = programs }

  /// Longer tags than this are not looked up.
  static let tagCap = 16

  /// The tag's bytes as one number, so that the look-up needs no allocation.
  private static func key(_ line: RawSpan, _ range: Range<Int>) -> UInt128? {
    guard range.count <= tagCap, !range.isEmpty else { return nil }
    var key: UInt128 = 0
    for index in range { key = key << 8 | UInt128(line.byte(index)) }
    return key
  }

  func tag(_ line: RawSpan, _ range: Range<Int>) -> Tag? { watched(line, range).map { tags[$0] } }

  /// The place of a watched program; nil when nobody watches it.
  func watched(_ line: RawSpan, _ range: Range<Int>) -> Int? {
    guard let first = range.first, range.count <= FormatLibrary.tagCap,
      lengths[Int(line.byte(first))] >> UInt32(range.count) & 1 == 1
    else { return nil }
    return FormatLibrary.key(line, range).flatMap { byKey[$0] }
  }

  func isExclusive(_ tag: Int) -> Bool { tags[tag].isExclusive }

  /// Whether a format of a watched program may take a message; see ``PatternLeads``.
  func admits(_ line: RawSpan, from message: Int, tag: Int) -> Bool {
    // The span lends the leads; the array would copy them.
    leads.span[tag].admit(line, from: message)
  }

  mutating func add(_ format: LineFormat, tags names: [String], isExclusive: Bool) {
    var format = format
    format.isFrequent = format.mayBeFrequent
    formats.append(format)
    for name in names {
      let bytes = Array(name.utf8)
      guard let key = FormatLibrary.key(bytes.rawSpan, 0..<bytes.count), let first = bytes.first else { continue }
      lengths[Int(first)] |= 1 << UInt32(bytes.count)
      let index = byKey[key] ?? tags.count
      if index == tags.count {
        tags.append(Tag(formats: [], isExclusive: false))
        leads.append(PatternLeads())
      }
      byKey[key] = index
      tags[index].formats.append(formats.count - 1)
      leads[index].add(format.pattern)
      if isExclusive { tags[index].isExclusive = true }
    }
  }
}

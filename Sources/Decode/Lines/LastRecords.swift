import Evidence

/// The last record of each host, for `last message repeated N times`, which speaks of the line before it of its host.
struct LastRecords: Sendable {
  enum Record {
    /// Where its event went.
    case event(CrowdLedger.Place)
    /// A record that gave no event.
    case other
    /// This host has no record yet.
    case none
  }

  private struct Entry {
    let host: Host.Key
    /// Nil for a record without an event.
    var event: CrowdLedger.Place?
  }

  private var entries: [Entry] = []
  /// Its keys are seeded numbers already.
  private var index = SlotIndex()
  /// The last record of all, whose host may be one that is not followed.
  private var current: (host: Host.Key, event: CrowdLedger.Place?)?
  /// For each host of a screened block the place of its entry, or one of the two below.
  private var places: [Int32] = []
  private static let unfollowed: Int32 = -1
  private static let unknown: Int32 = -2
  /// More hosts than this in one log are not followed: their repetitions are oddities.
  private static let cap = 65_536

  mutating func note(_ host: Host.Key, event: CrowdLedger.Place?) {
    current = (host, event)
    if let place = place(of: host) { entries[place].event = event }
  }

  /// Gets ready for the stretches of another block.
  mutating func begin(_ screened: borrowing ScreenedLines) {
    places.removeAll(keepingCapacity: true)
    places += repeatElement(LastRecords.unknown, count: screened.hosts.count)
  }

  /// Notes lines that gave no event: a stretch of the block that was begun.
  mutating func pass(_ stretch: Int, of screened: borrowing ScreenedLines) {
    let first = screened.stretches[stretch].firstNumber
    let numbers = screened.hostNumbers.span.extracting(first..<first + screened.stretches[stretch].lines)
    if let hosts = screened.stretches[stretch].distinctHosts {
      for host in hosts { passLine(of: host, screened) }
    } else {
      for number in numbers.indices { passLine(of: Int(numbers[number]), screened) }
    }
    if let last = numbers.indices.last { current = (screened.hosts[Int(numbers[last])], nil) }
  }

  @inline(__always) private mutating func passLine(of host: Int, _ screened: borrowing ScreenedLines) {
    if places[host] == LastRecords.unknown {
      places[host] = place(of: screened.hosts[host]).map { Int32(truncatingIfNeeded: $0) } ?? LastRecords.unfollowed
    }
    let place = Int(places[host])
    // Most had none before, and looking costs less than writing.
    if place >= 0, entries[place].event != nil { entries[place].event = nil }
  }

  func last(of host: Host.Key) -> Record {
    if let current, current.host == host { return current.event.map { .event($0) } ?? .other }
    guard let place = index.slot(hash: host.bucket, where: { entries[$0].host == host }) else { return .none }
    return entries[place].event.map { .event($0) } ?? .other
  }

  /// Where a host stands, which is followed from now on; nil when too many are.
  private mutating func place(of host: Host.Key) -> Int? {
    if let known = index.slot(hash: host.bucket, where: { entries[$0].host == host }) { return known }
    guard entries.count < LastRecords.cap else { return nil }
    index.insert(hash: host.bucket, slot: entries.count)
    entries.append(Entry(host: host))
    return entries.count - 1
  }
}

extension Host {
  /// A host's name as one number, to find it again within one input; seeded, so that nobody can choose two names of one
  /// number.
  struct Key: Hashable, Sendable {
    private var hash: UInt64
    private static let seed = UInt64.random(in: .min ... .max)

    init(_ text: RawSpan) {
      var hash = Key.seed ^ UInt64(text.byteCount)
      var index = 0
      while text.byteCount - index >= 8 {
        hash = Key.mixed(hash ^ text.uint64(index))
        index += 8
      }
      var rest: UInt64 = 0
      while index < text.byteCount {
        rest = rest << 8 | UInt64(text.byte(index))
        index += 1
      }
      self.hash = Key.mixed(hash ^ rest)
    }

    /// A number to choose a table's slot by.
    var bucket: UInt32 { UInt32(truncatingIfNeeded: hash) }
    /// Both as one number.
    func combined(with other: UInt64) -> UInt64 { Key.mixed(hash ^ Key.mixed(other &+ Key.seed)) }

    private static func mixed(_ word: UInt64) -> UInt64 { word.folded(with: 0x9e37_79b9_7f4a_7c15) }
  }
}

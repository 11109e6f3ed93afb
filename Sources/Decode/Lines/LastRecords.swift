import Evidence

/// The last record of each host, for `last message repeated N times`, which speaks of the line before it of its host.
struct LastRecords: Sendable {
  enum Record {
    /// Its event's index.
    case event(Int)
    /// A record that gave no event.
    case other
    /// This host has no record yet.
    case none
  }

  /// Nil for a record without an event. Most lines come from the host of the line before, so that one is kept apart.
  private var records: [Host.Key: Int?] = [:]
  private var current: (host: Host.Key, event: Int?)?
  /// More hosts than this in one log are not followed: their repetitions are oddities.
  private static let cap = 65_536

  mutating func note(_ host: Host.Key, event: Int?) {
    if let current, current.host != host, records.count < LastRecords.cap || records[current.host] != nil {
      records[current.host] = current.event
    }
    current = (host, event)
  }

  func last(of host: Host.Key) -> Record {
    if let current, current.host == host { return current.event.map { .event($0) } ?? .other }
    guard let record = records[host] else { return .none }
    return record.map { .event($0) } ?? .other
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

    private static func mixed(_ word: UInt64) -> UInt64 {
      let product = word.multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
      return product.high ^ product.low
    }
  }
}

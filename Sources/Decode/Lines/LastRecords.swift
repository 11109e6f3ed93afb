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

  /// Open addressing, at most half full; the size is a power of two. Its keys are seeded numbers already.
  private var slots = [Slot](repeating: Slot(), count: 64)
  private var count = 0
  /// The last record of all, whose host may be one that is not followed.
  private var current: (host: Host.Key, event: CrowdLedger.Place?)?
  /// More hosts than this in one log are not followed: their repetitions are oddities.
  private static let cap = 65_536

  private struct Slot {
    var host: Host.Key?
    /// Nil for a record without an event.
    var event: CrowdLedger.Place?
  }

  mutating func note(_ host: Host.Key, event: CrowdLedger.Place?) {
    current = (host, event)
    let place = place(of: host)
    if slots[place].host == nil {
      guard count < LastRecords.cap else { return }
      count += 1
    }
    slots[place] = Slot(host: host, event: event)
    if count * 2 > slots.count { grow() }
  }

  func last(of host: Host.Key) -> Record {
    if let current, current.host == host { return current.event.map { .event($0) } ?? .other }
    let slot = slots[place(of: host)]
    guard slot.host != nil else { return .none }
    return slot.event.map { .event($0) } ?? .other
  }

  /// Where a host stands, or would stand.
  private func place(of host: Host.Key) -> Int {
    var place = host.bucket & (slots.count - 1)
    while let other = slots[place].host, other != host { place = (place + 1) & (slots.count - 1) }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(), count: old.count * 2)
    for slot in old {
      if let host = slot.host { slots[place(of: host)] = slot }
    }
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
    var bucket: Int { Int(truncatingIfNeeded: hash & UInt64(UInt32.max)) }
    /// Both as one number.
    func combined(with other: UInt64) -> UInt64 { Key.mixed(hash ^ Key.mixed(other &+ Key.seed)) }

    private static func mixed(_ word: UInt64) -> UInt64 {
      let product = word.multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
      return product.high ^ product.low
    }
  }
}

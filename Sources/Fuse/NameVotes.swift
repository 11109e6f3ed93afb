import Evidence

/// Calls of hosts' logs that are on the wire at the same time, by the name of the log and the address on the wire.
struct NameVotes {
  private var counts: [Host: [Host: Int]] = [:]
  /// Of those the calls that fit no other address, and of each one record.
  private var exclusive: [Host: [Host: (count: Int, record: Citation)]] = [:]

  /// One call may be of another time, or another host's.
  static let least = 2

  mutating func add(_ record: Event, _ addresses: [Host]) {
    for address in addresses { counts[record.target.host, default: [:]][address, default: 0] += 1 }
    guard addresses.count == 1, let only = addresses.first else { return }
    exclusive[record.target.host, default: [:]][only, default: (0, record.citation)].count += 1
  }

  var names: [Host] { counts.keys.sorted() }

  /// The addresses that calls of a name fit, the most first.
  func addresses(of name: Host) -> [(address: Host, count: Int)] {
    (counts[name] ?? [:]).sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
  }

  /// Calls of a name that fit this address and no other.
  func exclusive(_ name: Host, _ address: Host) -> Int { exclusive[name]?[address]?.count ?? 0 }

  /// Other names of whose calls at least half as many fit the address.
  func rivals(of name: Host, at address: Host) -> [Host] {
    let own = counts[name]?[address] ?? 0
    return names.filter { other in
      guard other != name, let count = counts[other]?[address] else { return false }
      return count * 2 >= own
    }
  }

  func severalAddresses(_ name: Host, _ addresses: [Host]) -> Identities.Ambiguity {
    let parts = addresses.map { "\(exclusive(name, $0)) at \($0.notation)" }
    return Identities.Ambiguity(
      host: name,
      reason: "The calls that the log of \(name.notation) has are on the wire at \(addresses.count) addresses "
        + "(\(listed(parts, limit: 4))): one host with several addresses, or several hosts that log under one name. "
        + "None of them is joined to the name",
      evidence: addresses.compactMap { exclusive[name]?[$0]?.record })
  }

  func severalNames(_ names: [Host], _ address: Host) -> Identities.Ambiguity {
    let sorted = names.sorted()
    return Identities.Ambiguity(
      host: names[0],
      reason: "The calls on the wire to \(address.notation) are in the logs of "
        + "\(listed(sorted.map(\.notation), limit: 4)) at the same time: nothing tells which of them it is, and none is "
        + "joined to the address",
      evidence: sorted.compactMap { exclusive[$0]?[address]?.record })
  }
}

public import Evidence

/// Two hosts of the evidence that may be one machine: a host that is known by name alone and an address without a name, or
/// two addresses to which one such name may belong. A hypothesis: it joins nothing, but who counts machines counts the
/// least that there may be.
public struct HostLikeness: Sendable, Hashable {
  /// As the targets of their incidents show them.
  public var one: Host
  public var other: Host
  /// When the later of the records was made; before, nothing spoke for it.
  public var since: Timestamp
  public init(one: Host, other: Host, since: Timestamp) {
    self.one = one
    self.other = other
    self.since = since
  }

  /// Hosts of which some may be the same.
  public struct Group: Sendable, Hashable {
    public var names: [Host]
    public var addresses: [Host]
    /// How many fewer machines they may be: a log is of one machine, so names differ, and each takes one address.
    public var surplus: Int { min(names.count, addresses.count) }
    public var all: [Host] { (names + addresses).sorted() }
  }

  /// The hosts that likenesses connect, in order.
  /// - Parameter hosts: Those to count.
  public static func groups(_ likenesses: some Sequence<HostLikeness>, among hosts: Set<Host>) -> [Group] {
    var near: [Host: Set<Host>] = [:]
    for likeness in likenesses {
      near[likeness.one, default: []].insert(likeness.other)
      near[likeness.other, default: []].insert(likeness.one)
    }
    var groups: [Group] = []
    var seen: Set<Host> = []
    for start in near.keys.sorted() where seen.insert(start).inserted {
      var members = [start]
      var next = 0
      while next < members.count {
        members += (near[members[next]] ?? []).filter { seen.insert($0).inserted }
        next += 1
      }
      let counted = members.filter { hosts.contains($0) }.sorted()
      let group = Group(names: counted.filter { $0.name != nil }, addresses: counted.filter { $0.address != nil })
      if group.surplus > 0 { groups.append(group) }
    }
    return groups
  }
}

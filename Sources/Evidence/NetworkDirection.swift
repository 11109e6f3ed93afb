/// Which way an Event went between a site's own networks and the others: ECS's `network.direction`, as the perimeter
/// sees it.
package enum NetworkDirection: String, Sendable, Hashable, CaseIterable {
  case `internal`, inbound, outbound, external

  /// - Parameter own: the site's networks.
  /// - Returns: nil where either end is not known by its address, or no network is known as own.
  package init?(from source: Host, to target: Host, own: [IPNetwork]) {
    guard !own.isEmpty, let source = source.address, let target = target.address else { return nil }
    func isOwn(_ address: IPAddress) -> Bool { own.contains { $0.contains(address) } }
    self =
      switch (isOwn(source), isOwn(target)) {
      case (true, true): .internal
      case (false, true): .inbound
      case (true, false): .outbound
      case (false, false): .external
      }
  }
}

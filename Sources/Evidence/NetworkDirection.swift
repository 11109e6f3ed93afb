/// Which way an Event went between a site's own networks and the others: ECS's `network.direction`, as the perimeter
/// sees it.
public enum NetworkDirection: String, Sendable, Hashable, CaseIterable {
  case `internal`, inbound, outbound, external

  /// What no router passes on: multicasts are not told apart by how far they go.
  private static let link = ["255.255.255.255/32", "224.0.0.0/4", "169.254.0.0/16", "ff00::/8", "fe80::/10"].compactMap
  {
    IPNetwork($0)
  }

  /// - Parameter own: the site's networks.
  /// - Returns: nil where either end is not known by its address, within one host, or where no network is known as own.
  public init?(from source: Host, to target: Host, own: [IPNetwork]) {
    guard !own.isEmpty, let source = source.address, let target = target.address, !source.isLoopback,
      !target.isLoopback
    else { return nil }
    self =
      switch (NetworkDirection.isOwn(source, own), NetworkDirection.isOwn(target, own)) {
      case (true, true): .internal
      case (false, true): .inbound
      case (true, false): .outbound
      case (false, false): .external
      }
  }

  /// The direction of a call that one of the site's own hosts logged, which its log knows by name alone.
  /// - Returns: nil where the source is not known by its address, is the host itself, or no network is known as own.
  public init?(toOwnHostFrom source: Host, own: [IPNetwork]) {
    guard !own.isEmpty, let source = source.address, !source.isLoopback else { return nil }
    self = NetworkDirection.isOwn(source, own) ? .internal : .inbound
  }

  private static func isOwn(_ address: IPAddress, _ own: [IPNetwork]) -> Bool {
    own.contains { $0.contains(address) } || link.contains { $0.contains(address) }
  }
}

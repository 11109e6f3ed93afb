public import Evidence

/// Which bytes a target keeps when two fragments or segments cover the same place and differ.
///
/// Systems disagree, and who wants to be misread by a sensor uses it. `first` is the default because of what a service of
/// RPC runs on: Windows and Solaris keep what came first, Linux mostly does, and bytes that were delivered to an
/// application stay delivered on any system. Cisco's IOS keeps the last. What conflicts is told either way.
public enum OverlapPolicy: String, Sendable, CaseIterable {
  case first, last
}

/// The policies of the targets, as far as the configuration tells.
public struct OverlapPolicies: Sendable {
  /// Of a target of which nothing is told.
  public var standard: OverlapPolicy
  public var byTarget: [IPAddress: OverlapPolicy]

  public init(_ standard: OverlapPolicy = .first, byTarget: [IPAddress: OverlapPolicy] = [:]) {
    self.standard = standard
    self.byTarget = byTarget
  }

  subscript(target: Host) -> OverlapPolicy {
    guard !byTarget.isEmpty, let address = target.address else { return standard }
    return byTarget[address] ?? standard
  }
}

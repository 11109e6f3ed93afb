public import Evidence

/// What is kept of probes, in each shard.
public struct ProbeLimits: Sendable {
  /// Sources that are known at a time; of more, the one longest known that did little joins the crowd.
  public var sources = 1 << 20 / FlowShard.count
  /// Sources whose probes are summed each for itself.
  public var profiles = 8192 / FlowShard.count
  /// Sources that are told one by one, of those that tried ports of RPC, and of the others.
  public var singly = 512
  /// Probes of a source that are told one by one.
  public var perSource = 32
  /// Events of probes that met something, of sources in the crowd.
  public var notable = 512 / FlowShard.count
  /// Of a source in a crowd the probes after so many are told one by one, up to `busyEvents`: it did more than a crowd does.
  public var busy = 8
  public var busyEvents = 4096 / FlowShard.count
  /// Nanoseconds of silence after which a source begins anew: the pause that parts incidents, by the policy.
  public var pause: Int64 = 3_600_000_000_000
  /// A site's own hosts miss a service now and then: they are no part of a crowd that is of concern.
  public var own: [IPNetwork] = []
  public init() {}
}

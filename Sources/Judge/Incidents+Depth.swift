import Evidence
public import Fuse

/// How many incidents and sources several incidents come to, where some tell of a crowd of sources: each of those
/// counts as if it was told by itself, so that a flood has the depth and the spread that it has, however it is told.
extension [Incident] {
  /// Each source's visits counted once, also where it did several things that are told apart.
  public var depth: Int { singly + (crowd { _ in true }?.visitCount ?? 0) }

  /// Those of which nothing came through.
  public var heldDepth: Int {
    let letIn = crowd { !$0.outcome.isHeld }?.visitCount ?? 0
    return count { $0.crowd == nil && $0.outcome.isHeld } + (crowd { _ in true }?.visitCount ?? 0) - letIn
  }

  /// Different sources from a network.
  public var sourceCount: Int {
    Set(lazy.map(\.source).filter { $0 != .unknown && !$0.isLocal }).count + (crowd { _ in true }?.sourceCount ?? 0)
  }

  private var singly: Int { count { $0.crowd == nil } }

  private func crowd(_ isMeant: (Incident) -> Bool) -> Crowd? { Crowd.union(filter(isMeant).compactMap(\.crowd)) }
}

/// What events suggest: a signature that matched. An opinion, with its source.
public struct Finding: Sendable {
  public var signature: Signature
  /// What was done, as breadth counts it: the same deed has the same pattern, whoever did it.
  public var pattern: String
  /// Indices into the ordered events that were judged.
  public var events: [Int]
  public init(signature: Signature, pattern: String, events: [Int]) {
    self.signature = signature
    self.pattern = pattern
    self.events = events
  }
}

/// The part of a rule that outlives its match.
public final class Signature: Sendable {
  public let id: String
  public let title: String
  public let stage: Stage
  /// 1 to 5 on the rubric of severity; nil when the rule cannot tell.
  public let lethality: Int?
  /// Why ``lethality`` is what it is.
  public let lethalityReason: String
  /// Sigma's level.
  public let level: String
  /// ATT&CK techniques, such as `T1046`.
  public let techniques: [String]
  /// What a match does not prove.
  public let limits: String

  public init(
    id: String, title: String, stage: Stage, lethality: Int?, lethalityReason: String, level: String,
    techniques: [String], limits: String
  ) {
    self.id = id
    self.title = title
    self.stage = stage
    self.lethality = lethality
    self.lethalityReason = lethalityReason
    self.level = level
    self.techniques = techniques
    self.limits = limits
  }
}

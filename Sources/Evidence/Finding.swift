/// What events suggest: a signature that matched. An opinion, with its source.
package struct Finding: Sendable {
  package var signature: Signature
  /// What was done, as breadth counts it: the same deed has the same pattern, whoever did it.
  package var pattern: String
  /// Indices into the ordered events that were judged.
  package var events: [Int]
  package init(signature: Signature, pattern: String, events: [Int]) {
    self.signature = signature
    self.pattern = pattern
    self.events = events
  }
}

/// The part of a rule that outlives its match.
package final class Signature: Sendable {
  package let id: String
  package let title: String
  package let stage: Stage
  /// 1 to 5 on the rubric of severity; nil when the rule cannot tell.
  package let lethality: Int?
  /// Why ``lethality`` is what it is.
  package let lethalityReason: String
  /// Sigma's level.
  package let level: String
  /// ATT&CK techniques, such as `T1046`.
  package let techniques: [String]
  /// What a match does not prove.
  package let limits: String

  package init(
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

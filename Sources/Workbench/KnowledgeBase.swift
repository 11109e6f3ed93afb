public import Decode
public import Detect
public import Evidence
public import Judge
public import Knowledge

/// Formats, rules, tables and policy, loaded and checked together.
public struct KnowledgeBase: Sendable {
  public let programs: ProgramTable
  public let formats: FormatLibrary
  public let rules: RuleSet
  public let policy: ConditionPolicy

  /// - Parameter sources: rules of the user, beside those of the folder or instead of them.
  /// - Throws: every fault of every file.
  public init(_ folder: KnowledgeFolder, rules sources: RuleSources = RuleSources()) throws(Faults) {
    var faults: [Fault] = []
    programs = folder.programTable(faults: &faults)
    formats = FormatLibrary(folder, programs: programs, faults: &faults)
    rules = sources.load(folder, faults: &faults)
    guard let policy = ConditionPolicy(folder, faults: &faults), faults.isEmpty else { throw Faults(faults) }
    self.policy = policy
  }
}

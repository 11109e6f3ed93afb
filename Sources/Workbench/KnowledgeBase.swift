package import Decode
package import Detect
package import Evidence
package import Judge
package import Knowledge

/// Formats, rules, tables and policy, loaded and checked together.
package struct KnowledgeBase: Sendable {
  package let programs: ProgramTable
  package let formats: FormatLibrary
  package let rules: RuleSet
  package let policy: ConditionPolicy

  /// - Parameter sources: rules of the user, beside those of the folder or instead of them.
  /// - Throws: every fault of every file.
  package init(_ folder: KnowledgeFolder, rules sources: RuleSources = RuleSources()) throws(Faults) {
    var faults: [Fault] = []
    programs = folder.programTable(faults: &faults)
    formats = FormatLibrary(folder, programs: programs, faults: &faults)
    rules = sources.load(folder, faults: &faults)
    guard let policy = ConditionPolicy(folder, faults: &faults), faults.isEmpty else { throw Faults(faults) }
    self.policy = policy
  }
}

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

  /// - Throws: every fault of every file.
  package init(_ folder: KnowledgeFolder) throws(Faults) {
    var faults: [Fault] = []
    programs = folder.programTable(faults: &faults)
    formats = FormatLibrary(folder, programs: programs, faults: &faults)
    rules = RuleSet(documents: folder.documents(below: "rules", faults: &faults), faults: &faults)
    guard let policy = ConditionPolicy(folder, faults: &faults), faults.isEmpty else { throw Faults(faults) }
    self.policy = policy
  }
}

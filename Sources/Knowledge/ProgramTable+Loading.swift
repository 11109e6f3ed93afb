public import Evidence

extension KnowledgeFolder {
  /// `tables/programs.yaml`: RPC programs.
  public func programTable(faults: inout [Fault]) -> ProgramTable {
    var programs: [ProgramTable.Program] = []
    var numbers: Set<UInt32> = []
    for document in documents(below: "tables", faults: &faults) where document["programs"] != nil {
      for node in document["programs"]?.items ?? [] {
        guard let map = node.map(["number", "name", "aliases", "risk", "harmless", "references"], &faults) else {
          continue
        }
        guard let number = map["number"]?.integer(0...Int(UInt32.max), &faults), let name = map["name"]?.string(&faults)
        else {
          if map["number"] == nil || map["name"] == nil {
            faults.append(node.fault("a program needs a number and a name"))
          }
          continue
        }
        guard numbers.insert(UInt32(number)).inserted else {
          faults.append(node.fault("program \(number) stands twice"))
          continue
        }
        programs.append(
          ProgramTable.Program(
            number: UInt32(number), name: name, aliases: map["aliases"]?.strings(&faults) ?? [],
            risk: map["risk"]?.string(&faults) ?? "", harmlessReading: map["harmless"]?.string(&faults) ?? "",
            references: map["references"]?.strings(&faults) ?? []))
      }
    }
    return ProgramTable(programs)
  }
}

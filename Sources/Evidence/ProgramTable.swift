/// RPC programs by number and by name: what they are, and what an attacker wants with them.
package struct ProgramTable: Sendable {
  package struct Program: Sendable {
    package var number: UInt32
    package var name: String
    /// Other names in logs and tables, and the names of daemons that serve it, such as `rpc.ttdbserverd`.
    package var aliases: [String]
    /// Why an attacker asks for it; empty for a program without a known record.
    package var risk: String
    /// A harmless reason to ask for it, in words that end a sentence; empty when none is known.
    package var harmlessReading: String
    package var references: [String]
    package init(
      number: UInt32, name: String, aliases: [String], risk: String, harmlessReading: String = "", references: [String]
    ) {
      self.number = number
      self.name = name
      self.aliases = aliases
      self.risk = risk
      self.harmlessReading = harmlessReading
      self.references = references
    }
  }

  private let byNumber: [UInt32: Program]
  private let byName: [String: UInt32]

  @inlinable package static var portmapper: UInt32 { 100_000 }
  @inlinable package static var nfs: UInt32 { 100_003 }
  @inlinable package static var mountd: UInt32 { 100_005 }
  /// RFC 7530, section 16: by which a server of NFSv4 calls its client back.
  @inlinable package static var nfsCallback: UInt32 { 0x4000_0000 }

  package init(_ programs: [Program]) {
    var numbers: [UInt32: Program] = [:]
    var names: [String: UInt32] = [:]
    for program in programs {
      numbers[program.number] = program
      for name in [program.name] + program.aliases { names[name.lowercased()] = program.number }
    }
    byNumber = numbers
    byName = names
  }

  package subscript(number: UInt32) -> Program? { byNumber[number] }
  /// The program of a name, an alias or a daemon, whatever its case.
  package func program(named name: Bytes) -> Program? {
    byName[name.lowercased.notation].flatMap { byNumber[$0] }
  }
  /// The program's name, or its number in words.
  package func name(of number: UInt32) -> String { byNumber[number]?.name ?? "program \(number)" }
  package var count: Int { byNumber.count }
}

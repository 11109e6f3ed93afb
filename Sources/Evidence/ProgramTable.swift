/// RPC programs by number and by name: what they are, and what an attacker wants with them.
public struct ProgramTable: Sendable {
  public struct Program: Sendable {
    public var number: UInt32
    public var name: String
    /// Other names in logs and tables, and the names of daemons that serve it, such as `rpc.ttdbserverd`.
    public var aliases: [String]
    /// Why an attacker asks for it; empty for a program without a known record.
    public var risk: String
    /// A harmless reason to ask for it, in words that end a sentence; empty when none is known.
    public var harmlessReading: String
    public var references: [String]
    public init(
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

  @inlinable public static var portmapper: UInt32 { 100_000 }
  @inlinable public static var nfs: UInt32 { 100_003 }
  @inlinable public static var mountd: UInt32 { 100_005 }
  /// RFC 7530, section 16: by which a server of NFSv4 calls its client back.
  @inlinable public static var nfsCallback: UInt32 { 0x4000_0000 }

  public init(_ programs: [Program]) {
    var numbers: [UInt32: Program] = [:]
    var names: [String: UInt32] = [:]
    for program in programs {
      numbers[program.number] = program
      for name in [program.name] + program.aliases { names[name.lowercased()] = program.number }
    }
    byNumber = numbers
    byName = names
  }

  public subscript(number: UInt32) -> Program? { byNumber[number] }
  /// The program of a name, an alias or a daemon, whatever its case.
  public func program(named name: Bytes) -> Program? {
    byName[name.lowercased.notation].flatMap { byNumber[$0] }
  }
  /// The program's name, or its number in words.
  public func name(of number: UInt32) -> String { byNumber[number]?.name ?? "program \(number)" }
  public var count: Int { byNumber.count }
}

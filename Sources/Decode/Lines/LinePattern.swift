import Evidence

/// The wording of one log line: literal text with typed holes, such as
/// `refused connect from {source.address} to {rpc.procedure}({rpc.argument})`.
///
/// Matching walks the line once, from left to right, without backtracking; text that an attacker wrote cannot make it
/// slow. A blank of the pattern stands for one or more blanks, `{_}` for none or more. Matching tells a line that ends
/// too early (``Result/prefix``) from one that says something else, because mailers wrap lines.
///
/// A class, so that trying one keeps a single object alive and not each of its parts.
final class LinePattern: Sendable {
  enum HoleType: String, Sendable, CaseIterable {
    /// An address, a host's name, or a local transport's address such as `loopback(\000\000\024\036)`.
    case host
    case number
    /// Bytes without blank and none of `:[]()"`.
    case name
    /// Everything but a blank and what follows as a literal; the last part of a path is what counts.
    case path
    /// Bytes up to the first place where the next literal stands.
    case text
    /// Bytes up to the last place where the next literal stands: for text whose author may have put the literal in it.
    case longest
    /// An IPv4 address that a dot and a port may follow, as tcpdump writes it.
    case dotted
    /// Text that an administrator chose, up to the first place where the next literal stands: it holds neither `=` nor a
    /// quotation mark, which stand before text of others.
    case label
    /// What is left of the line.
    case rest
    /// The same where it is an exploit's text: see ``OverflowText``.
    case overflow
  }

  enum Element: Sendable {
    case literal([UInt8])
    /// One or more blanks; none is enough when `optional`.
    case blanks(optional: Bool)
    case hole(FormatField, HoleType)
  }

  enum Result { case match, prefix, none }

  let elements: [Element]
  let fields: [FormatField]
  /// The elements as matching walks through them.
  let steps: LineSteps
  /// Where the pattern begins with a literal, its first bytes.
  let lead: PatternLead?

  /// Whether a literal has a digit.
  var hasDigits: Bool {
    elements.contains { if case .literal(let literal) = $0 { literal.contains(where: \.isDigit) } else { false } }
  }

  /// What a hole of a type is when the pattern does not say.
  private static func defaultType(of field: FormatField) -> HoleType {
    switch field {
    case .source, .target: .host
    case .sourcePort, .targetPort, .program, .procedureNumber, .pid, .userID, .count: .number
    case .procedure, .processName, .transport, .ignored: .name
    case .argument: .longest
    case .detail: .text
    }
  }

  /// - Throws: what is wrong with the pattern, in words.
  init(_ text: String) throws(PatternError) {
    var elements: [Element] = []
    var fields: [FormatField] = []
    var literal: [UInt8] = []
    func flush() {
      if !literal.isEmpty { elements.append(.literal(literal)) }
      literal = []
    }
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case 0x20:
        flush()
        if case .blanks = elements.last {} else { elements.append(.blanks(optional: false)) }
      case 0x7b:  // {
        guard let close = rest.firstIndex(of: 0x7d) else { throw PatternError("a hole without its closing brace") }
        let inside = String(decoding: rest[..<close], as: UTF8.self)
        rest = rest[(close + 1)...]
        flush()
        if inside == "_" {
          elements.append(.blanks(optional: true))
          continue
        }
        let parts = inside.split(separator: ":", maxSplits: 1).map(String.init)
        guard let name = parts.first, let field = FormatField(rawValue: name) else {
          throw PatternError("unknown field '\(inside)'")
        }
        var type = LinePattern.defaultType(of: field)
        if parts.count == 2 {
          guard let named = HoleType(rawValue: parts[1]) else { throw PatternError("unknown type '\(parts[1])'") }
          type = named
        }
        if field != .ignored, fields.contains(field) { throw PatternError("field '\(name)' stands twice") }
        fields.append(field)
        elements.append(.hole(field, type))
      default: literal.append(byte)
      }
    }
    flush()
    for (index, element) in elements.enumerated() {
      guard case .hole(_, let type) = element else { continue }
      let next = index + 1 < elements.count ? elements[index + 1] : nil
      let afterNext = index + 2 < elements.count ? elements[index + 2] : nil
      switch (type, next) {
      case (.text, .literal?), (.longest, .literal?), (.label, .literal?): break
      case (.text, .blanks(optional: false)?), (.longest, .blanks(optional: false)?):
        guard case .literal? = afterNext else {
          throw PatternError("a hole of type \(type.rawValue) needs a literal after it")
        }
      case (.text, _), (.longest, _), (.label, _):
        throw PatternError("a hole of type \(type.rawValue) needs a literal after it")
      case (.rest, .some), (.overflow, .some):
        throw PatternError("a hole of type \(type.rawValue) must end the pattern")
      default: break
      }
    }
    guard !elements.isEmpty else { throw PatternError("an empty pattern") }
    self.elements = elements
    self.fields = fields
    steps = LineSteps(elements)
    lead = PatternLead(elements).flatMap { $0.place == .start ? $0 : nil }
  }
}

struct PatternError: Error {
  var message: String
  init(_ message: String) { self.message = message }
}

/// What a hole of a log format gives.
enum FormatField: String, Sendable, CaseIterable {
  case source = "source.address"
  case sourcePort = "source.port"
  /// Where a firewall says whom a packet was for; without it the target is the host that logged.
  case target = "destination.address"
  case targetPort = "destination.port"
  case transport = "network.transport"
  case program = "rpc.program"
  case procedure = "rpc.procedure"
  case procedureNumber = "rpc.procedure.number"
  case argument = "rpc.argument"
  case processName = "process.name"
  case pid = "process.pid"
  case userID = "user.id"
  case count = "event.count"
  /// Text of the record beside its fields, such as the name that a client claims.
  case detail = "detail"
  /// Matched and not kept.
  case ignored = "any"
}

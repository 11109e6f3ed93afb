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
  /// What ends the hole at each place: the element behind it, and of a blank the literal with it.
  private let anchors: [Element?]
  /// Where the pattern begins with a literal, its first bytes.
  let lead: PatternLead?

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
      case (.rest, .some): throw PatternError("a hole of type rest must end the pattern")
      default: break
      }
    }
    guard !elements.isEmpty else { throw PatternError("an empty pattern") }
    self.elements = elements
    self.fields = fields
    anchors = elements.indices.map { LinePattern.anchor(behind: $0, of: elements) }
    lead = PatternLead(elements).flatMap { $0.place == .start ? $0 : nil }
  }

  /// Whether the bytes from `start` to the end are this line. Holes are reported as ranges of `line`.
  func match(_ line: RawSpan, from start: Int, captures: inout [(field: FormatField, range: Range<Int>)]) -> Result {
    captures.removeAll(keepingCapacity: true)
    var index = start
    let end = line.byteCount
    if let lead, end - start >= 8, line.uint64(start) & lead.mask != lead.word { return .none }
    for position in elements.indices {
      switch elements[position] {
      case .literal(let literal):
        let available = min(literal.count, end - index)
        for offset in 0..<available where line.byte(index + offset) != literal[offset] { return .none }
        if available < literal.count { return .prefix }
        index += literal.count
      case .blanks(let optional):
        let first = index
        while index < end, line.byte(index).isBlank { index += 1 }
        if index == first, !optional { return index == end ? .prefix : .none }
        if index == end, position + 1 < elements.count { return .prefix }
      case .hole(let field, let type):
        guard let close = LinePattern.end(of: type, in: line, from: index, before: anchors[position]) else {
          // A wording that begins with any text cannot be told from other lines by its beginning.
          if position == 0, type == .text || type == .longest { return .none }
          return type == .text || type == .longest || index >= end ? .prefix : LinePattern.unfinished(type, line, index)
        }
        captures.append((field, index..<close))
        index = close
      }
    }
    while index < end, line.byte(index).isBlank { index += 1 }
    return index == end ? .match : .none
  }

  private static func anchor(behind position: Int, of elements: [Element]) -> Element? {
    guard position + 1 < elements.count else { return nil }
    guard case .blanks(optional: false) = elements[position + 1], position + 2 < elements.count,
      case .hole(_, let type) = elements[position], type == .text || type == .longest,
      case .literal(let literal) = elements[position + 2]
    else { return elements[position + 1] }
    return .literal([0x20] + literal)
  }

  /// A hole that found no end: cut off, or something else.
  private static func unfinished(_ type: HoleType, _ line: RawSpan, _ index: Int) -> Result {
    guard type == .host else { return .none }
    // `loopback(\000\000` without its closing parenthesis.
    return line.firstIndex(of: 0x28, from: index) != nil && line.firstIndex(of: 0x29, from: index) == nil
      ? .prefix : .none
  }

  /// Where a hole that starts at `start` ends; nil when nothing of its type stands there.
  private static func end(of type: HoleType, in line: RawSpan, from start: Int, before next: Element?) -> Int? {
    let end = line.byteCount
    var index = start
    switch type {
    case .host: return HostText.end(in: line, from: start, before: next)
    case .dotted: return IPAddress.parseV4(line, at: start)?.end
    case .number:
      while index < end, line.byte(index).isDigit { index += 1 }
      return index > start ? index : nil
    case .name:
      while index < end, !isNameEnd(line.byte(index)) { index += 1 }
      return index > start ? index : nil
    case .path:
      while index < end, !line.byte(index).isBlank {
        if case .literal(let literal) = next, line.byte(index) == literal[0], line.hasBytes(literal, at: index) {
          break
        }
        index += 1
      }
      return index > start ? index : nil
    case .text:
      guard case .literal(let literal) = next else { return nil }
      return line.firstIndex(of: literal, from: start)
    case .label:
      guard case .literal(let literal) = next, let place = line.firstIndex(of: literal, from: start) else { return nil }
      return (start..<place).contains { line.byte($0) == 0x3d || line.byte($0) == 0x22 } ? nil : place
    case .longest:
      guard case .literal(let literal) = next else { return nil }
      var found: Int?
      var from = start
      while let place = line.firstIndex(of: literal, from: from) {
        found = place
        from = place + 1
      }
      return found
    case .rest: return end
    }
  }

  private static func isNameEnd(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x3a, 0x5b, 0x5d, 0x28, 0x29, 0x22: true
    default: false
    }
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

import Evidence

/// What a field can hold: a rule that asks for anything else could never match, which is a mistake in the rule.
enum FieldDomain {
  case text, number, address, addressOrName
  case words(WordRange)

  init(_ field: FieldName) {
    if let range = Words.range(of: field) {
      self = .words(range)
      return
    }
    self =
      switch field {
      case .eventCount, .scanProbes, .scanSources, .scanHosts, .scanServices, .scanTCPPorts, .scanUDPPorts,
        .scanIPProtocols, .scanRPCHosts, .scanOpen, .scanFINProbes, .scanNullProbes, .scanXmasProbes, .sourcePort,
        .destinationPort, .networkBytesOut, .networkBytesIn,
        .processPID, .userID,
        .rpcProgram, .rpcVersion, .rpcProcedureNumber, .rpcXID, .rpcArgumentProgram, .rpcCredential, .rpcResultEntries,
        .rpcResultPort, .rpcUserID, .rpcGroupID, .rpcGroupCount, .rpcArgumentLength, .rpcArgumentVersion,
        .rpcInnerProgram, .rpcInnerVersion, .rpcInnerProcedure, .rpcInnerLength, .rpcToldProgram, .rpcAmplification:
        .number
      case .sourceIP, .destinationIP: .address
      case .hostName, .sourceAddress, .destinationAddress: .addressOrName
      default: .text
      }
  }

  /// Why no value of the field can ever satisfy `matcher`; nil when one can.
  func objection(to matcher: ValueMatcher) -> String? {
    switch (self, matcher) {
    case (_, .absent), (_, .exists): nil
    case (_, .any(let matchers)): objection(to: matchers)
    case (_, .reference), (_, .expression), (_, .literals): nil
    case (.text, .timePart): nil
    case (_, .timePart): "is not a time"
    case (.number, .comparison): nil
    case (_, .comparison): "is not a number"
    case (.address, .network), (.addressOrName, .network): nil
    case (_, .network): "is not an address"
    case (.number, .text(let text)): text.number == nil && text.pattern.isLiteral ? "is a number" : nil
    case (.address, .text(let text)): text.address == nil && text.pattern.isLiteral ? "is an address" : nil
    case (.words(let range), .text):
      range.values.contains { matcher.matches($0, in: [FieldName: FieldValue]()) }
        ? nil : "is one of: " + range.values.map(\.text.notation).joined(separator: ", ")
    case (.text, .text), (.addressOrName, .text): nil
    }
  }

  /// Why none of several can ever be satisfied.
  private func objection(to matchers: [ValueMatcher]) -> String? {
    let objections = matchers.map { objection(to: $0) }
    return objections.contains(nil) ? nil : objections.first ?? nil
  }

  var isNumber: Bool { if case .number = self { true } else { false } }

  /// The value of a field as a rule, a case or a test writes it; nil when the field cannot have it.
  func value(_ text: String) -> FieldValue? {
    switch self {
    case .number: Int64(text).map { .number($0) }
    case .address: IPAddress(text).map { .address($0) }
    case .addressOrName: IPAddress(text).map { .address($0) } ?? .text(Bytes(text))
    case .words(let range): range.values.contains(.text(Bytes(text))) ? .text(Bytes(text)) : nil
    case .text: .text(Bytes(text))
    }
  }
}

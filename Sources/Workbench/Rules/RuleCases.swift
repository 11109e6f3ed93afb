public import Detect
public import Evidence
public import Knowledge

/// What a rule must match and what it must not, from a document with `cases`.
public struct RuleCases: Sendable {
  public struct Case: Sendable {
    public enum Evidence: Sendable {
      /// Lines of a log, as a host writes them.
      case text(String)
      case records([FieldRecord])
    }
    public var evidence: Evidence
    public var mustMatch: Bool
    public var file: String
    public var line: Int
  }

  /// The rule's id or name.
  public var rule: String
  public var node: YAMLNode
  public var cases: [Case]
  /// The last day that a stamp without a year can mean.
  public var asOf: Day

  /// Far from any year's end, so that cases read alike whatever the day.
  private static let anyDay = Day(year: 2000, month: 1, day: 6) ?? Day(number: 0)

  public init?(_ document: YAMLNode, _ faults: inout [Fault]) {
    let known = faults.count
    guard let keys = document.map(["rule", "cases", "as_of"], &faults) else { return nil }
    guard let rule = keys["rule"]?.string(&faults) else {
      if keys["rule"] == nil { faults.append(document.fault("cases need a 'rule', by its id or name")) }
      return nil
    }
    self.rule = rule
    node = keys["rule"] ?? document
    asOf = RuleCases.anyDay
    if let node = keys["as_of"], let text = node.string(&faults) {
      if let day = Day(text) { asOf = day } else { faults.append(node.fault("'\(text)' is no day such as 2000-01-06")) }
    }
    cases = []
    guard let lists = keys["cases"]?.map(["match", "no_match"], &faults) else { return nil }
    for (key, mustMatch) in [("match", true), ("no_match", false)] {
      guard let list = lists[key] else { continue }
      for item in list.items {
        guard let evidence = RuleCases.evidence(item, &faults) else { continue }
        cases.append(Case(evidence: evidence, mustMatch: mustMatch, file: item.file, line: item.line))
      }
    }
    guard faults.count == known else { return nil }
  }

  // MARK: Reading

  /// A text is lines of a log, a map one record, a list several.
  private static func evidence(_ node: YAMLNode, _ faults: inout [Fault]) -> Case.Evidence? {
    if case .scalar(let text, _) = node.content { return .text(text) }
    let records = node.items.enumerated().compactMap { record($1, number: $0, &faults) }
    return records.count == node.items.count ? .records(records) : nil
  }

  private static func record(_ node: YAMLNode, number: Int, _ faults: inout [Fault]) -> FieldRecord? {
    guard let entries = node.entries(&faults) else { return nil }
    var fields: [FieldName: FieldValue] = [:]
    var seconds = 0.0
    let known = faults.count
    for entry in entries {
      guard let text = entry.value.string(&faults) else { continue }
      if entry.key == "at" {
        guard let number = Double(text), (0...1e6).contains(number) else {
          faults.append(entry.value.fault("expected seconds, from 0 to 1000000"))
          continue
        }
        seconds = number
      } else if let field = FieldName(rawValue: entry.key) {
        if let value = FieldRecord.value(text, of: field) {
          fields[field] = value
        } else {
          faults.append(entry.value.fault("'\(text)' is nothing that \(field.rawValue) can be"))
        }
      } else {
        faults.append(entry.keyNode.fault("unknown field '\(entry.key)'"))
      }
    }
    guard faults.count == known else { return nil }
    let start: Int64 = 946_684_800
    let time = EventTime(
      Timestamp(nanoseconds: start * 1_000_000_000 + Int64(seconds * 1e9)), fractionDigits: 0)
    let place = Provenance(
      input: InputID(0), place: .lines(first: node.line, last: node.line), offset: 0, length: 0)
    return FieldRecord(
      fields: completed(fields, at: time), time: time, citation: Citation(place, text: Bytes("record \(number + 1)")))
  }

  /// What every event says of itself, where the record leaves it out.
  private static func completed(_ fields: [FieldName: FieldValue], at time: EventTime) -> [FieldName: FieldValue] {
    var fields = fields
    fields[.timestamp] = fields[.timestamp] ?? .text(Bytes(time.description))
    fields[.eventCount] = fields[.eventCount] ?? .number(1)
    for (address, either) in [
      (FieldName.sourceIP, FieldName.sourceAddress), (.destinationIP, .destinationAddress),
    ] {
      if let value = fields[address], fields[either] == nil { fields[either] = value }
      if case .address? = fields[either], fields[address] == nil { fields[address] = fields[either] }
    }
    if fields[.sourceKind] == nil {
      let kind: Bytes =
        switch fields[.sourceAddress] {
        case .address?: "address"
        case .text?: "name"
        default: "unknown"
        }
      fields[.sourceKind] = .text(kind)
    }
    return fields
  }
}

public import Decode
public import Detect
public import Evidence
import Knowledge

/// Holds rules against their cases.
public struct CaseRunner: Sendable {
  /// A case that did not end as it must.
  public struct Failure: Sendable {
    public var rule: String
    public var cause: Fault
  }

  private let formats: FormatLibrary
  private let rules: RuleSet

  public init(formats: FormatLibrary, rules: RuleSet) {
    self.formats = formats
    self.rules = rules.reportingAll
  }

  /// The cases of a rule that fail; of a rule that is not there all.
  public func failures(_ cases: RuleCases) -> [Failure] {
    guard let id = rules.rule(named: cases.rule)?.header.id ?? rules.correlation(named: cases.rule)?.header.id else {
      return [Failure(rule: cases.rule, cause: cases.node.fault("no rule has the id or name '\(cases.rule)'"))]
    }
    return cases.cases.compactMap { test in
      let matches = matches(id, test, cases.asOf)
      guard matches != test.mustMatch else { return nil }
      let text = test.mustMatch ? "must match, and does not" : "must not match, and does"
      return Failure(rule: id, cause: Fault(file: test.file, line: test.line, text))
    }
  }

  private func matches(_ id: String, _ test: RuleCases.Case, _ asOf: Day) -> Bool {
    var detector = Detector(rules: rules)
    var findings: [Finding] = []
    switch test.evidence {
    case .records(let records):
      let ordered = records.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
      for (index, record) in ordered.enumerated() { detector.push(record.element, index: index, into: &findings) }
    case .text(let text):
      for (index, event) in events(of: text, asOf).enumerated() { detector.push(event, index: index, into: &findings) }
    }
    detector.finish(into: &findings)
    return findings.contains { $0.signature.id == id }
  }

  /// The events that lines of a log tell of, in order.
  private func events(of text: String, _ asOf: Day) -> [Event] {
    var decoder = TextDecoder(input: InputID(0), library: formats, asOf: asOf, zone: .utc)
    var intake = Intake()
    var offset = 0
    for (number, line) in text.split(separator: "\n").enumerated() {
      let bytes = Array(line.utf8)
      decoder.push(bytes.rawSpan, number: number + 1, offset: offset, into: &intake)
      offset += bytes.count + 1
    }
    decoder.finish(into: &intake)
    return intake.events.sorted(by: Event.precedes)
  }
}

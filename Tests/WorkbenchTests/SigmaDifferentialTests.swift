import Detect
import Evidence
import Foundation
import Knowledge
import TestNumbers
import Testing

/// The engine against pySigma and its SQLite backend, on thousands of generated rules.
///
/// Differences that are meant, with what decides, are not generated:
/// - `week`: SQLite counts weeks 0 to 53, the modifiers appendix says 1 to 52, ISO 8601 has 1 to 53, which is ours.
/// - `utf16` and its kin without Base64: SQL text holds no zero bytes.
/// - IPv6 in `cidr` where addresses of the network are spelled in several ways (`2001:db8::/33`): the backend compares
///   spellings, the appendix says that the value is a network. For the same reason `0.0.0.0/0`, whose spelling is `*`.
/// - dashes beyond `-` and `/` as what `windash` replaces: the appendix names five, pySigma replaces two.
/// - conditions with an upper bound: the backend tells "fewer than five" of every window that ends at a match, also
///   where the fifth follows at once; the correlation specification speaks of the count in the given time frame.
/// - `\%` without a placeholder: pySigma leaves the backslash, the rules specification takes it for an escape.
/// - `expand|cased`: pySigma's placeholders lose the case, the specification applies modifiers in their order. The same of
///   `cased` before a modifier that makes another text of the text, such as `cased|windash`.
/// - `re` behind which `startswith` or `endswith` stands: the backend looks for the expression anywhere, the appendix
///   expects the value at the field's start or end.
/// - `neq` of a field that a pipeline maps to several: pySigma asks whether any differs, we whether all do.
/// - a temporal condition of which a part was not needed: the backend leaves those events out, we list them.
/// - `neq` of a reference to a field that is missing: SQL's NULL.
@Suite(.enabled(if: Reference.isThere, "pySigma is not installed; run scripts/setup"))
struct SigmaDifferentialTests {
  @Test("rules match the same events as in SQLite") func rules() async throws {
    var random = SeededNumbers(2026)
    let events = (0..<60).map { _ in RuleWriter.event(&random) }
    var writer = RuleWriter(random: random)
    let texts = (0..<2500).map { _ in writer.rule() }
    var faults: [Fault] = []
    let pipelines = try YAMLNode.documents(text: RuleWriter.pipeline, file: "p").compactMap { Pipeline($0, &faults) }
    // In pieces, so that none lasts too long on a busy machine.
    var references: [Reference.RuleResult] = []
    for start in stride(from: 0, to: texts.count, by: 500) {
      let piece = Array(texts[start..<min(start + 500, texts.count)])
      references += try await Reference.run(events: events, rules: piece).rules
    }
    let records = events.map { FieldRecord($0) }
    var (compared, matched, refused) = (0, 0, 0)
    for (text, reference) in zip(texts, references) {
      var faults: [Fault] = []
      let documents = try YAMLNode.documents(text: text, file: "r")
      let set = RuleSet(documents: [], foreign: documents, pipelines: pipelines, faults: &faults)
      #expect(faults.isEmpty, "\(text)\n\(faults)")
      guard let places = reference.places else {
        refused += 1
        Issue.record("pySigma refused:\n\(text)\n\(reference.error ?? "")")
        continue
      }
      compared += 1
      matched += places.isEmpty ? 0 : 1
      #expect(set.places(in: records) == places, "\(text)")
    }
    #expect(compared + refused == texts.count && compared > 2000)
    // A generator whose rules match nothing, or everything, tests nothing.
    #expect(matched * 3 > compared)
  }

  @Test("correlations tell the same as in SQLite") func correlations() async throws {
    var writer = CorrelationWriter(random: SeededNumbers(7))
    let trials = (0..<240).map { writer.trial(number: $0) }
    let result = try await Reference.run(events: [["message": .text("x")]], rules: [], correlations: trials)
    var found = 0
    for (trial, reference) in zip(trials, result.correlations) {
      var faults: [Fault] = []
      let documents = try YAMLNode.documents(text: trial.text, file: "r")
      let set = RuleSet(documents: documents, faults: &faults)
      #expect(faults.isEmpty, "\(trial.text)\n\(faults)")
      let alerts = try #require(reference.alerts, "\(trial.text)\n\(reference.error ?? "")")
      let findings = set.findings(in: trial.events.map { FieldRecord($0) }, of: "z")
      let expected = trial.expected(alerts)
      #expect(trial.summary(findings) == expected, "\(trial.text)\n\(trial.events)\n\(alerts)")
      found += findings.isEmpty ? 0 : 1
    }
    #expect(found * 4 > trials.count)
  }
}

// MARK: Records

/// A value of a generated event.
enum Plain: Sendable {
  case text(String)
  case number(Int)

  var any: Any {
    switch self {
    case .text(let text): text
    case .number(let number): number
    }
  }
  var string: String {
    switch self {
    case .text(let text): text
    case .number(let number): String(number)
    }
  }
}

extension FieldRecord {
  init(_ event: [String: Plain]) {
    var fields: [FieldName: FieldValue] = [:]
    for (name, value) in event {
      guard let field = FieldName(rawValue: name) else { continue }
      fields[field] = FieldRecord.value(value.string, of: field)
    }
    let seconds = event["@timestamp"].flatMap { Reference.seconds($0.string) } ?? 0
    let place = Provenance(input: InputID(0), place: .lines(first: 1, last: 1), offset: 0, length: 0)
    self.init(
      fields: fields,
      time: EventTime(Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000), fractionDigits: 0),
      citation: Citation(place, text: ""))
  }
}

extension RuleSet {
  /// The places of the records that any rule matches.
  fileprivate func places(in records: [FieldRecord]) -> [Int] {
    let found = findings(in: records, of: nil).flatMap { $0 }
    return Set(found).sorted()
  }

  func findings(in records: [FieldRecord], of id: String?) -> [[Int]] {
    var detector = Detector(rules: self)
    var findings: [Finding] = []
    for (index, record) in records.enumerated() { detector.push(record, index: index, into: &findings) }
    detector.finish(into: &findings)
    return findings.filter { id == nil || $0.signature.id == id }.map(\.events)
  }
}

// MARK: The reference

enum Reference {
  struct RuleResult: Decodable {
    var places: [Int]?
    var error: String?
  }
  struct Alert: Decodable {
    var group: String
    var start: Double
    var end: Double
    var places: [Int]
  }
  struct CorrelationResult: Decodable {
    var alerts: [Alert]?
    var error: String?
  }
  struct Result: Decodable {
    var rules: [RuleResult]
    var correlations: [CorrelationResult]
  }

  private static let python = Repository.root + "/.build-tools/bin/python3"
  static var isThere: Bool { FileManager.default.isExecutableFile(atPath: python) }

  static func run(
    events: [[String: Plain]], rules: [String], correlations: [CorrelationWriter.Trial] = []
  ) async throws -> Result {
    let given: [String: Any] = [
      "events": events.map { $0.mapValues(\.any) }, "numbers": RuleWriter.numbers, "rules": rules,
      "pipeline": RuleWriter.pipeline,
      "correlations": correlations.map { ["text": $0.text, "events": $0.events.map { $0.mapValues(\.any) }] },
    ]
    let scratch = try Scratch()
    let input = try scratch.write(try JSONSerialization.data(withJSONObject: given), "input.json")
    let result = try await Program.run([Repository.root + "/scripts/sigma-reference", input], executable: python)
    try #require(result.status == 0, "\(result.errorText)")
    return try JSONDecoder().decode(Result.self, from: Data(result.output))
  }

  /// Seconds since 1970 of a time stamp.
  static func seconds(_ text: String) -> Int? {
    guard let day = Day(text.prefix(10)), let start = day.start else { return nil }
    let clock = text.dropFirst(11).dropLast().split(separator: ":").compactMap { Int($0) }
    guard clock.count == 3 else { return nil }
    return Int(start.nanoseconds / 1_000_000_000) + clock[0] * 3600 + clock[1] * 60 + clock[2]
  }
}

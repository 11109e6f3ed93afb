import Decode
import Evidence
import Foundation
import Judge
import Knowledge
import Testing
import Workbench

/// Runs analyses inside the test process, with the knowledge that the binary carries.
enum Analysing {
  private static let knowledge = Result<KnowledgeBase, any Error> { try KnowledgeBase(.embedded) }

  static func run(
    _ paths: [String], asOf: String? = "2000-01-06", situationAt: String? = nil, threads: Int = 1,
    configuration: String? = nil, adjust: (inout Analysis.Options) -> Void = { _ in }
  ) async throws -> Analysis {
    var options = Analysis.Options()
    adjust(&options)
    options.asOf = try asOf.map { try day($0) }
    options.situationAt = try situationAt.map { try day($0) }
    options.threads = threads
    var faults: [Fault] = []
    let list = InputList(paths: paths, faults: &faults)
    let settings = configuration.map { Configuration(text: $0, file: "watchfloor.yaml", faults: &faults) }
    try #require(faults.isEmpty)
    return try await Analyst(
      knowledge: try knowledge.get(), configuration: settings ?? Configuration(), options: options
    ).analyse(list)
  }

  /// The reports for people, in one line each.
  static func reports(_ analysis: Analysis) -> [String] {
    var text = TextReport(analysis, isColoured: false)
    var markdown = MarkdownReport(analysis)
    var reports = [text.rendered(), markdown.rendered(), HTMLReport(analysis).rendered()]
    for rank in analysis.incidents.indices {
      var explained = ExplainReport(analysis, rank: rank + 1, isColoured: false)
      reports.append(explained.rendered())
    }
    return reports.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
  }

  private static func day(_ text: String) throws -> Day {
    let day: Day = try #require(Day(text))
    return day
  }

  /// An analysis of one text.
  static func run(text: String, asOf: String? = "2000-01-06", configuration: String? = nil) async throws -> Analysis {
    let scratch = try Scratch()
    return try await run([try scratch.write(text, "input")], asOf: asOf, configuration: configuration)
  }
}

/// A JSON value that can be compared.
indirect enum JSON: Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  init(_ bytes: [UInt8]) throws { self.init(any: try JSONSerialization.jsonObject(with: Data(bytes))) }

  private init(any value: Any) {
    switch value {
    case let text as String: self = .string(text)
    case let items as [Any]: self = .array(items.map { JSON(any: $0) })
    case let members as [String: Any]: self = .object(members.mapValues { JSON(any: $0) })
    case let number as NSNumber: self = .number(number.doubleValue)
    default: self = .null
    }
  }

  subscript(key: String) -> JSON {
    if case .object(let members) = self { members[key] ?? .null } else { .null }
  }
  var items: [JSON] { if case .array(let items) = self { items } else { [] } }
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var number: Double? { if case .number(let number) = self { number } else { nil } }

  /// Where two values differ first, and how; nil when they are equal.
  func difference(from other: JSON, at path: String = "") -> String? {
    switch (self, other) {
    case (.array(let left), .array(let right)) where left.count == right.count:
      for (index, pair) in zip(left, right).enumerated() {
        if let found = pair.0.difference(from: pair.1, at: path + "/\(index)") { return found }
      }
      return nil
    case (.object(let left), .object(let right)) where Set(left.keys) == Set(right.keys):
      for key in left.keys.sorted() {
        if let found = self[key].difference(from: other[key], at: path + "/" + key) { return found }
      }
      return nil
    default: return self == other ? nil : "\(path): \(self) or \(other)"
    }
  }

  /// Without what says where a record stands: the order and the split of the inputs may change that, and nothing else.
  var withoutPlaces: JSON {
    switch self {
    case .array(let items): return .array(items.map(\.withoutPlaces))
    case .object(var members):
      for key in ["inputs", "input", "line", "end_line", "frame"] { members[key] = nil }
      // The first of its kind stands elsewhere in other inputs; how many there are does not depend on them.
      if case .array(let oddities)? = members["oddities"] {
        members["oddities"] = .array(oddities.map { .array([$0["kind"], $0["count"]]) })
      }
      return .object(members.mapValues(\.withoutPlaces))
    default: return self
    }
  }
}

extension Analysis {
  func json() throws -> JSON { try JSON(JSONReport(self).encoded()) }
}

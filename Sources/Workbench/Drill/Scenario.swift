public import Evidence
import FoundationEssentials
public import Judge
import Knowledge

/// A drill: a folder with evidence and `scenario.yaml`, which says how it is released and what others made of it.
public struct Scenario: Sendable {
  /// The end of a day, when the trainee is asked.
  public struct Step: Sendable {
    public var day: Day
    /// What is told beside the evidence.
    public var brief: String
    /// The author's own call, where there is one.
    public var call: Condition?
    public var why: String
  }

  public var name: String
  public var title: String
  public var about: String
  /// Whose calls stand in the steps, such as `the article's team`.
  public var author: String
  public var asOf: Day
  /// Paths of the evidence, resolved against the folder.
  public var evidence: [String]
  public var configuration: String?
  public var steps: [Step]
  /// Hosts that the author held for hit worst, the worst first, with the reason.
  public var worst: [(host: String, why: String)]

  private static let keys: Set<String> = [
    "scenario", "title", "about", "author", "as_of", "evidence", "config", "steps", "worst",
  ]

  /// - Throws: every fault of the file with its place.
  public init(folder: String) throws(Faults) {
    let file = folder + "/scenario.yaml"
    let documents = try YAMLNode.documents(text: try UserFile.text(file), file: file)
    guard let document = documents.first else { throw Faults([Fault(file: file, "an empty file")]) }
    var faults: [Fault] = documents.dropFirst().map { $0.fault("a second scenario; a folder has one") }
    guard let map = document.map(Scenario.keys, &faults) else { throw Faults(faults) }
    func required(_ key: String) -> String {
      guard let node = map[key] else {
        faults.append(document.fault("a scenario needs '\(key)'"))
        return ""
      }
      return node.string(&faults) ?? ""
    }
    name = required("scenario")
    title = required("title")
    about = required("about")
    author = map["author"]?.string(&faults) ?? "the author"
    asOf = Scenario.day(map["as_of"] ?? document, &faults)
    evidence = (map["evidence"]?.strings(&faults) ?? []).map { folder + "/" + $0 }
    if evidence.isEmpty { faults.append(document.fault("a scenario needs 'evidence': files or folders")) }
    configuration = map["config"]?.string(&faults).map { folder + "/" + $0 }
    steps = (map["steps"]?.items ?? []).compactMap { Scenario.step($0, &faults) }
    worst = (map["worst"]?.items ?? []).compactMap { Scenario.worst($0, &faults) }
    if steps.isEmpty { faults.append(document.fault("a scenario needs 'steps'")) }
    for (one, next) in zip(steps, steps.dropFirst()) where one.day >= next.day {
      faults.append((map["steps"] ?? document).fault("the step of \(next.day) must come after that of \(one.day)"))
    }
    guard faults.isEmpty else { throw Faults(faults) }
  }

  private static func day(_ node: YAMLNode, _ faults: inout [Fault]) -> Day {
    if case .scalar(let text, _) = node.content, let day = Day(text) { return day }
    faults.append(node.fault("expected a day such as 1999-12-31"))
    return Day(number: 0)
  }

  private static func step(_ node: YAMLNode, _ faults: inout [Fault]) -> Step? {
    guard let map = node.map(["day", "brief", "call", "why"], &faults) else { return nil }
    var call: Condition?
    if let wanted = map["call"] {
      call = wanted.string(&faults).flatMap { Condition(rawValue: $0) }
      if call == nil { faults.append(wanted.fault("expected green, yellow, orange or red")) }
    }
    return Step(
      day: day(map["day"] ?? node, &faults), brief: map["brief"]?.string(&faults) ?? "", call: call,
      why: map["why"]?.string(&faults) ?? "")
  }

  private static func worst(_ node: YAMLNode, _ faults: inout [Fault]) -> (host: String, why: String)? {
    guard let map = node.map(["host", "why"], &faults) else { return nil }
    guard let host = map["host"]?.string(&faults) else {
      faults.append(node.fault("needs a 'host'"))
      return nil
    }
    return (host, map["why"]?.string(&faults) ?? "")
  }
}

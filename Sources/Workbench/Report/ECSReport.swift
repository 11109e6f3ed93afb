import Detect
import Evidence

/// Events and findings as lines of JSON in the Elastic Common Schema 8.17, for whatever takes ECS (docs/ecs.md).
///
/// Every event is a line with `event.kind: event`, every finding one with `event.kind: alert` behind the last of its
/// events. What ECS has no field for stands below `rpc`, `scan` and `watchfloor`.
public struct ECSReport {
  private let analysis: Analysis
  private let paths: [InputID: String]

  private static let version = "8.17.0"
  /// A finding names at most so many of its events; the rest is counted.
  private static let listCap = 200

  public init(_ analysis: Analysis) {
    self.analysis = analysis
    paths = Dictionary(uniqueKeysWithValues: analysis.inputs.map { ($0.id, Bytes($0.path).notation) })
  }

  /// The document's bytes. Findings stand in the order of the event that completes them.
  public func encoded() -> [UInt8] {
    var writer = JSONWriter(isCompact: true)
    var byLast: [Int: [Finding]] = [:]
    for finding in analysis.findings { byLast[finding.events.last ?? 0, default: []].append(finding) }
    for (index, event) in analysis.events.enumerated() {
      write(fields(of: event, index), &writer)
      for finding in byLast[index] ?? [] { write(fields(of: finding), &writer) }
    }
    return writer.bytes
  }

  // MARK: Fields

  private enum Value {
    case text(String)
    case number(Int64)
    case list([String])
  }
  private typealias Fields = [(name: String, value: Value)]

  /// Fields that are a leaf with us and have fields below them, which JSON cannot say.
  private static let renamed: [FieldName: String] = [
    .rpcProcedure: "rpc.procedure.name", .rpcArgument: "rpc.argument.value", .message: "event.original",
    .eventOutcome: "watchfloor.outcome", .tcpHandshake: "watchfloor.tcp.handshake", .tcpClose: "watchfloor.tcp.close",
    .sourceKind: "watchfloor.source.kind", .eventCount: "watchfloor.count",
  ]

  private static func name(_ field: FieldName) -> String { renamed[field] ?? field.rawValue }

  /// What an event's fields are called here; a test holds them against each other.
  public static var names: [String] { FieldName.allCases.map { name($0) } }

  private func common(_ event: Event) -> Fields {
    var fields: Fields = [("ecs.version", .text(ECSReport.version))]
    let sited = SitedEvent(event, own: analysis.ownNetworks)
    for field in FieldName.allCases where field != .timestamp {
      guard let value = sited.value(of: field) else { continue }
      let name = ECSReport.name(field)
      if case .number(let number) = value, field != .userID {
        fields.append((name, .number(number)))
      } else {
        fields.append((name, .text(value.text.notation)))
      }
    }
    // A time of day without a date is no time stamp.
    if event.time.isDated {
      fields.append(("@timestamp", .text(event.time.description)))
    } else if event.time.isTimed {
      fields.append(("watchfloor.time_of_day", .text(event.time.timeOfDayDescription)))
    }
    fields.append(("event.outcome", .text(event.outcome.ecs)))
    fields.append(("event.category", .list([event.view == .network ? "network" : "host"])))
    fields += place(event.citation.provenance)
    return fields
  }

  private func place(_ provenance: Provenance) -> Fields {
    var fields: Fields = [("log.file.path", .text(paths[provenance.input] ?? ""))]
    switch provenance.place {
    case .lines(let first, _): fields.append(("log.origin.file.line", .number(Int64(first))))
    case .frame(let number): fields.append(("watchfloor.frame", .number(Int64(number))))
    }
    return fields
  }

  private func fields(of event: Event, _ index: Int) -> Fields {
    common(event) + [("event.kind", .text("event")), ("event.id", .text(ECSReport.id(index)))]
  }

  private func fields(of finding: Finding) -> Fields {
    let events = finding.events.filter { analysis.events.indices.contains($0) }
    guard let last = events.last else { return [] }
    let event = analysis.events[last]
    let signature = finding.signature
    var fields =
      common(event) + [
        ("event.kind", .text("alert")), ("rule.id", .text(signature.id)), ("rule.name", .text(signature.title)),
        ("rule.category", .text(signature.stage.rawValue)), ("rule.ruleset", .text("watchfloor")),
        ("event.severity", .number(signature.ecsSeverity)), ("event.reason", .text(finding.pattern)),
        ("watchfloor.level", .text(signature.level)), ("watchfloor.proves_not", .text(signature.limits)),
        ("watchfloor.events", .list(events.prefix(ECSReport.listCap).map { ECSReport.id($0) })),
        ("watchfloor.event_count", .number(Int64(events.count))),
      ]
    if let first = events.first, analysis.events[first].time.isDated {
      fields.append(("event.start", .text(analysis.events[first].time.description)))
      fields.append(("event.end", .text(event.end.description)))
    }
    if !signature.techniques.isEmpty {
      fields.append(("threat.framework", .text("MITRE ATT&CK")))
      fields.append(("threat.technique.id", .list(signature.techniques)))
    }
    return fields
  }

  /// By its place among the events, which is the same in every run over the same evidence.
  private static func id(_ index: Int) -> String { "event-\(index + 1)" }

  // MARK: Writing

  private func write(_ fields: Fields, _ writer: inout JSONWriter) {
    guard !fields.isEmpty else { return }
    // The time first, as people and tools like it; else by name, so that what belongs together stands together.
    let ordered = fields.map { (path: $0.name.split(separator: ".")[...], value: $0.value) }
      .sorted { $0.path.lexicographicallyPrecedes($1.path) { $0 < $1 } }
    writer.object { ECSReport.nest(ordered[...], &$0) }
    writer.endLine()
  }

  private static func nest(
    _ fields: ArraySlice<(path: ArraySlice<Substring>, value: Value)>, _ writer: inout JSONWriter
  ) {
    var rest = fields
    while let first = rest.first, let name = first.path.first {
      let group = rest.prefix { $0.path.first == name }
      rest = rest.dropFirst(group.count)
      writer.field(named: String(name)) { writer in
        if first.path.count == 1 {
          switch first.value {
          case .text(let text): writer.value(text)
          case .number(let number): writer.value(number)
          case .list(let items): writer.list(items)
          }
        } else {
          let inner = group.map { (path: $0.path.dropFirst(), value: $0.value) }
          writer.object { nest(inner[...], &$0) }
        }
      }
    }
  }
}

extension Outcome {
  /// ECS knows three outcomes, from the point of view of who acts.
  fileprivate var ecs: String {
    switch self {
    case .allowed, .answered, .connected, .crashed: "success"
    case .refused, .rejected, .blocked, .reset, .empty: "failure"
    default: "unknown"
    }
  }
}

extension Signature {
  /// Sigma's level as a number, as Elastic's own mapping has it.
  fileprivate var ecsSeverity: Int64 {
    switch level {
    case "critical": 99
    case "high": 73
    case "medium": 47
    case "low": 21
    default: 1
    }
  }
}

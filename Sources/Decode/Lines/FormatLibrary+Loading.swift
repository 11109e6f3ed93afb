public import Evidence
public import Knowledge

extension FormatLibrary {
  /// The formats of `formats/`, each checked against its own samples: a sample that does not give its fields is a fault,
  /// like a wrong pattern. All faults of all files are collected.
  public init(_ knowledge: KnowledgeFolder, programs: ProgramTable, faults: inout [Fault]) {
    self.init(programs: programs)
    var samples: [Sample] = []
    var strangers: [YAMLNode] = []
    for document in knowledge.documents(below: "formats", faults: &faults) {
      load(document, samples: &samples, strangers: &strangers, faults: &faults)
    }
    guard faults.isEmpty else { return }
    for sample in samples { check(sample, faults: &faults) }
    for stranger in strangers { checkStranger(stranger, faults: &faults) }
  }

  private struct Sample {
    var node: YAMLNode
    var text: String
    var fields: [YAMLNode.Entry]
    var format: Int
  }

  private static let keys: Set<String> = [
    "format", "description", "tags", "versions", "unmatched", "source", "lines", "must_not",
  ]

  private mutating func load(
    _ document: YAMLNode, samples: inout [Sample], strangers: inout [YAMLNode], faults: inout [Fault]
  ) {
    guard let map = document.map(FormatLibrary.keys, &faults) else { return }
    guard let name = map["format"]?.string(&faults), let tagNode = map["tags"], let lines = map["lines"] else {
      faults.append(document.fault("a format needs 'format', 'tags' and 'lines'"))
      return
    }
    let tags = tagNode.strings(&faults)
    for tag in tags where tag.isEmpty || tag.utf8.count > FormatLibrary.tagCap {
      faults.append(tagNode.fault("tag '\(tag)' must have 1 to \(FormatLibrary.tagCap) bytes"))
    }
    let unmatched = map["unmatched"]?.string(&faults) ?? "unconcerned"
    if !["odd", "unconcerned"].contains(unmatched) {
      faults.append(map["unmatched"]?.fault("expected 'odd' or 'unconcerned'") ?? document.fault("unmatched"))
    }
    strangers += map["must_not"]?.items ?? []
    var summary = FormatSummary(
      name: name, file: document.file, description: map["description"]?.string(&faults) ?? "", tags: tags,
      versions: map["versions"]?.string(&faults) ?? "", isExclusive: unmatched == "odd")
    defer { summaries.append(summary) }
    for line in lines.items {
      guard let format = lineFormat(line, name: name, faults: &faults) else { continue }
      summary.wordings += 1
      add(format, tags: tags, isExclusive: unmatched == "odd")
      guard let sampleNodes = line["samples"]?.items, !sampleNodes.isEmpty else {
        faults.append(line.fault("a line needs at least one sample"))
        continue
      }
      for node in sampleNodes {
        guard let sample = node.map(["line", "fields"], &faults), let text = sample["line"]?.string(&faults) else {
          continue
        }
        summary.samples += 1
        let fields = sample["fields"]?.entries(&faults) ?? []
        if fields.isEmpty, format.action != nil { faults.append(node.fault("a sample needs the fields that it gives")) }
        samples.append(Sample(node: node, text: text, fields: fields, format: formats.count - 1))
      }
    }
  }

  private func lineFormat(_ line: YAMLNode, name: String, faults: inout [Fault]) -> LineFormat? {
    guard
      let map = line.map(
        ["pattern", "action", "outcome", "program", "procedure", "about", "transport", "ports", "samples", "note"],
        &faults),
      let patternNode = map["pattern"], let text = patternNode.string(&faults)
    else { return nil }
    let pattern: LinePattern
    do { pattern = try LinePattern(text) } catch {
      faults.append(patternNode.fault(error.message))
      return nil
    }
    func term<Term: RawRepresentable & CaseIterable>(_ key: String, _ type: Term.Type) -> Term?
    where Term.RawValue == String {
      guard let node = map[key], let text = node.string(&faults) else { return nil }
      if let term = Term(rawValue: text) { return term }
      let known = Term.allCases.map(\.rawValue).joined(separator: ", ")
      faults.append(node.fault("unknown \(key) '\(text)'; expected one of: \(known)"))
      return nil
    }
    let isOrdinary = map["action"]?.string(&faults) == "none"
    guard isOrdinary || (map["action"] != nil && map["outcome"] != nil) else {
      faults.append(line.fault("a line needs 'action' and 'outcome'"))
      return nil
    }
    let action = isOrdinary ? nil : term("action", Event.Action.self)
    let outcome = isOrdinary ? Outcome.unknown : term("outcome", Outcome.self)
    guard isOrdinary || action != nil, let outcome else { return nil }
    let ports = map["ports"]?.string(&faults)
    if let ports, ports != "rpc" { faults.append(line.fault("'ports' can only be 'rpc'")) }
    let about = map["about"]?.string(&faults)
    if let about, about != "writer", about != "packet" {
      faults.append(line.fault("'about' can only be 'writer' or 'packet'"))
    }
    return LineFormat(
      name: name, pattern: pattern, action: action, outcome: outcome,
      program: map["program"]?.integer(0...Int(UInt32.max), &faults).map { UInt32($0) },
      procedure: Bytes(map["procedure"]?.string(&faults) ?? ""), isAboutWriter: about == "writer",
      isAboutPacket: about == "packet",
      transport: term("transport", Transport.self), onlyRPCPorts: ports == "rpc")
  }

  /// Reads a sample as a log would be read, as of 2000-01-06, in UTC; nil when its frame is none.
  private func reading(_ bytes: [UInt8]) -> LogLineReader.Result? {
    guard let asOf = Day(year: 2000, month: 1, day: 6) else { return nil }
    let line = bytes.rawSpan
    guard let start = SyslogReader.stampStart(line) else { return nil }
    var reader = LogLineReader(library: self, syslog: SyslogReader(asOf: asOf, zone: .utc))
    let provenance = Provenance(input: InputID(0), place: .lines(first: 1, last: 1), offset: 0, length: bytes.count)
    return reader.read(line, at: start, citation: Citation(provenance, text: Bytes(bytes)))
  }

  /// A line that looks like one of the format's, and must not give an Event.
  private func checkStranger(_ node: YAMLNode, faults: inout [Fault]) {
    guard let text = node.string(&faults) else { return }
    if case .event(_, let format, _, _)? = reading(Array(text.utf8)) {
      faults.append(node.fault("format '\(formats[format].name)' takes this line, which it must not"))
    }
  }

  /// Reads a sample as a log would be read, and compares what it gives.
  private func check(_ sample: Sample, faults: inout [Fault]) {
    let result = reading(Array(sample.text.utf8))
    if formats[sample.format].action == nil {
      guard case .ordinary(_, let format, _)? = result, format == sample.format else {
        faults.append(sample.node.fault("its line does not take this sample"))
        return
      }
      return
    }
    guard case .event(let event, let format, _, _)? = result else {
      faults.append(sample.node.fault("no format takes this sample"))
      return
    }
    if format != sample.format {
      faults.append(sample.node.fault("another line takes this sample: its pattern stands earlier"))
    }
    for entry in sample.fields {
      guard let field = FieldName(rawValue: entry.key) else {
        faults.append(entry.keyNode.fault("unknown field '\(entry.key)'"))
        continue
      }
      let wanted = entry.value.string(&faults) ?? ""
      let found = event[field]?.text.notation
      if found != wanted {
        faults.append(
          entry.value.fault("the sample gives \(entry.key) = \(found.map { "'\($0)'" } ?? "nothing"), not '\(wanted)'"))
      }
    }
  }
}

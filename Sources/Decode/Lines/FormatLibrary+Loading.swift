package import Evidence
package import Knowledge

extension FormatLibrary {
  /// The formats of `formats/`, each checked against its own samples: a sample that does not give its fields is a fault,
  /// like a wrong pattern. All faults of all files are collected.
  package init(_ knowledge: KnowledgeFolder, programs: ProgramTable, faults: inout [Fault]) {
    self.init(programs: programs)
    var samples: [Sample] = []
    for document in knowledge.documents(below: "formats", faults: &faults) {
      load(document, samples: &samples, faults: &faults)
    }
    guard faults.isEmpty else { return }
    for sample in samples { check(sample, faults: &faults) }
  }

  private struct Sample {
    var node: YAMLNode
    var text: String
    var fields: [YAMLNode.Entry]
    var format: Int
  }

  private mutating func load(_ document: YAMLNode, samples: inout [Sample], faults: inout [Fault]) {
    guard let map = document.map(["format", "description", "tags", "unmatched", "source", "lines"], &faults) else {
      return
    }
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
    for line in lines.items {
      guard let format = lineFormat(line, name: name, faults: &faults) else { continue }
      add(format, tags: tags, isExclusive: unmatched == "odd")
      guard let sampleNodes = line["samples"]?.items, !sampleNodes.isEmpty else {
        faults.append(line.fault("a line needs at least one sample"))
        continue
      }
      for node in sampleNodes {
        guard let sample = node.map(["line", "fields"], &faults), let text = sample["line"]?.string(&faults) else {
          continue
        }
        let fields = sample["fields"]?.entries(&faults) ?? []
        if fields.isEmpty { faults.append(node.fault("a sample needs the fields that it gives")) }
        samples.append(Sample(node: node, text: text, fields: fields, format: formats.count - 1))
      }
    }
  }

  private func lineFormat(_ line: YAMLNode, name: String, faults: inout [Fault]) -> LineFormat? {
    guard
      let map = line.map(
        ["pattern", "action", "outcome", "program", "about", "transport", "samples", "note"], &faults),
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
    guard map["action"] != nil, map["outcome"] != nil else {
      faults.append(line.fault("a line needs 'action' and 'outcome'"))
      return nil
    }
    guard let action = term("action", Event.Action.self), let outcome = term("outcome", Outcome.self) else {
      return nil
    }
    let about = map["about"]?.string(&faults)
    if let about, about != "writer" { faults.append(line.fault("'about' can only be 'writer'")) }
    return LineFormat(
      name: name, pattern: pattern, action: action, outcome: outcome,
      program: map["program"]?.integer(0...Int(UInt32.max), &faults).map { UInt32($0) },
      isAboutWriter: about == "writer", transport: term("transport", Transport.self))
  }

  /// Reads a sample as a log would be read, and compares what it gives.
  private func check(_ sample: Sample, faults: inout [Fault]) {
    let bytes = Array(sample.text.utf8)
    let line = bytes.rawSpan
    guard let asOf = Day(year: 2000, month: 1, day: 6) else { return }
    var reader = LogLineReader(library: self, syslog: SyslogReader(asOf: asOf, zone: .utc))
    let provenance = Provenance(input: InputID(0), place: .lines(first: 1, last: 1), offset: 0, length: bytes.count)
    guard let start = SyslogReader.stampStart(line),
      case .event(let event, let format, _, _) = reader.read(
        line, at: start, citation: Citation(provenance, text: Bytes(bytes)))
    else {
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

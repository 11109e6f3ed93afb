import Capture
import Decode
import Evidence
import Fuse
import Judge

/// The report that scripts rely on, schema `watchfloor.analysis/1` (docs/analysis.schema.json). Fields are added, never
/// renamed.
public struct JSONReport {
  private let analysis: Analysis
  private let paths: [InputID: String]

  /// An incident lists at most so many records and findings; the rest is counted.
  private static let listCap = 200

  public init(_ analysis: Analysis) {
    self.analysis = analysis
    paths = Dictionary(uniqueKeysWithValues: analysis.inputs.map { ($0.id, Bytes($0.path).notation) })
  }

  /// The document's bytes.
  public func encoded() -> [UInt8] {
    var writer = JSONWriter()
    writer.object { document in
      document.field("schema", "watchfloor.analysis/1")
      document.field("as_of", analysis.asOf.description)
      if let site = analysis.site { document.field("site", Bytes(site).notation) }
      if !analysis.assumedNetworks.isEmpty {
        document.field("assumed_networks", analysis.assumedNetworks.map(\.description))
      }
      document.objects("inputs", analysis.inputs) { input($1, &$0) }
      document.object("counters") { counters(&$0) }
      document.objects("incidents", analysis.incidents.enumerated()) { incident($1.element, rank: $1.offset + 1, &$0) }
      document.object("situation") { situation(&$0) }
      document.objects("clocks", analysis.clocks) { clock($1, &$0) }
      document.objects("capture_clocks", analysis.captureClocks) { captureClock($1, &$0) }
      document.objects("rpc", analysis.rpc.rows) { rpc($1, &$0) }
      if analysis.rpc.repliesAlone > 0 { document.field("rpc_replies_without_calls", analysis.rpc.repliesAlone) }
      document.objects("exposures", zip(analysis.exposures, analysis.risks)) { exposure($1.0, risk: $1.1, &$0) }
      document.objects("mentions", analysis.mentions) { mention($1, &$0) }
      document.objects("oddities", analysis.oddities.counts.sorted { $0.key < $1.key }) { writer, oddity in
        writer.field("kind", oddity.key.rawValue)
        writer.field("count", oddity.value.count)
        writer.object("first") { evidence(oddity.value.first, &$0) }
      }
    }
    return writer.bytes + [0x0a]
  }

  // MARK: Evidence

  private func evidence(_ citation: Citation, _ writer: inout JSONWriter) {
    writer.field("input", paths[citation.provenance.input] ?? "")
    switch citation.provenance.place {
    case .lines(let first, let last):
      writer.field("line", first)
      if last != first { writer.field("end_line", last) }
    case .frame(let number): writer.field("frame", number)
    }
    writer.field("text", citation.text.notation)
  }

  private func evidence(_ name: StaticString, _ citations: some Sequence<Citation>, _ writer: inout JSONWriter) {
    writer.objects(name, citations) { evidence($1, &$0) }
  }

  // MARK: Inputs

  private func input(_ input: Analysis.InputSummary, _ writer: inout JSONWriter) {
    let tally = input.tally
    writer.field("path", Bytes(input.path).notation)
    writer.field("format", input.format)
    writer.field("compression", ifAny: input.compression?.rawValue)
    writer.field("bytes", tally.bytes)
    writer.field("records", tally.records)
    writer.field("understood", tally.understood)
    writer.field("unconcerned", tally.unconcerned)
    writer.field("odd", tally.odd)
    writer.field("first", orNull: tally.first?.description)
    writer.field("last", orNull: tally.last?.description)
    writer.field("duplicate_of", ifAny: input.duplicateOf.map { Bytes($0).notation })
    if let live = tally.live {
      writer.field("received", live.received)
      writer.field("dropped", live.dropped)
    }
    writer.field("yearless_as_of", ifAny: input.yearlessAsOf?.description)
  }

  private func counters(_ writer: inout JSONWriter) {
    writer.field("host_records", analysis.hostRecords)
    writer.field("packets", analysis.packets)
    writer.field("events", analysis.eventCount)
    writer.field("findings", analysis.findingCount)
    writer.field("incidents", analysis.incidents.count)
  }

  // MARK: Incidents

  private func incident(_ judged: JudgedIncident, rank: Int, _ writer: inout JSONWriter) {
    let incident = judged.incident
    writer.field("id", incident.id)
    writer.field("rank", rank)
    writer.field("title", incident.title)
    writer.field("stage", incident.stage.rawValue)
    writer.object("severity") { severity(judged.severity, &$0) }
    writer.field("outcome", incident.outcome.rawValue)
    writer.object("source") { source(incident, &$0) }
    writer.objects("targets", incident.targets) { target($1, &$0) }
    writer.objects("services", incident.programs) { writer, program in
      writer.field("program", program.number)
      writer.field("name", analysis.programs.name(of: program.number))
      writer.field("procedures", program.procedures)
    }
    writer.field("views", View.allCases.filter { incident.views.contains($0) }.map(\.rawValue))
    writer.objects("pairs", incident.pairs) { writer, pair in
      writer.object("host") { evidence(pair.host, &$0) }
      writer.object("network") { evidence(pair.network, &$0) }
      writer.field("offset_seconds", pair.offset)
      // The least and the greatest offset that the two stamps allow.
      writer.field("uncertainty_seconds", [pair.bounds.lowerBound, pair.bounds.upperBound]) { $0.value($1) }
    }
    if let other = incident.otherView(analysis.coverage) {
      writer.object("other_view") { writer in
        writer.field("expected", other.expected)
        writer.field("reasons", other.reasons)
      }
    }
    writer.field("disclosed", incident.disclosed)
    writer.field("patterns", incident.patterns)
    writer.field("techniques", incident.techniques)
    writer.objects("findings", incident.findings.prefix(JSONReport.listCap)) { finding($1, of: incident, &$0) }
    writer.field("first", orNull: incident.isDated ? incident.first.description : nil)
    writer.field("last", orNull: incident.isDated ? incident.last.description : nil)
    if !incident.isDated {
      writer.field("time_of_day", orNull: incident.first.isTimed ? incident.first.timeOfDayDescription : nil)
    }
    writer.field("undated", !incident.isDated)
    writer.field("event_count", incident.eventCount)
    writer.objects("deductions", incident.deductions) { deduction($1, &$0) }
    writer.objects("scans", incident.events.scanSums) { scan($1.event, $1.sum, &$0) }
    if let crowd = incident.crowd { writer.object("crowd") { self.crowd(crowd, incident, &$0) } }
    writer.objects("responses", incident.events.filter { $0.action == .response }.prefix(JSONReport.listCap)) {
      writer, event in
      writer.field("text", event.responseText)
      writer.object("evidence") { evidence(event.citation, &$0) }
    }
    let citations = incident.evidence
    evidence("evidence", citations.prefix(JSONReport.listCap), &writer)
    writer.field("evidence_omitted", max(0, citations.count - JSONReport.listCap) + incident.unkeptPackets)
  }

  private func crowd(_ crowd: Crowd, _ incident: Incident, _ writer: inout JSONWriter) {
    writer.field("sources", crowd.sourceCount)
    writer.field("visits", crowd.visitCount)
    writer.field("most_records", crowd.roll.most)
    writer.field("forgotten_records", crowd.forgotten)
    writer.field("addresses", crowd.firstSources.map(\.notation))
    writer.field("last", crowd.last.description)
  }

  private func scan(_ event: Event, _ sum: ProbeSum, _ writer: inout JSONWriter) {
    let distinct: [(name: StaticString, value: ProbeSum.Distinct)] = [
      ("sources", sum.sources), ("hosts", sum.hosts), ("services", sum.services), ("tcp_ports", sum.tcpPorts),
      ("udp_ports", sum.udpPorts), ("ip_protocols", sum.ipProtocols), ("rpc_hosts", sum.rpcHosts),
    ]
    writer.field("probes", sum.probes)
    for (name, value) in distinct { writer.field(name, value.count) }
    writer.field("estimated", distinct.contains { $0.value.isEstimate })
    writer.objects("techniques", sum.techniques.sorted { $0.key < $1.key }) { writer, entry in
      writer.field("technique", entry.key.name)
      writer.field("probes", entry.value)
    }
    writer.objects("outcomes", sum.outcomes.sorted { $0.key < $1.key }) { writer, entry in
      writer.field("outcome", entry.key.rawValue)
      writer.field("probes", entry.value)
    }
    writer.objects("open", sum.open) { writer, open in
      writer.field("address", open.host.notation)
      writer.field("transport", open.service.transport.rawValue)
      writer.field("port", open.service.port)
    }
    writer.field("first", sum.first.description)
    writer.field("last", sum.last.description)
    writer.object("evidence") { evidence(event.citation, &$0) }
  }

  private func severity(_ severity: Severity, _ writer: inout JSONWriter) {
    func term(_ term: Severity.Term, _ writer: inout JSONWriter) {
      writer.field("value", term.value)
      writer.field("why", term.why)
      writer.field("assumed", term.assumed)
      evidence("evidence", term.evidence, &writer)
    }
    writer.field("score", severity.score)
    writer.field("low", severity.range.lowerBound)
    writer.field("high", severity.range.upperBound)
    writer.object("criticality") { term(severity.criticality, &$0) }
    writer.object("lethality") { term(severity.lethality, &$0) }
    writer.object("system_countermeasures") { term(severity.systemCountermeasures, &$0) }
    writer.object("network_countermeasures") { term(severity.networkCountermeasures, &$0) }
  }

  private func source(_ incident: Incident, _ writer: inout JSONWriter) {
    let host = incident.source
    writer.field("kind", host.kindName.notation)
    writer.field("address", orNull: host.address?.description)
    writer.field("name", orNull: host.name?.notation ?? (host.isLocal ? host.notation : nil))
    writer.field("aliases", incident.sourceAliases.map(\.notation))
  }

  private func target(_ target: Incident.Target, _ writer: inout JSONWriter) {
    writer.field("host", orNull: target.host.name?.notation ?? target.alias?.name?.notation)
    writer.field("address", orNull: (target.host.address ?? target.alias?.address)?.description)
    writer.objects("ports", target.services) { writer, service in
      writer.field("transport", service.transport.rawValue)
      writer.field("port", service.port)
    }
  }

  private func finding(_ finding: IncidentFinding, of incident: Incident, _ writer: inout JSONWriter) {
    writer.field("rule", finding.signature.id)
    writer.field("title", finding.signature.title)
    writer.field("stage", finding.signature.stage.rawValue)
    writer.field("level", finding.signature.level)
    writer.field("pattern", finding.pattern)
    writer.field("events", finding.events.count)
    writer.field("outcome", incident.outcome(of: finding).rawValue)
    writer.field("proves_not", finding.signature.limits)
  }

  private func deduction(_ deduction: Deduction, _ writer: inout JSONWriter) {
    writer.field("text", deduction.text)
    writer.field("confidence", deduction.confidence.rawValue)
    evidence("evidence", deduction.evidence, &writer)
  }

  // MARK: The whole

  private func situation(_ writer: inout JSONWriter) {
    let situation = analysis.situation
    writer.field("at", situation.asOf.description)
    call(situation.call, &writer)
    writer.field("would_change", situation.call.wouldChange)
    writer.objects("windows", situation.windows) { window($1, &$0) }
    writer.field("windows_omitted", situation.windowsOmitted)
    if !analysis.spans.isEmpty {
      writer.field("span_width", analysis.window.rawValue)
      writer.objects("spans", analysis.spans) { span($1, &$0) }
    }
    writer.objects("sites", analysis.sites) { span($1, &$0) }
    writer.field("trend_method", Trend.method)
    writer.objects("no_evidence", situation.gaps) { writer, gap in
      writer.field("first", gap.lowerBound.description)
      writer.field("last", gap.upperBound.description)
    }
    writer.field("undated_incidents", situation.undatedIncidents)
    writer.field("later_incidents", analysis.laterIncidents)
    writer.objects("waves", analysis.waves) { writer, wave in
      writer.field("incidents", wave.incidents)
      deduction(wave.deduction, &writer)
    }
  }

  private func call(_ call: Situation.Call, _ writer: inout JSONWriter) {
    writer.field("condition", call.condition.rawValue)
    writer.field("for", call.reasonsFor)
    writer.field("against", call.reasonsAgainst)
  }

  private func window(_ window: Situation.Window, _ writer: inout JSONWriter) {
    writer.field("start", window.day.description)
    writer.field("end", window.day.advanced(by: 1).description)
    sums(window.span, &writer)
    call(window.call, &writer)
  }

  private func span(_ span: Span, _ writer: inout JSONWriter) {
    writer.field("label", span.label)
    sums(span, &writer)
  }

  private func sums(_ span: Span, _ writer: inout JSONWriter) {
    writer.field("incidents", span.incidents)
    writer.field("events", span.events)
    writer.field("host_records", span.hostRecords)
    writer.field("patterns", span.patterns)
    writer.field("novel", span.novel)
    writer.field("unexplained", span.unexplained)
    writer.field("sources", span.sources)
    writer.field("targets", span.targets)
    writer.field("held") { writer in span.held.map { writer.value($0) } ?? writer.null() }
    writer.field("trend", span.trend.rawValue)
  }

  private func clock(_ clock: ClockOffset, _ writer: inout JSONWriter) {
    writer.field("host", clock.host.notation)
    writer.field("decided", clock.isDecided)
    writer.field("offset_seconds") { writer in clock.isDecided ? writer.value(clock.offset) : writer.null() }
    writer.field("drift_ppm") { writer in
      clock.isDecided && clock.isDriftTold ? writer.value(clock.drift * 1e6) : writer.null()
    }
    writer.field("calls", clock.pairs)
    writer.field("applied", clock.isApplied)
    writer.field("text", clock.words)
  }

  private func captureClock(_ offset: CaptureOffset, _ writer: inout JSONWriter) {
    writer.field("behind", paths[offset.early] ?? "")
    writer.field("ahead", paths[offset.late] ?? "")
    writer.field("offset_seconds") { $0.value(offset.seconds) }
    writer.field("exchanges", offset.exchanges)
    writer.field("text", analysis.words(of: offset))
  }

  private func rpc(_ row: RPCTally.Row, _ writer: inout JSONWriter) {
    writer.field("program", row.procedure.program)
    writer.field("name", analysis.programs.name(of: row.procedure.program))
    writer.field("version", row.procedure.version)
    writer.field("procedure", row.procedure.procedure)
    writer.field("procedure_name", row.procedure.name.notation)
    writer.field("calls", row.calls)
    writer.field("replies", row.replies)
  }

  private func exposure(_ exposure: Exposure, risk: String, _ writer: inout JSONWriter) {
    let known = exposure.program.map { analysis.programs.name(of: $0) } ?? ""
    writer.field("host", orNull: exposure.host.isEmpty ? nil : exposure.host.notation)
    writer.field("address", orNull: exposure.address?.description)
    writer.field("transport", orNull: exposure.transport?.rawValue)
    writer.field("port", orNull: exposure.port)
    writer.field("program", orNull: exposure.program)
    writer.field("version", orNull: exposure.version)
    writer.field("name", exposure.name.isEmpty ? known : exposure.name.notation)
    writer.field("state", exposure.state.notation)
    writer.field("report", exposure.report.rawValue)
    writer.field("risk", risk)
    writer.object("evidence") { evidence(exposure.citation, &$0) }
  }

  private func mention(_ mention: Mention, _ writer: inout JSONWriter) {
    let reading = mention.reading(analysis.programs)
    writer.field("program", reading.program)
    writer.field("name", analysis.programs.name(of: reading.program))
    writer.field("label", reading.label)
    writer.field("why", reading.why)
    writer.object("evidence") { evidence(mention.citation, &$0) }
  }
}

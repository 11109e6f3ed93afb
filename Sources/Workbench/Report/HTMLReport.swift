import Capture
import Decode
import Evidence
import Fuse
import Judge

/// The report that is looked at: one self-contained file without script, for a screen, a phone and paper.
public struct HTMLReport {
  let analysis: Analysis
  let quotation: Quotation
  let entries: [TriageQueue.Entry]
  let fullCap: Int

  /// So many incidents are told in full; the next ``listCap`` in a line each.
  private static let fullCap = 200
  static let listCap = 500

  /// - Parameter top: So many entries of the queue are told in full; nil for what a page holds.
  public init(_ analysis: Analysis, top: Int? = nil) {
    self.analysis = analysis
    entries = TriageQueue(analysis.incidents).entries
    fullCap = min(top ?? HTMLReport.fullCap, HTMLReport.fullCap)
    quotation = Quotation(analysis)
  }

  public func rendered() -> String {
    var page = Markup()
    page.constant("<!DOCTYPE html>\n")
    page.element("html", ("lang", "en")) { page in
      head(&page)
      page.element("body") { page in
        masthead(&page)
        page.element("main") { page in
          condition(&page)
          figures(&page)
          charts(&page)
          timeline(&page)
          map(&page)
          incidents(&page)
          exposures(&page)
          mentions(&page)
          clocks(&page)
          inputs(&page)
          oddities(&page)
        }
        page.element("footer") { page in
          page.element(
            "p", text: "The product recommends; a person decides. Written by watchfloor from the evidence alone.")
        }
      }
    }
    page.line()
    return page.text
  }

  // MARK: Frame

  private func head(_ page: inout Markup) {
    page.element("head") { page in
      page.void("meta", ("charset", "utf-8"))
      page.void("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"))
      // The second lock behind the escaping: no script runs and nothing is fetched, whatever stands in the file.
      page.void(
        "meta", ("http-equiv", "Content-Security-Policy"),
        ("content", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"))
      page.void("meta", ("name", "color-scheme"), ("content", "light dark"))
      page.element("title", text: "Watchfloor, \(analysis.asOf): \(analysis.situation.call.condition.rawValue)")
      page.element("style") { $0.constant(HTMLReport.style) }
    }
  }

  private func masthead(_ page: inout Markup) {
    page.element("header") { page in
      page.element("p", ("class", "brand"), text: "Watchfloor")
      page.element("h1", text: "Battle picture \(analysis.asOfWords)")
      if let site = analysis.site {
        page.element("p", ("class", "lead"), text: "Site \(Bytes(site).notation): \(Analysis.siteWords).")
      }
      if !analysis.assumedNetworks.isEmpty {
        page.element("p", ("class", "lead"), text: Analysis.assumedWords + ".")
      }
      let views = analysis.incidents.count { $0.incident.views.count > 1 }
      let depth = analysis.incidents.map(\.incident).depth
      let singly = depth > analysis.incidents.count ? "; told one by one they would be \(depth)" : ""
      page.element(
        "p", ("class", "lead"),
        text: "\(counted(analysis.hostRecords, "host record", "host records")) and "
          + "\(counted(analysis.packets, "packet", "packets")) read; "
          + "\(counted(analysis.incidents.count, "incident", "incidents")), \(views) seen from both sides\(singly). "
          + "Times are UTC."
      )
      if let later = analysis.laterWords { page.element("p", ("class", "lead"), text: later + ".") }
    }
  }

  func section(_ page: inout Markup, _ title: String, _ note: String = "", body: (inout Markup) -> Void) {
    page.line()
    page.element("section") { page in
      page.element("h2", text: title)
      if !note.isEmpty { page.element("p", ("class", "note"), text: note) }
      body(&page)
    }
  }

  func list(_ page: inout Markup, _ items: [String]) {
    page.element("ul") { page in
      for item in items { page.element("li", text: item) }
    }
  }

  // MARK: Condition

  private func condition(_ page: inout Markup) {
    let call = analysis.situation.call
    page.line()
    page.element("section", ("class", "condition \(call.condition.rawValue)")) { page in
      page.element("h2") { page in
        page.words("Condition recommended for \(analysis.situation.asOf): ")
        page.element("strong", text: call.condition.rawValue)
      }
      page.element("div", ("class", "scales")) { page in
        reasons(&page, "For \(call.condition.rawValue)", call.reasonsFor)
        reasons(&page, "Against", call.reasonsAgainst)
        reasons(&page, "What would change it", call.wouldChange)
      }
    }
  }

  private func reasons(_ page: inout Markup, _ title: String, _ reasons: [String]) {
    guard !reasons.isEmpty else { return }
    page.element("div") { page in
      page.element("h3", text: title)
      list(&page, reasons)
    }
  }

  private func figures(_ page: inout Markup) {
    let judged = analysis.incidents
    let incidents = judged.map(\.incident)
    let worst = judged.first.map { signed($0.severity.score) } ?? "-"
    let figures = [
      (worst, "worst severity, of -8 to +8"),
      (
        "\(incidents.heldDepth) of \(incidents.depth)",
        "incidents held: turned away, or nothing was there"
          + (incidents.depth > incidents.count ? "; each visit of a crowd's source counts as one" : "")
      ),
      ("\(incidents.sourceCount)", "sources"),
      ("\(Set(incidents.flatMap { $0.targets.map(\.host) }).count)", "targets"),
    ]
    page.element("dl", ("class", "figures")) { page in
      for (value, label) in figures {
        page.element("div") { page in
          page.element("dt", text: label)
          page.element("dd", text: value)
        }
      }
    }
  }

  // MARK: What stands beside the incidents

  private func exposures(_ page: inout Markup) {
    guard !analysis.exposures.isEmpty else { return }
    folded(&page, "Exposed services, as reports list them; no attack", analysis.exposures.count) { page in
      for (exposure, risk) in zip(analysis.exposures, analysis.risks).prefix(200) {
        page.element("li", text: exposure.words(analysis.programs) + (risk.isEmpty ? "" : ": \(risk)"))
      }
    }
  }

  private func mentions(_ page: inout Markup) {
    guard !analysis.mentions.isEmpty else { return }
    folded(&page, "Named in scripts, not seen to happen", analysis.mentions.count) { page in
      for mention in analysis.mentions.prefix(100) {
        let reading = mention.reading(analysis.programs)
        let name = analysis.programs.name(of: reading.program)
        page.element("li", text: "\(reading.label) = \(reading.program), \(name): \(reading.why)")
      }
    }
  }

  private func clocks(_ page: inout Markup) {
    if !analysis.captureClocks.isEmpty {
      folded(&page, "Captures whose clocks disagree", analysis.captureClocks.count) { page in
        for offset in analysis.captureClocks.prefix(200) { page.element("li", text: analysis.words(of: offset)) }
      }
    }
    guard !analysis.clocks.isEmpty else { return }
    folded(&page, "Clocks of the hosts against the network's sensors", analysis.clocks.count) { page in
      for clock in analysis.clocks.prefix(200) {
        page.element("li", text: "\(clock.host.notation): \(clock.words)")
      }
    }
  }

  private func inputs(_ page: inout Markup) {
    folded(&page, "Inputs", analysis.inputs.count) { page in
      for input in analysis.inputs.prefix(500) {
        let tally = input.tally
        let counts =
          input.duplicateOf.map { "the same bytes as \(Bytes($0).notation), counted once" }
          ?? "\(input.format), \(counted(tally.records, "record", "records")): \(tally.understood) understood, "
          + "\(tally.unconcerned) of no concern, \(tally.odd) odd"
        page.element("li", text: "\(Bytes(input.path).notation): \(counts)")
      }
    }
  }

  private func oddities(_ page: inout Markup) {
    guard !analysis.oddities.isEmpty else { return }
    folded(&page, "Oddities", analysis.oddities.counts.count) { page in
      for (kind, value) in analysis.oddities.counts.sorted(by: { $0.key < $1.key }) {
        page.element("li") { page in
          page.words("\(value.count) x \(kind.rawValue), first at \(quotation.place(value.first)) ")
          page.element("code", text: quotation.text(value.first))
        }
      }
    }
  }

  /// A list that is opened on demand.
  func folded(_ page: inout Markup, _ title: String, _ count: Int, items: (inout Markup) -> Void) {
    page.line()
    page.element("section") { page in
      page.element("details") { page in
        page.element("summary") { page in
          page.element("h2", text: title)
          page.element("span", ("class", "count"), text: "\(count)")
        }
        page.element("ul", ("class", "plain"), body: items)
      }
    }
  }
}

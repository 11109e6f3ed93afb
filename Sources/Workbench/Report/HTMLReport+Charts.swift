import Evidence
import Fuse
import Judge

/// Depth and breadth by day, as a drawing that needs no script.
extension HTMLReport {
  private enum Column {
    case window(Situation.Window)
    /// Days of which there is no record: drawn as unknown, never as quiet.
    case gap(ClosedRange<Day>)
  }

  /// One drawing shows so many windows, the last ones.
  private static let windowCap = 60
  /// In units of the drawing, which is as wide as a phone's page in pixels.
  private enum Size {
    static let width = 360.0
    static let left = 26.0
    static let depthTop = 16.0
    static let depth = 70.0
    static let breadthTop = 108.0
    static let breadth = 44.0
    static let strip = 160.0
    static let height = 196.0
  }

  func charts(_ page: inout Markup) {
    let windows = analysis.situation.windows
    guard !windows.isEmpty else { return }
    section(
      &page, "Depth and breadth by day",
      "Above, how much happened: events of the day. Below, how different it was: patterns, those never seen before on top. "
        + "Hatched: no evidence, which is not the same as quiet."
    ) { page in
      drawing(&page, columns(windows.suffix(HTMLReport.windowCap)))
      page.element("ul", ("class", "legend")) { page in
        legend(&page, "held", "events")
        legend(&page, "known", "patterns seen before")
        legend(&page, "novel", "new patterns")
        for condition in Set(windows.map(\.call.condition)).sorted() {
          legend(&page, condition.rawValue, "\(condition.rawValue) at the day's end")
        }
      }
      dayTable(&page, windows)
    }
  }

  private func legend(_ page: inout Markup, _ kind: String, _ text: String) {
    page.element("li") { page in
      page.element("span", ("class", "key \(kind)")) { _ in }
      page.words(" \(text)")
    }
  }

  private func columns(_ windows: ArraySlice<Situation.Window>) -> [Column] {
    var columns: [Column] = []
    var previous: Day?
    for window in windows {
      if let previous, window.day.number - previous.number > 1 {
        columns.append(.gap(previous.advanced(by: 1)...window.day.advanced(by: -1)))
      }
      columns.append(.window(window))
      previous = window.day
    }
    return columns
  }

  private func drawing(_ page: inout Markup, _ columns: [Column]) {
    let step = min(44, (Size.width - Size.left) / Double(max(1, columns.count)))
    let peaks = columns.reduce(into: (events: 1, patterns: 1)) { peaks, column in
      guard case .window(let window) = column else { return }
      peaks.events = max(peaks.events, window.events)
      peaks.patterns = max(peaks.patterns, window.patterns.count)
    }
    page.element(
      "svg", ("viewBox", "0 0 \(number(Size.width)) \(number(Size.height))"), ("role", "img"), ("class", "chart"),
      ("aria-label", "Depth and breadth by day; the table below has the numbers")
    ) { page in
      hatching(&page)
      axis(&page, top: Size.depthTop, height: Size.depth, peak: peaks.events, label: "depth: events")
      axis(&page, top: Size.breadthTop, height: Size.breadth, peak: peaks.patterns, label: "breadth: patterns")
      for (place, column) in columns.enumerated() {
        let x = Size.left + Double(place) * step
        switch column {
        case .window(let window): draw(window, &page, x: x, step: step, peaks)
        case .gap(let days): draw(days, &page, x: x, step: step)
        }
        dayLabel(&page, column, after: place == 0 ? nil : columns[place - 1], x: x + step / 2, place: place, step: step)
      }
    }
  }

  private func hatching(_ page: inout Markup) {
    page.element("defs") { page in
      page.element(
        "pattern", ("id", "unknown"), ("width", "5"), ("height", "5"), ("patternUnits", "userSpaceOnUse"),
        ("patternTransform", "rotate(45)")
      ) { page in
        page.element("rect", ("width", "1.4"), ("height", "5"), ("class", "hatch")) { _ in }
      }
    }
  }

  private func axis(_ page: inout Markup, top: Double, height: Double, peak: Int, label: String) {
    let base = number(top + height)
    page.element(
      "line", ("x1", number(Size.left)), ("x2", number(Size.width)), ("y1", base), ("y2", base), ("class", "axis")
    ) { _ in }
    // The peak may have more digits than a margin has room for.
    page.element("text", ("x", number(Size.left)), ("y", number(top - 5)), text: "\(label), peak \(peak)")
    page.element("text", ("x", number(Size.left - 4)), ("y", base), ("class", "end"), text: "0")
  }

  private func draw(
    _ window: Situation.Window, _ page: inout Markup, x: Double, step: Double, _ peaks: (events: Int, patterns: Int)
  ) {
    let (bar, inset) = (step * 0.76, step * 0.12)
    func rectangle(_ kind: String, y: Double, height: Double, _ title: String) {
      page.element(
        "rect", ("class", kind), ("x", number(x + inset)), ("y", number(y)), ("width", number(bar)),
        ("height", number(max(height, 0)))
      ) { $0.element("title", text: "\(window.day): \(title)") }
    }
    let depth = Size.depth * Double(window.events) / Double(peaks.events)
    rectangle(
      "held", y: Size.depthTop + Size.depth - depth, height: depth,
      "\(counted(window.events, "event", "events")) in \(counted(window.incidents, "incident", "incidents"))")
    let unit = Size.breadth / Double(peaks.patterns)
    let old = Double(window.patterns.count - window.novel.count) * unit
    let new = Double(window.novel.count) * unit
    let base = Size.breadthTop + Size.breadth
    rectangle("known", y: base - old, height: old, "\(window.patterns.count - window.novel.count) patterns seen before")
    rectangle("novel", y: base - old - new, height: new, "\(window.novel.count) new patterns")
    rectangle(
      window.call.condition.rawValue, y: Size.strip, height: 8, "\(window.call.condition.rawValue) at the day's end")
  }

  private func draw(_ days: ClosedRange<Day>, _ page: inout Markup, x: Double, step: Double) {
    for (top, height) in [(Size.depthTop, Size.depth), (Size.breadthTop, Size.breadth), (Size.strip, 8)] {
      page.element(
        "rect", ("class", "gap"), ("x", number(x)), ("y", number(top)), ("width", number(step)),
        ("height", number(height))
      ) { $0.element("title", text: gapText(days)) }
    }
  }

  func gapText(_ days: ClosedRange<Day>) -> String {
    let span = days.lowerBound == days.upperBound ? "\(days.lowerBound)" : "\(days.lowerBound) to \(days.upperBound)"
    return span + ": no evidence"
  }

  /// The day of the month under each column, as far as there is room; the month where it begins, and behind a gap.
  private func dayLabel(
    _ page: inout Markup, _ column: Column, after previous: Column?, x: Double, place: Int, step: Double
  ) {
    let every = max(1, Int((16 / step).rounded(.up)))
    guard case .window(let window) = column, place % every == 0 else { return }
    let (_, month, day) = window.day.civil
    page.element("text", ("x", number(x)), ("y", "180"), ("class", "middle"), text: "\(day)")
    let isFirst = if case .window = previous { day <= every } else { true }
    guard isFirst, (1...12).contains(month) else { return }
    page.element("text", ("x", number(x)), ("y", "191"), ("class", "middle"), text: HTMLReport.months[month - 1])
  }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  private func number(_ value: Double) -> String { decimals(value, 2) }

  private func dayTable(_ page: inout Markup, _ windows: [Situation.Window]) {
    page.element("details") { page in
      page.element("summary", text: "The numbers")
      page.element("div", ("class", "wide")) { page in
        page.element("table") { page in
          row(
            &page, "th",
            ["day", "events", "incidents", "patterns", "new", "unexplained", "sources", "targets", "held", "call"])
          for window in windows.suffix(400) {
            let held = window.held.map { "\(Int(($0 * 100).rounded())) %" } ?? "-"
            row(
              &page, "td",
              [
                "\(window.day)", "\(window.events)", "\(window.incidents)", "\(window.patterns.count)",
                "\(window.novel.count)", "\(window.unexplained.count)", "\(window.sources)", "\(window.targets)", held,
                window.call.condition.rawValue,
              ])
          }
        }
      }
      for (title, spans) in [("By \(analysis.window.rawValue)", analysis.spans), ("By site", analysis.sites)]
      where !spans.isEmpty {
        page.element("h4", text: title)
        page.element("div", ("class", "wide")) { page in
          page.element("table") { page in
            row(
              &page, "th",
              ["", "events", "incidents", "patterns", "new", "unexplained", "sources", "targets", "held", "trend"])
            for span in spans.filter({ $0.events > 0 }).suffix(400) { spanRow(&page, span) }
          }
        }
      }
      list(&page, analysis.situation.gaps.map { gapText($0) + ", which is not the same as quiet" })
    }
  }

  private func spanRow(_ page: inout Markup, _ span: Span) {
    let held = span.held.map { "\(Int(($0 * 100).rounded())) %" } ?? "-"
    row(
      &page, "td",
      [
        Bytes(span.label).notation, "\(span.events)", "\(span.incidents)", "\(span.patterns.count)",
        "\(span.novel.count)", "\(span.unexplained.count)", "\(span.sources)", "\(span.targets)", held,
        span.trend == .unknown ? "" : span.trend.rawValue,
      ])
  }

  func row(_ page: inout Markup, _ cell: StaticString, _ cells: [String]) {
    page.element("tr") { page in
      for content in cells { page.element(cell, text: content) }
    }
  }
}

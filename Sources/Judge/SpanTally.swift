public import Evidence
public import Fuse

/// Sums incidents up over windows of any width and over sites.
public struct SpanTally: Sendable {
  private let incidents: [Incident]
  /// Patterns that an earlier report has.
  private let history: Set<String>

  /// More windows than these are not shown; the last ones are.
  private static let spanCap = 3660

  /// - Parameter incidents: As they are known.
  public init(_ incidents: [Incident], history: Set<String>) {
    self.incidents = incidents
    self.history = history
  }

  // MARK: Windows

  /// The windows of all covered days and all dated incidents, in order.
  public func windows(_ width: WindowWidth, covered: Set<Day>) -> [Span] {
    var sums: [Int: SpanSum] = [:]
    for day in covered {
      for number in width.numbers(of: day) where sums[number] == nil { sums[number] = SpanSum() }
    }
    for incident in incidents where incident.isDated {
      for (number, part) in incident.parts(by: { width.number(of: $0.time.timestamp) }) {
        sums[number, default: SpanSum()].add(part)
      }
    }
    var seen = history
    var counts: [Int] = []
    var spans: [Span] = []
    for (number, sum) in sums.sorted(by: { $0.key < $1.key }) {
      var span = SpanTally.span(sum, label: width.start(of: number), seen: &seen)
      span.trend = Trend(span.incidents, before: counts)
      counts.append(span.incidents)
      spans.append(span)
    }
    return spans.suffix(SpanTally.spanCap)
  }

  /// One sum for each site and one for what lies elsewhere; undated incidents count.
  public func sites(_ directory: HostDirectory) -> [Span] {
    var sums: [String: SpanSum] = [:]
    for incident in incidents {
      for (site, part) in incident.parts(by: { directory.site(of: $0.target.host) ?? "elsewhere" }) {
        sums[site, default: SpanSum()].add(part)
      }
    }
    return sums.sorted { $0.key < $1.key }.map { name, sum in
      var seen = history
      return SpanTally.span(sum, label: name, seen: &seen)
    }
  }

  /// In alphabetical order, since the sum's depends on that of the incidents.
  private static func span(_ sum: SpanSum, label: String, seen: inout Set<String>) -> Span {
    var span = sum.span(label: label) { seen.insert($0).inserted }
    span.patterns.sort()
    span.novel.sort()
    span.unexplained.sort()
    return span
  }
}

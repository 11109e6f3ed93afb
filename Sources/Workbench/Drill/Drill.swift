import Evidence
import Fuse
import Judge

/// The analyst's seat: evidence comes day by day, triage and the call are asked, and only then it is shown what the
/// product and the author made of it.
public struct Drill {
  /// Gives the next answer to a question; nil when there is none.
  public typealias Ask = (String) -> String?

  private let scenario: Scenario
  private let analysis: Analysis
  private let incidents: [Incident]
  /// Whether a person answers, who can be asked again.
  private let isInteractive: Bool
  private let say: (String) -> Void
  private let ask: Ask

  /// Letters of the incidents, in the order in which they became known.
  private var letters: [String: String] = [:]
  private var ids: [String: String] = [:]
  private var score = DrillScore()

  private static let recordCap = 12
  private static let releaseCap = 16
  private static let askedCap = 5
  private static let attempts = 3

  public init(
    _ scenario: Scenario, _ analysis: Analysis, isInteractive: Bool, say: @escaping (String) -> Void,
    ask: @escaping Ask
  ) {
    self.scenario = scenario
    self.analysis = analysis
    self.isInteractive = isInteractive
    self.say = say
    self.ask = ask
    incidents = analysis.incidents.map(\.incident)
  }

  public mutating func run() {
    write { page in
      page.line("DRILL \(scenario.name): \(scenario.title)")
      page.item("", indent: 0, scenario.about)
      page.item(
        "", indent: 0,
        "\(counted(scenario.steps.count, "day", "days")). At the end of each you say what is worst and which condition you "
          + "would call, before you see what others said.")
    }
    var previous: Day?
    for (number, step) in scenario.steps.enumerated() {
      let isLast = number == scenario.steps.count - 1
      play(step, number: number + 1, after: previous, isLast: isLast)
      previous = step.day
    }
    debrief()
  }

  private func write(_ body: (inout Page) -> Void) {
    var page = Page(isColoured: false)
    body(&page)
    say(page.text)
  }

  // MARK: A day

  private mutating func play(_ step: Scenario.Step, number: Int, after previous: Day?, isLast: Bool) {
    let dated = incidents.filter { $0.isDated || isLast }
    let ranking = analysis.judgement.ranking(dated, at: step.day)
    write { page in
      page.heading("== \(step.day), day \(number) of \(scenario.steps.count) ==")
      if !step.brief.isEmpty { page.item("", indent: 0, step.brief) }
    }
    release(ranking, after: previous, until: step.day)
    let named = askTriage(ranking)
    score.note(named: named, ranking: ranking)
    let call = askCall()
    let why = ask("Why? ") ?? ""
    let product = analysis.judgement.call(dated, at: step.day)
    score.note(call: call, product: product.condition, author: step.call)
    reveal(step, ranking: ranking, product: product, call: call, why: why)
  }

  /// The records that came since the step before, without anybody's opinion of them.
  private mutating func release(_ ranking: [JudgedIncident], after previous: Day?, until day: Day) {
    func isNew(_ event: Event) -> Bool {
      guard event.time.isDated else { return true }
      return previous.map { event.time.timestamp.day > $0 } ?? true
    }
    let new = ranking.map(\.incident).filter { $0.events.contains(where: isNew) }
    // The worst of a flood, in the order of time, which tells nobody how bad they are.
    let fresh = new.prefix(Drill.releaseCap).sorted { ($0.first, $0.id) < ($1.first, $1.id) }
    for incident in fresh where letters[incident.id] == nil {
      let letter = Drill.letter(letters.count)
      letters[incident.id] = letter
      ids[letter] = incident.id
    }
    let quotation = Quotation(analysis)
    write { page in
      if fresh.isEmpty { page.line("No new evidence of concern.") }
      for incident in fresh {
        let isKnown = incident.events.contains { !isNew($0) }
        page.line()
        page.line("\(letters[incident.id] ?? "?")  \(Drill.parties(incident))\(isKnown ? ", going on" : "")")
        let events = incident.events.filter(isNew)
        var seen: Set<Citation> = []
        let records = events.flatMap(\.records).filter { seen.insert($0).inserted }.prefix(Drill.recordCap)
        for citation in records { page.item("", indent: 3, quotation.text(citation)) }
        let omitted = Drill.recordCount(events) - records.count
        if omitted > 0 { page.line("   and \(counted(omitted, "more record", "more records"))") }
      }
      let rest = new.dropFirst(Drill.releaseCap)
      if !rest.isEmpty {
        let events = rest.flatMap { $0.events.filter(isNew) }
        let singly = Set(rest.lazy.filter { $0.crowd == nil }.map(\.source)).count
        let sources = singly + (Crowd.union(events.compactMap(\.crowd))?.sourceCount ?? 0)
        page.line()
        page.line(
          "   and the like of \(counted(sources, "source", "sources")), "
            + "\(counted(Drill.recordCount(events), "record", "records"))")
      }
    }
  }

  /// How many records events tell of: of a crowd or of a repetition those that are not cited too, and of a conversation
  /// its packets, which its calls share.
  private static func recordCount(_ events: [Event]) -> Int {
    var told: Set<ObjectIdentifier> = []
    return events.reduce(0) { sum, event in
      guard let conversation = event.conversation, !conversation.packets.isEmpty else { return sum + event.count }
      return told.insert(ObjectIdentifier(conversation)).inserted ? sum + conversation.packetCount : sum
    }
  }

  private static func parties(_ incident: Incident) -> String {
    let source =
      switch incident.source {
      case .unknown: incident.crowd?.words ?? "no source"
      case .local: "a process of the host itself"
      default: incident.source.notation
      }
    return "\(source), \(listed(incident.targets.map(\.host.notation), limit: 4))"
  }

  /// `A` to `Z`, then `AA`.
  private static func letter(_ number: Int) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return (number < alphabet.count ? "" : letter(number / alphabet.count - 1))
      + String(alphabet[number % alphabet.count])
  }

  // MARK: Questions

  private func askTriage(_ ranking: [JudgedIncident]) -> [String] {
    guard !ranking.isEmpty else { return [] }
    for _ in 0..<(isInteractive ? Drill.attempts : 1) {
      let question = "\nThe worst of all so far, worst first (up to \(Drill.askedCap) letters, such as B A C): "
      guard let answer = ask(question) else { return [] }
      let words = answer.uppercased().split { !$0.isLetter }.map(String.init)
      var seen: Set<String> = []
      let unknown = words.filter { ids[$0] == nil }
      if unknown.isEmpty {
        return Array(words.filter { seen.insert($0).inserted }.compactMap { ids[$0] }.prefix(Drill.askedCap))
      }
      say("There is no \(Bytes(listed(unknown, limit: 3)).notation).\n")
    }
    return []
  }

  private func askCall() -> Condition? {
    for _ in 0..<(isInteractive ? Drill.attempts : 1) {
      guard let answer = ask("Your call (green, yellow, orange, red): ") else { return nil }
      let word = answer.lowercased().filter { !$0.isWhitespace }
      if let call = Condition.allCases.first(where: {
        $0.rawValue == word || (word.count == 1 && $0.rawValue.hasPrefix(word))
      }) {
        return call
      }
      if word.isEmpty { return nil }
      say("That is no condition.\n")
    }
    return nil
  }

  // MARK: Answers

  private func reveal(
    _ step: Scenario.Step, ranking: [JudgedIncident], product: Situation.Call, call: Condition?, why: String
  ) {
    write { page in
      page.line()
      page.item(
        "You", indent: 12,
        (call?.rawValue ?? "no call") + (why.isEmpty ? "" : ": \(Bytes(why).notation)"))
      page.item("Watchfloor", indent: 12, product.condition.rawValue)
      for reason in product.reasonsFor.prefix(4) { page.item("  for", indent: 12, reason) }
      for reason in product.reasonsAgainst.prefix(4) { page.item("  against", indent: 12, reason) }
      for (place, judged) in ranking.prefix(Drill.askedCap).enumerated() {
        page.item(
          "  \(place + 1). \(letters[judged.incident.id] ?? "?")", indent: 12,
          "\(signed(judged.severity.score)) \(judged.incident.outcome.rawValue): \(judged.incident.title)")
      }
      guard let author = step.call else { return }
      page.item(scenario.author.prefix(1).uppercased() + scenario.author.dropFirst(), indent: 12, "")
      page.item("", indent: 12, author.rawValue + (step.why.isEmpty ? "" : ": \(step.why)"))
    }
  }

  private func debrief() {
    write { page in
      page.heading("== Debrief ==")
      if let agreement = score.agreement {
        page.item(
          "Ranking", indent: 12,
          "\(score.agreeing) of \(counted(score.comparable, "pair", "pairs")) as the product ranks them "
            + "(\(Int((agreement * 100).rounded())) %); what it holds for equally bad is not counted")
      } else {
        page.item("Ranking", indent: 12, "none given that could be compared")
      }
      page.item(
        "Calls", indent: 12,
        "\(score.given) of \(score.calls.count) given; \(score.asProduct) as the product"
          + (score.withAuthor > 0 ? "; \(score.asAuthor) of \(score.withAuthor) as \(scenario.author)" : ""))
      for (step, call) in zip(scenario.steps, score.calls) {
        let author = call.author.map { ", \(scenario.author): \($0.rawValue)" } ?? ""
        page.item(
          "  \(step.day)", indent: 14,
          "you: \(call.trainee?.rawValue ?? "-"), product: \(call.product.rawValue)\(author)")
      }
      overlooked(&page)
      for worst in scenario.worst {
        page.item(
          "Worst, by \(scenario.author)", indent: 12, "")
        page.item("", indent: 12, worst.host + (worst.why.isEmpty ? "" : ": \(worst.why)"))
      }
    }
  }

  private static func badness(_ judged: JudgedIncident) -> [String] {
    ["\(judged.severity.score)", judged.incident.outcome.rawValue]
  }

  private func overlooked(_ page: inout Page) {
    guard let last = scenario.steps.last else { return }
    let ranking = analysis.judgement.ranking(incidents, at: last.day)
    // What is as bad as something that was named was not overlooked.
    let named = Set(ranking.filter { score.named.contains($0.incident.id) }.map { Drill.badness($0) })
    let missed = ranking.prefix(3).filter { !named.contains(Drill.badness($0)) }
    if missed.isEmpty { page.item("Overlooked", indent: 12, "nothing of the product's first three") }
    for judged in missed {
      page.item(
        "Overlooked", indent: 12,
        "\(letters[judged.incident.id] ?? "?"): \(judged.incident.title) (severity \(signed(judged.severity.score)), "
          + "\(judged.incident.outcome.rawValue))")
    }
  }
}

extension Event {
  /// The packets of a conversation, else the record.
  fileprivate var records: [Citation] {
    guard let packets = conversation?.packets, !packets.isEmpty else { return [citation] }
    return packets.map(\.citation)
  }
}

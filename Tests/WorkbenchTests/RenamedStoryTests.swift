import Evidence
import Foundation
import Fuse
import Judge
import TestNumbers
import Testing
import Workbench

/// Other names, addresses and days for the same story. What the product deduces must not hang on the ones that the
/// traces happen to have.
struct Renaming: Sendable {
  /// Words of names, as the labels of a domain.
  private var labels: [String: String] = [:]
  private var addresses: [String: String] = [:]
  private let days: Int

  /// Host names of the watch, label by label. `crash` stays: it is a word of the deductions too.
  private static let names = [
    "ext", "zappa", "marlin", "milo", "scylla", "nms1", "darkstar", "babble", "jeru", "dns1", "www", "robot",
    "mail-test",
    "mail", "printhost", "thumper", "locust", "kestrel", "paganini", "waldo", "sam", "acu",
  ]
  /// The sweep's addresses stand in its dump and under its checksums too: they are told as they are.
  private static let fixed = ["192.168.42.", "10.1.86.", "16.1.86."]

  init(seed: UInt64) {
    var numbers = SeededNumbers(seed)
    days = Int.random(in: -3000...9000, using: &numbers)
    for name in Renaming.names {
      let stem = String(
        (0..<Int.random(in: 2...5, using: &numbers)).map { _ in
          ["ba", "do", "ke", "lu", "mi", "no", "ru", "ta", "ve", "zo"].randomElement(using: &numbers) ?? "xy"
        }.joined())
      labels[name] = stem + String(labels.count)
    }
    // Each address block gets another one of its kind: private stays private.
    var blocks: [String: String] = [:]
    var used: Set<String> = []
    for address in Renaming.knownAddresses {
      let parts = address.split(separator: ".").compactMap { Int($0) }
      let block = "\(parts[0]).\(parts[1]).\(parts[2])"
      var other = blocks[block]
      while other == nil {
        let (second, third) = (Int.random(in: 0...255, using: &numbers), Int.random(in: 0...255, using: &numbers))
        let candidate =
          switch (parts[0], parts[1]) {
          case (10, _): "10.\(second).\(third)"
          case (192, 168): "192.168.\(third)"
          case (172, 16...31): "172.\(16 + second % 16).\(third)"
          default: "\(Int.random(in: 128...165, using: &numbers)).\(second).\(third)"
          }
        if !Renaming.fixed.contains(candidate + "."), used.insert(candidate).inserted { other = candidate }
      }
      blocks[block] = other
      addresses[address] = "\(other ?? block).\(parts[3] == 0 ? 0 : 1 + (parts[3] * 37 + Int(seed % 200)) % 254)"
    }
  }

  private static let knownAddresses = [
    "172.20.20.1", "172.20.20.3", "172.20.20.4", "172.20.20.14", "172.0.0.1", "10.96.22.193", "192.168.3.5",
    "192.168.4.8",
    "10.12.20.6", "128.32.36.33", "128.8.176.40", "10.208.120.9", "192.168.8.96", "192.168.1.2",
  ]

  func day(_ day: Day) -> Day { day.advanced(by: days) }

  /// The text with its names, addresses and days replaced.
  func callAsFunction(_ text: String) -> String {
    var text = replace(text, #"(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?!\d)"#) { addresses[$0] ?? $0 }
    text = replace(text, #"(?<![A-Za-z0-9_-])[a-z][a-z0-9]*(-test)?(?![A-Za-z0-9_(-])"#) { labels[$0] ?? $0 }
    text = replace(text, #"\bIP\.32\b"#) { _ in "IP.\(40 + abs(days) % 50)" }
    text = replace(text, #"\b(Dec|Jan) {1,2}\d{1,2}(?= \d\d:\d\d:\d\d)"#) { shifted(stamp: $0) }
    return replace(text, #"\b(1999|2000)-\d\d-\d\d"#) { Day($0).map { day($0).description } ?? $0 }
  }

  /// `Dec 26` belongs to 1999, `Jan 3` to 2000.
  private func shifted(stamp: String) -> String {
    let parts = stamp.split(separator: " ")
    guard let number = Int(parts[1]),
      let old = Day(year: parts[0] == "Dec" ? 1999 : 2000, month: parts[0] == "Dec" ? 12 : 1, day: number)
    else { return stamp }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let new = day(old).civil
    return months[new.month - 1] + " " + (new.day < 10 ? " " : "") + "\(new.day)"
  }

  private func replace(_ text: String, _ pattern: String, _ change: (String) -> String) -> String {
    guard let expression = try? NSRegularExpression(pattern: pattern) else { return text }
    let whole = text as NSString
    var result = ""
    var end = 0
    for match in expression.matches(in: text, range: NSRange(location: 0, length: whole.length)) {
      result += whole.substring(with: NSRange(location: end, length: match.range.location - end))
      result += change(whole.substring(with: match.range))
      end = match.range.location + match.range.length
    }
    return result + whole.substring(from: end)
  }
}

struct RenamedStoryTests {
  /// What is said of one incident, in a form that does not depend on the order in which names sort.
  private struct Said: Equatable, CustomStringConvertible {
    var title, outcome, stage, score, source, targets, first, last: String
    var patterns, deductions, terms: [String]
    var events: Int
    var description: String {
      "\(title) | \(outcome) \(stage) \(score) \(source) \(targets) \(first) \(last) \(patterns) \(deductions)"
    }

    init(_ judged: JudgedIncident, _ rename: (String) -> String) {
      func words(_ text: String) -> String {
        rename(text).split { " ,;".contains($0) }.sorted().joined(separator: " ")
      }
      let incident = judged.incident
      title = words(incident.title)
      outcome = incident.outcome.rawValue
      stage = incident.stage.rawValue
      score = "\(judged.severity.score) \(judged.severity.range)"
      source = rename(incident.source.notation)
      targets = incident.targets.map { target in
        rename(target.host.notation) + " "
          + target.services.map { "\($0.transport.rawValue)/\($0.port)" }.joined(separator: " ")
      }.sorted().joined(separator: ", ")
      first = rename(incident.first.description)
      last = rename(incident.last.description)
      patterns = incident.patterns.sorted()
      events = incident.eventCount
      terms = [
        judged.severity.criticality, judged.severity.lethality, judged.severity.systemCountermeasures,
        judged.severity.networkCountermeasures,
      ].map { words($0.why) }
      deductions = incident.deductions.map { "\($0.confidence.rawValue): " + words($0.text) }.sorted()
    }
  }

  @Test("the story told with other hosts, addresses and days gives the same deductions", arguments: [UInt64](1...6))
  func renamed(_ seed: UInt64) async throws {
    let renaming = Renaming(seed: seed)
    let scratch = try Scratch()
    for file in try Repository.files(Repository.y2kWatch) {
      try scratch.write(renaming(try Repository.text(file)), (file as NSString).lastPathComponent)
    }
    let asOf = renaming.day(try #require(Day("2000-01-06")))
    let original = try await Analysing.run([Repository.y2kWatch])
    let other = try await Analysing.run([scratch.path], asOf: asOf.description)
    #expect(other.hostRecords == original.hostRecords)
    #expect(other.packets == original.packets)
    // Nothing of the old story is left in what is compared: the renaming is no identity.
    #expect(original.incidents.map { renaming($0.incident.title) } != original.incidents.map(\.incident.title))

    let expected = original.incidents.map { Said($0) { renaming($0) } }
    let said = other.incidents.map { Said($0) { $0 } }
    #expect(said.count == expected.count)
    for (one, two) in zip(expected, said) { #expect(one == two) }
    #expect(waves(other) { $0 } == waves(original) { renaming($0) })
    #expect(days(other) { $0 } == days(original) { renaming.day($0) })
    #expect(other.situation.call.condition == original.situation.call.condition)
  }

  private func waves(_ analysis: Analysis, _ rename: (String) -> String) -> [String] {
    analysis.waves.map { wave in
      wave.deduction.confidence.rawValue + ": "
        + rename(wave.deduction.text).split { " ,;.".contains($0) }.sorted().joined(separator: " ")
    }.sorted()
  }

  private func days(_ analysis: Analysis, _ move: (Day) -> Day) -> [String] {
    analysis.situation.windows.map { window in
      "\(move(window.day)) \(window.incidents) \(window.events) \(window.hostRecords) \(window.patterns.sorted()) "
        + "\(window.novel.sorted()) \(window.unexplained.sorted()) \(window.sources) \(window.targets) \(window.held ?? -1) "
        + "\(window.call.condition)"
    }
  }
}

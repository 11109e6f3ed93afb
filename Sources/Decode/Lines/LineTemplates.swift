import Evidence

/// Finds the words that vary although they look fixed: where many templates of a program differ in one place alone.
enum LineTemplates {
  /// So many different words in one place of otherwise equal templates are no fixed words.
  static let spread = 5

  private struct Family: Hashable {
    var observer: Bytes
    var target: Host
    var day: Day
    var isDated: Bool
    var words: [Bytes]
  }

  /// - Parameter events: Events of the kind `log`, one for each template.
  static func generalised(_ events: [Event]) -> [Event] {
    var entries = events.map { (event: $0, words: words($0.detail)) }
    let longest = entries.reduce(0) { max($0, $1.words.count) }
    for place in 0..<longest { generalise(&entries, at: place) }
    return entries.map { entry in
      var event = entry.event
      event.detail = Bytes(Array(entry.words.map(\.array).joined(separator: [0x20])))
      return event
    }
  }

  private static func words(_ template: Bytes) -> [Bytes] {
    template.array.split(separator: 0x20).map { Bytes(Array($0)) }
  }

  private static func generalise(_ entries: inout [(event: Event, words: [Bytes])], at place: Int) {
    var families: [Family: [Int]] = [:]
    for index in entries.indices where place < entries[index].words.count {
      var words = entries[index].words
      words[place] = Bytes(LineTemplate.variable)
      let event = entries[index].event
      families[
        Family(
          observer: event.observer, target: event.target.host, day: event.time.timestamp.day,
          isDated: event.time.isDated, words: words), default: []
      ].append(index)
    }
    var merged: Set<Int> = []
    for (family, members) in families {
      let isKnown = members.contains { entries[$0].words[place].array == LineTemplate.variable }
      guard members.count > 1, members.count >= spread || isKnown else { continue }
      let ordered = members.sorted { Event.precedes(entries[$0].event, entries[$1].event) }
      var sum = entries[ordered[0]]
      sum.words = family.words
      for index in ordered.dropFirst() {
        let (count, overflow) = sum.event.count.addingReportingOverflow(entries[index].event.count)
        sum.event.count = overflow ? .max : count
        merged.insert(index)
      }
      entries[ordered[0]] = sum
    }
    entries = entries.indices.filter { !merged.contains($0) }.map { entries[$0] }
  }
}

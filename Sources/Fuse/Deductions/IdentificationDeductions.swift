import Evidence

/// What the IP identifications of a prober's first packets tell of its counter, over all of its flows.
extension Deducer {
  private struct Mark {
    var event: Event
    var target: Host
    var seconds: Double
    var value: UInt16
    /// Packets that the flow's initiator sent.
    var sent: Int
  }

  /// So many flows say something about a counter.
  private static let flowsNeeded = 5
  /// A larger step between two packets may be one that went around.
  private static let longestStep: UInt16 = 4096

  func identification() -> [Deduction] {
    guard incident.source != .unknown else { return [] }
    let marks = identificationMarks()
    guard marks.count >= Deducer.flowsNeeded, let first = marks.first, let last = marks.last else { return [] }
    let evidence = cite(marks.map(\.event))
    if marks.allSatisfy({ $0.value == 0 }) {
      return [
        Deduction(
          "The IP identification of its \(marks.count) first packets is 0: its stack does not count, and how busy it is cannot be read",
          .certain, evidence)
      ]
    }
    if Set(marks.map(\.value)).count == 1 {
      return [
        Deduction(
          "The IP identification of its \(marks.count) first packets is always \(first.value): a tool wrote them, no stack",
          .likely, evidence)
      ]
    }
    if let moved = Deducer.climb(marks) {
      let own = marks.reduce(0) { $0 + $1.sent }
      let pace = moved > own * 4 ? "it was busy with others as well" : "it did little else meanwhile"
      return [
        Deduction(
          "One counter of IP identifications for all its packets: it moved by \(moved) over \(marks.count) flows in "
            + "\(duration(last.seconds - first.seconds)), of which it sent \(own) here: \(pace)", .possible, evidence)
      ]
    }
    return perTarget(marks, evidence)
  }

  private func perTarget(_ marks: [Mark], _ evidence: [Citation]) -> [Deduction] {
    let targets = Dictionary(grouping: marks, by: \.target).values.filter { $0.count >= 3 }
    if targets.count >= 2, targets.allSatisfy({ Deducer.climb($0) != nil }) {
      return [
        Deduction(
          "Its IP identifications climb for each target by themselves: a stack that counts per destination, so they do not "
            + "tell how busy it is", .likely, evidence)
      ]
    }
    return [
      Deduction(
        "Its IP identifications follow no counter: random, or the work of a tool; they do not tell how busy it is",
        .possible, evidence)
    ]
  }

  /// In the order of time, of flows of a capture that this source opened.
  private func identificationMarks() -> [Mark] {
    var marks: [Mark] = []
    for event in events {
      guard event.time.isDated, let side = event.conversation?.initiator, let value = side.firstIPID,
        let first = side.first, marks.last?.event.conversation !== event.conversation
      else { continue }
      marks.append(
        Mark(
          event: event, target: event.target.host, seconds: Double(first.timestamp.nanoseconds) / 1e9, value: value,
          sent: side.packets))
    }
    return marks.sorted { $0.seconds < $1.seconds }
  }

  /// How far a counter moved that never stepped back nor far; nil where it is none.
  private static func climb(_ marks: [Mark]) -> Int? {
    let values = marks.map(\.value)
    guard let swapped = climb(values.map(\.byteSwapped)) else { return climb(values) }
    guard let moved = climb(values) else { return swapped }
    return isSwapped(moved, swapped) ? swapped : moved
  }

  private static func climb(_ values: [UInt16]) -> Int? {
    var moved = 0
    for (one, next) in zip(values, values.dropFirst()) {
      let step = next &- one
      guard step > 0, step < longestStep else { return nil }
      moved += Int(step)
    }
    return moved
  }

  /// Some stacks count in the byte order of their machine, and a step of one is one of 256 on the wire. Told by how far the
  /// counter moved as it stands there, and with its bytes the other way round.
  static func isSwapped(_ moved: Int, _ swapped: Int) -> Bool { swapped * 64 <= moved }
}
